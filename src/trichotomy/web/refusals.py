"""Requests that are refused: a status, a word for programs, a sentence for people."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from trichotomy.errors import TrichotomyError
from trichotomy.web.reports import report

RETRY_SECONDS = {429: "5", 503: "1"}
OUTSIDE = frozenset(("OperationalError", "DatabaseError", "InterfaceError"))
"""Errors of databases, by whatever library, that are no errors of this program."""
FAILED = "The server cannot do this at the moment; try again."
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
    """Turn ``RefusedError`` of an endpoint into its answer.

    What disks and databases say is told to the operator in a line; what is wrong in this program goes on as it is.
    """

    async def answered(request: Request) -> Response:
        try:
            return await endpoint(request)
        except RefusedError as refusal:
            return _answer(refusal)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        except Exception as error:
            if not isinstance(error, OSError) and type(error).__name__ not in OUTSIDE:
                raise
            said, *_ = str(getattr(error, "orig", None) or error).splitlines() or [
                ""
            ]  # no values of a statement
            report(f"Requests fail ({type(error).__name__}): %s", said)
            return _answer(RefusedError(503, "failed", FAILED))

    return answered


def _answer(refusal: RefusedError) -> Response:
    after = RETRY_SECONDS.get(refusal.status)
    return JSONResponse(refusal.content, refusal.status, {"retry-after": after} if after else None)
