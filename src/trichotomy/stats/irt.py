"""Item response theory of Decisions: the graded counterpart of the partition."""

from __future__ import annotations

import numpy as np
import xarray as xr

from trichotomy import estimators
from trichotomy.decisions import Decisions
from trichotomy.estimators import Prior
from trichotomy.stats.snapshot import snapshot

ABILITIES = 61
"""Points of the scale at which the information of the whole test is given."""


def item_response(
    d: Decisions,
    *,
    model: str = "1pl",
    integrate: str = "auto",
    prior: Prior | None = Prior(),  # noqa: B008 - frozen
    tolerance: int = 0,
    epoch: int | None = None,
) -> xr.Dataset:
    """Difficulty (and discrimination) of items and ability of observers on one scale.

    P(right) = expit(discrimination (ability - difficulty)). Missing decisions say nothing; an item that nobody answered
    has NaN.

    Parameters
    ----------
    model
        ``1pl`` or ``2pl``.
    integrate
        ``observers`` (abilities standard normal; for many observers), ``items`` (abilities fixed, each item given its
        posterior; for a handful) or ``auto``: whichever there are more of. ``attrs["integrated"]`` says which was used.
    prior
        Of the items (see ``estimators.Prior``), stated in ``attrs["prior"]``; None for plain maximum likelihood over
        observers, where items all right or all wrong have NaN.
    tolerance
        Of ``category``.

    Returns
    -------
    Dataset over ``item``: ``difficulty``, ``difficulty_se``, ``discrimination``, ``discrimination_se``,
    ``information`` (Fisher's, mean over these observers), ``right``, ``answered`` (observers), ``category`` (of the
    partition, -1 where somebody did not answer). Over ``observer``: ``ability``, ``ability_se``. Over ``scale``:
    ``test_information``, the sum over items. Standard errors are posterior standard deviations where integrated over.

    Raises
    ------
    UnknownNameError, InputError
        Another model or way, or fewer than two observers or items.

    References
    ----------
    Bock & Aitkin 1981; Birnbaum 1968; Mislevy 1986; Louis 1982.
    """
    shot = snapshot(d, epoch, at_least=2)
    fit = estimators.item_response(shot.correct, model=model, integrate=integrate, prior=prior)
    scale = _scale(fit)
    known = np.isfinite(fit.difficulty)
    information = np.full(len(shot.items), np.nan)
    ability = fit.ability[np.isfinite(fit.ability)]
    difficulty, discrimination = fit.difficulty[known], fit.discrimination[known]
    information[known] = estimators.item_information(difficulty, discrimination, ability).mean(axis=1)
    category = np.full(len(shot.items), -1, dtype=np.int8)
    if shot.answered.any():
        category[shot.answered] = estimators.partition(
            estimators.number_right(shot.complete), len(shot.observers), tolerance=tolerance
        )
    return xr.Dataset(
        {
            "difficulty": ("item", fit.difficulty),
            "difficulty_se": ("item", fit.difficulty_se),
            "discrimination": ("item", fit.discrimination),
            "discrimination_se": ("item", fit.discrimination_se),
            "information": ("item", information),
            "right": ("item", (shot.correct == 1).sum(axis=0)),
            "answered": ("item", (shot.correct >= 0).sum(axis=0)),
            "category": ("item", category),
            "ability": ("observer", fit.ability),
            "ability_se": ("observer", fit.ability_se),
            "test_information": (
                "scale", estimators.item_information(difficulty, discrimination, scale).sum(axis=0)
            ),
        },
        coords={"item": shot.items, "observer": shot.observers, "scale": scale},
        attrs=shot.attrs(f"{model.upper()} by expectation-maximisation", n=int(known.sum()), model=fit.model,
                         integrated=fit.integrated, prior=fit.prior, log_likelihood=fit.log_likelihood,
                         rounds=fit.rounds, converged=fit.converged, tolerance=tolerance, seed=None,
                         undefined="items without a decision, or without a finite estimate, are NaN",
                         reference="Bock & Aitkin 1981; Birnbaum 1968; Mislevy 1986; Louis 1982"),
    )  # fmt: skip


def _scale(fit: estimators.ItemResponse) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """From the easiest item or weakest observer to the hardest or strongest."""
    ends = np.concatenate([fit.difficulty, fit.ability])
    ends = ends[np.isfinite(ends)]
    low, high = (float(ends.min()), float(ends.max())) if ends.size else (-4.0, 4.0)
    return np.linspace(low, high, ABILITIES)
