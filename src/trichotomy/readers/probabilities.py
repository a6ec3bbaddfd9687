"""The ``probabilities`` reader: class probabilities of cleanlab, scikit-learn and Keras, ``.npy`` or ``.npz``.

``(N, K)`` of one observer, as ``pred_probs`` (cleanlab 2), ``predict_proba`` (scikit-learn 1) and ``predict`` after
a softmax (Keras 3) give it, or ``(M, N, K)``. An archive may hold several such arrays, each an observer of that name
(``--map responses=A,B``), with ``labels``, item ids, ``observers`` and ``classes``. The answer is the most probable
class, the first of equals; ``p_response`` and, where targets are known, ``p_target`` are kept. The traps: column k
of ``predict_proba`` is ``classes_[k]``, which need not be k: save it as ``classes``; one sigmoid output, ``(N, 1)``,
is the probability of class 1; rows that do not sum to one are logits, or independent labels, and are refused; a row
with a NaN is missing.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from trichotomy.decisions import Decisions
from trichotomy.decisions.schema import few
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.readers.arrayfiles import load_arrays
from trichotomy.readers.classes import ClassColumn
from trichotomy.readers.columns import guessed, normal
from trichotomy.readers.files import stems
from trichotomy.readers.itemtable import ItemTable, side_tables
from trichotomy.readers.options import ReadOptions
from trichotomy.readers.probabilityarrays import best_classes, looks_probable, shape_of
from trichotomy.readers.rawtable import Coded, Column, RawTable, coded_array, compact, identifier, identifiers
from trichotomy.readers.sheets import Sheet, read_sheets
from trichotomy.readers.topk import among_best

NAMES = (
    "pred_probs", "predict_proba", "probabilities", "probs", "proba", "y_proba", "y_prob", "class_probabilities",
    "softmax",
)  # fmt: skip
CLASS_NAMES = ("classes", "class_names", "label_names")
BEST, TOP_K = "most probable", "top-k"


class ProbabilitiesReader:
    """Arrays with a probability for every class."""

    name: ClassVar[str] = "probabilities"
    description: ClassVar[str] = (
        "class probabilities of cleanlab, scikit-learn or Keras, (N, K) or (M, N, K), .npy or .npz"
    )

    def sniff(self, path: Path) -> float:
        """Sure where rows of fractions sum to one, or an archive holds a matrix of a known name."""
        kind = path.suffix.lower()
        try:
            if kind == ".npz" and path.is_file():
                return 0.95 if _named(path) else 0.0
            if kind != ".npy" or not path.is_file():
                return 0.0
            array = _mapped(path)
        except (OSError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error):
            return 0.0
        return 0.95 if array is not None and looks_probable(array) else 0.0

    def read(self, paths: Sequence[Path], options: ReadOptions) -> Decisions:
        """Read arrays together; see ``trichotomy.readers.read``."""
        if options.where:
            msg = "arrays have no columns to select rows by; use --where with tables only"
            raise InputError(msg)
        side = side_tables(options)
        names = dict(zip(paths, stems(paths), strict=True))
        sheets = (
            _sheet(path, names[path], options, side[0], joined=len(paths) > 1)
            for path in options.one_by_one(paths)
        )
        kept = {
            k: v for k, v in options.mapping.items() if k in ("epochs", "correct", "p_target", "p_response")
        }
        if kept:
            msg = f"class probabilities have no {next(iter(kept))} to map; leave out --map {next(iter(kept))}=..."
            raise InputError(msg)
        return read_sheets(self.name, paths, _unmapped(options), sheets, side=side)


def _unmapped(options: ReadOptions) -> ReadOptions:
    """Options whose mapping has been followed already."""
    return replace(options, mapping={})


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether in Fortran's order, and type of the array that begins here."""
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(file)
    return np.lib.format.read_array_header_2_0(file)


def _mapped(path: Path) -> NDArray[Any] | None:
    """Array of a file, not read; None where it is no matrix of floating-point numbers."""
    with path.open("rb") as file:
        shape, fortran, dtype = _header(file)
        if dtype.kind != "f" or len(shape) < 2 or 0 in shape:
            return None
        return np.memmap(path, dtype, "r", file.tell(), shape, order="F" if fortran else "C")


