"""What an attacker would try, each refused."""

from __future__ import annotations

import json
import signal
from io import StringIO

import pytest

pytest.importorskip("starlette", reason="the extra 'web' is not installed")
pytest.importorskip("sqlalchemy", reason="the extra 'web' is not installed")

from trichotomy.experiments.database import answer_rows, participant_rows
from trichotomy.experiments.database.tables import identities
from trichotomy.experiments.design import Policies

ADMIN = {"authorization": "Bearer the-admin-token-of-these-tests"}
NASTY = (
    "'; DROP TABLE participants; --",
    '" OR 1=1 --',
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "=cmd|'/C calc'!A0",
    "@SUM(1+1)",
    "+1",
    "-2+3",
    "../../etc/passwd",
    "%00",
    "\t=1",
    "\u202e\U0001f600",
    "{{7*7}}",
)


@pytest.fixture
def taking_part(site, browser):
    """Somebody who takes part in pairs, and the site."""
    s = site("pairs")
    b = browser(s)
    b.enter({"PROLIFIC_PID": "somebody"})
    b.agree()
    return b, s


def count(s):
    with s.database.reading() as connection:
        return len(participant_rows(connection)), len(answer_rows(connection))


def test_a_trial_is_a_short_number(taking_part):
    b, _ = taking_part
    for number in ("1" * 5000, "-1", "1e3", "x"):
        reply = b.answer(number)
        assert (reply.status_code, reply.json()["error"]) == (404, "not-found")


@pytest.mark.parametrize(
    "path",
    [
        "/static/../../../../etc/passwd",
        "/static/..%2f..%2f..%2fetc%2fpasswd",
        "/static/%2e%2e/%2e%2e/experiment.json",
        "/static//etc/passwd",
        "/static/..\\..\\experiment.json",
        "/static/vendored/../../design/schema.py",
        "/static/.gitignore",
        "/experiment.json",
        "/answers.sqlite",
        "/api/images/../../experiment.json",
        "/api/images/..%2f..%2fexperiment.json",
        "/api/images/img001",
        "/api/images/bird%2fimg001.png",
        "/api/images/%00",
        "/api/blocks/-1",
        "/api/blocks/1e3",
        "/api/blocks/" + "1" * 5000,
        "/api/trials/0",
        "/admin/../answers.sqlite",
    ],
)
def test_no_path_of_a_request_is_opened(taking_part, path):
    b, _ = taking_part
    reply = b.get(path)
    assert reply.status_code in (404, 405), reply.text
    assert "root:" not in reply.text
    assert set(reply.json()) == {"error", "message"}


def test_raw_paths_at_the_real_server(made, server, raw):
    running = server(made("pairs").path)
    for path in (
        b"/static/../../cli/app.py",
        b"/../../../../etc/passwd",
        b"//etc/passwd",
        b"/static/%2e%2e/%2e%2e/x",
    ):
        host = f"Host: 127.0.0.1:{running.port}".encode()
        status, reply = raw(
            running.port, b"GET " + path + b" HTTP/1.1\r\n" + host + b"\r\nConnection: close\r\n\r\n"
        )
        assert status == 404, path
        assert b"root:" not in reply
        assert b"import" not in reply
    said = running.end(signal.SIGINT)
    assert "Stopped. The answers are in" in said
    assert running.process.returncode == 0


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"origin": "https://evil.example"}, "origin"),
        ({"origin": "null"}, "origin"),
        ({"origin": "http://localhost:9999"}, "origin"),
        ({"origin": "http://localhost.evil.example"}, "origin"),
        ({"origin": "http://[bad"}, "origin"),
        ({"origin": "file://localhost"}, "origin"),
        ({"sec-fetch-site": "cross-site"}, "origin"),
        ({"sec-fetch-site": "same-site"}, "origin"),
        ({"host": "evil.example"}, "host"),
        ({"host": "localhost.evil.example"}, "host"),
        ({"host": "localhost@evil.example"}, "host"),
        ({"host": "[::1"}, "host"),
        ({"host": "[::1]evil"}, "host"),
        ({"host": "evil@localhost"}, "host"),
        ({"host": "localhost/evil"}, "host"),
        ({"host": "localhost#evil.example"}, "host"),
        ({"host": "localhost?evil"}, "host"),
        ({"host": "localhost:abc"}, "host"),
        ({"host": "localhost:80@evil"}, "host"),
        ({"host": "localhost:"}, "host"),
        ({"host": "local\tlhost"}, "host"),
        ({"host": ""}, "host"),
    ],
)
def test_another_site_may_not_ask(taking_part, headers, code):
    b, s = taking_part
    before = count(s)
    for reply in (
        b.send("POST", "/api/trials/0", {"answer": {"choice": "left"}, "rt_ms": 1}, headers=headers),
        b.send("POST", "/api/sessions", {"parameters": {}}, headers=headers),
        b.send("GET", "/api/next", headers=headers),
    ):
        assert (reply.status_code, reply.json()["error"]) == (403, code)
        assert "access-control-allow-origin" not in reply.headers
    assert count(s) == before


