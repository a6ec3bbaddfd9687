"""The application as a participant's browser meets it, in this process."""

from __future__ import annotations

import json
import sqlite3

import pytest

pytest.importorskip("starlette", reason="the extra 'web' is not installed")
pytest.importorskip("sqlalchemy", reason="the extra 'web' is not installed")

from trichotomy.experiments.database import answer_rows, event_rows, participant_rows
from trichotomy.experiments.database.tables import metadata, participants
from trichotomy.experiments.database.times import before, now
from trichotomy.experiments.design import Policies


def rows(site):
    with site.database.reading() as connection:
        return answer_rows(connection)


def people(site):
    with site.database.reading() as connection:
        return participant_rows(connection)


def through(browser, choice="left", start=0):
    """Answer all trials; return the last reply."""
    position = browser.get("/api/next").json()
    while not position["complete"]:
        position = browser.answer(position["next"]["trial"], choice).json()
    return position


def test_from_consent_to_completion_in_either_database(site, browser, database):
    s = site(
        "pairs",
        database=database,
        policies=Policies(completion_code="C0DE", completion_link="https://x.org/?c=1"),
    )
    b = browser(s)
    entered = b.enter({"PROLIFIC_PID": "p1", "STUDY_ID": "s"})
    assert entered.status_code == 201
    assert (entered.json()["state"], entered.json()["resumed"]) == ("consent", False)
    assert b.get("/api/next").json()["error"] == "consent"
    assert b.get("/api/blocks/0").status_code == 409
    assert b.agree().json() == {"state": "running"}
    assert b.agree().json() == {"state": "running"}
    told = b.get("/api/experiment").json()
    assert (told["kind"], told["trials"], told["blocks"], told["feedback"]) == ("pairs", 9, 3, True)
    assert told["consent_html"].startswith("<h1>Consent</h1>")
    assert b.get("/api/completion").status_code == 409
    seen, position = [], b.get("/api/next").json()
    while not position["complete"]:
        coming = position["next"]
        seen.append((coming["phase"], coming["block"], coming["break_before"], coming["first_of_block"]))
        assert set(coming["images"]) <= set(b.get(f"/api/blocks/{coming['block']}").json()["images"])
        position = b.answer(coming["trial"]).json()
        assert position["acknowledged"] == coming["trial"]
        assert (position["correct"] is None) == (coming["phase"] != "practice")
    assert [x[1] for x in seen] == sorted(x[1] for x in seen)
    assert [x[1] for x in seen if x[3]] == [0, 1, 2]
    assert [x[1] for x in seen if x[2]] == [1, 2]
    assert b.get("/api/completion").json() == {"code": "C0DE", "link": "https://x.org/?c=1"}
    assert b.answer(8).json()["acknowledged"] == 8
    stored = rows(s)
    assert [r["trial"] for r in stored] == list(range(9))
    assert all(r["correct"] == (r["side"] == "left") for r in stored)
    assert people(s)[0]["state"] == "complete"


def test_what_is_sent_says_nothing_of_order_and_key(site, browser, decisions):
    s = site("pairs")
    b = browser(s)
    b.enter()
    b.agree()
    position = b.get("/api/next").json()
    told = [b.get("/api/experiment").json()]
    while not position["complete"]:
        told += [position, b.get(f"/api/blocks/{position['next']['block']}").json()]
        position = b.answer(position["next"]["trial"]).json()
    text = json.dumps(told)
    secret = [
        *decisions["item"].values,
        *decisions["path"].values,
        *decisions.attrs["classes"],
        ".png",
        "img",
    ]
    secret += ["trivial", "impossible", "pair-", "practice-", "attention"]
    assert [word for word in secret if word in text] == []
    assert set(told[1]["next"]) == {
        "trial", "phase", "block", "kind", "images", "break_before", "first_of_block"
    }  # fmt: skip


