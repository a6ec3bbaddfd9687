"""The ``table`` reader: CSV, TSV, JSON Lines, Parquet; long or wide; one file per observer or one for all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from trichotomy.decisions import Decisions
from trichotomy.errors import InputError
from trichotomy.readers.assembly import Gathered, assemble
from trichotomy.readers.columns import columns_record, layout_of
from trichotomy.readers.files import stems
from trichotomy.readers.itemtable import side_tables
from trichotomy.readers.options import ReadOptions
from trichotomy.readers.parts import Part, check_where, parts_of
from trichotomy.readers.tablefiles import header_of, is_table, load


class TableReader:
    """Tables of predictions, one row per decision (long) or one column per observer (wide)."""

    name: ClassVar[str] = "table"
    description: ClassVar[str] = (
        "CSV, TSV, JSON Lines or Parquet; one row per decision or one column per observer"
    )

    def sniff(self, path: Path) -> float:
        """Sure enough of a table's suffix, but not so sure that no special format could claim the file."""
        return 0.5 if is_table(path) else 0.0

    def read(self, paths: Sequence[Path], options: ReadOptions) -> Decisions:
        """Read tables of predictions together; see ``trichotomy.readers.read``."""
        if options.top_k is not None:
            msg = "top-k correctness needs arrays (observer, item, k); a table has one answer per row"
            raise InputError(msg)
        targets, annotations = side_tables(options)
        elsewhere = list(targets.columns.values()) if targets else []
        parts: list[Part] = []
        records: list[tuple[Path, dict[str, str]]] = []
        for path, stem in zip(options.one_by_one(paths), stems(paths), strict=True):
            header = header_of(path)
            layout = layout_of(header, mapping=options.mapping, place=path.name, elsewhere=elsewhere)
            check_where(options.where, header, path.name)
            columns = list(dict.fromkeys([*layout.used(), *options.where]))
            numeric, whole = ([c for c in hint if c not in options.where] for hint in layout.hints())
            table = load(path, columns, numeric, whole)
            parts += parts_of(table, layout, stem, where=options.where, alone=len(paths) == 1)
            records.append((path, layout.record()))
        return assemble(
            Gathered(
                parts=parts,
                reader=self.name,
                paths=paths,
                options=options,
                configuration=columns_record(records),
                targets=targets,
                annotations=annotations,
            )
        )
