"""Images under names that say nothing: other ones in each session, and no file is opened by a name of a request.

What is written in the files beside the picture stays here, too: captions, places, programs often name the class.
"""

from __future__ import annotations

import hmac
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from trichotomy.decisions.schema import few
from trichotomy.errors import InputError
from trichotomy.experiments.application import fields
from trichotomy.experiments.application.calls import Asked, Reply, seen
from trichotomy.experiments.application.plain import media_type, without_metadata
from trichotomy.experiments.design import Folder
from trichotomy.web import Kept, RefusedError, in_slices, report

if TYPE_CHECKING:
    from trichotomy.experiments.application.site import Site

LETTERS = 32
ROOM = 128 * 2**20
"""Bytes of pictures that are kept, for all participants together."""
THREADS = 4
UNREADABLE = "An image cannot be read; please try again."


class Pictures:
    """Pictures without their metadata, read in threads and kept while there is room."""

    def __init__(self) -> None:
        self._kept: Kept[bytes] = Kept(ROOM, len)
        self._threads = CapacityLimiter(THREADS)

    async def get(self, file: Path) -> bytes:
        """Read a picture as it may be shown.

        Raises
        ------
        OSError, ValueError
            It cannot be read, or is none.
        """
        return await run_sync(self._get, file, limiter=self._threads)

    def _get(self, file: Path) -> bytes:
        found = file.stat()
        key = file, found.st_mtime_ns, found.st_size
        return self._kept.get(key, lambda: without_metadata(file.read_bytes()))


class _Picture(Response):
    """A picture that is read when it is sent: the bytes alone, without name or date."""

    def __init__(self, pictures: Pictures, file: Path) -> None:
        super().__init__()
        self._pictures, self._file = pictures, file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer: Response
        try:
            content = await self._pictures.get(self._file)
            answer = in_slices(content, media_type(content))
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            report("%s cannot be shown to participants: %s; put it back, they try again", self._file, why)
            answer = JSONResponse({"error": "image", "message": UNREADABLE}, 503)
        await answer(scope, receive, send)


def check_pictures(folder: Folder) -> None:
    """Refuse an experiment with files that are no pictures, or from which metadata cannot be taken.

    Raises
    ------
    InputError
        It names them.
    """
    bad, why = [], ""
    for item in folder.experiment.items:
        try:
            without_metadata(folder.file(item).read_bytes())
        except (OSError, ValueError) as error:
            bad.append(item.path)
            why = why or str(getattr(error, "strerror", None) or error)
    if bad:
        msg = (
            f"{len(bad)} images below {folder.experiment.images} cannot be shown: {few(bad)} (the first: {why}); "
            "save them as PNG or JPEG"
        )
        raise InputError(msg)


def opaque(key: str, item: str) -> str:
    """Name an item for the session of that key (HMAC-SHA-256)."""
    return hmac.digest(key.encode(), item.encode(), "sha256").hex()[:LETTERS]


def block(site: Site, asked: Asked) -> Reply:
    """List the images of a block, in an order that says nothing."""
    who = seen(site, asked, states=("running", "complete"))
    number = fields.place(asked.path, "block")
    wanted = {i for p in who.placed if p.block == number for i in site.trials[p.trial_id].items}
    if not wanted:
        raise RefusedError(404, "not-found", "There is no such block.")
    return {"images": sorted(opaque(who.image_key, item) for item in wanted)}


def image(site: Site, asked: Asked) -> Reply:
    """Serve an image."""
    who = seen(site, asked, states=("running", "complete"))
    item = _named(who.image_key, tuple(site.items)).get(str(asked.path["image"]))
    if item is None:
        raise RefusedError(404, "not-found", "There is no such image.")
    return _Picture(site.pictures, site.folder.file(site.items[item]))


@lru_cache(maxsize=256)
def _named(key: str, items: tuple[str, ...]) -> dict[str, str]:
    """Items by their names in the session of that key."""
    return {opaque(key, item): item for item in items}