def test_images_come_by_opaque_names_that_are_new_in_every_session(site, browser):
    s = site("pairs")
    b, other = browser(s), browser(s)
    names = {}
    for each in (b, other):
        each.enter()
        each.agree()
        names[each] = each.get("/api/blocks/0").json()["images"]
        assert names[each] == sorted(names[each])
        assert len(set(names[each])) == 4
    assert not set(names[b]) & set(names[other])
    images = {b.get(f"/api/images/{n}").content for n in names[b]}
    assert images == {other.get(f"/api/images/{n}").content for n in names[other]}
    practice = {i for t in s.experiment.trials if t.phase == "practice" for i in t.items}
    assert images == {s.folder.file(s.items[i]).read_bytes() for i in practice}
    reply = b.get(f"/api/images/{names[b][0]}")
    assert reply.headers["content-type"] == "image/png"
    assert {"last-modified", "etag", "content-disposition"} & set(reply.headers) == set()
    assert b.get(f"/api/images/{names[other][0]}").status_code == 404
    assert b.get("/api/blocks/7").status_code == 404


def test_left_is_left(site, browser):
    s = site("pairs")
    b = browser(s)
    b.enter()
    b.agree()
    for side in ("left", "right"):
        coming = b.get("/api/next").json()["next"]
        place = json.loads(json.dumps(coming["images"]))
        number = people(s)[0]["participant"]
        assert len(place) == 2
        content = [b.get(f"/api/images/{n}").content for n in place]
        easier = s.items[s.experiment.trials[coming["trial"]].items[0]]
        stands = ["left", "right"][content.index(s.folder.file(easier).read_bytes())]
        told = b.answer(coming["trial"], side).json()
        assert told["correct"] == (side == stands)
        assert rows(s)[coming["trial"]]["side"] == stands
        assert rows(s)[coming["trial"]]["participant"] == number


def test_the_first_answer_counts(site, browser, database):
    s = site("pairs", database=database)
    b = browser(s)
    b.enter()
    b.agree()
    first = b.answer(0, "left", rt_ms=400).json()
    assert b.answer(0, "right", rt_ms=1).json() == first
    assert b.answer(0, "nonsense").json() == first  # it is there already, whatever comes now
    ahead = b.answer(3)
    assert ahead.status_code == 409
    assert ahead.json()["next"]["trial"] == 1
    (stored,) = rows(s)
    assert (stored["answer"], stored["rt_ms"]) == ('{"choice": "left"}', 400)


def test_a_reload_goes_on_at_the_same_trial_in_the_same_order(site, browser):
    s = site("pairs")
    b = browser(s)
    b.enter()
    b.agree()
    b.answer(0)
    b.answer(1)
    with s.database.reading() as connection:
        from trichotomy.experiments.database import by_token
        from trichotomy.web import digest

        before = by_token(connection, digest(b.token)).placed
    again = browser(s)
    reply = again.enter(token=b.token)
    assert (reply.json()["state"], reply.json()["resumed"]) == ("running", True)
    assert again.get("/api/next").json()["done"] == 2
    with s.database.reading() as connection:
        assert by_token(connection, digest(again.token)).placed == before
    assert len(people(s)) == 1
    old = b.answer(2)
    assert (old.status_code, old.json()["error"]) == (409, "taken-over")
    assert through(again)["complete"]


def test_a_token_that_never_arrived_does_not_lock_out(site, browser):
    s = site("pairs")
    b = browser(s)
    b.enter()
    b.agree()
    held = b.token
    b.enter(token=held)  # the answer is lost on its way
    assert b.enter(token=held).json()["resumed"] is True
    assert b.get("/api/next").status_code == 200
    replayed = browser(s).enter(token=held)  # now that a later token was used, the first is of no use
    assert (replayed.status_code, replayed.json()["error"]) == (409, "taken-over")


