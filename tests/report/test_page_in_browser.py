"""The report page in real headless Chromium, opened from a file with the network cut."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

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

pytestmark = pytest.mark.browser

Visit = Callable[..., Any]

M, N = 40, 6000
rng = np.random.default_rng(2022)
NAMES = [f"net {i} <b>&amp;" for i in range(M)]
MATRIX = np.round(rng.uniform(-0.2, 1, (M, M)), 5)
MATRIX[3, 5] = MATRIX[5, 3] = math.nan
PRUNED = MATRIX / 2
CLUSTERED = rng.permutation(M)
DECISIONS = (rng.logistic(size=(M, N)) < 1 - rng.normal(0, 3, N)).astype(np.int8)
DECISIONS[7, 100:900] = -1
ITEMS = [f"item_{i:05d}.png" for i in rng.permutation(N)]
CONTENT = csv_text(
    {"item": ["=1+1", 'a "b", c', *ITEMS[2:]], "right": (DECISIONS == 1).sum(0), "x": rng.random(N)}
)
COLUMNS = [Column("name"), Column("n", "integer"), Column("kappa", "number", help="agreement"),
           Column("share", "share", 1), Column("interval", "share", 1), Column("p", "log_p")]  # fmt: skip
ROWS: list[list[Any]] = [
    [f"row {i}", int(rng.integers(-9, 99_999)), Undefined("constant") if i % 9 == 4 else rng.normal(),
     None if i % 7 == 2 else rng.random(), (i / 2000, i / 1000), -float(rng.exponential(9))]
    for i in range(700)
]  # fmt: skip
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="640" height="360">'
    '<style>rect{fill:#246}</style><rect width="64" height="99"/></svg>'
)


@pytest.fixture(scope="module")
def html() -> str:
    right = (DECISIONS == 1).sum(0) / np.maximum((DECISIONS >= 0).sum(0), 1)
    bands = [Band("easy", int((right > 0.5).sum())), Band("hard", int((right <= 0.5).sum()))]
    return render(
        Page(
            "Report", "A headline that answers the question in one sentence.", "A lead.", Picture("hero", SVG, "bars"),
            [KeyNumber("Trivial", "34.1 %", "33.9 to 34.3")], [f"warning {i}" for i in range(8)],
            [Download("items", "items.csv", CONTENT, N, "All items")],
            [
                Section("maps", "Maps", ["Text.", Heatmap(
                    "heatmap", NAMES, {"all items": MATRIX, "pruned": PRUNED}, value="kappa", caption="Caption.",
                    orders={"as given": range(M), "clustered": CLUSTERED},
                )]),
                Section("decisions", "Decisions", [Raster("raster", NAMES, DECISIONS, ITEMS, bands=bands)]),
                Section("tables", "Tables", [Table("table", COLUMNS, ROWS, "Rows.")]),
            ],
            ["Methods."], {"sha256": "ab" * 32}, {"numpy": "2"},
        )
    )  # fmt: skip


def numbers(canvas: Any, name: str) -> list[float]:
    return [float(v) for v in canvas.get_attribute(f"data-{name}").split()]


def point(page: Any, canvas: Any, column: float, row: float, *, click: bool = False) -> None:
    """Move to the middle of a cell, found from where the canvas says that it draws and what it shows."""
    canvas.scroll_into_view_if_needed()
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    left, top, width, height = numbers(canvas, "plot")
    x0, y0, w, h = numbers(canvas, "view")
    box = canvas.bounding_box()
    x = box["x"] + left + (column + 0.5 - x0) / w * width
    y = box["y"] + top + (row + 0.5 - y0) / h * height
    page.mouse.move(x, y)
    if click:
        page.mouse.click(x, y)


def tip(page: Any) -> list[str]:
    return page.locator("#tip:not([hidden]) > div").all_text_contents()


def shown(value: float) -> str:
    return "undefined" if math.isnan(value) else f"{value:.3f}".replace("-", "−")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (768, "light"), (360, "light")])
def test_opens_without_complaint_and_fits_any_width(visit: Visit, html: str, width: int, scheme: str) -> None:
    page = visit(html, width=width, color_scheme=scheme)
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    assert page.locator(".notice:visible").count() == 0
    assert page.locator("#hero img").evaluate("image => image.naturalWidth") == 640
    assert page.locator(".contents details").evaluate("d => d.open") == (width >= 1100)


def test_answer_and_picture_stand_on_the_first_screen(visit: Visit, html: str) -> None:
    page = visit(html)
    box = page.locator("#hero img").bounding_box()
    assert box["y"] + box["height"] < 900
    assert page.locator("h1").bounding_box()["y"] < 200


def test_hover_on_a_map_names_the_cell(visit: Visit, html: str) -> None:
    page = visit(html)
    canvases = page.locator("#heatmap .map canvas")
    for row, column in [(0, 0), (3, 5), (5, 3), (17, 31), (M - 1, 0), (M - 1, M - 1)]:
        for index, matrix in enumerate([MATRIX, PRUNED]):
            point(page, canvases.nth(index), column, row)
            assert tip(page) == [NAMES[row], NAMES[column], f"kappa {shown(np.float32(matrix[row, column]))}"]
        both = f"all items {shown(MATRIX[row, column])}; pruned {shown(PRUNED[row, column])}"
        assert page.locator("#heatmap .readout").text_content() == f"{NAMES[row]} and {NAMES[column]}: {both}"


def test_colour_under_the_pointer_is_that_of_the_value(visit: Visit, html: str) -> None:
    from matplotlib import colormaps

    page = visit(html)
    canvas = page.locator("#heatmap .map canvas").first
    left, top, width, height = numbers(canvas, "plot")
    cells = [(2, 9), (17, 31), (M - 1, 0), (3, 5)]
    places = [(int(left + (c + 0.5) / M * width), int(top + (r + 0.5) / M * height)) for r, c in cells]
    pixels = canvas.evaluate(
        """(canvas, places) => {
          const { width, height } = canvas;
          const image = canvas.getContext("2d").getImageData(0, 0, width, height).data;
          return places.map(([x, y]) => [0, 1, 2].map((channel) => image[4 * (y * width + x) + channel]));
        }""",
        places,
    )
    for (row, column), pixel in zip(cells, pixels, strict=True):
        value = MATRIX[row, column]
        if math.isnan(value):
            assert np.ptp(pixel) == 0
        else:
            shade = min(255, max(0, int(value * 256)))
            np.testing.assert_allclose(pixel, np.array(colormaps["YlGnBu"](shade))[:3] * 255, atol=1.5)


def test_order_of_a_map_can_be_changed(visit: Visit, html: str) -> None:
    page = visit(html)
    button = page.get_by_role("button", name="clustered")
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    point(page, page.locator("#heatmap .map canvas").first, 4, 30)
    row, column = CLUSTERED[30], CLUSTERED[4]
    assert tip(page) == [NAMES[row], NAMES[column], f"kappa {shown(MATRIX[row, column])}"]


def test_hover_is_right_after_zoom_and_pan(visit: Visit, html: str) -> None:
    page = visit(html)
    canvas = page.locator("#heatmap .map canvas").first
    point(page, canvas, 20, 12, click=True)
    for _ in range(3):
        page.mouse.wheel(0, -200)
    page.wait_for_function("c => c.dataset.view.split(' ')[2] < 20", arg=canvas.element_handle())
    x0, y0, w, h = numbers(canvas, "view")
    assert x0 < 20 < x0 + w
    assert y0 < 12 < y0 + h
    point(page, canvas, 20, 12)
    page.mouse.down()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + box["width"] - 5, box["y"] + 5, steps=4)
    page.mouse.up()
    assert numbers(canvas, "view")[:2] != [x0, y0]
    x0, y0, w, h = numbers(canvas, "view")
    row, column = math.ceil(y0) + 1, math.ceil(x0) + 2
    for index, matrix in enumerate([MATRIX, PRUNED]):
        point(page, page.locator("#heatmap .map canvas").nth(index), column, row)
        assert tip(page) == [NAMES[row], NAMES[column], f"kappa {shown(matrix[row, column])}"]
    page.locator("#heatmap").get_by_role("button", name="Reset").click()
    assert numbers(canvas, "view") == [0, 0, M, M]


def test_map_answers_to_the_keyboard(visit: Visit, html: str) -> None:
    page = visit(html)
    page.locator("#heatmap [data-do=reset]").focus()
    page.keyboard.press("Tab")
    for key in ["ArrowRight", "ArrowRight", "ArrowDown", "+", "+", "ArrowLeft"]:
        page.keyboard.press(key)
    assert tip(page) == [NAMES[1], NAMES[1], f"kappa {shown(MATRIX[1, 1])}"]
    assert numbers(page.locator("#heatmap .map canvas").first, "view")[2] < M
    page.keyboard.press("Escape")
    assert tip(page) == []


def test_map_answers_to_touch(visit: Visit, html: str) -> None:
    page = visit(html, width=390, has_touch=True, is_mobile=True)
    canvas = page.locator("#heatmap .map canvas").nth(1)
    _, _, width, height = numbers(canvas, "plot")
    left, top = numbers(canvas, "plot")[:2]
    canvas.tap(position={"x": left + 10.5 / M * width, "y": top + 8.5 / M * height})
    assert tip(page) == [NAMES[8], NAMES[10], f"kappa {shown(PRUNED[8, 10])}"]


def expected_order() -> list[int]:
    answered = (DECISIONS >= 0).sum(0)
    share = (DECISIONS == 1).sum(0) / answered
    return sorted(range(N), key=lambda i: -share[i])


def test_raster_shows_means_and_says_so(visit: Visit, html: str) -> None:
    page = visit(html)
    canvas = page.locator("#raster canvas").first
    size = int(canvas.get_attribute("data-bin"))
    assert size == math.ceil(N / numbers(canvas, "plot")[2])
    caption = page.locator("#raster figcaption").text_content()
    assert f"Each column is the mean of {size} neighbouring items" in caption
    order = expected_order()
    for row, position in [(0, 10), (12, 3000), (7, 3000), (M - 1, N - 20)]:
        point(page, canvas, position, row)
        start = position // size * size
        chosen = order[start : start + size]
        cells = DECISIONS[row, chosen]
        answered = cells[cells >= 0]
        name, what, found, band = tip(page)
        assert name == f"observer {NAMES[row]}"
        assert what == f"{len(chosen)} items, {ITEMS[chosen[0]]} to {ITEMS[chosen[-1]]}"
        share = f"{100 * answered.mean():.1f}\u202f% right"
        left = len(cells) - len(answered)
        assert found == share + (f", {left} missing" if left else "")
        assert band in {"easy", "hard", "easy and hard"}


def test_raster_zooms_to_single_items(visit: Visit, html: str) -> None:
    page = visit(html)
    canvas = page.locator("#raster canvas").first
    order = expected_order()
    middle = next(k for k, item in enumerate(order) if (DECISIONS[:, item] == 1).mean() < 0.5)
    point(page, canvas, middle, 7, click=True)
    for _ in range(12):
        page.mouse.wheel(0, -200)
    page.wait_for_function("c => c.dataset.view.split(' ')[2] == 16", arg=canvas.element_handle())
    assert "Each column is one item." in page.locator("#raster figcaption").text_content()
    x0 = math.ceil(numbers(canvas, "view")[0])
    assert x0 <= middle < x0 + 16
    seen = set()
    for row in (7, 20):
        for position in range(x0, x0 + 12, 2):
            point(page, canvas, position, row)
            answer = {1: "right", 0: "wrong", -1: "missing"}[int(DECISIONS[row, order[position]])]
            assert tip(page)[1:3] == [ITEMS[order[position]], answer]
            seen.add(answer)
    assert {"right", "wrong"} <= seen


def test_raster_answers_to_the_keyboard(visit: Visit, html: str) -> None:
    page = visit(html)
    page.locator("#raster [data-do=reset]").focus()
    page.keyboard.press("Tab")
    for key in ["ArrowDown", "ArrowDown", "ArrowRight"]:
        page.keyboard.press(key)
    size = int(page.locator("#raster canvas").first.get_attribute("data-bin"))
    order = expected_order()
    chosen = order[size : 2 * size]
    assert tip(page)[:2] == [
        f"observer {NAMES[2]}",
        f"{size} items, {ITEMS[chosen[0]]} to {ITEMS[chosen[-1]]}",
    ]


def column_of(page: Any, index: int) -> list[str]:
    return page.locator(f"#table tbody tr > :nth-child({index + 1})").all_text_contents()


def sort_key(cell: Any) -> float | None:
    value = cell[0] if isinstance(cell, tuple) else cell
    return None if value is None or isinstance(value, Undefined) else value


def sorted_rows(index: int, sign: int) -> list[str]:
    present = [row for row in ROWS if sort_key(row[index]) is not None]
    missing = [row for row in ROWS if sort_key(row[index]) is None]
    return [row[0] for row in sorted(present, key=lambda row: sign * sort_key(row[index])) + missing]


def test_table_sorts_both_ways_with_missing_last(visit: Visit, html: str) -> None:
    page = visit(html)
    page.locator("#table [data-do=more]").click()
    page.locator("#table [data-do=more]").click()
    assert column_of(page, 0) == [row[0] for row in ROWS]
    for index in range(1, len(COLUMNS)):
        heading = page.locator("#table thead th").nth(index)
        for direction, sign in [("ascending", 1), ("descending", -1)]:
            heading.locator("button").press("Enter")
            assert heading.get_attribute("aria-sort") == direction
            assert column_of(page, 0) == sorted_rows(index, sign)
    assert page.locator("#table thead th[aria-sort]").count() == 1


def test_table_is_written_alike_by_page_and_script(visit: Visit, html: str) -> None:
    with_script = visit(html).locator("#table tbody tr").all_text_contents()
    without = visit(html, java_script_enabled=False).locator("#table tbody tr").all_text_contents()
    compact = [[re.sub(r"\s*\n\s*", "", row) for row in rows] for rows in (with_script, without)]
    assert len(compact[0]) == 20
    assert compact[0] == compact[1]


def test_table_can_be_searched_and_gives_reasons(visit: Visit, html: str) -> None:
    page = visit(html)
    assert page.locator("#table .count").text_content() == "20 of 700 rows"
    page.locator("#table input").fill("ROW 69")
    assert column_of(page, 0) == [row[0] for row in ROWS if "69" in row[0]]
    assert page.locator("#table .count").text_content() == "17 matching rows"
    page.locator("#table input").fill("row 4 ")
    assert page.locator("#table abbr").first.get_attribute("title") == "constant"


def test_download_has_every_row(visit: Visit, html: str) -> None:
    page = visit(html)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="items.csv").click()
    assert waiting.value.suggested_filename == "items.csv"
    text = Path(waiting.value.path()).read_bytes().decode()
    assert text == CONTENT
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len(rows) == N + 1
    assert [row[0] for row in rows[1:]] == ["'=1+1", 'a "b", c', *ITEMS[2:]]
    assert [int(row[1]) for row in rows[1:]] == (DECISIONS == 1).sum(0).tolist()


def test_old_browser_gets_a_message(visit: Visit, html: str) -> None:
    page = visit(html, before="delete globalThis.DecompressionStream;")
    assert page.locator("#heatmap .notice").text_content().startswith("This browser cannot unpack")
    assert page.locator("#table tbody tr").count() == 20


def test_page_reads_without_its_script(visit: Visit, html: str) -> None:
    page = visit(html, java_script_enabled=False)
    assert page.locator("h1").is_visible()
    assert page.locator("#heatmap .notice").is_visible()
    assert not page.locator("#table input").is_visible()
    assert page.locator("#table tbody tr").count() == 20


def test_prints_with_everything_open(visit: Visit, html: str) -> None:
    page = visit(html)
    assert not page.locator("#warnings details").evaluate("d => d.open")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#warnings details").evaluate("d => d.open")
    page.emulate_media(media="print")
    assert not page.locator(".contents").is_visible()
    assert page.locator("#heatmap .map canvas").first.is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert not page.locator("#warnings details").evaluate("d => d.open")
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_hostile_labels_run_nothing(visit: Visit) -> None:
    evil = "</script><img src=x onerror=document.title='owned'><!--"
    heatmap = Heatmap("map", [evil, "b"], {evil: np.eye(2)}, value=evil)
    table = Table("table", [Column(evil)], [[evil], [Undefined(evil)]])
    hero = Picture("hero", SVG, evil, evil)
    page = visit(
        render(Page("Safe", evil, evil, hero, sections=[Section("s", evil, [evil, heatmap, table])]))
    )
    page.locator("#table thead button").click()
    point(page, page.locator("#map canvas").first, 0, 0)
    assert tip(page) == [evil, evil, f"{evil} 1.000"]
    assert page.title() == "Safe"
    assert page.locator("img").count() == 1
