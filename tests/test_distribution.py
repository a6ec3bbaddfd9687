"""What is shipped: the wheel is made from the sdist, and works where nothing else is installed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from email.parser import Parser
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import trichotomy as tri

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
VENDORED = ROOT / "src/trichotomy/experiments/static/vendored/licences.txt"


def call(*command: str | Path, **options) -> str:
    """Standard output of a command that must succeed."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_all_files_name_one_version():
    version = PROJECT["project"]["version"]
    assert tri.__version__ == version
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"\n## {version}" in (ROOT / "CHANGELOG.md").read_text()


def test_every_dependency_is_pinned():
    pinned = {
        line.partition("==")[0].lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
    }
    extras = PROJECT["project"]["optional-dependencies"]
    ours = [each for name, extra in extras.items() if not name.startswith("test-") for each in extra]
    for text in (*PROJECT["project"]["dependencies"], *ours):
        name = Requirement(text).name.lower().replace("_", "-")
        assert name == "trichotomy" or name in pinned, name


def test_every_extra_that_an_error_names_exists():
    named = set()
    for source in (ROOT / "src").rglob("*.py"):
        for part in source.read_text().split("trichotomy[")[1:]:
            named |= set(part.partition("]")[0].split(","))
    assert {n for n in named if n.isidentifier()} <= set(PROJECT["project"]["optional-dependencies"])


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> tuple[Path, Path]:
    """The sdist of this tree and the wheel made from it."""
    pytest.importorskip("build", reason="build is not installed")
    pytest.importorskip("hatchling", reason="hatchling is not installed")
    out = tmp_path_factory.mktemp("dist")
    call(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT)
    (sdist,), (wheel,) = out.glob("*.tar.gz"), out.glob("*.whl")
    return sdist, wheel


@pytest.mark.long
def test_the_sdist_has_what_building_and_testing_need(built):
    with tarfile.open(built[0]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {"pyproject.toml", "Makefile", "constraints.txt", "mkdocs.yml", "frontend/package-lock.json"}
    wanted |= {"CITATION.cff", "CONTRIBUTING.md", "SECURITY.md", "LICENSE", "docs/how-to-read.md"}
    assert wanted <= names
    assert "tests/conftest.py" in names
    assert (str(VENDORED.relative_to(ROOT)) in names) == VENDORED.exists()


@pytest.mark.long
def test_the_wheel_has_types_pages_and_metadata(built):
    with zipfile.ZipFile(built[1]) as archive:
        names = set(archive.namelist())
        said = Parser().parsestr(archive.read(next(n for n in names if n.endswith("/METADATA"))).decode())
    assert "trichotomy/py.typed" in names
    assert ("trichotomy/experiments/static/vendored/licences.txt" in names) == VENDORED.exists()
    assert not [n for n in names if not n.startswith(("trichotomy/", "trichotomy-"))]
    extras = PROJECT["project"]["optional-dependencies"]
    assert set(said.get_all("Provides-Extra")) == set(extras)
    for text in said.get_all("Requires-Dist"):  # each is what the tests ran with
        wanted = Requirement(text)
        if wanted.name != "trichotomy" and not re.search("docs|test-", text):
            assert wanted.specifier.contains(metadata.version(wanted.name)), text


@pytest.mark.long
@pytest.mark.parametrize("which", [0, 1], ids=["sdist", "wheel"])
def test_it_installs_alone_and_reads_predictions(built, which, tmp_path):
    venv.create(tmp_path / "alone", with_pip=True)
    python = tmp_path / "alone" / "bin" / "python"
    call(python, "-m", "pip", "install", "-q", "-c", ROOT / "constraints.txt", built[which])
    installed = call(python, "-m", "pip", "list").lower()
    assert "torch" not in installed
    assert "pytest" not in installed
    program = tmp_path / "alone" / "bin" / "trichotomy"
    alone = {"cwd": tmp_path, "env": {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}}
    assert call(program, "--version", **alone).strip().endswith(tri.__version__)
    assert "analyze" in call(program, "--help", **alone)
    rows = [f"{m},{i},{(m + i) % 2},1" for m in range(3) for i in range(8)]
    (tmp_path / "p.csv").write_text("\n".join(["model,image,prediction,label", *rows]))
    assert "3 observers" in call(program, "read", "p.csv", "--out", "p.zarr", **alone)
    call(program, "analyze", "p.zarr", "--out", "report", **alone)
    assert (tmp_path / "report" / "report.html").is_file()
