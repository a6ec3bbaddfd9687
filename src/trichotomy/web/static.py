"""Files of the package, by a name out of a list; no path of a request is ever opened."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from starlette.responses import Response

from trichotomy.web.refusals import RefusedError

TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".html": "text/html",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
}


class StaticFolder:
    """The files that are in a folder when this is made.

    Parameters
    ----------
    folder
        Their place; need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self._files = {
            file.relative_to(folder).as_posix(): file
            for file in sorted(folder.rglob("*"))
            if file.is_file() and not any(part.startswith(".") for part in file.relative_to(folder).parts)
        }

    def names(self) -> list[str]:
        """Names of the files, with ``/`` between folders."""
        return list(self._files)

    def response(self, name: str) -> Response:
        """Answer with a file.

        Raises
        ------
        RefusedError
            404: there is none of that name.
        """
        file = self._files.get(name)
        if file is None:
            raise RefusedError(404, "not-found", "There is no such page.")
        kind = TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        return Response(file.read_bytes(), media_type=kind, headers={"cache-control": "no-cache"})
