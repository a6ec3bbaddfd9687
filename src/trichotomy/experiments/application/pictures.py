"""Images under names that say nothing: other ones in each session, and no file is opened by a name of a request."""

from __future__ import annotations

import hmac
from functools import lru_cache
from typing import TYPE_CHECKING

from starlette.responses import Response

from trichotomy.experiments.application import fields
from trichotomy.experiments.application.calls import Asked, Reply, seen
from trichotomy.web import RefusedError

if TYPE_CHECKING:
    from trichotomy.experiments.application.site import Site

LETTERS = 32
SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
    (b"RIFF", "image/webp"),
)


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
    """Serve an image: the bytes alone, without name or date."""
    who = seen(site, asked, states=("running", "complete"))
    item = _named(who.image_key, tuple(site.items)).get(str(asked.path["image"]))
    if item is None:
        raise RefusedError(404, "not-found", "There is no such image.")
    try:
        content = site.folder.file(site.items[item]).read_bytes()
    except OSError as error:
        raise RefusedError(503, "image", "An image cannot be read; please try again.") from error
    return Response(content, media_type=_kind(content))


@lru_cache(maxsize=256)
def _named(key: str, items: tuple[str, ...]) -> dict[str, str]:
    """Items by their names in the session of that key."""
    return {opaque(key, item): item for item in items}


def _kind(content: bytes) -> str:
    return next((kind for start, kind in SIGNATURES if content.startswith(start)), "application/octet-stream")