def _named(path: Path) -> bool:
    """Whether an archive has a matrix of floating-point numbers under a name of probabilities."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if normal(name.removesuffix(".npy")) not in NAMES:
                continue
            with archive.open(name) as member:
                shape, _, dtype = _header(member)
            if len(shape) >= 2 and dtype.kind == "f":
                return True
    return False


@dataclass(frozen=True, slots=True)
class _Names:
    """Names of arrays in a file by what they are."""

    probabilities: tuple[str, ...]
    labels: str | None
    items: str | None
    observers: str | None
    classes: str | None


def _names(
    path: Path, arrays: Mapping[str, NDArray[Any]], options: ReadOptions, elsewhere: Sequence[str]
) -> _Names:
    mapping = options.mapping
    for field, text in mapping.items():
        for name in text.split(",") if field == "responses" else [text]:
            if name.strip() not in arrays and not (field in ("items", "targets") and name in elsewhere):
                raise UnknownNameError(f"array of {path.name}", name.strip(), list(arrays))
    taken = {mapping[f] for f in mapping if mapping[f] in arrays}
    free = [name for name in arrays if name not in taken]
    asked = mapping.get("responses")
    if asked:
        chosen = tuple(name.strip() for name in asked.split(","))
    else:
        chosen = tuple(name for name in free if normal(name) in NAMES) or tuple(
            name for name in free if arrays[name].dtype.kind == "f" and (arrays[name].ndim >= 2 or name == "")
        )
    rest = [name for name in free if name not in chosen]
    classes = next((name for name in rest if normal(name) in CLASS_NAMES), None)
    rest = [name for name in rest if name != classes]

    def one(field: str) -> str | None:
        named = mapping.get(field)
        return named if named in arrays else guessed(field, rest)

    return _Names(chosen, one("targets"), one("items"), one("observers"), classes)


def _sheet(path: Path, stem: str, options: ReadOptions, targets: ItemTable | None, *, joined: bool) -> Sheet:
    arrays = load_arrays(path)
    elsewhere = list(targets.columns.values()) if targets else []
    names = _names(path, arrays, options, elsewhere)
    if not names.probabilities:
        msg = (
            f"no array of {path.name} looks like class probabilities (its arrays: {few(list(arrays), 8)}); name it "
            "with --map responses=ARRAY"
        )
        raise InputError(msg)
    called = [f"'{name}' of {path.name}" if name else path.name for name in names.probabilities]
    sizes = [shape_of(arrays[name], said) for name, said in zip(names.probabilities, called, strict=True)]
    other = next((k for k, size in enumerate(sizes) if size[1:] != sizes[0][1:]), None)
    if other is not None:
        msg = f"the array {called[other]} is for {sizes[other][1:]} items and classes, {called[0]} for {sizes[0][1:]}"
        raise InputError(f"{msg}; choose those that belong together with --map responses=A,B")
    M, (_, N, K) = sum(size[0] for size in sizes), sizes[0]
    one_each = len(names.probabilities) == M > 1
    default = (
        list(names.probabilities) if one_each else [stem] if M == 1 else [f"{stem}/{m}" for m in range(M)]
    )
    observer = _ids(path, arrays, names.observers, M, default)
    item = _ids(path, arrays, names.items, N, [str(n) for n in range(N)])
    classes = _classes(path, arrays, names.classes, K)
    labels = _labels(path, arrays, names.labels, N, classes)
    wanted = _column_of_target(labels, item, targets, classes)
    every = [
        best_classes(arrays[name], said, wanted, max(options.top_k or 1, 1))
        for name, said in zip(names.probabilities, called, strict=True)
    ]
    best = np.concatenate([one.classes for one in every])
    warnings = (
        ["items without ids were joined by their position, which must mean the same in all files"]
        if joined and names.items is None
        else []
    )
    gaps = int((best[:, 0] < 0).sum())
    if gaps:
        warnings.append(f"{gaps} rows of {path.name} hold a NaN; they count as missing")

    def places(rows: Sequence[int]) -> list[str]:
        return [str([int(i) for i in np.unravel_index(row, (M, N))]) for row in rows]

    columns: dict[str, Column] = {
        "observer": Coded(np.repeat(np.arange(M, dtype=np.int32), N), observer),
        "item": Coded(np.tile(np.arange(N, dtype=np.int32), M), item),
        BEST: compact(best[:, 0], classes),
        "p_response": np.concatenate([one.p_best for one in every]),
    }
    fields = {"observers": "observer", "items": "item", "responses": BEST, "p_response": "p_response"}
    table = RawTable(path, columns, M * N, places, unit="at")
    given = None
    if labels is not None and names.labels is not None:
        fields["targets"] = names.labels if names.labels not in columns else f"{names.labels} of {path.name}"
        every_label = Coded(np.tile(labels.codes, M), labels.values)
        columns[fields["targets"]] = every_label
        given = ClassColumn(every_label, names.labels, table.place)
    if wanted is not None:
        columns["p_target"] = np.concatenate([one.p_wanted for one in every])
        fields["p_target"] = "p_target"
    if options.top_k is not None:
        answers = [ClassColumn(compact(column, classes), BEST, table.place) for column in best.T]
        columns[TOP_K] = among_best(answers, table.coded("item"), given, targets, options.top_k, path.name)
        fields["correct"] = TOP_K
    return Sheet(table=table, fields=fields, warnings=warnings)


def _ids(
    path: Path, arrays: Mapping[str, NDArray[Any]], name: str | None, length: int, default: list[str]
) -> list[str]:
    if name is None:
        return default
    found = identifiers(coded_array(arrays[name]))
    if arrays[name].shape != (length,) or len(found.values) < length:
        what = (
            f"has shape {arrays[name].shape}"
            if arrays[name].shape != (length,)
            else "names some more than once"
        )
        msg = f"the array '{name}' of {path.name} {what} where {length} ids are needed; give each its own"
        raise InputError(msg)
    return [found.values[code] for code in found.codes.tolist()]


def _classes(path: Path, arrays: Mapping[str, NDArray[Any]], name: str | None, K: int) -> list[Any]:
    if name is None:
        return list(range(K))
    values = arrays[name].tolist() if arrays[name].dtype.kind in "biufUS" else []
    plain = [v.decode("utf-8", "replace") if isinstance(v, bytes) else v for v in values]
    if arrays[name].shape != (K,) or len(set(map(str, plain))) < K:
        msg = f"the array '{name}' of {path.name} has to name each of the {K} columns, as classes_ of scikit-learn does"
        raise InputError(msg)
    return plain


def _labels(
    path: Path, arrays: Mapping[str, NDArray[Any]], name: str | None, N: int, classes: list[Any]
) -> Coded | None:
    """Targets of the items, by name where the classes have names and the labels are columns' numbers."""
    if name is None:
        return None
    array = arrays[name]
    if array.shape != (N,):
        msg = f"the array '{name}' of {path.name} has shape {array.shape} for {N} items; give one label per item"
        raise InputError(msg)
    labels = coded_array(array)
    if array.dtype.kind in "iu" and all(isinstance(c, str) for c in classes):
        outside = next((v for v in labels.values if not -1 <= v < len(classes)), None)
        if outside is not None:
            msg = f"the array '{name}' of {path.name} holds {outside} for {len(classes)} classes; give their numbers"
            raise InputError(msg)
        columns = np.array([*labels.values, -1], dtype=np.int32)[labels.codes]
        return compact(columns, classes)
    return labels


def _column_of_target(
    target: Coded | None, item: Sequence[str], targets: ItemTable | None, classes: Sequence[Any]
) -> NDArray[np.int64] | None:
    """int64[N]: the column of each item's target, -1 where unknown; None where nothing is known."""
    index = {identifier(name).strip(): k for k, name in enumerate(classes)}
    if target is not None:
        codes, values = target.codes, target.values
    elif targets is not None and targets.target is not None:
        rows = targets.rows_of(item)
        codes, values = np.where(rows >= 0, targets.target.codes[rows], -1), targets.target.values
    else:
        return None
    found = [index.get(identifier(value).strip(), -1) for value in values]
    return np.array([*found, -1], dtype=np.int64)[codes]