def test_whom_a_recruitment_service_names_is_one_person(site, browser):
    s = site("pairs")
    first, second, other = (browser(s) for _ in range(3))
    first.enter({"PROLIFIC_PID": "abc"})
    first.agree()
    first.answer(0)
    assert second.enter({"PROLIFIC_PID": "abc"}).json()["resumed"] is True
    assert first.get("/api/next").json()["error"] == "taken-over"
    assert second.get("/api/next").json()["done"] == 1
    # another person at the same computer: the earlier token is not theirs
    assert other.enter({"PROLIFIC_PID": "xyz"}, token=second.token).json()["resumed"] is False
    assert second.get("/api/next").status_code == 200
    assert len(people(s)) == 2


@pytest.mark.parametrize("one_try", [True, False])
def test_one_try_or_again(site, browser, one_try):
    s = site("pairs", policies=Policies(one_try=one_try, completion_code="X"))
    b = browser(s)
    b.enter({"PROLIFIC_PID": "abc"})
    b.agree()
    through(b)
    again = b.enter({"PROLIFIC_PID": "abc"}).json()
    assert again["state"] == ("complete" if one_try else "consent")
    assert len(people(s)) == (1 if one_try else 2)
    if one_try:
        assert b.get("/api/completion").json()["code"] == "X"
        assert b.answer(0).json()["acknowledged"] == 0
        assert b.agree().status_code == 409


def test_whoever_writes_simulated_into_the_address_gets_no_code(site, browser):
    s = site("pairs", policies=Policies(completion_code="C0DE", completion_link="https://x.org/?c=C0DE"))
    b = browser(s)
    b.enter({"PROLIFIC_PID": "abc"})
    b.post("/api/consent", {"agreed": False})
    b.enter({"PROLIFIC_PID": "abc", "simulated": "1"})
    b.agree()
    through(b)
    assert b.get("/api/completion").json() == {"code": "SIMULATED", "link": None}


def test_who_does_not_agree_sees_nothing(site, browser):
    s = site("pairs")
    b = browser(s)
    b.enter({"PROLIFIC_PID": "abc"})
    assert b.post("/api/consent", {"agreed": False}).json() == {"state": "refused"}
    assert b.agree().status_code == 409
    assert b.get("/api/next").json()["error"] == "refused"
    assert b.enter({"PROLIFIC_PID": "abc"}).json()["state"] == "refused"
    assert rows(s) == []


def test_opposite_answers_to_consent_at_the_same_time_are_not_both_acknowledged(site, database):
    """In either database, as often as it takes to meet."""
    import asyncio

    import httpx2

    from trichotomy.experiments.application import application

    s = site("pairs", database=database)
    app = application(s)

    async def both():
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            token = (await client.post("/api/sessions", json={})).json()["token"]
            headers = {"authorization": f"Bearer {token}"}
            await client.get("/api/experiment", headers=headers)
            said = [
                client.post("/api/consent", json={"agreed": a}, headers=headers) for a in (True, False) * 3
            ]
            replies = [r.json() for r in await asyncio.gather(*said)]
            return {r["state"] for r in replies if "state" in r}

    for _ in range(10):
        states = asyncio.run(both())
        assert len(states) == 1
        assert {people(s)[-1]["state"]} == states


def test_more_hours_count_for_those_whose_time_has_run_out(site, browser):
    s = site("pairs", policies=Policies(expires_hours=1))
    b = browser(s)
    b.enter({"PROLIFIC_PID": "abc"})
    b.agree()
    with s.database.writing() as connection:
        connection.execute(participants.update().values(created_at=before(now(), 2 * 3600 * 1000)))
    assert b.get("/api/next").json()["error"] == "expired"
    s.database.close()
    from trichotomy.experiments.application import open_site

    design = s.folder.path / "experiment.json"
    design.write_text(design.read_text().replace('"expires_hours": 1', '"expires_hours": 3'))
    again = open_site(s.folder.path, admin_token="a" * 32, sessions_per_minute=0)
    late = browser(again)
    assert late.enter({"PROLIFIC_PID": "abc"}).json()["state"] == "running"
    assert late.get("/api/next").status_code == 200
    again.database.close()


