"""The ``cartography`` reader: training dynamics of dataset cartography, ``dynamics_epoch_N.jsonl``.

One file per epoch, one line per training example: ``guid``, ``logits_epoch_N`` and ``gold`` (allenai/cartography,
``selection_utils.log_training_dynamics``). The traps: its epochs count from 0 *after* the first pass, where epoch 0
here is before training, so that N becomes N + 1; the values are logits, not probabilities; an example that two
workers saw stands there twice. The observer is the folder of the model, above ``training_dynamics``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeGuard

import numpy as np

from trichotomy.decisions import Decisions
from trichotomy.errors import InputError
from trichotomy.readers.jsonfiles import first_object, json_lines, scalar
from trichotomy.readers.options import ReadOptions
from trichotomy.readers.sheets import Sheet, read_sheets, refuse_top_k, sheet_table

LOGITS = re.compile(r"logits_epoch_(\d{1,9})")
LARGEST = 2**1000
"""No whole number from here on is a number of a computer's precision."""
FOLDER = "training_dynamics"
COUNTED = "epochs of dataset cartography count from 0 after the first pass; they were read as 1, 2, ..."


class CartographyReader:
    """Training dynamics of dataset cartography."""

    name: ClassVar[str] = "cartography"
    description: ClassVar[str] = "dynamics_epoch_*.jsonl of dataset cartography: logits per epoch"

    def sniff(self, path: Path) -> float:
        """Sure where the first line has a guid, a gold label and the logits of an epoch."""
        keys = first_object(path).keys()
        return 0.95 if {"guid", "gold"} <= keys and any(map(LOGITS.fullmatch, keys)) else 0.0

    def read(self, paths: Sequence[Path], options: ReadOptions) -> Decisions:
        """Read the epochs together; see ``trichotomy.readers.read``."""
        refuse_top_k(options)
        return read_sheets(self.name, paths, options, map(_sheet, options.one_by_one(paths)))


def _sheet(path: Path) -> Sheet:
    lines: list[int] = []
    guid: list[Any] = []
    gold: list[int] = []
    logits: list[list[float]] = []
    key = ""
    for line, record in json_lines(path):
        place = f"{path.name}, line {line}"
        key = key or next((name for name in record if LOGITS.fullmatch(name)), "")
        values = record.get(key)
        if not _are_numbers(values):
            msg = f"{place} has no list of numbers '{key or 'logits_epoch_N'}'; it is not of dataset cartography"
            raise InputError(msg)
        if logits and len(values) != len(logits[0]):
            msg = f"{place} has {len(values)} logits where the first line has {len(logits[0])}; read such files apart"
            raise InputError(msg)
        label, last = record.get("gold"), len(values) - 1
        if not isinstance(label, int) or isinstance(label, bool) or not 0 <= label < len(values):
            msg = f"{place} has the gold label {label!r} for {last + 1} logits; it must be one of 0 to {last}"
            raise InputError(msg)
        lines.append(line)
        guid.append(scalar(record.get("guid")))
        gold.append(label)
        logits.append(values)
    z = np.array(logits, dtype=np.float64)
    known = np.asarray(np.isfinite(z).all(axis=1))
    z = np.where(known[:, None], z, 0.0)
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[~known] = np.nan
    rows = np.arange(len(z))
    best = z.argmax(axis=1)
    epoch = int(LOGITS.fullmatch(key)[1]) + 1  # type: ignore[index]
    return Sheet(
        table=sheet_table(
            path,
            {
                "guid": guid,
                key: [int(k) if there else None for k, there in zip(best, known, strict=True)],
                "gold": gold,
                "epoch": [epoch] * len(rows),
                "p_gold": p[rows, gold],
                "p_best": p[rows, best],
            },
            lines,
            "line",
        ),
        fields={
            "items": "guid", "responses": key, "targets": "gold", "epochs": "epoch", "p_target": "p_gold",
            "p_response": "p_best",
        },
        observer=_model(path),
        warnings=[COUNTED],
    )  # fmt: skip


def _are_numbers(values: Any) -> TypeGuard[list[float]]:
    return (
        isinstance(values, list)
        and bool(values)
        and all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
        and all(abs(v) < LARGEST for v in values if isinstance(v, int))
    )


def _model(path: Path) -> str:
    folder = path.resolve().parent
    return folder.parent.name if folder.name == FOLDER else folder.name