def test_this_site_and_programs_may_ask(taking_part):
    b, _ = taking_part
    for headers in (
        {"origin": "http://localhost", "sec-fetch-site": "same-origin"},
        {"origin": "http://127.0.0.1:8123", "host": "127.0.0.1:8123"},
        {"sec-fetch-site": "none"},
        {"host": "[::1]:8000"},
        {"host": "LOCALHOST.:8000"},  # the same name, written in full
        {},
    ):
        assert b.send("GET", "/api/next", headers=headers).status_code == 200


def test_other_methods_are_not_known(taking_part):
    b, _ = taking_part
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        reply = b.send(method, "/api/next")
        assert reply.status_code == 405
        assert "access-control-allow-methods" not in reply.headers


def test_the_address_that_is_printed_answers(made, server):
    import httpx2

    from trichotomy.errors import InputError
    from trichotomy.web import bound

    try:
        bound("::1", 0).close()
    except InputError:
        pytest.skip("this machine has no IPv6")
    running = server(made("pairs").path, "--host", "::1")
    assert running.url.startswith("http://[::1]:")
    assert httpx2.get(running.url).status_code == 200


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o640, True), (0o606, True)])
def test_what_others_can_read_is_said(made, server, tmp_path, mode, warned):
    token = tmp_path / "token"
    token.write_text("0123456789abcdef0123456789abcdef")
    token.chmod(mode)
    public = ("--public", "--host", "127.0.0.1", "--host-name", "exp.example.org.") if warned else ()
    said = "".join(server(made("pairs").path, "--admin-token-file", str(token), *public).lines)
    assert ("chmod 600" in said) is warned
    assert ("--public serves plain HTTP" in said) is warned
    assert "0123456789abcdef" not in said


def test_two_hosts_in_one_request_are_refused(made, server, raw):
    running = server(made("pairs").path)
    request = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    assert raw(running.port, request)[0] in (400, 403)
    assert raw(running.port, b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")[0] in (400, 403)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a" * 43,
        "Bearer",
        "' OR '1'='1",
        "\xff".encode().decode("latin1"),
        "0" * 100_000,
    ],
    ids=["empty", "x", "a's", "Bearer", "SQL", "latin-1", "long"],
)
def test_forged_tokens(taking_part, token):
    b, s = taking_part
    before = count(s)
    for headers in (
        {"authorization": f"Bearer {token}".encode("latin1")},
        {"authorization": f"Basic {b.token}"},
    ):
        for method, path, body in (
            ("GET", "/api/next", None),
            ("POST", "/api/trials/0", {"answer": {"choice": "left"}, "rt_ms": 1}),
            ("GET", "/api/completion", None),
            ("GET", "/api/admin/export.csv", None),
        ):
            assert b.send(method, path, body, headers=headers).status_code == 401
    assert count(s) == before


def test_a_tokens_digest_is_no_token_and_tokens_are_not_stored(taking_part):
    from trichotomy.web import digest

    b, s = taking_part
    assert len(b.token) == 43  # 256 bits
    stolen = digest(b.token)
    assert b.send("GET", "/api/next", headers={"authorization": f"Bearer {stolen}"}).status_code == 401
    s.database.tidy()
    stored = b"".join(p.read_bytes() for p in s.folder.path.glob("answers.sqlite*"))
    assert stolen.encode() in stored
    assert b.token.encode() not in stored


def test_a_participant_cannot_answer_for_another(site, browser):
    s = site("pairs")
    a, b = browser(s), browser(s)
    for each in (a, b):
        each.enter()
        each.agree()
    a.answer(0)
    theirs = a.get("/api/blocks/0").json()["images"][0]
    assert b.get(f"/api/images/{theirs}").status_code == 404
    assert b.answer(1).status_code == 409  # the order is each one's own
    assert b.get("/api/next").json()["done"] == 0


