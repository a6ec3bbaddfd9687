"""The ``modelvshuman`` reader: trials of people (or models) on several conditions of the same images.

``subj,session,trial,rt,object_response,category,condition,imagename``; ``Session`` is read too. ``imagename``
starts with a prefix of the trial and the subject that is no part of the image: images are joined within a
condition by its last part, split at ``_`` (the last two where the one before is a WordNet number such as
``n04111531``). Item ids are ``condition/image``. ``na`` is asked without a valid answer and counts as wrong.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from trichotomy.decisions import Decisions
from trichotomy.errors import InputError, TrichotomyError
from trichotomy.readers.assembly import Gathered, assemble
from trichotomy.readers.columns import Layout, columns_record
from trichotomy.readers.files import suffix
from trichotomy.readers.itemtable import side_tables
from trichotomy.readers.observers import one_per_group
from trichotomy.readers.options import ReadOptions
from trichotomy.readers.parts import Part, check_where, parts_of
from trichotomy.readers.rawtable import Coded, identifiers, merged, recoded
from trichotomy.readers.tablefiles import TEXT_SUFFIXES, header_of, load

COLUMNS = {"observers": "subj", "responses": "object_response", "targets": "category", "items": "imagename"}
CONDITION = "condition"
NEEDED = (*COLUMNS.values(), CONDITION)
NO_ANSWER = ("na",)
HUMAN = "subject"
"""An observer whose name begins so is a person, any other a model."""
WORDNET = re.compile(r"n\d{8}")
"""A synset of ImageNet: the part of speech and eight digits."""


class ModelVsHumanReader:
    """Trials in the format of the model-vs-human benchmark, one file per observer and session."""

    name: ClassVar[str] = "modelvshuman"
    description: ClassVar[str] = (
        "trials of people or models on image conditions, as in the model-vs-human benchmark"
    )

    def sniff(self, path: Path) -> float:
        """Sure where the header has all the format's columns."""
        if suffix(path) not in TEXT_SUFFIXES:
            return 0.0
        try:
            return 0.9 if set(NEEDED) <= set(header_of(path)) else 0.0
        except (TrichotomyError, OSError):
            return 0.0

    def read(self, paths: Sequence[Path], options: ReadOptions) -> Decisions:
        """Read trials together; see ``trichotomy.readers.read``.

        The stimulus's condition and category are the item coordinates ``stimulus_condition`` and
        ``category``; ``kind`` is ``human`` where the observer's name begins with ``subject``.
        """
        if options.top_k is not None:
            msg = "top-k correctness needs arrays (observer, item, k); a trial has one answer"
            raise InputError(msg)
        targets, annotations = side_tables(options)
        parts: list[Part] = []
        records: list[tuple[Path, dict[str, str]]] = []
        conditions: list[Coded] = []
        for path in options.one_by_one(paths):
            header = header_of(path)
            layout = _layout(header, options.mapping, path)
            check_where(options.where, header, path.name)
            table = load(path, list(dict.fromkeys([*layout.used(), CONDITION, *options.where])))
            for part in parts_of(table, layout, path.stem, where=options.where, alone=False):
                condition = identifiers(table.coded(CONDITION))
                condition = condition if part.rows is None else condition.take(part.rows)
                parts.append(replace(part, item=_images(part.item, condition)))
                conditions.append(condition)
            records.append((path, {**layout.record(), "stimulus_condition": CONDITION}))
        return assemble(
            Gathered(
                parts=parts,
                reader=self.name,
                paths=paths,
                options=options,
                configuration=columns_record(records),
                targets=targets,
                annotations=annotations,
                item_coords=_item_coords(parts, conditions) if parts else {},
                observer_coords=_kinds,
                no_answer=NO_ANSWER,
            )
        )


def image_key(imagename: str) -> str:
    """Return what names the image itself in a trial's ``imagename``.

    >>> image_key("0001_cl_s01_cr_oven_40_n04111531_14126.png")
    'n04111531_14126.png'
    >>> image_key("0002_s5n_s01_0_bird_00_bird2-clock3.png")
    'bird2-clock3.png'
    """
    parts = imagename.split("_")
    return "_".join(parts[-2:] if len(parts) > 1 and WORDNET.fullmatch(parts[-2]) else parts[-1:])


def _layout(header: Sequence[str], mapping: Any, path: Path) -> Layout:
    columns = {**COLUMNS, **mapping}
    lacking = [column for column in [*columns.values(), CONDITION] if column not in header]
    if lacking:
        msg = f"{path.name} has no column '{lacking[0]}', which the format modelvshuman needs; try --format table"
        raise InputError(msg)
    return Layout(
        observers=columns["observers"],
        items=columns["items"],
        responses=(columns["responses"],),
        targets=columns["targets"],
        epochs=columns.get("epochs"),
        correct=(columns["correct"],) if "correct" in columns else (),
        p_target=columns.get("p_target"),
        p_response=columns.get("p_response"),
        unused=tuple(c for c in header if c not in {*columns.values(), CONDITION}),
    )


def _images(imagename: Coded, condition: Coded) -> Coded:
    """Item ids of trials: condition and image."""
    image = recoded(imagename, [image_key(name) for name in imagename.values])
    pairs = condition.codes.astype(np.int64) * len(image.values) + image.codes
    order, codes = np.unique(pairs, return_inverse=True)
    size = len(image.values)
    names = [f"{condition.values[pair // size]}/{image.values[pair % size]}" for pair in order.tolist()]
    return Coded(codes.astype(np.int32), names)


def _item_coords(parts: Sequence[Part], conditions: Sequence[Coded]) -> dict[str, Coded]:
    """The condition and the category of every item (targets that disagree are refused later)."""
    item = merged([part.item for part in parts])
    condition = merged(conditions)
    category = merged([identifiers(part.target.column) for part in parts if part.target is not None])
    found: dict[str, Coded] = {}
    for name, column in (("stimulus_condition", condition), ("category", category)):
        per_item = one_per_group(item.codes, column.codes, len(item.values))
        if per_item is not None:
            found[name] = Coded(per_item, column.values)
    return found


def _kinds(observers: Sequence[str]) -> dict[str, Any]:
    kinds = np.empty(len(observers), dtype=object)
    kinds[:] = ["human" if name.startswith(HUMAN) else "model" for name in observers]
    return {"kind": kinds}
