"""The page in real headless Chromium, served on a loopback port."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the extra 'web' is not installed")
pytest.importorskip("uvicorn", reason="the extra 'web' is not installed")

from trichotomy.browse import Site, application, catalogue, chosen, view_of
from trichotomy.web import bound

pytestmark = pytest.mark.browser
Open = Callable[..., Any]
VIOLATIONS = (
    "addEventListener('securitypolicyviolation', (e) => console.error(`CSP: ${e.violatedDirective}`));"
)


def served(site: Site) -> Iterator[str]:
    import uvicorn

    at = bound("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(application(site), log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, args=([at],))
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{at.getsockname()[1]}/"
    server.should_exit = True
    thread.join()
    at.close()


@pytest.fixture(scope="module")
def address(site) -> Iterator[str]:
    yield from served(site)


@pytest.fixture
def visit(chromium, address) -> Iterator[Open]:
    """Open the page; every complaint of the console, and every request elsewhere, is an error at the end."""
    complaints: list[str] = []
    contexts = []

    def open_page(query: str = "", *, width: int = 1280, base: str = address, **options: Any) -> Any:
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, reduced_motion="reduce", **options
        )
        contexts.append(context)
        context.set_default_timeout(10_000)
        context.add_init_script(VIOLATIONS)
        page = context.new_page()
        page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda r: None if r.url.startswith((base, "data:")) else complaints.append(r.url))
        page.goto(base + query)
        page.wait_for_selector("html[data-ready]")
        return page

    yield open_page
    for context in contexts:
        context.close()
    missing = "the server responded with a status of 404"  # the damaged image: its tile says so
    assert [c for c in complaints if missing not in c] == []


def until(page: Any, condition: str, arg: Any = None) -> None:
    """Wait until an expression is true; Playwright's own way needs ``eval``, which the page's policy forbids."""
    end = time.monotonic() + 10
    while not page.evaluate(condition, arg):
        assert time.monotonic() < end, f"{condition} {arg!r}: {page.url}"
        time.sleep(0.02)


def shown(page: Any, *, wait: str | None = None) -> list[int]:
    """Positions of the items in the gallery, once the page shows an address."""
    if wait is not None:
        until(page, "(text) => document.documentElement.dataset.ready?.includes(text)", wait)
    until(page, "!document.documentElement.dataset.busy")
    return page.locator(".tile").evaluate_all("tiles => tiles.map((tile) => Number(tile.dataset.index))")


def expected(c: Any, query: str) -> list[int]:
    asked = [tuple(part.split("=", 1)) for part in query.split("&")] if query else []
    return chosen(c, view_of(c, asked)).tolist()[:60]


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (390, "light")])
@pytest.mark.parametrize("query", ["", "?item=7", "?a=net-0&b=net-3&differ=correctness"])
def test_opens_without_complaint_and_fits_any_width(visit, width, scheme, query):
    page = visit(query, width=width, color_scheme=scheme, has_touch=width < 500)
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    assert page.locator("#problem").is_hidden()
    assert page.locator("#filters").evaluate("d => d.open") == (width >= 900)


def test_filters_change_the_gallery_the_address_and_the_way_back(visit, catalogued):
    page = visit()
    assert shown(page) == expected(catalogued, "")
    page.get_by_role("checkbox", name="impossible").check()
    assert shown(page, wait="impossible") == expected(catalogued, "difficulty=impossible")
    page.get_by_label("Class", exact=True).fill("cat")
    page.get_by_label("Class", exact=True).press("Enter")
    assert shown(page, wait="class=cat") == expected(catalogued, "difficulty=impossible&class=cat")
    assert page.locator("#chips a").all_text_contents() == ["impossible ×", "class cat ×"]
    page.locator("#chips a").first.click()
    until(page, "!location.search.includes('impossible')")
    assert shown(page, wait="?class=cat") == expected(catalogued, "class=cat")
    page.go_back()
    assert shown(page, wait="impossible") == expected(catalogued, "difficulty=impossible&class=cat")
    assert page.get_by_role("checkbox", name="impossible").is_checked()


def test_an_address_says_all(visit, catalogued):
    query = "right=net-0&wrong=net-1&where=superclass=animal&number=1..4&sort=right&down=1&q=val"
    page = visit(f"?{query.replace('superclass=', 'superclass%3D')}")
    assert shown(page) == expected(catalogued, query)
    assert page.locator("#words").input_value() == "val"
    assert page.get_by_label("superclass", exact=True).input_value() == "animal"
    assert page.get_by_label("number from").input_value() == "1"
    assert page.locator("#direction").get_attribute("aria-pressed") == "true"
    assert page.locator("#chips a").count() == 5


def test_keys_search_move_open_step_and_close(visit, catalogued):
    page = visit("?sort=right")
    order = expected(catalogued, "sort=right")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "words"
    page.keyboard.type("bird")
    assert shown(page, wait="q=bird") == expected(catalogued, "sort=right&q=bird")
    page.locator("#words").fill("")
    page.keyboard.press("Escape")
    until(page, "!location.search.includes('q=')")
    assert shown(page, wait="sort=right") == order
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    focused = "Number(document.activeElement.dataset.index)"
    assert page.evaluate(focused) == order[1]
    page.keyboard.press("ArrowDown")
    below = order.index(page.evaluate(focused))
    assert below > 1
    page.keyboard.press("Enter")
    page.wait_for_selector("#item:not([hidden])")
    assert page.locator("#item h2").text_content() == catalogued.items[order[below]]
    page.keyboard.press("ArrowRight")
    until(page, "(k) => location.search.includes(`item=${k}`)", order[below + 1])
    until(page, "(name) => document.querySelector('#item h2').textContent === name",
                           catalogued.items[order[below + 1]])  # fmt: skip
    page.keyboard.press("Escape")
    page.wait_for_selector("#gallery:not([hidden])")
    assert page.evaluate(focused) == order[below + 1]


def test_arrows_go_over_the_edge_of_a_page(visit, catalogued):
    page = visit()
    page.locator(".tile").last.focus()
    page.keyboard.press("ArrowRight")
    assert shown(page, wait="at=60")[0] == 60
    assert page.evaluate("Number(document.activeElement.dataset.index)") == 60
    page.keyboard.press("ArrowLeft")
    until(page, "!location.search.includes('at=')")
    until(page, "Number(document.activeElement.dataset.index) === 59")


def test_from_an_item_one_comes_back_to_the_page_it_is_on(visit):
    page = visit("?item=59")
    page.locator("#item-after").click()
    until(page, "document.querySelector('#item h2')?.textContent === 'val/airplane/060.png'")
    page.locator("#pick-item").click()
    until(page, "document.activeElement.textContent === 'Picked ✓'")
    page.keyboard.press("Escape")
    assert shown(page, wait="at=60")[0] == 60
    until(page, "Number(document.activeElement.dataset.index) === 60")


def test_an_item_shows_every_answer_at_every_epoch(visit, catalogued):
    page = visit("?item=9")
    assert page.locator(".observers tbody tr").count() == 5
    response, right = catalogued.histories.of(9)
    page.locator("#item img").evaluate(
        "i => i.complete || new Promise((done) => i.addEventListener('load', done))"
    )
    strip = page.locator(".strip").nth(3)
    box = strip.bounding_box()
    for k in range(4):
        page.mouse.move(box["x"] + (k + 0.5) / 4 * box["width"], box["y"] + 5)
        said = {1: "right", 0: "wrong"}[int(right[3, k])]
        words = f"net-3, epoch {k}: {said}, {catalogued.class_name(int(response[3, k]))}"
        assert page.locator("#readout").text_content() == words


def test_two_observers_differ_where_it_says(visit, catalogued):
    page = visit()
    page.get_by_label("Observer A", exact=True).select_option("net-0")
    page.get_by_label("Observer B", exact=True).select_option("net-4")
    query = "a=net-0&b=net-4&differ=correctness"
    assert shown(page, wait="b=net-4") == expected(catalogued, query)
    only_a = page.get_by_role("button", name=re.compile("^Only A right"))
    n = int(only_a.text_content())
    only_a.click()
    assert len(shown(page, wait="differ=a")) == n
    first = page.locator(".confusions button").first
    n = int(first.locator(".count").text_content())
    first.click()
    assert len(shown(page, wait="a_says")) == n
    assert page.locator(".says").first.is_visible()


def test_picked_items_are_kept_in_the_address_and_exported(visit, catalogued):
    page = visit("?sort=right")
    picked = shown(page)[:3:2]
    page.locator(f".tile[data-index='{picked[0]}']").focus()
    for index in picked:
        if index != picked[0]:  # the focus stays where it was
            page.keyboard.press("ArrowRight")
            page.keyboard.press("ArrowRight")
        page.keyboard.press("x")
        until(page, "(k) => location.search.includes(k)", str(index))
        until(page, "!document.documentElement.dataset.busy")
    page.get_by_label("show only these").check()
    assert shown(page, wait="show=picked") == picked
    page.locator("#export summary").click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Subset (JSON)").click()
    with open(waiting.value.path(), encoding="utf-8") as file:  # noqa: PTH123
        assert json.load(file)["items"] == catalogued.items[picked].tolist()


def test_a_hostile_id_is_text_and_a_damaged_image_is_said(visit):
    page = visit("?only=3.50")
    page.wait_for_selector(".no-image")
    assert page.locator("main img[src='x']").count() == 0
    page.locator(".tile[data-index='50']").click()
    page.wait_for_selector("#item:not([hidden])")
    assert page.locator("#item h2").text_content().startswith("=2+5 <img")


def test_texts_stand_where_images_would(visit, decisions):
    ids = decisions["item"].values
    site = Site.of(catalogue(decisions, title="texts", texts="remark"))
    for base in served(site):
        page = visit("?q=remark+4&sort=given", base=base)
        assert page.locator(".snippet").all_text_contents() == [
            f"remark {k} <b>" for k in range(90) if "4" in str(k) or "4" in ids[k]
        ]
        page.locator(".tile").first.click()
        page.wait_for_selector("#item:not([hidden])")
        assert page.locator("#item pre").text_content() == "remark 4 <b>"


def test_a_wrong_address_is_said_in_a_sentence(visit, chromium, address):
    page = chromium.new_page()
    page.goto(f"{address}?right=nobody")
    page.wait_for_selector("#problem:not([hidden])")
    assert page.locator("#problem").text_content() == "There is no observer called 'nobody'."
    page.close()
