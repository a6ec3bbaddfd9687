"""The admin page's numbers: counts, quick checks, exclusion, export."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

pytest.importorskip("starlette", reason="the extra 'web' is not installed")
pytest.importorskip("sqlalchemy", reason="the extra 'web' is not installed")

from trichotomy.experiments.database import answer_rows, by_token
from trichotomy.web import digest

ADMIN = {"authorization": "Bearer the-admin-token-of-these-tests"}
OTHER = {"left": "right", "right": "left"}


def rows(site):
    with site.database.reading() as connection:
        return answer_rows(connection)


def take_part(browser, site, *, times=(700.5,), errs=0, fails=0, leaves=0):
    """Answer all trials: main ones in ``times`` by turns, the first ``errs`` of them and ``fails`` checks wrong."""
    with site.database.reading() as connection:
        placed = by_token(connection, digest(browser.token)).placed
    events = [{"kind": "focus", "at_ms": 1}, *({"kind": "blur", "at_ms": k} for k in range(leaves))]
    main = 0
    for trial, place in enumerate(placed):
        phase, side, rt = site.trials[place.trial_id].phase, place.side, 5000.0
        if phase == "main":
            rt, side = times[main % len(times)], OTHER[side] if main < errs else side
            main += 1
        elif phase == "attention":
            side, fails = (OTHER[side], fails - 1) if fails else (side, fails)
        assert browser.answer(trial, side, rt_ms=rt, events=events if trial == 3 else []).status_code == 200


def test_the_admin_page(site, browser):
    s = site("pairs")
    b, bot = browser(s), browser(s)
    b.enter({"PROLIFIC_PID": "x"})
    b.agree()
    take_part(b, s, errs=2)
    bot.enter({"simulated": "1"})
    admin = browser(s)
    assert admin.get("/api/admin/overview").status_code == 401
    assert admin.get("/api/admin/overview", headers={"authorization": f"Bearer {b.token}"}).status_code == 401
    seen = admin.get("/api/admin/overview", headers=ADMIN).json()
    assert (seen["simulated"], seen["answers"], seen["states"]) == (1, 9, {"complete": 1})
    first, second = seen["participants"]
    main = [r["correct"] for r in rows(s) if r["phase"] == "main"]
    assert first["accuracy"] == sum(main) / 6
    assert (first["median_rt_ms"], first["answered"], first["attention"]) == (700.5, 6, 1)
    assert second["simulated"] is True
    assert second["accuracy"] is None
    number = first["participant"]
    body = {"participant": number, "reason": "=HYPERLINK(1)"}
    assert admin.post("/api/admin/exclude", body, headers=ADMIN).json()["excluded"] == "=HYPERLINK(1)"
    seen = admin.get("/api/admin/overview", headers=ADMIN).json()
    assert (seen["excluded"], seen["answers"], seen["states"]) == (1, 0, {})
    assert (
        admin.post("/api/admin/exclude", {"participant": "0", "reason": ""}, headers=ADMIN).status_code == 404
    )
    assert (
        admin.post("/api/admin/exclude", {"participant": number, "reason": 3}, headers=ADMIN).status_code
        == 422
    )
    no_reason = {"participant": number, "reason": " simulated"}
    assert admin.post("/api/admin/exclude", no_reason, headers=ADMIN).json()["error"] == "reason"
    assert admin.post("/api/admin/exclude", body, headers={}).status_code == 401
    table = admin.get("/api/admin/export.csv", headers=ADMIN)
    assert table.headers["content-type"].startswith("text/csv")
    assert len(table.text.splitlines()) == 10
    assert "'=HYPERLINK(1)" in table.text


def test_quick_checks_tell_who_was_too_fast_failed_the_checks_or_left(site, browser, database):
    s = site("pairs", checks=2, database=database)
    for behaviour in (
        {"times": (100, 250, 150, 5000, 120, 280)},
        {"times": (900, 400, 2000, 600, 500, 700), "errs": 2, "fails": 2},
        {"times": (800,), "fails": 1, "leaves": 6},
    ):
        b = browser(s)
        b.enter()
        b.agree()
        take_part(b, s, **behaviour)
    admin = browser(s)
    told = admin.get("/api/admin/overview", headers=ADMIN).json()
    fast, inattentive, away = told["participants"]
    assert [p["flags"] for p in (fast, inattentive, away)] == [
        ["median time below 300 ms"],
        ["failed attention checks"],
        ["left the window more than 5 times"],
    ]
    assert [(p["attention"], p["attention_failed"]) for p in (fast, inattentive, away)] == [
        (2, 0), (2, 2), (2, 1)
    ]  # fmt: skip
    assert [p["median_rt_ms"] for p in (fast, inattentive, away)] == [200, 650, 800]
    assert [p["left"] for p in (fast, inattentive, away)] == [0, 0, 6]
    assert [p["accuracy"] for p in (fast, inattentive, away)] == [1, 4 / 6, 1]
    seen = [p["seen_at"] for p in (fast, inattentive, away)]
    assert seen[0] < seen[1] < seen[2]
    assert told["last_answer_at"] == seen[2]
    for row in rows(s):
        answered, presented = (datetime.fromisoformat(row[k]) for k in ("answered_at", "presented_at"))
        assert answered - presented == timedelta(milliseconds=row["rt_ms"])


def test_one_failed_check_is_pointed_out_where_there_was_but_one(site, browser):
    s = site("pairs", checks=1)
    b = browser(s)
    b.enter()
    b.agree()
    take_part(b, s, fails=1)
    (person,) = browser(s).get("/api/admin/overview", headers=ADMIN).json()["participants"]
    assert person["flags"] == ["failed attention checks"]
