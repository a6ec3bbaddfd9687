"""Top-k correctness: whether the target is among the first k answers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trichotomy.decisions import MISSING
from trichotomy.errors import InputError
from trichotomy.readers.classes import ClassColumn, code_classes
from trichotomy.readers.itemtable import ItemTable
from trichotomy.readers.rawtable import Coded


def among_best(
    answers: Sequence[ClassColumn],
    item: Coded,
    target: ClassColumn | None,
    targets: ItemTable | None,
    top_k: int,
    place: str,
) -> Coded:
    """Say for each of n decisions whether the target is among its first ``top_k`` answers.

    Parameters
    ----------
    answers
        The best answers, then the second best, ...; each with n rows.
    item
        Item of each decision, for ``targets``.
    target
        Target of each decision, where the source has it.
    targets
        The file of targets, else.
    top_k
        How many answers count.
    place
        Name of the file, for messages.

    Returns
    -------
    Coded
        1, 0, or null where the first answer or the target is missing.

    Raises
    ------
    InputError
        Fewer answers than asked for, or no targets.
    """
    if not 1 <= top_k <= len(answers):
        msg = (
            f"top-{top_k} correctness needs the {top_k} best answers, but {place} has {len(answers)} per item"
        )
        raise InputError(msg)
    if target is None:
        if targets is None or targets.target is None:
            msg = (
                f"top-{top_k} correctness needs targets; name them with --map targets=ARRAY or --targets FILE"
            )
            raise InputError(msg)
        rows = targets.rows_of(item.values)
        codes = np.where(rows >= 0, targets.target.codes[rows], -1)[item.codes]
        column = Coded(codes.astype(np.int32), targets.target.values)
        target = ClassColumn(column, targets.target_column, targets.place)
    coding = code_classes(answers[:top_k], [target])
    wanted = coding.targets[0]
    right = np.zeros(len(wanted), dtype=bool)
    for codes in coding.responses:
        right |= codes == wanted
    unknown = (wanted == MISSING) | (coding.responses[0] == MISSING)
    return Coded(np.where(unknown, -1, right).astype(np.int32), [0, 1])
