"""The ``arrays`` reader: ``.npy`` and ``.npz`` with responses or 0/1 correctness.

Responses are ``(M, N)``, ``(N,)`` for one observer, ``(M, N, k)`` with the k best answers, the first of which
is the response, or ``(M, E, N)`` where an array names the E epochs. An array of booleans is correctness.
Observers without names are called by the file's stem, ``stem/0`` ... where there are several. Items without
ids are called by their position, ``0`` ...; files that are joined must then hold the same items in one order.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np

from trichotomy.decisions import Decisions
from trichotomy.errors import InputError
from trichotomy.readers.arrayfiles import (
    SUFFIXES,
    Block,
    axis_ids,
    block_of,
    fields_of,
    load_arrays,
    probability,
)
from trichotomy.readers.assembly import Gathered, assemble
from trichotomy.readers.classes import ClassColumn
from trichotomy.readers.columns import columns_record
from trichotomy.readers.files import stems
from trichotomy.readers.itemtable import ItemTable, side_tables
from trichotomy.readers.options import ReadOptions
from trichotomy.readers.parts import Part
from trichotomy.readers.rawtable import Coded, coded_array
from trichotomy.readers.topk import among_best

MAGIC = b"\x93NUMPY"


class ArraysReader:
    """NumPy files with one array of responses or correctness, and arrays that name its axes."""

    name: ClassVar[str] = "arrays"
    description: ClassVar[str] = (
        "NumPy .npy or .npz; responses (M, N), (N,), top-k (M, N, k), or 0/1 correctness"
    )

    def sniff(self, path: Path) -> float:
        """Sure of the suffixes, fairly sure of a file that begins as a ``.npy`` does."""
        if path.suffix.lower() in SUFFIXES:
            return 0.9
        try:
            with path.open("rb") as file:
                return 0.6 if file.read(len(MAGIC)) == MAGIC else 0.0
        except OSError:
            return 0.0

    def read(self, paths: Sequence[Path], options: ReadOptions) -> Decisions:
        """Read arrays together; see ``trichotomy.readers.read``."""
        if options.where:
            msg = "arrays have no columns to select rows by; use --where with tables only"
            raise InputError(msg)
        targets, annotations = side_tables(options)
        elsewhere = list(targets.columns.values()) if targets else []
        parts: list[Part] = []
        records: list[tuple[Path, dict[str, str]]] = []
        warnings: list[str] = []
        for path, stem in zip(options.one_by_one(paths), stems(paths), strict=True):
            arrays = load_arrays(path)
            fields = fields_of(arrays, options.mapping, path, elsewhere)
            block = block_of(path, arrays, fields)
            parts.append(_part(block, stem, targets, options.top_k, warnings, joined=len(paths) > 1))
            records.append((path, {field: name or path.name for field, name in fields.items()}))
        return assemble(
            Gathered(
                parts=parts,
                reader=self.name,
                paths=paths,
                options=options,
                configuration=columns_record(records),
                targets=targets,
                annotations=annotations,
                warnings=list(dict.fromkeys(warnings)),
            )
        )


def _part(
    block: Block,
    stem: str,
    targets: ItemTable | None,
    top_k: int | None,
    warnings: list[str],
    *,
    joined: bool,
) -> Part:
    """One row per decision, observer by observer, epoch by epoch."""
    M, E, N = block.shape
    table = block.table()
    n = M * E * N
    item = axis_ids(block, "items", N, [str(k) for k in range(N)])
    observer = axis_ids(block, "observers", M, [stem] if M == 1 else [f"{stem}/{k}" for k in range(M)])
    if "items" not in block.fields and joined:
        warnings.append(
            "items without ids were joined by their position, which must mean the same in all files"
        )
    target = None
    if "targets" in block.arrays:
        values = block.arrays["targets"]
        if values.shape != (N,):
            msg = f"{table.path.name} has targets of shape {values.shape} for {N} items; give one target per item"
            raise InputError(msg)
        once = coded_array(values)
        target = block.column(Coded(np.tile(once.codes, M * E), once.values), "targets")
    response = None if block.best is None else block.column(coded_array(block.best[..., 0]), "responses")
    correct = None if block.correct is None else block.column(coded_array(block.correct), "correct")
    if top_k is not None:
        correct = block.column(_among_best(block, item, target, targets, top_k), "correct")
    return Part(
        table=table,
        observer=Coded(np.repeat(observer.codes, E * N), observer.values),
        item=Coded(np.tile(item.codes, M * E), item.values),
        epoch=_epochs(block),
        response=response,
        target=target,
        correct=correct,
        p_target=probability(block, "p_target", n),
        p_response=probability(block, "p_response", n),
    )


def _epochs(block: Block) -> ClassColumn | None:
    M, E, N = block.shape
    epochs = block.arrays.get("epochs")
    if epochs is None:
        return None
    if epochs.size != E:
        msg = f"{block.path.name} names {epochs.size} epochs where the answers have {E}; give (observer, epoch, item)"
        raise InputError(msg)
    once = coded_array(epochs)
    return block.column(Coded(np.tile(np.repeat(once.codes, N), M), once.values), "epochs")


def _among_best(
    block: Block, item: Coded, target: ClassColumn | None, targets: ItemTable | None, top_k: int
) -> Coded:
    """0/1 for every decision: whether the target is among the first ``top_k`` answers."""
    k = 0 if block.best is None else block.best.shape[3]
    answers = [
        block.column(coded_array(block.best[..., j]), "responses") for j in range(k) if block.best is not None
    ]
    repeated = block.shape[0] * block.shape[1]
    every = Coded(np.tile(item.codes, repeated), item.values)
    return among_best(answers, every, target, targets, top_k, block.path.name)
