"""People who name the class of an image, as observers beside networks: error consistency and the noise ceiling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from trichotomy import estimators
from trichotomy.decisions import MISSING, NO_ANSWER, Decisions, at_epoch, concat, correctness, from_arrays
from trichotomy.decisions.schema import few
from trichotomy.errors import InputError
from trichotomy.stats.consistency import forced
from trichotomy.stats.people.answers import Answers
from trichotomy.stats.people.resampling import known_mean
from trichotomy.stats.snapshot import BOUNDS, Seed, pair_matrix, snapshot, with_bounds

if TYPE_CHECKING:
    import pandas as pd

HUMAN, MODEL = "human", "model"
BETWEEN = {
    "human-human": (HUMAN, HUMAN),
    "human-model": (HUMAN, MODEL),
    "model-model": (MODEL, MODEL),
}


def as_decisions(a: Answers) -> Decisions:
    """Answers of a categorisation experiment as Decisions with ``kind`` human.

    An empty answer that counts as wrong was not given in time: no valid answer (-2); any other is missing.

    Raises
    ------
    InputError
        Another kind of experiment, or trials without a target.
    """
    if a.kind != "categorise":
        msg = f"only people who name classes are observers beside networks; this experiment is of {a.kind}"
        raise InputError(msg)
    main = a.main[a.main["correct"].notna()]
    target = main["target"].fillna("").astype(str) if "target" in main else None
    if target is None or (target == "").all():
        msg = "the answers have no 'target', so it is not known which class is right"
        raise InputError(msg)
    classes = sorted({*a.choices, *target, *main["answer"].fillna("").astype(str)} - {""})
    right = dict(zip(main["item"], target, strict=True))
    return of_classes(main, target=right, classes=classes)


def of_classes(
    answers: pd.DataFrame, *, target: Mapping[str, str], classes: Sequence[str], **more: Any
) -> Decisions:
    """Table of ``participant``, ``item``, ``answer`` as Decisions with ``kind`` human.

    Parameters
    ----------
    target
        Item to its class, for all items in their order. A class that is none of ``classes`` is missing.
    classes
        To choose from; an answer that is none of them is no valid answer.
    more
        As for ``from_arrays``.
    """
    code = {name: k for k, name in enumerate(classes)}
    people, items = list(dict.fromkeys(answers["participant"])), list(target)
    rows, columns = ({name: k for k, name in enumerate(names)} for names in (people, items))
    response = np.full((len(people), len(items)), MISSING, dtype=np.int32)
    place = answers["participant"].map(rows).to_numpy(), answers["item"].map(columns).to_numpy()
    response[place] = [code.get(text, NO_ANSWER) for text in answers["answer"].fillna("").astype(str)]
    return from_arrays(
        response, target=[code.get(target[i], MISSING) for i in items], observers=people, items=items, classes=classes,
        observer_coords={"kind": np.full(len(people), HUMAN, dtype=object)}, **more,
    )  # fmt: skip


def beside_networks(people: Decisions, networks: Decisions, *, epoch: int | None = None) -> Decisions:
    """People and networks as observers of the items that the people were shown: right or wrong.

    Networks may choose among other classes than people; only being right is compared.

    Raises
    ------
    InputError
        No item in common.
    """
    one = at_epoch(networks, epoch)
    known = {str(item): k for k, item in enumerate(one["item"].values)}
    shared = [str(i) for i in people["item"].values if str(i) in known]
    if not shared:
        msg = (
            f"the networks' store and the experiment have no item in common (such as {few(people['item'].values)} "
            f"of the experiment, {few(one['item'].values)} of the store); give the store of the experiment"
        )
        raise InputError(msg)
    parts = []
    for d, kind in ((at_epoch(people), HUMAN), (one, MODEL)):
        place = {str(item): k for k, item in enumerate(d["item"].values)}
        correct = correctness(d).values[:, 0][:, [place[i] for i in shared]]
        kinds = (
            d["kind"].values if kind == MODEL and "kind" in d.coords else np.full(len(correct), kind, object)
        )
        parts.append(
            from_arrays(correct=correct, observers=[str(o) for o in d["observer"].values], items=shared,
                        observer_coords={"kind": np.array(kinds, dtype=object)})
        )  # fmt: skip
    return concat(parts)


def human_consistency(d: Decisions, *, level: float = 0.95, draws: int = 1000, rng: Seed = 0) -> xr.Dataset:
    """Error consistency of people with people, and with networks, and the noise ceiling of agreeing with people.

    Parameters
    ----------
    d
        Decisions whose coordinate ``kind`` says who is ``human``; everybody else is a model.

    Returns
    -------
    Dataset over ``observer_a``, ``observer_b``: ``kappa``, ``n``. Over ``between`` (human-human, human-model,
    model-model): ``mean`` over pairs, ``ci`` over items (observers as given), ``jackknife_ci`` over people (human-human
    alone), ``lowest``, ``highest``, ``pairs``, ``forced_pairs`` (of these, with an observer who is always right or
    always wrong, so that kappa can only be 0). Over ``observer``: ``kind``; ``with_people``, the mean kappa with every
    (other) person; ``with_majority``, kappa with what most (other) people got right, ties left out, NaN where one of
    the two is constant. ``ceiling`` (``ci_bound``): the mean over people of kappa with the majority of the others, and
    of all; a network that knew what people find hard would have a ``with_majority`` about there (Nili et al. 2014).

    References
    ----------
    Geirhos, Meding & Wichmann 2020; Nili et al. 2014.
    """
    shot = snapshot(d, None, at_least=2)
    given = at_epoch(d)["kind"].values if "kind" in d.coords else np.full(len(shot.observers), MODEL)
    kind = np.where(given == HUMAN, HUMAN, MODEL).astype(object)
    people = np.flatnonzero(kind == HUMAN)
    if not len(people):
        msg = "no observer is a person; their coordinate 'kind' is to be 'human'"
        raise InputError(msg)
    kappa = estimators.error_consistency(shot.correct)
    np.fill_diagonal(kappa, np.nan)
    cells = estimators.pair_cells(shot.correct)
    constant = forced(cells)
    columns = ("mean", "lower", "upper", "lowest", "highest", "pairs", "forced")
    table = {name: np.full(len(BETWEEN), 0.0 if name in ("pairs", "forced") else np.nan) for name in columns}
    for row, (a, b) in enumerate(BETWEEN.values()):
        pairs = np.triu(
            (kind == a)[:, None] & (kind == b)[None, :] | (kind == b)[:, None] & (kind == a)[None, :], 1
        ) & np.isfinite(kappa)
        if not pairs.any():
            continue
        mean = estimators.mean_kappa(shot.correct, pairs=pairs, level=level, draws=draws, rng=rng)
        values = kappa[pairs]
        found = (
            mean.value,
            mean.lower,
            mean.upper,
            values.min(),
            values.max(),
            len(values),
            constant[pairs].sum(),
        )
        for name, value in zip(columns, found, strict=True):
            table[name][row] = value
    jackknife = np.full((len(BETWEEN), 2), np.nan)
    if len(people) > 2:
        over = estimators.jackknife_mean(kappa[np.ix_(people, people)], level=level)
        jackknife[0] = over.lower, over.upper
    others = _with_majority(shot.correct, people)
    ceiling = [known_mean(v[people]) for v in (others, _with_majority(shot.correct, people, leave_out=False))]
    return xr.Dataset(
        {
            "kappa": pair_matrix(kappa, shot.observers),
            "n": pair_matrix(cells.n, shot.observers),
            **{name: ("between", table[name]) for name in ("mean", "lowest", "highest")},
            "ci": (("between", "ci_bound"), with_bounds(table["lower"], table["upper"])),
            "jackknife_ci": (("between", "ci_bound"), jackknife),
            "pairs": ("between", table["pairs"].astype(int)),
            "forced_pairs": ("between", table["forced"].astype(int)),
            "with_people": ("observer", _with_people(kappa, people)),
            "with_majority": ("observer", others),
            "ceiling": ("ci_bound", ceiling),
        },
        coords={"between": list(BETWEEN), "observer": shot.observers, "kind": ("observer", kind),
                "ci_bound": list(BOUNDS)},
        attrs=shot.attrs("error consistency (kappa)", n=len(shot.items), participants=len(people), level=level,
                         interval="linearised over items, people and networks as given", seed=None,
                         jackknife="over people, Student t",
                         reference="Geirhos et al. 2020; Nili et al. 2014"),
    )  # fmt: skip


def _with_people(kappa: NDArray[np.float64], people: NDArray[np.intp]) -> NDArray[np.float64]:
    columns = kappa[:, people]
    n = np.isfinite(columns).sum(axis=1)
    return np.where(n > 0, np.nansum(columns, axis=1) / np.maximum(n, 1), np.nan)


def _with_majority(
    correct: NDArray[np.int8], people: NDArray[np.intp], *, leave_out: bool = True
) -> NDArray[np.float64]:
    """Kappa of each observer with whether most (other) people are right; ties and unanswered items left out."""
    found = np.full(len(correct), np.nan)
    for m, own in enumerate(correct):
        others = correct[people[people != m] if leave_out else people]
        if not len(others):
            continue
        lead = (others == 1).sum(axis=0) - (others == 0).sum(axis=0)
        most = np.where(lead == 0, -1, lead > 0).astype(np.int8)
        both = np.stack([own, most])
        if not forced(estimators.pair_cells(both))[0, 1]:
            found[m] = estimators.error_consistency(both)[0, 1]
    return found
