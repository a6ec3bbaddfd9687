"""The ground of web applications: rates, tokens, static files, listening."""

from __future__ import annotations

import hashlib
import socket

import pytest

pytest.importorskip("starlette", reason="the extra 'web' is not installed")
pytest.importorskip("uvicorn", reason="the extra 'web' is not installed")

from trichotomy.errors import InputError
from trichotomy.web import Kept, Rate, RefusedError, StaticFolder, bound, digest, in_slices, new_token, same


def test_a_rate_fills_steadily_and_is_each_ones_own():
    now = [0.0]
    rate = Rate(6, clock=lambda: now[0])
    assert [rate.allow("a") for _ in range(8)] == [True] * 6 + [False] * 2
    assert rate.allow("b")
    now[0] = 9.9
    assert not rate.allow("a")
    now[0] = 10
    assert [rate.allow("a"), rate.allow("a")] == [True, False]
    now[0] = 1e6
    assert [rate.allow("a") for _ in range(8)] == [True] * 6 + [False] * 2


def test_a_rate_of_nought_is_without_limit():
    rate = Rate(0)
    assert all(rate.allow("a") for _ in range(1000))


def test_a_rate_below_one_a_minute_lets_one_begin_now_and_then():
    now = [0.0]
    rate = Rate(0.5, clock=lambda: now[0])
    assert [rate.allow("a"), rate.allow("a")] == [True, False]
    now[0] = 119
    assert not rate.allow("a")
    now[0] = 120
    assert [rate.allow("a"), rate.allow("a")] == [True, False]


def test_a_rate_of_many_is_not_gone_through_at_each_question(monkeypatch):
    monkeypatch.setattr("trichotomy.web.rates.MANY", 3)
    now = [0.0]
    rate = Rate(1, clock=lambda: now[0])
    tables = []
    for k in range(100):
        now[0] = k / 10
        rate.allow(str(k))
        tables.append(rate._buckets)
    assert len({id(t) for t in tables}) <= 2
    now[0] = 100.0
    rate.allow("last")
    assert len(rate._buckets) == 1


def test_a_rate_forgets_who_has_not_come_for_a_minute(monkeypatch):
    monkeypatch.setattr("trichotomy.web.rates.MANY", 3)
    now = [0.0]
    rate = Rate(1, clock=lambda: now[0])
    for k in range(10):
        now[0] = 30.0 * k
        assert rate.allow(str(k))
    assert len(rate._buckets) <= 4


def test_tokens_have_256_bits_and_are_known_by_their_digest():
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert {len(t) for t in tokens} == {43}  # 32 bytes in base64
    token = tokens.pop()
    assert digest(token) == hashlib.sha256(token.encode()).hexdigest()
    assert same(token, digest(token))
    assert not any(same(t, digest(token)) for t in tokens)
    assert not same("", digest(token))


def test_static_files_are_those_that_were_there_and_not_hidden(tmp_path):
    for name in ("a.js", "b/c.css", ".secret", "b/.git/config"):
        (tmp_path / "s" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "s" / name).write_text(name)
    (tmp_path / "outside.txt").write_text("x")
    files = StaticFolder(tmp_path / "s")
    assert files.names() == ["a.js", "b/c.css"]
    assert files.response("a.js").body == b"a.js"
    assert files.response("a.js").media_type == "text/javascript"
    assert files.response("b/c.css").headers["cache-control"] == "no-cache"
    for name in ("../outside.txt", ".secret", "b/.git/config", "/a.js", "b", "", "b/../a.js", "A.JS"):
        with pytest.raises(RefusedError):
            files.response(name)
    assert StaticFolder(tmp_path / "nowhere").names() == []


def test_a_port_is_taken_once():
    first = bound("127.0.0.1", 0)
    assert first.proto == socket.IPPROTO_TCP  # else asyncio leaves Nagle's delay on
    first.listen()
    with pytest.raises(InputError, match="choose another --port"):
        bound("127.0.0.1", first.getsockname()[1])
    first.close()
    with pytest.raises(InputError, match=r"cannot listen at 192\.0\.2\.1"):
        bound("192.0.2.1", 0)


def test_the_other_kind_of_loopback():
    try:
        taken = bound("::1", 0)
    except InputError:
        pytest.skip("this machine has no IPv6")
    assert taken.family is socket.AF_INET6
    taken.close()


def test_what_is_kept_fits_and_the_oldest_goes_first():
    kept, made = Kept(100, len), []

    def of(key: str, size: int) -> bytes:
        def make() -> bytes:
            made.append(key)
            return bytes(size)

        return kept.get(key, make)

    assert len(of("a", 60)) == 60
    of("b", 40)
    of("a", 60)
    of("c", 40)  # b goes, which was not asked for longest
    of("a", 60)
    of("huge", 1000)
    of("b", 40)
    assert made == ["a", "b", "c", "huge", "b"]


def test_large_answers_are_sent_slice_by_slice_of_the_same_bytes():
    import asyncio

    content = bytes(200_000)

    async def gone_through():
        return [part async for part in in_slices(content, "image/png").body_iterator]

    parts = asyncio.run(gone_through())
    assert b"".join(parts) == content
    assert all(part.obj is content and len(part) <= 64 * 1024 for part in parts)
    assert in_slices(content, "image/png").headers["content-length"] == "200000"