def test_trials_cannot_be_skipped_and_the_code_not_be_had_early(site, browser):
    s = site("pairs", policies=Policies(completion_code="CODE"))
    b = browser(s)
    b.enter()
    b.agree()
    for k in (1, 8, 9, 10**9):
        assert b.answer(k).status_code == 409
    assert b.answer(10**30).status_code in (404, 409)
    assert "CODE" not in b.get("/api/completion").text
    assert "CODE" not in b.get("/api/experiment").text
    assert count(s)[1] == 0


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"answer=left", "application/x-www-form-urlencoded", 415),
        (b'{"agreed": true}', "text/plain", 415),
        (b'{"agreed": true}', "", 415),
        (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x", 415),
        (b"", "application/json", 422),
        (b"{", "application/json", 422),
        (b"[]", "application/json", 422),
        (b"null", "application/json", 422),
        (b'"x"', "application/json", 422),
        (b"\xff\xfe", "application/json", 422),
        (b'{"agreed": NaN}', "application/json", 422),
        (b'{"agreed": Infinity}', "application/json", 422),
        (b'{"agreed": 1e999}', "application/json", 422),
        (b'{"agreed": 1}', "application/json", 422),
        (b'{"agreed": "true"}', "application/json", 422),
        (b'{"agreed": "\\u0000"}', "application/json", 422),
        (b'{"agreed": "\\ud800"}', "application/json", 422),
        (b'{"agreed": ' + b"9" * 400 + b"}", "application/json", 422),
        (b'{"agreed": ' + b"9" * 5000 + b"}", "application/json", 422),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, "application/json", 422),
        (b"[" * 60_000, "application/json", 422),
        (b'{"agreed": "' + b"x" * 70_000 + b'"}', "application/json", 413),
    ],
    ids=range(22),
)
def test_bodies_that_are_no_requests(site, browser, content, kind, status):
    s = site("pairs")
    b = browser(s)
    b.enter()
    reply = b.send("POST", "/api/consent", headers={"content-type": kind}, content=content)
    assert reply.status_code == status, reply.text
    assert set(reply.json()) == {"error", "message"}
    assert b.get("/api/next").json()["error"] == "consent"


def test_bodies_without_an_end(made, server, raw):
    running = server(made("pairs").path)
    head = (
        f"POST /api/sessions HTTP/1.1\r\nHost: 127.0.0.1:{running.port}\r\nContent-Type: application/json\r\n"
        "Connection: close\r\n"
    ).encode()
    huge = head + b"Content-Length: 99999999999\r\n\r\n{}"
    assert raw(running.port, huge)[0] in (0, 413)  # 0: the connection is closed before all is sent
    chunk = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
    assert raw(running.port, head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 5 + b"0\r\n\r\n")[0] in (
        0,
        413,
    )
    assert raw(running.port, head + b"Content-Length: x\r\n\r\n{}")[0] == 400
    assert raw(running.port, b"\x16\x03\x01\x02\x00" * 20 + b"\r\n\r\n")[0] in (0, 400)
    long_header = head + b"X: " + b"x" * 200_000 + b"\r\n\r\n"
    assert raw(running.port, long_header)[0] in (0, 400, 431)
    good = head + b"Content-Length: 2\r\n\r\n{}"
    assert raw(running.port, good)[0] == 201  # it still answers


@pytest.mark.parametrize("text", NASTY)
def test_nasty_texts_are_stored_as_they_are_and_do_nothing(site, browser, database, text):
    import pandas as pd

    s = site("pairs", database=database)
    b = browser(s)
    assert b.enter({"PROLIFIC_PID": text, text[:60]: text}, token=text).status_code == 201
    b.agree()
    assert b.answer(0, text).status_code == 422
    assert b.answer(0, events=[{"kind": text, "at_ms": 1}]).status_code == 422
    assert b.answer(0, rt_ms=text).status_code == 422
    assert b.answer(0, frames=[text]).status_code == 422
    assert b.answer(0, started_at_ms=text).status_code == 422
    assert b.answer(0).status_code == 200
    assert browser(s).enter({"PROLIFIC_PID": text}).json()["resumed"] is True
    with s.database.reading() as connection:
        number = participant_rows(connection)[0]["participant"]
    admin = browser(s)
    assert (
        admin.post("/api/admin/exclude", {"participant": text, "reason": text}, headers=ADMIN).status_code
        == 404
    )
    excluded = admin.post("/api/admin/exclude", {"participant": number, "reason": text}, headers=ADMIN)
    assert excluded.json()["excluded"] == text.strip()
    listed = admin.get("/api/admin/overview", headers=ADMIN)
    assert listed.headers["content-type"] == "application/json"
    assert listed.json()["participants"][0]["excluded"] == text.strip()
    table = pd.read_csv(
        StringIO(admin.get("/api/admin/export.csv", headers=ADMIN).text), dtype=str, keep_default_na=False
    )
    cells = {str(c) for c in table.to_numpy().ravel()} | set(table.columns)
    assert not any(c.startswith(("=", "+", "-", "@", "\t", "\r")) for c in cells)
    assert text.strip() in cells | {c.removeprefix("'") for c in cells}
    assert count(s) == (1, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"rt_ms": -1},
        {"rt_ms": 1e18},
        {"rt_ms": True},
        {"rt_ms": None},
        {"rt_ms": [1]},
        {"started_at_ms": -5},
        {"events": "x"},
        {"events": [{}] * 3},
        {"events": [{"kind": "blur"}]},
        {"events": [{"kind": "blur", "at_ms": "1"}]},
        {"events": [{"kind": "blur", "at_ms": 1}] * 201},
        {"frames": "x"},
        {"frames": [1.0, 2.0]},
        {"frames": {"participant": 1234567890, "trial": 7, "interval_ms": 16.7}},
        {"frames": {"interval_ms": True}},
        {"frames": {"image_ms": "200"}},
        {"answer": {"choice": "left", "correct": True}},
        {"answer": "left"},
        {"answer": {}},
    ],
    ids=str,
)
def test_fields_of_an_answer_are_checked(taking_part, change):
    b, s = taking_part
    body = {"answer": {"choice": "left"}, "rt_ms": 1, **change}
    assert b.post("/api/trials/0", body).status_code == 422
    assert count(s)[1] == 0


