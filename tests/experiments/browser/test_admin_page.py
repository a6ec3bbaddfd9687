"""The page for those who run an experiment."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

TOKEN = "an-admin-token-of-the-tests-0123456789"
EVIL = "<img src=x onerror=alert(1)>"
Start, Arrive = Callable[..., Any], Callable[..., Any]


def open_board(person: Arrive, running: Any, **options: Any) -> Any:
    someone = person(running, **options).open("admin")
    someone.page.get_by_label("Admin token").fill(TOKEN)
    someone.page.keyboard.press("Enter")
    someone.page.get_by_role("table").wait_for()
    return someone


def counts(someone: Any) -> dict[str, str]:
    names, values = (someone.page.locator(f"#counts {tag}").all_text_contents() for tag in ("dt", "dd"))
    return dict(zip(names, values, strict=True))


def test_a_wrong_token_opens_nothing(run: Start, person: Arrive) -> None:
    someone = person(run("pairs"), tolerated="401").open("admin")
    someone.page.get_by_label("Admin token").fill("wrong")
    someone.press_button("Open")
    someone.page.get_by_text("This is not the token of this experiment.").wait_for()
    assert not someone.page.get_by_role("table").is_visible()


def test_counts_follow_the_participants_and_exclusion_needs_a_reason(run: Start, person: Arrive) -> None:
    running = run("pairs", title=EVIL)
    board = open_board(person, running)
    assert board.page.get_by_role("heading", name=EVIL).is_visible()
    assert board.page.get_by_text("Nobody has begun yet.").is_visible()
    someone = person(running).open()
    someone.begin()
    someone.trial(0)
    someone.page.keyboard.press("f")
    someone.given(1)
    row = board.page.get_by_role("row").filter(has_text="taking part")
    row.get_by_text("1 of 5").wait_for()
    assert counts(board) == {"Taking part": "1", "Finished": "0", "Answers": "1"}
    assert board.page.get_by_text("The last answer came at").is_visible()

    row.get_by_role("button", name="Exclude").click()
    board.page.get_by_role("button", name="Exclude", exact=True).click()
    assert board.page.get_by_text("Please give a reason.").is_visible()
    board.page.get_by_label("Reason").fill(EVIL)
    board.page.keyboard.press("Enter")
    board.page.get_by_text(f"Excluded: {EVIL}").wait_for()
    assert counts(board)["Excluded"] == "1"
    assert running.answers()[0]["excluded"] == EVIL
    board.page.get_by_role("button", name="Take back").click()
    board.page.get_by_role("button", name="Exclude").wait_for()
    assert not running.answers()[0]["excluded"]


def test_answers_are_downloaded_and_a_reload_stays_in(run: Start, person: Arrive) -> None:
    running = run("pairs")
    someone = person(running).open()
    someone.begin()
    someone.trial(0)
    someone.page.keyboard.press("f")
    someone.given(1)
    board = open_board(person, running)
    board.page.reload()
    board.page.get_by_role("table").wait_for()
    with board.page.expect_download() as waiting:
        board.press_button("Answers as CSV")
    assert waiting.value.suggested_filename == "answers.csv"
    rows = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text())))
    assert [(row["trial"], row["answer"]) for row in rows] == [("0", "left")]
    board.press_button("Close")
    board.page.reload()
    board.page.get_by_label("Admin token").wait_for()
    assert not board.page.get_by_role("table").is_visible()
