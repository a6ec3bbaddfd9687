"""What a figure function returns, and how it gets into a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import Any, ParamSpec
from uuid import uuid4

from matplotlib.backend_bases import FigureCanvasBase
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from trichotomy.errors import InputError
from trichotomy.plots.style import style

DPI = 300
"""Of pixel formats, and of the parts of vector formats that are pixels."""
WEB_DPI = 200
_UNDATED: dict[str, dict[str, Any]] = {
    "svg": {"Date": None}, "svgz": {"Date": None}, "pdf": {"CreationDate": None},
}  # fmt: skip

P = ParamSpec("P")


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """A figure and what to say about it.

    Attributes
    ----------
    figure
        A matplotlib figure that belongs to no window.
    alt
        What the figure shows, in plain words and with its numbers, for those who do not see it.
    caption
        What is drawn and how the numbers and intervals were made.
    """

    figure: Figure
    alt: str
    caption: str


def save(figure: Figure, path: str | PathLike[str], *, dpi: float = DPI) -> None:
    """Write a figure; the suffix of ``path`` chooses the format. A file of that name is replaced.

    The file appears complete or not at all, and the same figure gives the same SVG, PDF and PNG again.

    Parameters
    ----------
    dpi
        Dots per inch of pixel formats, and of the pixel parts of vector formats.

    Raises
    ------
    InputError
        Matplotlib does not write the format, the folder is missing, or the file cannot be written.
    """
    final = Path(path)
    kind = check_format(final)
    if not final.parent.is_dir():
        msg = f"cannot write the figure {final}: there is no folder {final.parent}; make it first"
        raise InputError(msg)
    work = final.with_name(f".{final.name}.{uuid4().hex[:8]}.partial")
    try:
        with _writing(figure, pixels_as_they_are=kind in ("svg", "svgz")):
            figure.savefig(work, format=kind, dpi=dpi, metadata=_UNDATED.get(kind))
        work.replace(final)
    except (OSError, RuntimeError) as error:
        msg = f"cannot write the figure {final}: {error}"
        raise InputError(msg) from error
    finally:
        work.unlink(missing_ok=True)


def check_format(path: Path) -> str:
    """Return the format that the suffix of ``path`` names; refuse one that matplotlib does not write."""
    kind = path.suffix.lower().removeprefix(".")
    known = FigureCanvasBase.get_supported_filetypes()
    if kind not in known:
        said = f"'.{kind}'" if kind else "no suffix"
        msg = f"cannot write the figure {path}: {said} names no format; use one of {', '.join(sorted(known))}"
        raise InputError(msg)
    return kind


def to_svg(figure: Figure) -> str:
    """Return a figure as the text of an SVG document, compact, and the same each time; letters are outlines."""
    buffer = BytesIO()
    with _writing(figure, pixels_as_they_are=True):
        figure.savefig(buffer, format="svg", dpi=WEB_DPI, metadata=_UNDATED["svg"])
    return _compact(buffer.getvalue().decode())


def _compact(svg: str) -> str:
    """Take out comments and indentation, shorten the names of glyphs, round their places to 1/100 of a glyph's unit."""
    for pattern, shorter in (
        (r"<!--.*?-->", ""),
        (r"\n\s+", "\n"),
        (r"DejaVuSans-", "g"),
        (r'(<use xlink:href="#g\w+" transform="translate\(-?\d+\.\d\d)\d+', r"\1"),
    ):
        svg = re.sub(pattern, shorter, svg, flags=re.DOTALL)
    return svg


def in_style(draw: Callable[P, Drawing]) -> Callable[P, Drawing]:
    """Let a function draw in the style."""

    @wraps(draw)
    def styled(*args: P.args, **kwargs: P.kwargs) -> Drawing:
        with style():
            return draw(*args, **kwargs)

    return styled


@contextmanager
def _writing(figure: Figure, *, pixels_as_they_are: bool) -> Iterator[None]:
    """Write in the style.

    What the layout finds depends on where things were before, so it runs once, before the first writing.
    SVG can say that a viewer must not smooth an image, so there it takes one pixel per cell; other formats
    get images at the resolution of the page.
    """
    images = figure.findobj(AxesImage) if pixels_as_they_are else []
    before = [image.get_interpolation() for image in images]
    with style():
        layout = figure.get_layout_engine()
        if layout is not None:
            layout.execute(figure)
            figure.set_layout_engine("none")
        for image in images:
            image.set_interpolation("none")
        try:
            yield
        finally:
            for image, kept in zip(images, before, strict=True):
                image.set_interpolation(kept)
