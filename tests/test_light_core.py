"""The package stays light: what importing it loads, and how long that takes."""

from __future__ import annotations

import ast
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

import trichotomy
from trichotomy.errors import MissingExtraError

HEAVY = {"torch", "matplotlib", "pandas", "xarray", "zarr", "pyarrow", "typer", "rich"}
SOURCE = Path(trichotomy.__file__).parent


def modules_after(code: str) -> set[str]:
    program = f"import sys, json; {code}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in json.loads(done.stdout)}


@pytest.mark.parametrize(
    "code", ["import trichotomy", "import trichotomy.estimators", "import trichotomy.cli"]
)
def test_import_loads_nothing_heavy(code):
    allowed = {"typer", "rich"} if "cli" in code else set()
    assert modules_after(code) & HEAVY <= allowed


def test_importing_trichotomy_is_cheaper_than_importing_numpy():
    program = (
        "import time; t = time.perf_counter(); import trichotomy; own = time.perf_counter() - t; "
        "t = time.perf_counter(); import numpy; print(own / (time.perf_counter() - t))"
    )
    ratios = [
        float(
            subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
        )
        for _ in range(3)
    ]
    assert min(ratios) < 1


def test_estimators_import_only_numpy_and_scipy():
    allowed = {"numpy", "scipy", "trichotomy.errors", "trichotomy.estimators", *sys.stdlib_module_names}
    for path in (SOURCE / "estimators").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            for name in names:
                assert any(name == a or name.startswith(f"{a}.") for a in allowed), (path.name, name)


def test_every_public_name_is_there():
    """Or says which extra it needs."""
    without = importlib.util.find_spec("torch") is None
    for name in trichotomy.__all__:
        if without and name in ("evaluate", "features", "study_features"):
            with pytest.raises(MissingExtraError, match=r'pip install "trichotomy\[train\]"'):
                getattr(trichotomy, name)
        else:
            assert getattr(trichotomy, name) is not None


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = trichotomy.nothing


def test_dir_lists_the_public_names():
    assert {"read", "partition", "analyze"} <= set(dir(trichotomy))
