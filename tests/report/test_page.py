"""The report page as a document: what is in it, how it is escaped, how large it is."""

from __future__ import annotations

import base64
import hashlib
import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from trichotomy.errors import InputError
from trichotomy.report.page import (
    Band,
    Column,
    Download,
    Heatmap,
    KeyNumber,
    Page,
    Picture,
    Raster,
    Section,
    Table,
    Undefined,
    csv_text,
    render,
)
from trichotomy.report.page.cells import shown_cell

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="100">'
    '<rect style="fill:#123" width="9" height="9"/></svg>'
)
HOSTILE = "</script><img src=x onerror=alert(1)><!--\u2028&amp;'\""


def make_page(**changes: Any) -> Page:
    page = Page("Report", "One sentence.", "And one more.", Picture("hero", SVG, "a histogram", "Caption."))
    return replace(page, **changes)


def full_page(text: str) -> Page:
    """A page with every kind of block, on which every text that a user could supply is ``text``."""
    table = Table(
        "table", [Column(text, help=text), Column("n", "integer")], [[text, 1], [Undefined(text), 2]], text
    )
    heatmap = Heatmap("map", [text, "b"], {text: np.eye(2)}, value=text, orders={text: [1, 0]}, caption=text)
    raster = Raster(
        "raster", [text], np.ones((1, 2), np.int8), [text, "b"], None, [Band(text, 2)], text, text
    )
    download = Download("file", text, text, 1, text)
    return Page(
        text, text, text, Picture("hero", SVG, text, text), [KeyNumber(text, text, text)], [text] * 7, [download],
        [Section("section", text, [text, Picture("picture", SVG, text, text), table, heatmap, raster], text)],
        [text], {text: text}, {text: text},
    )  # fmt: skip


