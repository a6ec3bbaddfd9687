"""The way in: files to Decisions, by the reader that is named or the one most confident about them.

A reader that another distribution adds and that cannot be loaded breaks nothing but itself: detection passes
it over, ``formats`` says why, and only asking for it by name is an error.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from trichotomy.decisions import Decisions
from trichotomy.errors import InputError, TrichotomyError
from trichotomy.readers.files import Source, expand, refuse_unreadable
from trichotomy.readers.options import Reader, ReadOptions
from trichotomy.registry import Registry

READERS: Registry[type[Reader]] = Registry(
    "reader",
    {
        "table": "trichotomy.readers.table:TableReader",
        "arrays": "trichotomy.readers.arrays:ArraysReader",
        "modelvshuman": "trichotomy.readers.modelvshuman:ModelVsHumanReader",
        "timm": "trichotomy.readers.timm:TimmReader",
        "probabilities": "trichotomy.readers.probabilities:ProbabilitiesReader",
        "cartography": "trichotomy.readers.cartography:CartographyReader",
        "trivial-or-impossible": "trichotomy.readers.authors:AuthorsReader",
        "wandb": "trichotomy.readers.wandb:WandbReader",
        "fiftyone": "trichotomy.readers.fiftyone:FiftyOneReader",
        "lm-eval": "trichotomy.readers.lm_eval:LmEvalReader",
        "inspect": "trichotomy.readers.inspect_logs:InspectReader",
        "helm": "trichotomy.readers.helm:HelmReader",
        "lighteval": "trichotomy.readers.lighteval:LightevalReader",
        "every-eval-ever": "trichotomy.readers.every_eval_ever:EveryEvalEverReader",
        "py-irt": "trichotomy.readers.py_irt:PyIrtReader",
    },
    group="trichotomy.readers",
)
"""Readers by name; other distributions add theirs through the entry-point group ``trichotomy.readers``."""


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
        p_response``; ``correct`` may be ``SCORE>=T``, where a format has scores. What is not named is
        guessed from common names; what each column was taken for stands in
        ``provenance["configuration"]["columns"]``.
    where
        Column to value: only rows that have all of these are read.
    duplicates
        Several rows for one (observer, epoch, item) are refused (``error``) or settled: ``first``, ``last``
        or ``majority`` (the most frequent answer, at a tie the one given first).
    top_k
        Count a decision as right when the target is among the first ``top_k`` answers (arrays of answers or
        probabilities, and timm).
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
        Data that no documented rule covers; one sentence with file, row and remedy. A reader, asked for by name,
        that cannot be loaded.
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
    named = _reader(format) if isinstance(format, str) else format
    paths = expand(source, leave_out=options.side_files())
    reader = named if named is not None else detect(paths)
    return reader.read(paths, options)


def formats() -> dict[str, str]:
    """Names of the formats that can be read, each with one sentence about it, or about why it cannot be.

    Returns
    -------
    Name to sentence.
    """
    return {
        name: reader if isinstance(reader, str) else reader.description for name, reader in _loaded().items()
    }


def detect(paths: Sequence[Path]) -> Reader:
    """Return the reader that is most confident about every file.

    Raises
    ------
    InputError
        No reader, or two equally, know a file, or the files need different readers.
    """
    readers = [reader for reader in _loaded().values() if not isinstance(reader, str)]
    chosen: Reader | None = None
    for path in paths:
        best = _best(path, readers)
        if chosen is not None and best.name != chosen.name:
            msg = (
                f"{paths[0].name} looks like the format {chosen.name} and {path.name} like {best.name}; "
                "read them apart, or name one format with --format"
            )
            raise InputError(msg)
        chosen = best
    if chosen is None:
        msg = "there is nothing to read; name at least one file"
        raise InputError(msg)
    return chosen


def _best(path: Path, readers: Sequence[Reader]) -> Reader:
    confidence = [_confidence(reader, path) for reader in readers]
    highest = max(confidence)
    first = [reader for reader, c in zip(readers, confidence, strict=True) if c == highest]
    known = ", ".join(reader.name for reader in readers)
    if highest <= 0:
        refuse_unreadable(path)
        msg = f"the format of {path.name} is not recognised; name it with --format (known: {known})"
        raise InputError(msg)
    if len(first) > 1:
        both = " and ".join(reader.name for reader in first)
        msg = f"{path.name} could be {both}; name the format with --format (known: {known})"
        raise InputError(msg)
    return first[0]


def _confidence(reader: Reader, path: Path) -> float:
    """0 where the reader fails to look, so that no plug-in keeps another reader from a file."""
    try:
        return reader.sniff(path)
    except Exception:  # noqa: BLE001 (a plug-in may raise anything)
        return 0.0


def _loaded() -> dict[str, Reader | str]:
    """Readers by name; for one that cannot be loaded, the sentence that says so."""
    found: dict[str, Reader | str] = {}
    for name in READERS.names():
        try:
            found[name] = _reader(name)
        except TrichotomyError as error:
            found[name] = str(error)
    return found


def _reader(name: str) -> Reader:
    try:
        return READERS.get(name)()
    except TrichotomyError:
        raise
    except Exception as error:  # a plug-in may raise anything
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        msg = f"the reader '{name}' cannot be loaded ({reason}); install its package again, or remove it"
        raise InputError(msg) from error
