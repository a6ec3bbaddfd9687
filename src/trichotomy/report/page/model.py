"""What a report page shows, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing, embedded as an image.

    Parameters
    ----------
    name
        Id of the picture on the page, such as ``"histogram"``.
    svg
        Source of an SVG document.
    alt
        What the picture shows, for those who do not see it.
    caption
        A sentence or two below the picture.
    """

    name: str
    svg: str
    alt: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Undefined:
    """A cell without a value, and the reason why; shown as a dash, sorted last."""

    reason: str


Cell = str | int | float | tuple[float, float] | Undefined | np.generic | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a `Table`.

    Parameters
    ----------
    name
        Heading.
    kind
        ``"text"``; ``"integer"``; ``"number"``; ``"share"``, a fraction shown in percent; or ``"log_p"``, the
        natural logarithm of a p-value, shown as the p-value. In a number or share column a cell may also be a
        pair ``(lower, upper)``; it is sorted by its lower end.
    digits
        Decimals shown.
    help
        What the column means, shown on hover of the heading.
    """

    name: str
    kind: Literal["text", "integer", "number", "share", "log_p"] = "text"
    digits: int = 3
    help: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that sort by any column and, when there are many, can be searched.

    Parameters
    ----------
    id
        Id on the page.
    columns, rows
        Every row has one cell per column. None and NaN are shown as a dash; `Undefined` gives the reason.
    caption
        A sentence or two above the table.
    limit
        The first ``limit`` rows are part of the document, the others appear on demand.
    searchable
        Whether there is a search field; None: where there are more rows than ``limit``.
    """

    id: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    caption: str = ""
    limit: int = 20
    searchable: bool | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Heatmap:
    """Square maps over the same things, side by side, that zoom and answer to hover together.

    Parameters
    ----------
    id
        Id on the page.
    labels
        Names of the M things on both axes.
    maps
        Title to ``float[M, M]``; NaN is drawn hatched and called undefined.
    limits
        Values at the ends of the colour scale.
    value
        What the numbers are, such as ``"error consistency"``.
    orders
        Name to permutation of ``range(M)``; the first is shown first. Empty: as given.
    palette
        ``"sequential"``, or ``"diverging"`` when the middle of ``limits`` has a meaning.
    digits
        Decimals shown.
    caption
        A sentence or two below the maps.
    """

    id: str
    labels: Sequence[str]
    maps: Mapping[str, NDArray[np.floating[Any]]]
    limits: tuple[float, float] = (0.0, 1.0)
    value: str = "error consistency"
    orders: Mapping[str, Sequence[int] | NDArray[np.integer[Any]]] = field(default_factory=dict)
    palette: Literal["sequential", "diverging"] = "sequential"
    digits: int = 3
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """Neighbouring items in a `Raster`, such as the trivial ones: the next ``count`` in its order."""

    label: str
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class Raster:
    """Decisions, one row per observer (or epoch), one column per item.

    Parameters
    ----------
    id
        Id on the page.
    rows
        Names of the R rows, top to bottom.
    decisions
        ``int8[R, N]``: 1 right, 0 wrong, -1 missing.
    items
        Ids of the N items, in the columns' order as given; empty: numbered from 1.
    order
        Permutation of ``range(N)``, left to right; None: by share right, the easiest first, ties as given.
    bands
        Stretches of the ordered items, left to right, such as trivial, in-between, impossible.
    row_noun
        What a row is called.
    caption
        A sentence or two below the raster. The page adds how many items a column averages.
    """

    id: str
    rows: Sequence[str]
    decisions: NDArray[np.int8]
    items: Sequence[str] | NDArray[Any] = ()
    order: Sequence[int] | NDArray[np.integer[Any]] | None = None
    bands: Sequence[Band] = ()
    row_noun: str = "observer"
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Tile:
    """An item in a `Gallery`: its image as a ``data:`` address, its group, what it is called, what to know of it."""

    image: str
    group: str
    name: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Gallery:
    """Small images in groups, of which one is shown at a time.

    Parameters
    ----------
    id
        Id on the page.
    tiles
        All items, in the order in which they are shown.
    caption
        A sentence or two below.
    """

    id: str
    tiles: Sequence[Tile]
    caption: str = ""

    @property
    def groups(self) -> Mapping[str, Sequence[Tile]]:
        """Group to its tiles, in the order of the tiles."""
        found: dict[str, list[Tile]] = {}
        for tile in self.tiles:
            found.setdefault(tile.group, []).append(tile)
        return found


@dataclass(frozen=True, slots=True)
class Guess:
    """A question of a `Quiz`: two images, left and right, what to say of each afterwards, and which is the hard one."""

    images: tuple[str, str]
    notes: tuple[str, str]
    right_is_hard: bool


@dataclass(frozen=True, slots=True)
class Quiz:
    """Pairs of images of which one is to be found: the reader guesses, is told, and gets a score.

    Parameters
    ----------
    id
        Id on the page.
    question
        What is asked of each pair.
    guesses
        The pairs, in their order.
    caption
        A sentence or two below.
    """

    id: str
    question: str
    guesses: Sequence[Guess]
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Download:
    """A file that the page holds inside itself and saves on request.

    Parameters
    ----------
    id
        Id on the page.
    file_name
        Name under which it is saved.
    content
        The whole text of the file; `csv_text` makes it for a table.
    rows
        Number of rows, shown beside the name.
    text
        What the file holds.
    """

    id: str
    file_name: str
    content: str
    rows: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class KeyNumber:
    """A number worth reading first: what it is, its value as text, and a note such as its interval."""

    label: str
    value: str
    note: str = ""


Block = str | Picture | Table | Heatmap | Raster | Gallery | Quiz | Download


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part of the page.

    Parameters
    ----------
    id
        Id on the page.
    title
        Heading.
    blocks
        What it shows, from top to bottom; a plain string is a paragraph.
    short
        Title in the list of contents, where the full one is too long.
    """

    id: str
    title: str
    blocks: Sequence[Block]
    short: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """All that a report shows.

    Parameters
    ----------
    title
        Name of the report: the browser's tab, and the small line above the headline.
    headline
        The answer, in one sentence.
    lead
        One or two sentences more.
    hero
        The picture beside the answer.
    key_numbers, warnings, downloads
        Shown on the first screen, in the order given.
    sections
        The body.
    methods
        Paragraphs at the end.
    provenance, versions
        What went in, and with which software; name to value.
    """

    title: str
    headline: str
    lead: str
    hero: Picture
    key_numbers: Sequence[KeyNumber] = ()
    warnings: Sequence[str] = ()
    downloads: Sequence[Download] = ()
    sections: Sequence[Section] = ()
    methods: Sequence[str] = ()
    provenance: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
