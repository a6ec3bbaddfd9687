"""What is taken from npm, and the style of the pages."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FRONTEND = ROOT / "frontend"
STATIC = ROOT / "src" / "trichotomy" / "experiments" / "static"
PAGES = ["index.html", "admin.html"]


def test_what_comes_from_npm_is_pinned_and_free():
    wanted = json.loads((FRONTEND / "package.json").read_text())["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    lock = json.loads((FRONTEND / "package-lock.json").read_text())["packages"]
    packages = {name.removeprefix("node_modules/"): found for name, found in lock.items() if name}
    assert set(wanted) <= set(packages)
    assert all(found["integrity"].startswith("sha512-") for found in packages.values())
    # type-fest is types for developers of others; no line of it is in what is copied
    assert {found["license"] for name, found in packages.items() if name != "type-fest"} == {"MIT"}
    named = (FRONTEND / "licences.txt").read_text()
    assert [name for name in packages if name not in named] in ([], ["type-fest"])


def test_what_is_copied_asks_nobody():
    vendored = STATIC / "vendored"
    if not vendored.is_dir():
        pytest.skip("jsPsych is not there; run `make setup`, or: python frontend/vendor.py")
    spec = importlib.util.spec_from_file_location("vendor", FRONTEND / "vendor.py")
    vendor = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(vendor)
    assert {f.name for f in vendored.iterdir()} == {*vendor.FILES, "licences.txt"}
    for file in vendored.iterdir():
        assert "sourceMappingURL" not in file.read_text()
    assert not vendor.SOURCE_MAP.search("a //# sourceMappingURL in the middle of a line")


@pytest.mark.parametrize("name", PAGES)
def test_pages_hold_no_script_style_or_address_of_others(name):
    text = (STATIC / name).read_text()
    assert "http" not in text
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]* src=)", text)
    for address in re.findall(r'(?:src|href)="([^"]+)"', text):
        if "vendored" not in address:
            assert (STATIC / address.removeprefix("static/")).is_file()


def test_colours_of_text_can_be_read():
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", (STATIC / "style.css").read_text()))
    pairs = [
        (text, ground)
        for text in ("ink", "muted", "accent", "right", "wrong")
        for ground in ("ground", "surface")
    ]
    for text, ground in pairs:
        assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for button in ("accent", "right", "wrong", "ink"):
        assert contrast("#ffffff", colours[button]) >= 4.5, button
    for ground in ("ground", "surface"):
        assert contrast(colours["edge"], colours[ground]) >= 3, "the edge of what can be chosen"


def test_what_can_be_chosen_has_the_edge_that_was_looked_at():
    style = "".join((STATIC / name).read_text() for name in ("style.css", "admin.css"))
    rules = dict(re.findall(r"^([^\s@{][^{}\n]*?) \{([^{}]*)\}", style, flags=re.MULTILINE))
    for chosen in (".options span", '.options input[type="number"]', ".choice", ".admin input"):
        assert "border: 1px solid var(--edge);" in rules[chosen], chosen


def contrast(one: str, other: str) -> float:
    """Ratio of two colours (WCAG 2.2, relative luminance)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_questions_of_the_documentation_can_be_asked(tmp_path):
    from trichotomy.experiments.design.questions import read_questions

    text = (ROOT / "docs" / "experiments.md").read_text()
    (tmp_path / "questions.toml").write_text(re.findall(r"```toml\n(.+?)```", text, flags=re.DOTALL)[0])
    assert [q.options for q in read_questions(tmp_path / "questions.toml")] == [
        (1, 2, 3, 4, 5, 6, 7),
        ("no", "cannot tell", "yes"),
    ]
