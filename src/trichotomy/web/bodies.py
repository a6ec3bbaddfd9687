"""Bodies of requests: JSON objects of limited size, without what databases and people cannot take."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from starlette.requests import Request

from trichotomy.web.refusals import RefusedError

LIMIT = 64 * 1024
DEEPEST = 8


async def read_json(request: Request, *, limit: int = LIMIT) -> dict[str, Any]:
    """Read the JSON object of a request.

    Parameters
    ----------
    limit
        Bytes.

    Raises
    ------
    RefusedError
        415 another type, 413 too large, 422 not a JSON object, nested too deep, or holding NUL, lone surrogates, NaN.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" or "content-encoding" in request.headers:
        raise RefusedError(415, "type", "Send JSON (Content-Type: application/json).")
    body = bytearray()
    if int(request.headers.get("content-length") or 0) > limit:
        raise RefusedError(413, "too-large", f"A request holds at most {limit:,} bytes.")
    async for part in request.stream():
        body += part
        if len(body) > limit:
            raise RefusedError(413, "too-large", f"A request holds at most {limit:,} bytes.")
    try:
        found = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise RefusedError(422, "malformed", "The request is not JSON in UTF-8.") from error
    if not isinstance(found, dict) or not _clean(found, DEEPEST):
        raise RefusedError(422, "malformed", "The request is not a JSON object of plain values.")
    return found


def _no_constant(name: str) -> NoReturn:
    msg = f"{name} is no JSON"
    raise ValueError(msg)


def _clean(value: Any, depth: int) -> bool:
    """Whether a value is nested no deeper, and its texts hold no NUL and no half of a character."""
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= c <= "\udfff" for c in value)
    if isinstance(value, int) and not isinstance(value, bool):
        return abs(value) < 2**53
    if isinstance(value, dict):
        return depth > 0 and all(_clean(k, depth) and _clean(v, depth - 1) for k, v in value.items())
    if isinstance(value, list):
        return depth > 0 and all(_clean(v, depth - 1) for v in value)
    return not isinstance(value, float) or math.isfinite(value)  # 1e999 is infinite
