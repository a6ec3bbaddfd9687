"""Experiment 2 of Meding et al. 2022 as its authors published it: a spreadsheet with one sheet for each person.

Beside ``experiment_two_results.ods`` (a row per image in the order shown: number of categories, main category, oddity)
stand the images' places among the 50,000 of ImageNet's validation set (``indices.npy``; the first six were practice),
their classes of difficulty (``order.npy``), and, for all 50,000, the mean correctness of the paper's models and the
flagged label errors.
"""

from __future__ import annotations

import pickletools
import re
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trichotomy.errors import InputError, MissingExtraError
from trichotomy.estimators.partition import CATEGORIES, IMPOSSIBLE, IN_BETWEEN, TRIVIAL
from trichotomy.stats.people import ANSWER_ORDERS, Answers

RESULTS = "experiment_two_results.ods"
BESIDE = ("indices.npy", "order.npy", "Rebuttal_mean_decisions_correct.npy", "label_errors.npy")
PRACTICE = 6
REMOVED = (44, 222, 254)
"""Images, counted from 1, that the authors took out: of models' decisions that do not fit their class of difficulty."""
DIFFICULTY = (IMPOSSIBLE, IN_BETWEEN, TRIVIAL)
QUESTIONS = ("categories", *ANSWER_ORDERS)
MOST_ROWS = 2**20
LARGEST = 100_000_000
"""Bytes of the spreadsheet, unpacked; the authors' has a million."""


def read_papers_ratings(folder: str | Path, *, label_errors: bool = False) -> Answers:
    """Read the authors' files into `Answers`; images 44, 222 and 254 are marked as excluded.

    Raises
    ------
    InputError
        A file is missing, or does not fit the others.
    MissingExtraError
        Without odfpy.
    """
    place = Path(folder)
    lacking = [name for name in (RESULTS, *BESIDE) if not (place / name).is_file()]
    if lacking:
        msg = f"{place} has {RESULTS} but not {lacking[0]}; download it from the same repository"
        raise InputError(msg)
    sheets = _sheets(place / RESULTS)
    indices = _indices(place / BESIDE[0])[PRACTICE:]
    order, accuracy, flagged = (_numbers(place / name) for name in BESIDE[1:])
    N = len(indices)
    wrong = [name for name, sheet in sheets.items() if sheet.shape != (N, len(QUESTIONS))]
    if wrong or len(order) != N or indices.max() >= min(len(accuracy), len(flagged)):
        what = f"sheet '{wrong[0]}' of {RESULTS}" if wrong else BESIDE[1]
        msg = f"{place}: {what} does not fit the {N} images of {BESIDE[0]}; take all files from one version"
        raise InputError(msg)
    names = [str(i) for i in indices]
    difficulty = [CATEGORIES[DIFFICULTY[int(k)]] for k in order]
    removed = np.zeros(N, dtype=bool)
    removed[[k - 1 for k in REMOVED]] = True
    items = pd.DataFrame(
        {
            "item": names,
            "difficulty": difficulty,
            "mean_correct": accuracy[indices],
            "label_error": flagged[indices] > 0,
        }
    )
    rows = [
        pd.DataFrame(
            {
                "participant": name, "trial": np.arange(N), "kind": "ratings", "item": names,
                "difficulty": difficulty, "excluded": np.where(removed, "removed by the authors", ""),
                "categories": sheet[:, 0].astype(int),
                **{
                    question: [options[k] for k in sheet[:, 1 + column].astype(int)]
                    for column, (question, options) in enumerate(ANSWER_ORDERS.items())
                },
            }
        )
        for name, sheet in sheets.items()
    ]  # fmt: skip
    return Answers.of(
        pd.concat(rows, ignore_index=True), items, label_errors=label_errors, source=RESULTS,
        title="Experiment 2 of Meding et al. 2022",
    )  # fmt: skip


def _sheets(file: Path) -> dict[str, NDArray[np.float64]]:
    """Numbers of every sheet of the spreadsheet."""
    try:
        import odf  # noqa: F401
    except ImportError as error:
        feature = f"reading {file.name}"
        raise MissingExtraError(feature, "ods") from error
    try:
        with zipfile.ZipFile(file) as packed:
            large = sum(part.file_size for part in packed.infolist()) > LARGEST
            repeats = () if large else re.findall(rb"-repeated\s*=\s*.(\d+)", packed.read("content.xml"))
        if large or max(map(int, repeats), default=0) > MOST_ROWS:
            msg = f"{file} unpacks to more than {LARGEST:,} bytes or {MOST_ROWS:,} rows; it is not the authors' file"
            raise InputError(msg)
        read = pd.read_excel(file, engine="odf", sheet_name=None, header=None)
        sheets = {str(name): sheet.to_numpy(dtype=float) for name, sheet in read.items()}
    except InputError:
        raise
    except Exception as error:  # a damaged file raises nearly anything
        msg = f"cannot read {file} as a spreadsheet of numbers ({type(error).__name__}: {error}); download it again"
        raise InputError(msg) from error
    for name, sheet in sheets.items():
        top = [np.inf] + [len(options) - 1 for options in ANSWER_ORDERS.values()]
        if sheet.ndim != 2 or sheet.shape[1] != len(top) or not ((sheet >= 0) & (sheet <= top)).all():
            msg = f"sheet '{name}' of {file} is not columns of {', '.join(QUESTIONS)}, with the answers as 0, 1, 2"
            raise InputError(msg)
    return sheets


def _indices(file: Path) -> NDArray[np.int64]:
    """The whole numbers of a pickled array of objects, taken from its bytes: nothing of the pickle is run."""
    try:
        with file.open("rb") as data:
            version = np.lib.format.read_magic(data)
            if version != (1, 0):
                msg = f"version {version}"
                raise ValueError(msg)
            (count,), _, dtype = np.lib.format.read_array_header_1_0(data)
            if not dtype.hasobject:
                data.seek(0)
                return np.asarray(np.lib.format.read_array(data, allow_pickle=False), dtype=np.int64)
            words = [
                argument for _, argument, _ in pickletools.genops(data.read()) if isinstance(argument, bytes)
            ]
        numbers = np.frombuffer(b"".join(w for w in words if len(w) == 8), dtype="<i8")
        if len(numbers) != count or count <= PRACTICE or numbers.min() < 0:
            msg = f"{len(numbers)} whole numbers for {count} entries"
            raise ValueError(msg)
    except (OSError, ValueError) as error:
        msg = f"cannot read {file} as places of images: {error}; download it again"
        raise InputError(msg) from error
    return numbers.astype(np.int64)


def _numbers(file: Path) -> NDArray[np.float64]:
    try:
        return np.asarray(np.load(file, allow_pickle=False), dtype=float).ravel()
    except (OSError, ValueError) as error:
        msg = f"cannot read {file} as numbers: {error}; download it again"
        raise InputError(msg) from error
