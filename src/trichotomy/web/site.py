"""An application in a browser: its pages and their files, its addresses, and what it says where it has no answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, ExceptionHandler, Lifespan

from trichotomy.web.guard import Guard
from trichotomy.web.refusals import Endpoint, refusing
from trichotomy.web.static import StaticFolder


def guarded_site(
    routes: Sequence[Route],
    *,
    static: StaticFolder,
    pages: Mapping[str, str],
    hosts: Iterable[str],
    failed: str = "Something went wrong on the server.",
    lifespan: Lifespan[Starlette] | None = None,
) -> ASGIApp:
    """Make an application of routes and pages, with the guard before it.

    Parameters
    ----------
    routes
        All addresses but those of the pages and their files.
    static
        Files of the pages, found under ``/static/``.
    pages
        Address to the name of its file.
    hosts
        Names that it is reached by.
    failed
        Sentence for people where it breaks; of the inside nothing is said.
    lifespan
        What is done when it begins and ends.
    """
    files = Route("/static/{name:path}", _file(static))
    app = Starlette(
        routes=[*(Route(path, _file(static, name)) for path, name in pages.items()), files, *routes],
        exception_handlers={
            404: _says(404, "not-found", "There is no such page."),
            405: _says(405, "method", "This page is not asked that way."),
            500: _says(500, "failed", failed),
        },
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    return Guard(app, hosts=hosts)


def _file(static: StaticFolder, name: str | None = None) -> Endpoint:
    """Answer with a file, or with the one that the address names."""

    @refusing
    async def file(request: Request) -> Response:
        return static.response(request.path_params["name"] if name is None else name)

    return file


def _says(status: int, code: str, message: str) -> ExceptionHandler:
    def answer(_: Request, __: Exception) -> Response:
        return JSONResponse({"error": code, "message": message}, status)

    return answer
