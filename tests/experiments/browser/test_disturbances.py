"""Reload, double clicks, a lost connection and a second tab: no answer is lost, none counts twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.browser

TRIALS = 5
Start, Arrive = Callable[..., Any], Callable[..., Any]
NETWORK = r"net::ERR|Failed to load resource"


def finish(someone: Any, first: int) -> None:
    for number in range(first, TRIALS):
        someone.trial(number)
        someone.page.keyboard.press("f")
    someone.thanked()


def complete_once(running: Any) -> None:
    held = running.answers()
    assert [row["trial"] for row in held] == list(range(TRIALS))
    assert len({row["participant"] for row in held}) == 1


def shown(someone: Any) -> list[str]:
    """Bytes of the images on the screen."""
    read = """async (images) => Promise.all(images.map(async (image) => {
      const data = await (await fetch(image.src)).arrayBuffer();
      return [...new Uint8Array(data)].reduce((a, b) => (a * 31 + b) >>> 0, 7).toString();
    }))"""
    return someone.page.locator(".picture img").evaluate_all(read)


def test_a_reload_goes_on_at_the_same_trial(run: Start, person: Arrive) -> None:
    running = run("pairs")
    # the test's own look at the images is against the policy for connections, so it is not applied here
    someone = person(running, bypass_csp=True).open()
    someone.begin()
    for number in range(2):
        someone.trial(number)
        someone.page.keyboard.press("f")
    someone.trial(2)
    before = shown(someone)
    someone.page.reload()
    someone.page.get_by_text("You have given 2 of 5 answers").wait_for()
    someone.press_button("Go on")
    someone.trial(2)
    assert shown(someone) == before
    assert len(set(before)) == 2
    finish(someone, 2)
    complete_once(running)


def test_a_reload_at_the_end_shows_the_code_again(run: Start, person: Arrive) -> None:
    running = run("pairs")
    someone = person(running).open("?PROLIFIC_PID=abc")
    someone.begin()
    finish(someone, 0)
    someone.page.reload()
    someone.thanked()
    assert someone.page.locator("#code").text_content() == "CODE-7QX"
    assert not someone.page.get_by_role("button").is_visible()
    complete_once(running)


def test_an_answer_not_yet_sent_survives_a_crash(run: Start, person: Arrive) -> None:
    running = run("pairs")
    someone = person(running, tolerated=NETWORK).open()
    someone.begin()
    someone.trial(0)
    someone.page.route("**/api/trials/*", lambda route: route.abort())
    someone.page.keyboard.press("ArrowRight")
    someone.page.get_by_text("No answer is lost").wait_for()
    assert running.answers() == []
    someone.page.unroute("**/api/trials/*")
    someone.page.reload()
    someone.page.get_by_text("You have given 1 of 5 answers").wait_for()
    assert [row["answer"] for row in running.answers()] == [{"choice": "right"}]


@pytest.mark.parametrize("twice", ["click", "key", "both keys"])
def test_two_answers_are_one(run: Start, person: Arrive, twice: str) -> None:
    running = run("pairs", feedback=False)
    someone = person(running).open()
    someone.begin()
    for number in range(3):
        someone.trial(number)
        if twice == "click":
            someone.page.get_by_role("button", name="left image").dblclick()
        elif twice == "key":
            someone.page.keyboard.press("f")
            someone.page.keyboard.press("f")
        else:
            someone.page.evaluate(
                """for (const key of ["f", "j"]) dispatchEvent(new KeyboardEvent("keydown", { key }))"""
            )
    someone.trial(3)
    assert [(row["trial"], row["answer"]["choice"]) for row in running.answers()] == [
        (k, "left") for k in range(3)
    ]
    assert len(someone.sent()) == 3


def test_a_key_held_down_answers_once(run: Start, person: Arrive) -> None:
    running = run("pairs", feedback=False)
    someone = person(running).open()
    someone.begin()
    someone.trial(0)
    for _ in range(5):
        someone.page.keyboard.down("f")  # without `up`: the browser says that it repeats
    someone.trial(1)
    someone.page.keyboard.down("f")
    someone.page.wait_for_timeout(300)
    assert len(running.answers()) == 1


def test_a_lost_connection_loses_nothing(run: Start, person: Arrive) -> None:
    running = run("pairs")
    someone = person(running, tolerated=NETWORK).open()
    someone.begin()
    someone.trial(0)
    someone.page.context.set_offline(True)
    someone.page.keyboard.press("f")
    notice = someone.page.locator("#notice")
    notice.get_by_text("Connection lost. No answer is lost: trying again").wait_for()
    assert notice.is_visible()
    someone.page.keyboard.press("j")
    someone.page.context.set_offline(False)
    someone.trial(1)
    assert not notice.is_visible()
    assert running.answers()[0]["answer"] == {"choice": "left"}
    finish(someone, 1)
    complete_once(running)


def test_a_server_that_stops_and_comes_back_finds_everybody_waiting(run: Start, person: Arrive) -> None:
    running = run("pairs")
    someone = person(running, tolerated=NETWORK).open()
    someone.begin()
    someone.trial(0)
    running.stop()
    someone.page.keyboard.press("f")
    someone.page.locator("#notice").get_by_text("Connection lost").wait_for()
    running.start()
    finish(someone, 1)
    complete_once(running)


def test_an_acknowledgement_that_is_lost_counts_once(run: Start, person: Arrive) -> None:
    running = run("pairs")
    someone = person(running, tolerated=NETWORK).open()
    someone.begin()
    lost = []

    def lose(route: Any) -> None:
        if route.request.url in lost:
            route.continue_()
        else:
            lost.append(route.request.url)
            route.fetch()
            route.abort()

    someone.page.route("**/api/trials/*", lose)
    finish(someone, 0)
    complete_once(running)
    assert len(lost) == TRIALS
    assert len(someone.sent()) == 2 * TRIALS


def test_a_busy_server_is_asked_again(run: Start, person: Arrive) -> None:
    running = run("pairs")
    someone = person(running, tolerated=NETWORK)
    seen: dict[str, int] = {}

    def busy(route: Any) -> None:
        url = route.request.url
        seen[url] = seen.get(url, 0) + 1
        if seen[url] == 1:
            route.fulfill(status=503, json={"error": "busy", "message": "Later."})
        else:
            route.continue_()

    someone.page.route(re.compile("/api/(images|blocks|next|completion|experiment)"), busy)
    someone.open().begin()
    finish(someone, 0)
    complete_once(running)


def test_a_second_tab_takes_over_at_once(run: Start, person: Arrive) -> None:
    running = run("pairs")
    first = person(running).open()
    first.begin()
    first.trial(0)
    first.page.keyboard.press("f")
    first.trial(1)
    second = person(running, beside=first).open()
    first.page.get_by_role("heading", name="Opened elsewhere").wait_for()
    second.press_button("Go on")
    first.page.keyboard.press("f")
    finish(second, 1)
    complete_once(running)
    assert len(first.sent()) == 1


def test_a_second_computer_takes_over(run: Start, person: Arrive) -> None:
    running = run("pairs")
    first = person(running, tolerated="409").open("?PROLIFIC_PID=abc")
    first.begin()
    first.trial(0)
    first.page.keyboard.press("f")
    first.trial(1)
    second = person(running).open("?PROLIFIC_PID=abc")
    second.press_button("Go on")
    second.trial(1)
    first.page.keyboard.press("j")
    first.page.get_by_role("heading", name="Opened elsewhere").wait_for()
    finish(second, 1)
    complete_once(running)


def test_the_server_forgot_who_this_is(run: Start, person: Arrive) -> None:
    running = run("pairs")
    someone = person(running, tolerated="401").open()
    someone.begin()
    someone.trial(0)
    someone.page.route(
        "**/api/trials/*", lambda r: r.continue_(headers={**r.request.headers, "authorization": "Bearer x"})
    )
    someone.page.keyboard.press("f")
    someone.page.get_by_role("heading", name="This cannot go on").wait_for()
    assert someone.page.get_by_text("reload").first.is_visible()


def test_an_image_that_cannot_be_shown_is_told(run: Start, person: Arrive) -> None:
    running = run("pairs")
    someone = person(running)
    someone.page.route(
        "**/api/images/*", lambda r: r.fulfill(status=200, content_type="image/png", body=b"no")
    )
    someone.open().begin()
    someone.page.get_by_text("An image of this experiment cannot be shown").first.wait_for()


def test_a_server_without_jspsych_is_told(run: Start, person: Arrive) -> None:
    someone = person(run("pairs"), tolerated=r"404|jsPsych\w* is not defined|MIME type")
    someone.page.route(
        "**/vendored/*", lambda r: r.fulfill(status=404, content_type="application/json", body="{}")
    )
    someone.open()
    someone.page.get_by_role("heading", name="This page is not complete").wait_for()


def test_an_answer_that_another_left_is_not_sent(run: Start, person: Arrive) -> None:
    running = run("pairs")
    left = """if (!localStorage.length) localStorage.setItem("trichotomy /  answer", JSON.stringify(
      { trial: 0, body: { answer: { choice: "right" }, rt_ms: 1, started_at_ms: 1, events: [] } }));"""
    someone = person(running, before=left).open()
    someone.begin()
    someone.trial(0)
    assert running.answers() == []
