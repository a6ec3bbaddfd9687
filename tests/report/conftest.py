"""Opening report pages in headless Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

_REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) => console.error(`CSP: ${event.violatedDirective}`));
"""


@pytest.fixture
def visit(chromium: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Open a document from a file, with the network cut.

    ``visit(html, width=..., height=..., before="script", **context)`` returns the Playwright page. At the end of the
    test, every console message above the level of info, every uncaught error, every violation of the
    content-security policy and every request that leaves the page is an error.
    """
    complaints: list[str] = []
    contexts = []

    def open_page(
        html: str, *, width: int = 1280, height: int = 900, before: str = "", **options: Any
    ) -> Any:
        file = tmp_path / f"report-{len(contexts)}.html"
        file.write_text(html, encoding="utf-8")
        viewport = {"width": width, "height": height}
        context = chromium.new_context(viewport=viewport, offline=True, reduced_motion="reduce", **options)
        contexts.append(context)
        context.set_default_timeout(10_000)
        context.add_init_script(_REPORT_VIOLATIONS + before)
        page = context.new_page()
        page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda r: complaints.append(r.url) if not _inside(r.url, file) else None)
        page.goto(file.as_uri())
        if options.get("java_script_enabled", True):
            page.wait_for_selector("html[data-ready]")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def _inside(url: str, file: Path) -> bool:
    return url.partition("#")[0] == file.as_uri() or url.startswith(("data:", "blob:"))
