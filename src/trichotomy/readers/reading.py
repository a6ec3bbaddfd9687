"""The public function: files to Decisions."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from trichotomy.decisions import Decisions
from trichotomy.readers.detect import READERS, detect
from trichotomy.readers.options import Reader, ReadOptions
from trichotomy.readers.sources import Source, expand


def read(
    source: Source,
    *,
    format: str | Reader | None = None,  # noqa: A002 (the command line's --format)
    targets: str | os.PathLike[str] | None = None,
    annotations: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] = (),
    mapping: Mapping[str, str] | None = None,
    where: Mapping[str, Any] | None = None,
    duplicates: str = "error",
    top_k: int | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Decisions:
    """Read anyone's prediction files.

    Parameters
    ----------
    source
        A file, a pattern (``'predictions/*.csv'``), a folder, or a list of these; all are read together.
    format
        Name of the reader (see ``formats``) or a reader; by default the one most confident about the files.
    targets
        File with one row per item: id and target; its other columns become annotations of the items.
    annotations
        Files with one row per item whose columns become annotations (``label_error``, ``superclass``, ...).
    mapping
        Field to column or array: ``observers, items, responses, targets, epochs, correct, p_target,
        p_response``. What is not named is guessed from common names; what each column was taken for stands
        in ``provenance["configuration"]["columns"]``.
    where
        Column to value: only rows that have all of these are read.
    duplicates
        Several rows for one (observer, epoch, item) are refused (``error``) or settled: ``first``, ``last``
        or ``majority`` (the most frequent answer, at a tie the one given first).
    top_k
        Count a decision as right when the target is among the first ``top_k`` answers (arrays only).
    progress
        Called as ``progress(done, total, file name)`` before each file.

    Returns
    -------
    Decisions
        In memory; nothing is written. Rules that were applied to imperfect data stand in
        ``provenance["warnings"]``, SHA-256 of every file in ``provenance["sources"]``.

    Raises
    ------
    InputError
        Data that no documented rule covers; one sentence with file, row and remedy.
    UnknownNameError
        A format, field, column or rule that does not exist.
    MissingExtraError
        A Parquet file where PyArrow is not installed.
    """
    beside = [annotations] if isinstance(annotations, str | os.PathLike) else list(annotations)
    options = ReadOptions(
        targets=Path(targets) if targets is not None else None,
        annotations=tuple(Path(path) for path in beside),
        mapping=dict(mapping or {}),
        where={name: str(value) for name, value in (where or {}).items()},
        duplicates=duplicates,
        top_k=top_k,
        progress=progress,
    )
    named = READERS.get(format)() if isinstance(format, str) else format
    paths = expand(source, leave_out=options.side_files())
    reader = named if named is not None else detect(paths)
    return reader.read(paths, options)
