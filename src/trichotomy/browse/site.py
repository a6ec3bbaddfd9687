"""The site: its addresses. Everything is read, nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from trichotomy.browse import payloads
from trichotomy.browse.catalogue import Catalogue
from trichotomy.browse.choosing import searched
from trichotomy.browse.exporting import to_csv, to_json, to_text
from trichotomy.browse.thumbnails import LARGE, SIDE, Thumbnails
from trichotomy.browse.views import view_of
from trichotomy.datasets.depicted import ItemImages
from trichotomy.errors import InputError
from trichotomy.web import LOOPBACK, RefusedError, StaticFolder, guarded_site, refusing

STATIC = Path(__file__).resolve().parent / "static"
THREADS = 4
FOREVER = "private, max-age=31536000, immutable"
Answer: TypeAlias = "Callable[[Site, Request], Response]"


@dataclass(frozen=True, slots=True)
class Site:
    """What requests need: the catalogue, images where there are any, the page's own files."""

    catalogue: Catalogue
    thumbnails: Thumbnails | None
    static: StaticFolder

    @classmethod
    def of(cls, catalogue: Catalogue, images: ItemImages | None = None, *, static: Path = STATIC) -> Site:
        """Make the site of a catalogue."""
        searched(catalogue)  # made now, so that the first search is as quick as the others
        return cls(catalogue, None if images is None else Thumbnails(images), StaticFolder(static))


def application(site: Site, *, hosts: Iterable[str] = LOOPBACK) -> ASGIApp:
    """Make the application of a site.

    Parameters
    ----------
    hosts
        Names that it is reached by.
    """
    looking, drawing = CapacityLimiter(THREADS), CapacityLimiter(THREADS)

    def to(path: str, run: Answer, threads: CapacityLimiter = looking) -> Route:
        @refusing
        async def answered(request: Request) -> Response:
            return await run_sync(run, site, request, limiter=threads)

        return Route(path, answered, methods=["GET"])

    routes = [
        to("/api/about", _about),
        to("/api/items", _items),
        to("/api/items/{item:str}", _item),
        to("/api/pair", _pair),
        to("/api/export/{kind:str}", _export),
        to("/api/images/{item:str}/{size:str}", _image, drawing),
    ]
    return guarded_site(routes, static=site.static, pages={"/": "index.html"}, hosts=hosts)


def _about(site: Site, _: Request) -> Response:
    images = 0 if site.thumbnails is None else int(site.thumbnails.there.sum())
    return JSONResponse(payloads.about(site.catalogue, images=images))


def _items(site: Site, request: Request) -> Response:
    view = view_of(site.catalogue, request.query_params.multi_items())
    at = _whole(request, "at", 0, len(site.catalogue.items))
    count = _whole(request, "count", payloads.PIECE, payloads.MOST)
    return JSONResponse(payloads.piece(site.catalogue, view, _addresses(site), at=at, count=count))


def _item(site: Site, request: Request) -> Response:
    view = view_of(site.catalogue, request.query_params.multi_items())
    return JSONResponse(payloads.item(site.catalogue, _asked(site, request), view, _addresses(site)))


def _pair(site: Site, request: Request) -> Response:
    apart = ("differ", "a_says", "b_says")
    view = view_of(site.catalogue, [(n, v) for n, v in request.query_params.multi_items() if n not in apart])
    if view.a is None or view.b is None:
        raise RefusedError(422, "pair", "A pair is two observers: a and b.")
    return JSONResponse(payloads.pair(site.catalogue, view))


def _export(site: Site, request: Request) -> Response:
    asked = [(n, v) for n, v in request.query_params.multi_items() if n not in ("at", "count", "item")]
    view = view_of(site.catalogue, asked)
    kind = request.path_params["kind"]
    if kind == "items.csv":
        content, media = to_csv(site.catalogue, view), "text/csv"
    elif kind == "subset.json":
        content, media = to_json(site.catalogue, view, asked), "application/json"
    elif kind == "subset.txt":
        content, media = to_text(site.catalogue, view), "text/plain"
    else:
        raise RefusedError(404, "not-found", "There is no such export.")
    return Response(
        content.encode("utf-8", "replace"), media_type=media,
        headers={"content-disposition": f'attachment; filename="{kind}"'},
    )  # fmt: skip


def _image(site: Site, request: Request) -> Response:
    position, side = _asked(site, request), {"small": SIDE, "large": LARGE}.get(request.path_params["size"])
    images = site.thumbnails
    if side is None or images is None or not images.there[position]:
        raise RefusedError(404, "not-found", "There is no such image.")
    tag = f'"{images.version(position)}-{side}"'
    headers = {"etag": tag, "cache-control": FOREVER}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    try:
        made = images.get(position, side)
    except InputError as error:
        raise RefusedError(404, "image", "The image of this item cannot be read.") from error
    return Response(made.content, media_type=made.kind, headers=headers)


def _addresses(site: Site) -> payloads.Address:
    images = site.thumbnails

    def address(position: int) -> str | None:
        if images is None or not images.there[position]:
            return None
        return f"/api/images/{position}/small?v={images.version(position)}"

    return address


def _asked(site: Site, request: Request) -> int:
    """Position of the item that is asked for."""
    text = request.path_params["item"]
    position = (
        int(text) if text.isascii() and text.isdigit() and len(text) < 10 else len(site.catalogue.items)
    )
    if position >= len(site.catalogue.items):
        raise RefusedError(404, "not-found", "There is no such item.")
    return position


def _whole(request: Request, name: str, default: int, most: int) -> int:
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise RefusedError(422, "number", f"'{name}' is a whole number.")
    return min(int(text), most)