@pytest.mark.parametrize(
    "body",
    [
        {"parameters": []},
        {"parameters": {"a": 1}},
        {"parameters": {"PROLIFIC_PID": "x" * 257}},
        {"parameters": {"a": "b", "PROLIFIC_PID": "x" * 257}},
        {"parameters": {"a": None}},
        {"token": 5},
        {"token": "x" * 300},
        {"screen": 3},
        {"screen": {"width": "1"}},
        {"screen": {"width": 1e9}},
    ],
    ids=range(10),
)
def test_fields_of_a_session_are_checked(site, browser, body):
    s = site("pairs")
    assert browser(s).post("/api/sessions", body).status_code == 422
    assert count(s) == (0, 0)


def test_what_else_an_address_says_shuts_nobody_out(site, browser):
    s = site("pairs", policies=Policies(require_identity=True))
    odd = {"utm": "x" * 5000, "n" * 65: "a", **{f"k{k}": "a" for k in range(50)}}
    reply = browser(s).post(
        "/api/sessions", {"parameters": {**odd, "PROLIFIC_PID": "somebody", "simulated": "0"}}
    )
    assert reply.status_code == 201
    kept = browser(s).enter({"PROLIFIC_PID": "somebody"})
    assert kept.json()["resumed"] is True
    with s.database.reading() as connection:
        (stored,) = connection.execute(identities.select()).all()
    assert stored.value == "somebody"
    assert len(json.loads(stored.parameters)) == 20


def test_sessions_cannot_be_begun_without_end(site, browser):
    s = site("pairs", sessions_per_minute=5)
    b = browser(s)
    replies = [b.enter() for _ in range(8)]
    assert [r.status_code for r in replies] == [201] * 5 + [429] * 3
    assert int(replies[-1].headers["retry-after"]) > 0
    assert count(s)[0] == 5


def test_every_answer_carries_the_headers(taking_part):
    b, _ = taking_part
    replies = [
        b.get(path)
        for path in ("/", "/admin", "/static/x", "/api/next", "/api/images/x", "/api/admin/overview", "/x")
    ]
    replies.append(b.send("POST", "/api/consent", headers={"host": "evil.example"}, content=b"x"))
    for reply in replies:
        policy = reply.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["cross-origin-resource-policy"] == "same-origin"
        assert reply.headers["referrer-policy"] == "no-referrer"
        assert "server" not in reply.headers
    assert b.get("/api/next").headers["cache-control"] == "no-store"


def test_an_error_inside_says_nothing_of_the_inside(taking_part, monkeypatch):
    b, s = taking_part
    from trichotomy.experiments.application import playing

    def broken(*_):
        msg = "secret /etc/path"
        raise RuntimeError(msg)

    monkeypatch.setattr(playing, "_position", broken)
    from httpx2 import ASGITransport, AsyncClient

    from trichotomy.experiments.application import application

    b._client = AsyncClient(
        transport=ASGITransport(app=application(s), raise_app_exceptions=False), base_url="http://localhost"
    )
    reply = b.get("/api/next")
    assert reply.status_code == 500
    assert "secret" not in reply.text
    assert json.loads(reply.text)["error"] == "failed"
