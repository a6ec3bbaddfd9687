"""The ``table`` reader: CSV, TSV, JSON Lines, Parquet; long or wide; one file per observer or one for all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from trichotomy.decisions import Decisions
from trichotomy.errors import InputError
from trichotomy.readers.assembly import Gathered, assemble
from trichotomy.readers.columns import Layout, layout_of
from trichotomy.readers.itemtable import ItemTable, read_item_table
from trichotomy.readers.options import ReadOptions
from trichotomy.readers.parts import Part, check_where, parts_of
from trichotomy.readers.sources import stems
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
        layouts: dict[str, Layout] = {}
        for k, (path, stem) in enumerate(zip(paths, stems(paths), strict=True)):
            if options.progress:
                options.progress(k, len(paths), path.name)
            header = header_of(path)
            layout = layout_of(header, mapping=options.mapping, place=path.name, elsewhere=elsewhere)
            check_where(options.where, header, path.name)
            columns = list(dict.fromkeys([*layout.used(), *options.where]))
            numeric, whole = ([c for c in hint if c not in options.where] for hint in layout.hints())
            table = load(path, columns, numeric, whole)
            parts += parts_of(table, layout, stem, where=options.where, alone=len(paths) == 1)
            layouts[path.name if path.name not in layouts else str(path)] = layout
        return assemble(
            Gathered(
                parts=parts,
                reader=self.name,
                paths=paths,
                options=options,
                configuration=columns_record(layouts),
                targets=targets,
                annotations=annotations,
            )
        )


def side_tables(options: ReadOptions) -> tuple[ItemTable | None, list[ItemTable]]:
    """Read the files of targets and annotations that the options name."""
    targets = options.targets and read_item_table(options.targets, mapping=options.mapping, with_target=True)
    annotations = [
        read_item_table(p, mapping=options.mapping, with_target=False) for p in options.annotations
    ]
    return targets or None, annotations


def columns_record(layouts: dict[str, Layout]) -> dict[str, Any]:
    """What the columns were taken for, as ``columns`` (field to column) and, file by file, ``layouts``.

    Where files call a field differently, ``columns`` joins the names by `` | ``.
    """
    together: dict[str, dict[str, None]] = {}
    by_record: list[dict[str, Any]] = []
    for name, layout in layouts.items():
        record = layout.record()
        for field, column in record.items():
            together.setdefault(field, {})[column] = None
        same = next((entry for entry in by_record if entry["columns"] == record), None)
        if same is None:
            by_record.append({"files": [name], "columns": record})
        else:
            same["files"].append(name)
    return {"columns": {field: " | ".join(names) for field, names in together.items()}, "layouts": by_record}