class Outline(HTMLParser):
    """Tags and attributes of a document, and the text of its scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag in self.raw:
            self.raw[tag].append("")

    def handle_data(self, data: str) -> None:
        if self.cdata_elem in self.raw:
            self.raw[self.cdata_elem][-1] += data


def test_policy_allows_the_one_style_and_the_one_script_alone() -> None:
    outline = Outline(render(full_page("x")))
    policy = next(
        value for tag, name, value in outline.attributes if name == "content" and "default-src" in value
    )
    digests = [
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for text in (outline.raw["style"][0], outline.raw["script"][-1])
    ]
    assert policy == (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digests[0]}'; script-src 'sha256-{digests[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert len(outline.raw["style"]) == 1
    kinds = [value for tag, name, value in outline.attributes if (tag, name) == ("script", "type")]
    assert sorted(set(kinds)) == ["application/json", "module"]
    assert kinds.count("module") == 1


def test_nothing_points_outside_the_document() -> None:
    outline = Outline(render(full_page("x")))
    links = [
        value for _, name, value in outline.attributes if name in ("src", "href", "srcset", "action", "data")
    ]
    assert links
    assert all(link.startswith(("data:", "#")) for link in links)
    assert not re.search(r"https?://|@import|url\(", "".join(outline.raw["style"] + outline.raw["script"]))
    assert not [name for _, name, _ in outline.attributes if name == "style" or name.startswith("on")]


def test_every_id_is_used_once_and_every_link_leads_somewhere() -> None:
    outline = Outline(render(full_page("x")))
    ids = [value for _, name, value in outline.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    links = {value[1:] for _, name, value in outline.attributes if name == "href" and value.startswith("#")}
    described = {value for _, name, value in outline.attributes if name == "aria-describedby"}
    assert links | described <= set(ids)


def test_headings_do_not_skip_a_level() -> None:
    levels = [int(tag[1]) for tag, _ in Outline(render(full_page("x"))).tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below <= above + 1 for above, below in pairwise(levels))


def test_hostile_text_changes_no_tag() -> None:
    hostile, plain = render(full_page(HOSTILE)), render(full_page("x"))
    assert Outline(hostile).tags == Outline(plain).tags
    assert "<img src=x" not in hostile
    assert all("<" not in block for block in Outline(hostile).raw["script"][:-1])


def test_own_files_hold_nothing_that_ends_them() -> None:
    outline = Outline(render(make_page()))
    assert "<!--" not in outline.raw["script"][-1]
    assert outline.raw["script"][-1].rstrip().endswith("start();")
    assert outline.raw["style"][0].rstrip().endswith("}")


def test_picture_is_embedded_as_it_is_with_its_alternative_text() -> None:
    outline = Outline(render(make_page()))
    source = next(value for tag, name, value in outline.attributes if (tag, name) == ("img", "src"))
    assert base64.b64decode(source.removeprefix("data:image/svg+xml;base64,")).decode() == SVG
    assert ("img", "alt", "a histogram") in outline.attributes


def test_full_size_page_is_small_and_the_same_every_time() -> None:
    """67 observers on 50,000 items: at most 5 MB, of which the data are allowed 2.5 beside the pictures."""
    rng = np.random.default_rng(7)
    m, n = 67, 50_000
    ability, difficulty = rng.normal(1.2, 0.5, (m, 1)), rng.normal(0, 2, n)
    decisions = (rng.logistic(size=(m, n)) < ability - difficulty).astype(np.int8)
    decisions[3, rng.random(n) < 0.01] = -1
    names = [f"network_{i:02d}" for i in range(m)]
    items = [f"ILSVRC2012_val_{i:08d}" for i in rng.permutation(n)]
    right = (decisions == 1).sum(0)
    content = csv_text(
        {"item": items, "target": rng.integers(0, 1000, n), "right": right, "class": ["x"] * n}
    )
    maps = {name: rng.random((m, m)).astype(np.float32) for name in "abc"}
    rows = [
        [a, b, rng.random(), (rng.random(), rng.random())] for i, a in enumerate(names) for b in names[:i]
    ]
    columns = [Column("a"), Column("b"), Column("kappa", "number"), Column("interval", "number")]
    page = make_page(
        downloads=[Download("items", "items.csv", content, n)],
        sections=[
            Section("all", "All", [Heatmap("maps", names, maps), Table("pairs", columns, rows)]),
            Section("raster", "Raster", [Raster("decisions", names, decisions, items)]),
        ],
    )
    html = render(page)
    assert len(html.encode()) < 2_500_000
    assert render(page) == html


def test_warnings_fold_when_there_are_many() -> None:
    few, many = render(make_page(warnings=["w"] * 4)), render(make_page(warnings=[f"w{i}" for i in range(9)]))
    assert "4 things to note" in few
    assert "<summary>6 more</summary>" in many
    assert all(f"<li>w{i}</li>" in many for i in range(9))
    assert "more</summary>" not in few
    assert 'id="warnings"' not in render(make_page())


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        (["text", Picture("hero", SVG, "")], "'hero' is used twice"),
        ([Picture("methods", SVG, "")], "'methods' is used twice on the page, or is one of its own"),
        ([Picture("a b", SVG, "")], "'a b' cannot be an id"),
        ([Table("t", [Column("a"), Column("b")], [[1, 2], [3]])], "row 1 of table 't' has 1 cells"),
        ([Heatmap("h", ["a"], {"all": np.eye(2)})], r"map 'all' of heatmap 'h' is \(2, 2\) for 1 labels"),
        ([Heatmap("h", ["a", "b"], {"all": np.eye(2)}, orders={"o": [0, 0]})], "order 'o' .* not a permutation"),
        ([Raster("r", ["a"], np.ones((2, 3), np.int8))], r"raster 'r' is \(2, 3\) for 1 rows and 0 item ids"),
        ([Raster("r", ["a"], np.ones((1, 3), np.int8), ["x"])], r"raster 'r' is \(1, 3\) for 1 rows and 1 item ids"),
        ([Raster("r", ["a"], np.ones((1, 3), np.int8), order=[0, 1, 3])], "order of raster 'r' is not a permutation"),
        ([Raster("r", ["a"], np.ones((1, 3), np.int8), bands=[Band("x", 2)])], "bands of raster 'r' hold 2 items of 3"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(blocks: list[Any], message: str) -> None:
    page = make_page(sections=[Section("section", "Section", blocks)])
    with pytest.raises(InputError, match=message):
        render(page)


@pytest.mark.parametrize(
    ("cell", "column", "text"),
    [
        ("a", Column("x"), "a"),
        (None, Column("x"), "–"),
        (1234567, Column("x", "integer"), "1,234,567"),
        (np.int64(-5), Column("x", "integer"), "−5"),
        (0.125, Column("x", "number", 2), "0.13"),
        (-0.0001, Column("x", "number", 2), "0.00"),
        (np.float32(-0.5), Column("x", "number", 1), "−0.5"),
        (math.nan, Column("x", "number"), "–"),
        (0.1234, Column("x", "share", 1), "12.3\u202f%"),
        ((0.1, 0.2), Column("x", "share", 0), "10 to 20\u202f%"),
        ((0.1, math.nan), Column("x", "number"), "–"),
        (math.log(0.04), Column("x", "log_p"), "0.040"),
        (-1000.0, Column("x", "log_p"), "5.1e−435"),
        (math.log(9.99e-7), Column("x", "log_p"), "1.0e−6"),
    ],
)
def test_cells_are_shown_as_their_column_says(cell: Any, column: Column, text: str) -> None:
    assert shown_cell(cell, column)[0] == text


def test_undefined_cell_gives_its_reason() -> None:
    table = Table("t", [Column("kappa", "number")], [[Undefined("both are always right")]])
    html = render(make_page(sections=[Section("s", "S", [table])]))
    assert '<abbr title="both are always right">–</abbr>' in html