@pytest.mark.parametrize(
    ("kind", "name", "old", "new"),
    [
        ("ratings", "questions.toml", '"very"', '"extremely"'),
        ("categorise", "experiment.json", '"choices": [', '"choices": ["emu",'),
    ],
)
def test_what_can_be_answered_may_not_change_while_people_take_part(site, kind, name, old, new):
    from trichotomy.errors import InputError
    from trichotomy.experiments.application import open_answers
    from trichotomy.experiments.design import open_folder

    folder = site(kind).folder.path
    text = (folder / name).read_text()
    (folder / name).write_text(text.replace("Is the way", "Was the way"))
    open_answers(open_folder(folder)).close()  # words of a question
    assert text.count(old) == 1
    (folder / name).write_text(text.replace(old, new))
    with pytest.raises(InputError, match="classes or questions were changed"):
        open_answers(open_folder(folder))


def test_another_program_that_writes_keeps_nobody_waiting(site, browser, monkeypatch):
    """While SQLite's lock is taken, pages and images come, answers are tried again and then refused for a moment."""
    import asyncio
    import time

    import httpx2

    from trichotomy.experiments.application import application, calls

    s = site("pairs")
    b = browser(s)
    b.enter()
    b.agree()
    held = b.get("/api/next").json()["next"]
    monkeypatch.setattr(calls, "PATIENCE_SECONDS", 0.5)
    other = sqlite3.connect(s.folder.path / "answers.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    headers = {"authorization": f"Bearer {b.token}"}
    body = {"answer": {"choice": "left"}, "rt_ms": 5}

    async def during():
        transport = httpx2.ASGITransport(app=application(s))
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://localhost", headers=headers
        ) as client:
            answered = asyncio.create_task(client.post("/api/trials/0", json=body))
            await asyncio.sleep(0)
            begun = time.monotonic()
            paths = ("/", "/api/next", "/api/blocks/0", f"/api/images/{held['images'][0]}")
            seen = [(await client.get(path)).status_code for path in paths]
            took = time.monotonic() - begun
            first = await answered
            again = asyncio.create_task(client.post("/api/trials/0", json=body))
            await asyncio.sleep(0.1)
            other.execute("ROLLBACK")
            return seen, took, first, await again

    seen, took, first, again = asyncio.run(during())
    other.close()
    assert seen == [200] * 4
    assert took < 0.4
    assert (first.status_code, first.json()["error"], first.headers["retry-after"]) == (503, "busy", "1")
    assert again.json()["acknowledged"] == 0


