"""One self-contained HTML document from a `Page`.

It needs no network, no file beside it and no library. Its content-security policy allows the one style and the
one script of the templates, by their hashes, and ``data:`` pictures; nothing else can load or run. Arrays and long
texts travel as base64 of gzip inside JSON data blocks; the script unpacks them with ``DecompressionStream``.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from trichotomy.errors import InputError
from trichotomy.report.page.cells import shown_cell
from trichotomy.report.page.model import Page, Picture
from trichotomy.report.page.payload import data_block

_SCRIPTS = ("data.js", "view.js", "heatmap.js", "raster.js", "gallery.js", "tables.js", "page.js")
_OWN_IDS = ("top", "answer", "contents", "warnings", "methods", "provenance", "tip")


def render(page: Page) -> str:
    """Return the page as one HTML document.

    The same page gives the same text, byte for byte, under the same Python and zlib.

    Parameters
    ----------
    page
        What to show. All of its texts are escaped.

    Returns
    -------
    str
        An HTML document, to be written in UTF-8.

    Raises
    ------
    InputError
        An id is malformed or used twice, or an array, an order or a row does not fit its labels.
    """
    _check_ids(page)
    style, script = _style(), _script()
    policy = (
        f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    template = _environment().get_template("page.html.j2")
    return template.render(page=page, policy=Markup(policy), style=Markup(style), script=Markup(script))  # noqa: S704


def _check_ids(page: Page) -> None:
    taken = set(_OWN_IDS)
    for name in _ids(page):
        if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
            msg = f"'{name}' cannot be an id of the page; use small letters, digits and hyphens"
            raise InputError(msg)
        if name in taken:
            msg = f"the id '{name}' is used twice on the page, or is one of its own ({', '.join(_OWN_IDS)})"
            raise InputError(msg)
        taken.add(name)


def _ids(page: Page) -> Iterator[str]:
    yield page.hero.name
    yield from (download.id for download in page.downloads)
    for section in page.sections:
        yield section.id
        for block in section.blocks:
            if isinstance(block, Picture):
                yield block.name
            elif not isinstance(block, str):
                yield block.id


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("trichotomy.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["kind"] = lambda block: type(block).__name__.lower()
    environment.filters["cell"] = shown_cell
    environment.filters["data_block"] = lambda block: Markup(data_block(block))  # noqa: S704  escaped there
    environment.filters["data_uri"] = _data_uri
    return environment


def _data_uri(svg: str) -> str:
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"


@cache
def _style() -> str:
    return _template("page.css")


@cache
def _script() -> str:
    return "\n".join(_template(name) for name in _SCRIPTS)


def _template(name: str) -> str:
    return files("trichotomy.report").joinpath("templates", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
