"""Fixtures that every test may ask for."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
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


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A running headless Chromium (a Playwright ``Browser``).

    Playwright keeps an event loop of asyncio running meanwhile, so no test of the same module can start one.
    """
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("no Chromium on the PATH; install the package 'chromium' to run the browser tests")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def torchvision_importable() -> Iterator[None]:
    """Make ``import torchvision`` (and timm's) work beside a torch that torchvision was not compiled for.

    torchvision describes the operators of its compiled part on import and fails where they are not registered.
    No network needs them, so names without an implementation will do.
    """
    torch = pytest.importorskip("torch", reason="torch is not installed")
    found = importlib.util.find_spec("torchvision")
    if found is None or found.origin is None:
        pytest.skip("torchvision is not installed")
    names = None
    try:
        for compiled in Path(found.origin).parent.glob("_C*.so"):
            torch.ops.load_library(compiled)
    except OSError:
        names = torch.library.Library("torchvision", "DEF")  # it forgets its names when it is collected
        for operator in ("nms", "qnms", "roi_align"):
            names.define(f"{operator}() -> ()")
    yield
    del names