def test_a_session_that_begins_while_another_program_writes_counts_once(site, browser, monkeypatch):
    from trichotomy.experiments.application import calls

    s = site("pairs", sessions_per_minute=1)
    b = browser(s)
    monkeypatch.setattr(calls, "PATIENCE_SECONDS", 0.1)
    other = sqlite3.connect(s.folder.path / "answers.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert b.enter().status_code == 503
    other.close()
    assert b.enter().status_code == 201


def test_nothing_is_acknowledged_once_the_file_of_answers_is_gone(site, browser, caplog):
    s = site("pairs")
    b = browser(s)
    b.enter()
    b.agree()
    place = s.folder.path / "answers.sqlite"
    place.rename(place.with_name("moved.sqlite"))
    for _ in range(3):
        reply = b.answer(0)
        assert (reply.status_code, reply.json()["error"]) == (503, "gone")
    assert browser(s).enter().status_code == 503
    assert not place.exists()
    (told,) = caplog.messages
    assert "answers.sqlite was removed or replaced" in told
    place.write_bytes(b"")
    assert b.answer(0).status_code == 503
    place.unlink()
    place.with_name("moved.sqlite").rename(place)
    assert b.answer(0).status_code == 200


def test_time_runs_out(site, browser):
    s = site("pairs", policies=Policies(expires_hours=1))
    b = browser(s)
    b.enter()
    b.agree()
    b.answer(0)
    with s.database.writing() as connection:
        connection.exec_driver_sql("UPDATE participants SET created_at = '2001-01-01T00:00:00.000Z'")
    assert people(s)[0]["state"] == "expired"  # also of somebody who never comes again
    late = b.answer(1)
    assert (late.status_code, late.json()["error"]) == (409, "expired")
    assert b.enter(token=b.token).json()["state"] == "expired"
    assert len(rows(s)) == 1
    assert people(s)[0]["state"] == "expired"


def test_only_people_with_an_identity(site, browser):
    s = site("pairs", policies=Policies(require_identity=True, identify_by=("WORKER", "PROLIFIC_PID")))
    b = browser(s)
    assert b.enter({"STUDY_ID": "1"}).status_code == 403
    assert b.enter({"PROLIFIC_PID": "1"}).status_code == 201
    assert b.enter({"PROLIFIC_PID": "2", "WORKER": "7"}).json()["resumed"] is False
    assert b.enter({"WORKER": "7"}).json()["resumed"] is True
    assert b.enter({"simulated": "1"}).status_code == 201  # the researcher's look at it


def test_identities_stand_apart_and_can_be_deleted(site, browser, database):
    from trichotomy.experiments.database import forget

    s = site("pairs", database=database)
    b = browser(s)
    b.enter({"PROLIFIC_PID": "somebody-known", "SESSION_ID": "secret-session"})
    b.agree()
    b.answer(0)
    (person,) = people(s)
    assert "somebody" not in json.dumps([person, rows(s)])
    with s.database.writing() as connection:
        assert forget(connection, person["participant"]) is True
        assert forget(connection, person["participant"]) is False
        assert forget(connection, "1234") is None
    s.database.tidy()
    if database.endswith(".sqlite"):
        stored = b"".join(p.read_bytes() for p in s.folder.path.parent.glob("answers.sqlite*"))
        assert b"somebody-known" not in stored
        assert b"secret-session" not in stored
    assert len(rows(s)) == 1
    assert b.answer(1).status_code == 200  # the session itself goes on
    with s.database.writing() as connection:
        assert forget(connection, person["participant"], with_answers=True) is True
    assert (rows(s), people(s)) == ([], [])
    assert b.answer(2).status_code == 401


def test_no_address_of_a_participant_is_stored(site, browser):
    s = site("pairs")
    b = browser(s)
    b.enter({"PROLIFIC_PID": "x"})
    b.agree()
    b.answer(0)
    s.database.tidy()
    with sqlite3.connect(s.folder.path / "answers.sqlite") as file:
        dump = "\n".join(file.iterdump())
    file.close()
    assert "127.0.0.1" not in dump
    columns = {part for table in metadata.tables.values() for c in table.c for part in c.name.split("_")}
    assert "token" in columns
    assert not columns & {"ip", "address", "client", "host", "agent", "forwarded"}


def test_events_of_the_window_are_kept(site, browser):
    s = site("pairs")
    b = browser(s)
    b.enter()
    b.agree()
    b.answer(
        0,
        events=[{"kind": "blur", "at_ms": 12.5}, {"kind": "focus", "at_ms": 99}],
        frames={"interval_ms": 16.6, "mask_ms": None},
    )
    with s.database.reading() as connection:
        assert [(e["trial"], e["kind"], e["at_ms"]) for e in event_rows(connection)] == [
            (0, "blur", 12.5),
            (0, "focus", 99.0),
        ]
    assert people(s)[0]["left"] == 1
    assert rows(s)[0]["frames"] == '{"interval_ms": 16.6}'


def test_ratings_are_answered_question_by_question(site, browser):
    s = site("ratings")
    b = browser(s)
    b.enter()
    b.agree()
    questions = b.get("/api/experiment").json()["questions"]
    assert [(q["name"], q["kind"], len(q["options"])) for q in questions] == [
        ("categories", "scale", 11), ("main_category", "choice", 3), ("oddity", "choice", 3)
    ]  # fmt: skip
    good = {"categories": 3, "main_category": "maybe", "oddity": "no"}

    def send(trial, answer):
        return b.post(f"/api/trials/{trial}", {"answer": answer, "rt_ms": 2000})

    for bad in (
        {},
        {**good, "categories": 11},
        {**good, "categories": "3"},
        {**good, "categories": True},
        {**good, "oddity": 0},
        {**good, "more": 1},
        {"choice": "left"},
        None,
    ):
        assert send(0, bad).status_code == 422
    told = send(0, good).json()
    assert told["acknowledged"] == 0
    assert told["correct"] is None
    position = told
    while not position["complete"]:
        position = send(position["next"]["trial"], good).json()
    check = next(t for t in s.experiment.trials if t.phase == "attention")
    stored = {r["trial_id"]: r["correct"] for r in rows(s)}
    assert stored.pop(check.trial_id) == int(dict(check.expected) == good)
    assert set(stored.values()) == {None}


def test_categorise_takes_classes_or_no_answer(site, browser):
    s = site("categorise")
    b = browser(s)
    b.enter()
    b.agree()
    told = b.get("/api/experiment").json()
    assert told["choices"] == ["airplane", "bird", "cat", "dog"]
    assert told["timing"] == {"fixation_ms": 300, "image_ms": 200, "mask": True, "timeout_ms": 1500}
    assert b.answer(0, "fish").status_code == 422
    assert b.answer(0, ["dog"]).status_code == 422
    assert b.post("/api/trials/0", {"answer": {"choice": None}, "rt_ms": None}).json()["correct"] is False
    assert b.post("/api/trials/1", {"answer": {"choice": "dog"}, "rt_ms": None}).status_code == 422
    assert b.answer(1, "dog").json()["acknowledged"] == 1


def test_texts_are_markdown_without_html_and_foreign_images(site, browser):
    s = site("pairs")
    (s.folder.path / "consent.md").write_text(
        "**Yes** <script>alert(1)</script> ![x](https://elsewhere.org/x.png) [bad](javascript:alert(1))"
    )
    from trichotomy.experiments.application import open_site

    again = open_site(s.folder.path, admin_token="a" * 32, sessions_per_minute=0)
    b = browser(again)
    b.enter()
    html = b.get("/api/experiment").json()["consent_html"]
    again.database.close()
    assert "<strong>Yes</strong>" in html
    assert "<script" not in html
    assert "<img" not in html
    assert 'href="javascript' not in html


def test_an_image_that_cannot_be_read_for_a_moment_can_be_asked_for_again(site, browser, images):
    s = site("pairs")
    b = browser(s)
    b.enter()
    b.agree()
    name = b.get("/api/blocks/0").json()["images"][0]
    moved = images.with_name("elsewhere")
    images.rename(moved)
    try:
        assert b.get(f"/api/images/{name}").status_code == 503
    finally:
        moved.rename(images)
    assert b.get(f"/api/images/{name}").status_code == 200


def test_a_look_at_it_can_be_had_again_and_again(site, browser):
    s = site("pairs")
    b = browser(s)
    b.enter({"simulated": "1"})
    b.agree()
    through(b)
    assert b.enter({"simulated": "1"}, token=b.token).json()["state"] == "consent"
    assert [p["simulated"] for p in people(s)] == [True, True]


def test_a_look_at_it_is_never_taken_for_a_person(site, browser):
    s = site("pairs")
    b = browser(s)
    b.enter({"simulated": "1"})
    b.agree()
    seen = b.token
    assert b.enter(token=seen).json() | {"token": ""} == {"token": "", "state": "consent", "resumed": False}
    b.enter({"PROLIFIC_PID": "abc", "simulated": "1"})
    assert b.enter({"PROLIFIC_PID": "abc"}).json()["resumed"] is False
    b.agree()
    b.answer(0)
    b.enter({"PROLIFIC_PID": "abc", "simulated": "1"})
    assert b.enter({"PROLIFIC_PID": "abc"}).json()["state"] == "running"
    assert [p["simulated"] for p in people(s)] == [True, False, True, False]
