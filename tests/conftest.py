"""Fixtures that every test may ask for."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def reference() -> Path:
    """The folder of reference data (real decisions made by others); tests that need it skip where it is absent."""
    folder = Path(os.environ.get("TRICHOTOMY_REFERENCE", ROOT.parent / "shared" / "reference"))
    if not (folder / "expected.json").is_file():
        pytest.skip(f"no reference data at {folder}; set TRICHOTOMY_REFERENCE to its folder")
    return folder


@pytest.fixture(scope="session")
def expected(reference: Path) -> dict[str, Any]:
    """The numbers that must come out of the reference data."""
    return json.loads((reference / "expected.json").read_text())
