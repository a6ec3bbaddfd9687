"""Requests that are refused: a status, a word for programs, a sentence for people."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from trichotomy.errors import TrichotomyError

RETRY_SECONDS = {429: "5", 503: "1"}
Endpoint = Callable[[Request], Awaitable[Response]]


class RefusedError(TrichotomyError):
    """A request that is not answered as asked.

    Parameters
    ----------
    status, code, message
        HTTP status, a word for programs, a sentence for people.
    more
        Further fields of the answer.
    """

    def __init__(self, status: int, code: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.content = {"error": code, "message": message, **more}


def refusing(endpoint: Endpoint) -> Endpoint:
    """Turn ``RefusedError`` of an endpoint into its answer."""

    async def answered(request: Request) -> Response:
        try:
            return await endpoint(request)
        except RefusedError as refusal:
            after = RETRY_SECONDS.get(refusal.status)
            headers = {"retry-after": after} if after else None
            return JSONResponse(refusal.content, refusal.status, headers)

    return answered
