"""The ``trivial-or-impossible`` reader: what the paper's own code saved, ``results/CONDITION/NUM1/RESULTS_EP90.txt``.

Each is a file of ``torch.save`` despite its name: a list of ``[info, answers, targets]``, the last two tensors of
class indices over the test set in its order (wichmann-lab/trivial-or-impossible, ``scripts/main.py``). They are
loaded as weights only, which runs no code; anything but tensors, lists, texts and numbers in them is refused. Epoch
0 is before training, as here. The observer is ``CONDITION/1``, of the condition CONDITION. What lies beside them
(losses, accuracies, and models, which are whole pickles) is never opened.
"""

from __future__ import annotations

import pickle
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from trichotomy.decisions import Decisions
from trichotomy.errors import InputError, MissingExtraError
from trichotomy.readers.archive import opened_zip
from trichotomy.readers.files import refuse_unreadable
from trichotomy.readers.jsonfiles import head
from trichotomy.readers.options import ReadOptions
from trichotomy.readers.rawtable import Coded, RawTable, coded_array, constant
from trichotomy.readers.sheets import Sheet, read_sheets, refuse_top_k

RESULTS = re.compile(r"RESULTS_EP(\d{1,9})\.txt")
BESIDE = re.compile(r"(?:TRAIN|VAL)_(?:LOSS|ACC)\.txt|MODEL_EP\d+")
NUMBER = re.compile(r"NUM(\d+)")
SAVED = (b"PK\x03\x04", b"\x80")
"""How a file of ``torch.save`` begins: a zip, or a pickle in those of before version 1.6."""


BY_POSITION = "items are called by their position in the test set, which must mean the same in all files"


class AuthorsReader:
    """Results of the paper's training runs."""

    name: ClassVar[str] = "trivial-or-impossible"
    description: ClassVar[str] = "RESULTS_EP*.txt of the paper's own code (needs torch)"

    def sniff(self, path: Path) -> float:
        """Sure of the name and the first bytes; what lies beside in the same folder belongs to it."""
        if RESULTS.fullmatch(path.name):
            return 0.95 if head(path, 4).startswith(SAVED) else 0.0
        beside = BESIDE.fullmatch(path.name) and any(map(RESULTS.fullmatch, _names(path.parent)))
        return 0.95 if beside else 0.0

    def read(self, paths: Sequence[Path], options: ReadOptions) -> Decisions:
        """Read all epochs of all networks together; see ``trichotomy.readers.read``."""
        refuse_top_k(options)
        results = [path for path in paths if not BESIDE.fullmatch(path.name)]
        if not results:
            msg = f"{paths[0].name} holds no decisions; read the RESULTS_EP*.txt beside it"
            raise InputError(msg)
        sheets = (_sheet(path) for path in options.one_by_one(results))
        return read_sheets(self.name, results, options, sheets)


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()] if folder.is_dir() else []


def _sheet(path: Path) -> Sheet:
    named = RESULTS.fullmatch(path.name)
    if named is None:
        msg = f"{path.name} does not say its epoch; call it RESULTS_EPn.txt, as the paper's code does"
        raise InputError(msg)
    answers, targets = _tensors(path)
    n = len(answers)
    folder = path.resolve().parent
    number = NUMBER.fullmatch(folder.name)
    columns = {
        "index": Coded(np.arange(n, dtype=np.int32), [str(k) for k in range(n)]),
        "answers": coded_array(answers),
        "targets": coded_array(targets),
        "epoch": constant(int(named[1]), n),
        **({"NUM": constant(number[1], n)} if number else {}),
    }
    return Sheet(
        table=RawTable(path, {**columns}, n, lambda rows: [int(row) for row in rows], unit="index"),
        fields={"items": "index", "responses": "answers", "targets": "targets", "epochs": "epoch"},
        observer=folder.parent.name if number else folder.name,
        run="NUM" if number else None,
        warnings=[BY_POSITION],
    )


def _tensors(path: Path) -> tuple[Any, Any]:
    """Answers and targets as int[N]."""
    refuse_unreadable(path)
    if zipfile.is_zipfile(path):
        with opened_zip(path):
            pass
    try:
        import torch
    except ImportError as error:
        feature = "reading files of torch.save"
        raise MissingExtraError(feature, "train") from error
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        msg = (
            f"{path.name} is damaged, or holds more than tensors, lists, texts and numbers, which could run code and "
            "is not read; save [info, answers, targets] again"
        )
        raise InputError(msg) from error
    except Exception as error:  # torch raises many kinds on what it cannot read
        first = next(iter(str(error).strip().splitlines()), type(error).__name__)
        msg = f"{path.name} is truncated or no file of torch.save ({first[:120].rstrip('.')}); copy it again"
        raise InputError(msg) from error
    whole = isinstance(saved, list | tuple) and len(saved) == 3
    tensors = saved[1:] if whole else ()
    if not whole or not all(isinstance(t, torch.Tensor) and t.ndim == 1 and len(t) for t in tensors):
        msg = f"{path.name} is not [info, answers, targets] with two lists of classes, as the paper's code saves it"
        raise InputError(msg)
    answers, targets = (t.to(torch.int64).numpy() for t in tensors)
    if len(answers) != len(targets):
        msg = f"{path.name} has {len(answers)} answers for {len(targets)} targets; save it again"
        raise InputError(msg)
    return answers, targets
