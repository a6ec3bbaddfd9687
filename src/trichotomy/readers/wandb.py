"""The ``wandb`` reader: tables of Weights & Biases, ``media/table/NAME_STEP_HASH.table.json`` or an artifact's.

``{"columns": [...], "data": [[...], ...]}`` (``wandb.Table``, wandb 0.2x). What its columns are is the user's
choice, so they are guessed as those of any table. The traps: an image, sound or other file is an object, told by its
``sha256``, as its ``path`` differs from run to run; columns may be called by numbers; a table of one run says
nowhere which run it was, which is taken from the folder ``run-DATE-ID`` where there is one, else the file's name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from trichotomy.decisions import Decisions
from trichotomy.decisions.schema import few
from trichotomy.errors import InputError
from trichotomy.readers.assembly import Gathered, assemble
from trichotomy.readers.columns import columns_record, layout_of
from trichotomy.readers.files import stems
from trichotomy.readers.itemtable import side_tables
from trichotomy.readers.jsonfiles import json_document
from trichotomy.readers.options import ReadOptions
from trichotomy.readers.parts import Part, check_where, parts_of
from trichotomy.readers.rawtable import RawTable
from trichotomy.readers.sheets import refuse_top_k, sheet_table

SUFFIX = ".table.json"
RUN = re.compile(r"(?:offline-)?run-\d{8}_\d{6}-(.+)")


class WandbReader:
    """Tables of Weights & Biases."""

    name: ClassVar[str] = "wandb"
    description: ClassVar[str] = "tables of Weights & Biases (*.table.json)"

    def sniff(self, path: Path) -> float:
        """Sure of the suffix."""
        return 0.95 if path.name.endswith(SUFFIX) and path.is_file() else 0.0

    def read(self, paths: Sequence[Path], options: ReadOptions) -> Decisions:
        """Read tables together; see ``trichotomy.readers.read``."""
        refuse_top_k(options)
        targets, annotations = side_tables(options)
        elsewhere = list(targets.columns.values()) if targets else []
        parts: list[Part] = []
        records: list[tuple[Path, dict[str, str]]] = []
        unnamed = [path for path in paths if _run(path) is None]
        names = dict(zip(unnamed, stems(unnamed), strict=True))
        for path in options.one_by_one(paths):
            table = _table(path)
            header = list(table.columns)
            layout = layout_of(header, mapping=options.mapping, place=path.name, elsewhere=elsewhere)
            check_where(options.where, header, path.name)
            name = _run(path) or names[path].removesuffix(".table")
            parts += parts_of(table, layout, name, where=options.where, alone=len(paths) == 1)
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


def _table(path: Path) -> RawTable:
    document = json_document(path)
    header = document.get("columns") if isinstance(document, dict) else None
    rows = document.get("data") if isinstance(document, dict) else None
    if not isinstance(header, list) or not isinstance(rows, list) or not header:
        msg = f"{path.name} has no columns and data, which a table of Weights & Biases has; export it again"
        raise InputError(msg)
    names = [str(name) for name in header]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        msg = f"{path.name} has several columns called {few(twice)}; rename them"
        raise InputError(msg)
    for k, row in enumerate(rows, start=1):
        if not isinstance(row, list) or len(row) != len(names):
            cells = len(row) if isinstance(row, list) else 0
            msg = f"{path.name}, row {k} has {cells} cells where the table has {len(names)} columns; export it again"
            raise InputError(msg)
    if not rows:
        msg = f"{path.name} has columns and no rows; give at least one row"
        raise InputError(msg)
    columns = {name: [_cell(row[k]) for row in rows] for k, name in enumerate(names)}
    return sheet_table(path, columns, range(1, len(rows) + 1), "row")


def _cell(value: Any) -> Any:
    """Value itself; of a file its hash, else its path; nothing of other objects and lists."""
    if isinstance(value, Mapping):
        known = (value.get(key) for key in ("sha256", "path"))
        return next((text for text in known if isinstance(text, str) and text), None)
    return value if isinstance(value, str | int | float | bool) else None


def _run(path: Path) -> str | None:
    return next((found[1] for part in reversed(path.resolve().parts) if (found := RUN.fullmatch(part))), None)
