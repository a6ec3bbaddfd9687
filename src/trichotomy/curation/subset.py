"""Choosing a subset of the items of a benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from trichotomy import estimators
from trichotomy.curation.choosing import Choice, Judgement, Request, choose, judge
from trichotomy.curation.population import Population, labels_of, population
from trichotomy.curation.validation import SPLITS, Told, validated
from trichotomy.decisions import Decisions
from trichotomy.decisions.provenance import versions
from trichotomy.errors import InputError
from trichotomy.stats.snapshot import Seed, seed_of

KEEP = estimators.CATEGORIES


@dataclass(frozen=True, slots=True, eq=False)
class Subset:
    """Items chosen, and what is known about the choice.

    Attributes
    ----------
    items
        Dataset over ``item``, in the order of the decisions: ``index`` (place in the data set), ``category``, ``right``
        (how many of the choosing observers), ``target``; with a size also ``difficulty``, ``discrimination``,
        ``information``; ``weight`` and ``draw`` (place in the order of the draw) where items were drawn at random or
        all were kept. Its attrs say how and by whom the items were chosen.
    validation
        Result of ``curation_curve`` at this size, or None.
    """

    items: xr.Dataset
    validation: xr.Dataset | None = None

    @property
    def ids(self) -> list[str]:
        """Ids of the items."""
        return [str(i) for i in self.items["item"].values]


def curate(
    d: Decisions,
    *,
    keep: str | Sequence[str] = (),
    size: int | None = None,
    rule: str = "weighted",
    stratify: str | None = None,
    tolerance: int = 0,
    families: str = "condition",
    index: str | None = None,
    epoch: int | None = None,
    validate: bool = True,
    splits: int = SPLITS,
    rng: Seed = 0,
    progress: Told = lambda *_: None,
) -> Subset:
    """Choose items, and see whether they order observers that did not choose them.

    Only items that every observer answered are chosen from.

    Parameters
    ----------
    keep
        Classes of difficulty to keep: ``in-between``, ``trivial``, ``impossible``, or several.
    size
        How many items to choose (of those kept).
    rule
        ``weighted``: drawn at random, those more often that tell observers apart (half of the importance is for
        differences of accuracy, sqrt(p (1 - p)); half the root of the information under the 2PL), evenly along
        difficulty, or along strata where these are given. Weights then give the accuracy on all items, for any
        observer, without bias. ``information``: the items of most information; orders observers, and says nothing
        about accuracy.
    stratify
        ``class``, or an annotation of items: each value gets its share of the subset.
    tolerance
        Of the partition.
    families
        Coordinate of observers; those of one family are held out together. By default ``condition``.
    index
        Annotation of items that holds their place in the data set; by default their place in the decisions.
    validate
        Whether to hold out observers (fits the 2PL ``2 * splits`` times more).
    splits, rng, progress
        As for ``curation_curve``.

    Returns
    -------
    Subset
        The items chosen, how, and what came of the check.

    Raises
    ------
    InputError, UnknownNameError
        Nothing to choose by, fewer items than wanted, an unknown class, rule or annotation.
    """
    request = Request((keep,) if isinstance(keep, str) else tuple(keep), size, rule, tolerance)
    people = population(d, families=families, stratify=stratify, epoch=epoch)
    place = np.arange(d.sizes["item"]) if index is None else _places(d, index)
    progress("what every observer says about the items")
    judged = judge(people.correct, request)
    choice = choose(judged, request, strata=people.strata, rng=np.random.default_rng(rng))
    items = _table(people, judged, choice, place)
    items.attrs = people.attrs(
        _method(request, stratify), chosen_by=people.shot.observers.tolist(), families_by=families,
        families=len(set(people.families.astype(str))), size=len(choice.positions), pool=choice.pool,
        keep=list(request.keep), rule=request.rule if size else "all", stratify=stratify or "", tolerance=tolerance,
        seed=seed_of(rng), index=index or "", versions=versions(),
        reference="Meding et al. 2022; Birnbaum 1968; Neyman 1934; Horvitz & Thompson 1952",
    )  # fmt: skip
    checked = None
    if validate:
        checked = validated(people, [request], splits=splits, rng=rng, progress=progress)
        checked = checked.assign_coords(size=[len(choice.positions)])
    return Subset(items, checked)


def _table(people: Population, judged: Judgement, choice: Choice, place: Any) -> xr.Dataset:
    order = np.argsort(choice.positions)
    chosen = choice.positions[order]
    here = people.positions[chosen]
    columns: dict[str, Any] = {
        "index": place[here],
        "target": people.target[chosen],
        "category": judged.category[chosen],
        "right": judged.right[chosen],
    }
    if judged.information is not None:
        columns |= {
            name: getattr(judged, name)[chosen] for name in ("difficulty", "discrimination", "information")
        }
    if choice.weights is not None:
        columns |= {"weight": choice.weights[order], "draw": order}
    return xr.Dataset(
        {name: ("item", values) for name, values in columns.items()},
        coords={"item": people.shot.items[here]},
    )


def _places(d: Decisions, name: str) -> Any:
    try:
        places = labels_of(d, name, "item").astype(np.float64)
        whole = places.astype(np.int64)
    except (TypeError, ValueError) as error:
        msg = f"'{name}' does not hold places in a data set: {error}"
        raise InputError(msg) from error
    if (whole != places).any() or (whole < 0).any() or len(np.unique(whole)) < len(whole):
        msg = f"'{name}' does not hold places in a data set, which are whole, not negative and different"
        raise InputError(msg)
    return whole


def _method(request: Request, stratify: str | None) -> str:
    kept = f" of the {' and '.join(request.keep)} items" if request.keep else ""
    if request.size is None:
        return f"all{kept}"
    how = {
        "weighted": "drawn with probabilities for differences and information (2PL), evenly along difficulty",
        "information": "those of most information under the 2PL",
    }[request.rule]
    return f"{request.size} items{kept}, {how}{f', shared out by {stratify}' if stratify else ''}"
