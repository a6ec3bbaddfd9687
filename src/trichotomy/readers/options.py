"""What a reader is, and what may be asked of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol

from trichotomy.decisions import Decisions
from trichotomy.errors import UnknownNameError

FIELDS = ("observers", "items", "responses", "targets", "epochs", "correct", "p_target", "p_response")
"""What a column or array can be taken for; ``--map FIELD=COLUMN`` names them."""
DUPLICATE_RULES = ("error", "first", "last", "majority")
"""What to do with several rows for one (observer, epoch, item); see ``trichotomy.readers.repeated``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """How to read sources, whatever their format.

    Parameters
    ----------
    targets
        File with one row per item: its id, its target and, if there are more columns, annotations.
    annotations
        Files with one row per item whose further columns become annotations of the items.
    mapping
        Field (one of ``FIELDS``) to column or array; whatever is not named is guessed.
    where
        Column to value; only rows that have all of these values are read.
    duplicates
        One of ``DUPLICATE_RULES``.
    top_k
        Count a decision as right when the target is among the first ``top_k`` answers (where a format has so many).
    progress
        Called as ``progress(done, total, name)`` before each file is read.

    Raises
    ------
    UnknownNameError
        A field or a rule for duplicates that does not exist.
    """

    targets: Path | None = None
    annotations: tuple[Path, ...] = ()
    mapping: Mapping[str, str] = field(default_factory=dict)
    where: Mapping[str, str] = field(default_factory=dict)
    duplicates: str = "error"
    top_k: int | None = None
    progress: Callable[[int, int, str], None] | None = None

    def __post_init__(self) -> None:
        for name in self.mapping:
            if name not in FIELDS:
                kind = "field"
                raise UnknownNameError(kind, name, list(FIELDS))
        if self.duplicates not in DUPLICATE_RULES:
            kind = "rule for duplicates"
            raise UnknownNameError(kind, self.duplicates, list(DUPLICATE_RULES))

    def record(self) -> dict[str, Any]:
        """Return the options as plain JSON, for the provenance of what was read."""
        return {
            "targets": self.targets.name if self.targets else None,
            "annotations": [path.name for path in self.annotations],
            "mapping": dict(self.mapping),
            "where": {name: str(value) for name, value in self.where.items()},
            "duplicates": self.duplicates,
            "top_k": self.top_k,
        }

    def one_by_one(self, paths: Sequence[Path]) -> Iterator[Path]:
        """Files to read, telling ``progress`` of each."""
        for done, path in enumerate(paths):
            if self.progress:
                self.progress(done, len(paths), path.name)
            yield path

    def side_files(self) -> list[Path]:
        """Files that are read beside the sources."""
        return [*([self.targets] if self.targets else []), *self.annotations]


class Reader(Protocol):
    """Turns files of one format into Decisions; made without arguments.

    Third parties add one through the entry-point group ``trichotomy.readers`` and test it with
    ``trichotomy.readers.testing.ReaderTests``.
    """

    name: ClassVar[str]
    description: ClassVar[str]

    def sniff(self, path: Path) -> float:
        """How sure the reader is, 0 to 1, that it can read ``path``; never raises, reads little."""
        ...

    def read(self, paths: Sequence[Path], options: ReadOptions) -> Decisions:
        """Read ``paths`` together; raises ``InputError`` and writes nothing."""
        ...
