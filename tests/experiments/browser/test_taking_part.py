"""A complete run of each experiment in headless Chromium, by keyboard and by pointer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.browser

TRIALS, PRACTICE = 5, 1
GIVEN = {"categories": 10, "main_category": "maybe", "oddity": "very"}
Start, Arrive = Callable[..., Any], Callable[..., Any]


def by_keyboard(someone: Any, kind: str, number: int) -> dict[str, Any]:
    press = someone.page.keyboard.press
    if kind == "pairs":
        key, side = [("f", "left"), ("ArrowRight", "right"), ("J", "right"), ("ArrowLeft", "left")][
            number % 4
        ]
        press(key)
        return {"choice": side}
    if kind == "categorise":
        if number % 2:
            press("c")  # the first class whose name has no earlier letter: car
            return {"choice": "car"}
        for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowDown", "Enter"):
            press(key)
        return {"choice": "car"}
    for key in ("1", "0", "Enter", "2", "Tab", "3", "Enter"):
        press(key)
    return GIVEN


def by_pointer(someone: Any, kind: str, number: int) -> dict[str, Any]:
    page = someone.page
    if kind == "pairs":
        side = ("left", "right")[number % 2]
        someone.point(page.get_by_role("button", name=f"{side} image"))
        return {"choice": side}
    if kind == "categorise":
        someone.point(page.get_by_role("button", name="dog"))
        return {"choice": "dog"}
    for name, value in zip(("How many", "Is there one", "Is the way"), GIVEN.values(), strict=True):
        group = page.get_by_role("group", name=name)
        option = group.get_by_role("radio", name=str(value), exact=True)
        someone.point(option)
        assert option.is_checked()
    someone.point(page.get_by_role("button", name="Next"))
    return GIVEN


@pytest.mark.parametrize(
    ("kind", "way"),
    [("pairs", "keyboard"), ("pairs", "mouse"), ("ratings", "touch"), ("categorise", "keyboard"),
     *(pytest.param(*both, marks=pytest.mark.long)
       for both in (("pairs", "touch"), ("ratings", "keyboard"), ("categorise", "touch")))],
)  # fmt: skip
def test_from_consent_to_completion(run: Start, person: Arrive, kind: str, way: str) -> None:
    running = run(kind)
    size = {"width": 768, "height": 1024, "touch": True} if way == "touch" else {}
    someone = person(running, **size).open("?PROLIFIC_PID=abc")
    someone.begin(keyboard=way == "keyboard")
    answer = by_keyboard if way == "keyboard" else by_pointer
    page, wanted, boxes = someone.page, [], []
    for number in range(TRIALS):
        someone.trial(number)
        assert page.evaluate("document.scrollingElement.scrollHeight <= innerHeight"), "nobody has to scroll"
        boxes.append([i.bounding_box() for i in page.locator(".picture").all()])
        wanted.append(answer(someone, kind, number))
        if number < PRACTICE and kind != "ratings":
            page.locator(".feedback.right, .feedback.wrong").wait_for()
            assert page.locator("#said").text_content() in ("Right.", "Not right.")
    someone.thanked()
    assert page.locator("#code").text_content() == "CODE-7QX"
    assert all(b == boxes[0] for b in boxes), "nothing jumps between trials"

    held = running.answers()
    assert [row["trial"] for row in held] == list(range(TRIALS))
    assert [row["answer"] for row in held] == wanted
    assert [row["phase"] for row in held[:PRACTICE]] == ["practice"] * PRACTICE
    assert all(0 < row["rt_ms"] < 10_000 for row in held)
    assert someone.sent() == [f"{running.url}api/trials/{k}" for k in range(TRIALS)]


def test_declining_ends_it(run: Start, person: Arrive) -> None:
    running = run("pairs")
    someone = person(running).open()
    someone.press_button("I do not agree")
    someone.page.get_by_role("heading", name="You do not take part").wait_for()
    assert not [r for r in someone.requests if "/api/images/" in r.url]
    assert running.answers() == []
    someone.page.reload()
    someone.page.get_by_role("heading", name="This experiment is closed to you").wait_for()
    someone.press_button("Start as another participant")
    someone.begin()
    someone.given(0)


def test_nothing_is_said_in_advance(run: Start, person: Arrive) -> None:
    running = run("pairs")
    someone = person(running)
    said: list[str] = []

    def note(response: Any) -> None:
        said.extend((response.url, str(response.headers)))
        if "json" in response.headers.get("content-type", ""):
            said.append(response.text())

    someone.page.on("response", note)
    someone.open().begin()
    for number in range(TRIALS):
        someone.trial(number)
        someone.page.keyboard.press("f")
    someone.thanked()
    assert len(said) > 3 * TRIALS
    for secret in ("secret-item", "secret-file", "trivial", "impossible", "attention-"):
        assert secret not in "".join(said)


def test_what_a_browser_loads_is_small(run: Start, person: Arrive) -> None:
    someone = person(run("categorise"))
    sizes: dict[str, int] = {}
    someone.page.on(
        "response", lambda r: sizes.update({r.url: len(r.body())}) if "/api/" not in r.url else None
    )
    someone.open().begin()
    someone.trial(0)
    assert any("jspsych" in url for url in sizes)
    assert sum(sizes.values()) < 200_000


def test_another_participant_can_begin_at_the_same_computer(run: Start, person: Arrive) -> None:
    running = run("pairs")
    someone = person(running).open()
    someone.begin()
    someone.trial(0)
    someone.page.keyboard.press("f")
    someone.given(1)
    someone.page.reload()
    someone.press_button("Start as another participant")
    someone.begin()
    someone.given(0)
    assert len({row["participant"] for row in running.answers()}) == 1


def test_a_rating_needs_every_answer(run: Start, person: Arrive) -> None:
    running = run("ratings")
    someone = person(running).open()
    someone.begin()
    someone.trial(0)
    someone.press_button("Next")
    assert someone.page.get_by_role("alert").text_content() == "Please answer every question."
    assert running.answers() == []
    by_pointer(someone, "ratings", 0)
    someone.given(1)


def test_enter_goes_on_where_there_is_one_way_on(run: Start, person: Arrive) -> None:
    someone = person(run("pairs")).open()
    page = someone.page
    agree, go_on = (page.get_by_role("button", name=name, exact=True) for name in ("I agree", "Go on"))
    agree.wait_for()
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    assert agree.is_visible(), "consent has two ways on, and neither is taken for granted"
    assert not [r for r in someone.requests if r.url.endswith("/api/consent")]
    someone.press_button("I agree")
    page.get_by_role("button", name="Start", exact=True).wait_for()
    page.keyboard.press("Enter")
    ready, pauses = page.locator(".pair:not(.waiting) button:enabled").first, []
    for number in range(TRIALS):
        someone.given(number)
        ready.or_(go_on).first.wait_for()
        if go_on.is_visible():
            pauses.append(page.get_by_role("heading").text_content())
            page.keyboard.press("Enter")
            ready.wait_for()
        page.keyboard.press("f")
    someone.thanked()
    assert pauses == ["Practice is over", "Time for a break"]


def test_options_show_the_digit_that_chooses_them(run: Start, person: Arrive) -> None:
    someone = person(run("ratings")).open()
    someone.begin()
    someone.trial(0)
    scale, *words = someone.page.get_by_role("group").all()
    assert scale.locator("kbd").count() == 0, "a number is its own key"
    assert len(words) == 2
    for group in words:
        assert group.locator("kbd").all_text_contents() == ["1", "2", "3"]
        for label in reversed(group.locator("label").all()):
            label.locator("input").focus()
            someone.page.keyboard.press(label.locator("kbd").text_content())
            assert label.locator("input").is_checked()


def test_up_to_ten_classes_have_digits(run: Start, person: Arrive) -> None:
    running = run("categorise", choices=("airplane", "bear", "bicycle", "bird", "boat", "car"))
    someone = person(running).open()
    someone.begin()
    someone.trial(0)
    assert someone.page.locator(".choice kbd").all_text_contents() == list("123456")
    someone.page.keyboard.press("6")
    someone.given(1)
    assert running.answers()[0]["answer"] == {"choice": "car"}


def test_an_answer_that_comes_too_late_is_none(run: Start, person: Arrive) -> None:
    running = run(
        "categorise", timing={"fixation_ms": 0.0, "image_ms": 50.0, "mask": False, "timeout_ms": 200.0}
    )
    someone = person(running).open()
    someone.begin()
    someone.page.locator(".feedback").get_by_text("Too late").wait_for()
    someone.given(1)
    row = running.answers()[0]
    assert row["answer"] == {"choice": None}
    assert row["rt_ms"] is None


def test_html_in_texts_is_text(run: Start, person: Arrive) -> None:
    evil = "<img src=x onerror=document.title='owned'>"
    running = run("categorise", choices=(evil, "airplane", "bear", "bicycle", "bird", "boat"), title=evil)
    someone = person(running).open()
    someone.begin()
    someone.trial(0)
    assert someone.page.get_by_role("button", name=evil).is_visible()
    assert someone.page.locator("main img").count() == 0
    assert someone.page.title() == evil
    someone.page.get_by_role("button", name=evil).click()
    someone.given(1)
    assert running.answers()[0]["answer"] == {"choice": evil}


def test_a_long_and_odd_link_shuts_nobody_out(run: Start, person: Arrive) -> None:
    running = run("pairs")
    odd = "&".join([f"utm={'x' * 3000}", f"{'n' * 65}=a", "nul=a%00b", *(f"k{k}=a" for k in range(40))])
    someone = person(running).open(f"?{odd}&PROLIFIC_PID=abc").begin()
    someone.trial(0)
    assert identities(running) == {"PROLIFIC_PID": "abc"}
    other = person(running, tolerated="422").open(f"?PROLIFIC_PID={'y' * 300}")
    said = "PROLIFIC_PID in the address of this page has more than 256 characters"
    other.page.locator("#stage").get_by_text(said).wait_for()


def identities(running: Any) -> dict[str, str]:
    """What is stored of who takes part."""
    from trichotomy.experiments.database.tables import identities as table

    with running.site.database.reading() as connection:
        return {row.name: row.value for row in connection.execute(table.select())}
