"""Which of two images is easier for networks: how often people are right, with whom they agree, and when."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from trichotomy import estimators
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.stats.consistency import forced
from trichotomy.stats.people.answers import CHANCE, Answers
from trichotomy.stats.people.checking import as_text
from trichotomy.stats.people.resampling import DRAWS, LEVEL, SAME, Resamples
from trichotomy.stats.snapshot import BOUNDS, Seed, pair_matrix, with_bounds

INTERVALS = ("wilson", "clopper-pearson")


def right(a: Answers) -> tuple[NDArray[np.float64], list[str]]:
    """1, 0, NaN (not answered) of each person and pair or item, float64[M, N], and the pairs or items.

    Raises
    ------
    InputError
        Nobody's answers can be right or wrong.
    """
    x, names = a.matrix("correct", by=a.by)
    if np.isnan(x).all():
        msg = f"no answer of this experiment ({a.kind}) is right or wrong, so there is no accuracy"
        raise InputError(msg)
    return x, names


def guessing(a: Answers) -> float:
    """Share right by guessing: 1/2 of pairs; 1/K of K classes to choose from.

    Where the choices are not known they are the classes that are right somewhere or were chosen.
    """
    if a.kind != "categorise" or not (a.choices or "target" in a.main):
        return CHANCE
    if a.choices:
        return 1 / len(a.choices)
    said = {*a.main["target"].map(as_text), *(a.main["answer"].map(as_text) if "answer" in a.main else ())}
    return 1 / max(len(said - {""}), 1)


def choice_accuracy(
    a: Answers,
    *,
    interval: str = "wilson",
    chance: float | None = None,
    alternative: str = "two-sided",
    mid_p: bool = False,
    level: float = LEVEL,
    draws: int = DRAWS,
    rng: Seed = 0,
) -> xr.Dataset:
    """Accuracy of each person against chance, and of all together.

    Parameters
    ----------
    interval
        Of each person over the trials: ``wilson`` (covers ``level`` on average) or ``clopper-pearson`` (at least).
    chance, alternative, mid_p
        Of the exact binomial test; see ``estimators.binomial_log_p``. Chance is by default that of ``guessing``.

    Returns
    -------
    Dataset over ``participant``: ``accuracy``, ``ci``, ``right``, ``n``, ``log_p``, ``log_p_holm``. ``group`` (mean
    over all answers) and ``group_ci``, over people and pairs (or items) alike; undefined
    where all answers are right, or all wrong.

    References
    ----------
    Wilson 1927; Clopper & Pearson 1934; Owen 2007; Holm 1979.
    """
    if interval not in INTERVALS:
        raise UnknownNameError("interval of an accuracy", interval, list(INTERVALS))
    x, names = right(a)
    chance = guessing(a) if chance is None else chance
    k, n = np.nansum(x, axis=1), (~np.isnan(x)).sum(axis=1)
    of = estimators.wilson if interval == "wilson" else estimators.clopper_pearson
    log_p = estimators.binomial_log_p(k, n, chance=chance, alternative=alternative, mid_p=mid_p)
    r = Resamples.of(*x.shape, draws=draws, level=level, rng=rng)
    group = estimators.crossed_mean(x, r.person, r.item)
    with np.errstate(invalid="ignore", divide="ignore"):
        accuracy = k / n
    attrs = r.attrs("share right", chance=chance, not_counted=a.left_out, reference="Wilson 1927; Owen 2007")
    attrs |= {
        "group_interval": attrs["interval"], "n": len(names),
        "interval": f"{'Wilson score' if interval == 'wilson' else 'Clopper-Pearson, exact,'} over trials",
        "p_value": f"exact binomial test against {chance:.3g}, {alternative}{', mid-p' if mid_p else ''}",
    }  # fmt: skip
    return xr.Dataset(
        {
            "accuracy": ("participant", accuracy),
            "ci": (("participant", "ci_bound"), with_bounds(*of(k, n, level=level))),
            "right": ("participant", k.astype(int)),
            "n": ("participant", n),
            "log_p": ("participant", log_p),
            "log_p_holm": ("participant", estimators.holm(log_p)),
            "group": float(group[0]),
            "group_ci": ("ci_bound", r.bounds(group)),
        },
        coords={"participant": np.array(a.participants, dtype=object), "ci_bound": list(BOUNDS)},
        attrs=attrs,
    )


def observer_agreement(a: Answers, *, level: float = LEVEL, draws: int = DRAWS, rng: Seed = 0) -> xr.Dataset:
    """Error consistency between people: whether they are right on the same pairs, beyond what their accuracies give.

    Returns
    -------
    Dataset over ``observer_a``, ``observer_b``: ``kappa`` and ``n``; ``mean``, ``mean_ci`` (over items, people as
    given), ``jackknife_ci`` (over people), ``lowest``, ``highest``, ``sd`` of the pairs that are defined;
    ``forced_pairs``, how many of these have a person who is always right or always wrong, so that kappa can only be 0.

    Raises
    ------
    InputError
        Fewer than two people.

    References
    ----------
    Cohen 1960; Geirhos, Meding & Wichmann 2020.
    """
    x, names = right(a)
    if len(x) < 2:
        msg = "agreement needs the answers of two people or more; there is 1"
        raise InputError(msg)
    correct = np.where(np.isnan(x), -1, x).astype(np.int8)
    kappa = estimators.error_consistency(correct)
    np.fill_diagonal(kappa, np.nan)
    values = kappa[np.triu_indices(len(x), 1)]
    mean = estimators.mean_kappa(correct, level=level, draws=draws, rng=rng)
    jackknife = estimators.jackknife_mean(kappa, level=level) if len(x) > 2 else None
    defined = values[np.isfinite(values)]
    cells = estimators.pair_cells(correct)
    constant = np.triu(forced(cells) & np.isfinite(kappa), 1)
    people = np.array(a.participants, dtype=object)
    nothing = float("nan")
    return xr.Dataset(
        {
            "kappa": pair_matrix(kappa, people),
            "n": pair_matrix(cells.n, people),
            "mean": mean.value,
            "mean_ci": ("ci_bound", [mean.lower, mean.upper]),
            "jackknife_ci": (
                "ci_bound", [jackknife.lower, jackknife.upper] if jackknife else [nothing, nothing]
            ),
            "lowest": float(defined.min()) if defined.size else nothing,
            "highest": float(defined.max()) if defined.size else nothing,
            "sd": float(defined.std(ddof=1)) if defined.size > 1 else nothing,
            "forced_pairs": int(constant.sum()),
        },
        coords={"ci_bound": list(BOUNDS)},
        attrs={"method": "error consistency (kappa)", "participants": len(x), "n": len(names),
               "pairs": int(defined.size), "level": level, "interval": mean.method, "seed": None,
               "undefined": "NaN where both are always right or always wrong, or share no trial",
               "reference": "Cohen 1960; Geirhos et al. 2020"},
    )  # fmt: skip


def accuracy_by_certainty(
    a: Answers,
    *,
    bins: int = 6,
    points: int = 60,
    level: float = LEVEL,
    draws: int = DRAWS,
    rng: Seed = 0,
) -> xr.Dataset:
    """Accuracy by how sure the networks are: whether people are right where networks differ most.

    The networks' certainty of a pair is how sure they are of the right class of its easier image minus that of the
    other (``Answers.certainty``).

    Parameters
    ----------
    bins
        Most groups of pairs, of about equal size; pairs that are equally certain stay together.
    points
        Where the logistic curve is given.

    Returns
    -------
    Dataset over ``bin``: ``certainty`` (mean of its pairs), ``accuracy``, ``ci``, ``pairs``, ``answers``. Over
    ``point``: ``at``, ``curve``, ``curve_ci``. ``intercept``, ``slope`` with ``slope_ci``: of a logistic regression;
    NaN where certainty separates right from wrong.

    Raises
    ------
    InputError
        Not pairs, items without ``mean_correct``, or networks that are equally certain of all pairs.
    """
    if a.kind != "pairs":
        msg = f"the networks' certainty is that of a pair of images; this experiment is of {a.kind}"
        raise InputError(msg)
    x, names = right(a)
    of_pair = a.main.drop_duplicates("trial_id").set_index("trial_id").reindex(names)
    certainty = a.certainty(list(of_pair["item"])) - a.certainty(list(of_pair["item_other"]))
    known = np.isfinite(certainty)
    if not known.any():
        msg = "the table of items has no 'mean_correct', so it is not known how certain the networks are"
        raise InputError(msg)
    x, certainty = x[:, known], certainty[known]
    if np.ptp(certainty) < SAME:
        msg = (
            f"the networks are equally certain of all {len(certainty)} pairs ({certainty[0]:.0%} more on the easier "
            "image), as of trivial and impossible images without tolerance; a design from a store with p_target, or "
            "with --tolerance, lets certainty vary"
        )
        raise InputError(msg)
    r = Resamples.of(*x.shape, draws=draws, level=level, rng=rng)
    total, n = estimators.item_totals(x, r.person)
    total, n = total * r.item, n * r.item
    group = _grouped(certainty, bins)
    member = (group[:, None] == np.arange(group.max() + 1)).astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        accuracy = (total @ member) / (n @ member)
    fit = estimators.logistic_fit(certainty, total, n)
    at = np.linspace(certainty.min(), certainty.max(), points)
    curve = 1 / (1 + np.exp(-(fit.intercept[:, None] + fit.slope[:, None] * at)))
    return xr.Dataset(
        {
            "certainty": ("bin", np.bincount(group, weights=certainty) / member.sum(axis=0)),
            "accuracy": ("bin", accuracy[0]),
            "ci": (("bin", "ci_bound"), r.bounds(accuracy)),
            "pairs": ("bin", member.sum(axis=0).astype(int)),
            "answers": ("bin", (n[0] @ member).astype(int)),
            "at": ("point", at),
            "curve": ("point", curve[0]),
            "curve_ci": (("point", "ci_bound"), r.bounds(curve)),
            "intercept": float(fit.intercept[0]),
            "slope": float(fit.slope[0]),
            "slope_ci": ("ci_bound", r.bounds(fit.slope)),
        },
        coords={"ci_bound": list(BOUNDS)},
        attrs=r.attrs("share right by certainty, and logistic regression", what="people and pairs",
                      left_out=int((~known).sum()), chance=CHANCE, certainty=a.sure, reference="Owen 2007"),
    )  # fmt: skip


def _grouped(values: NDArray[np.float64], bins: int) -> NDArray[np.int64]:
    """Group of each value, 0 the lowest: about equal numbers, equal values together."""
    edges = np.unique(np.quantile(values, np.linspace(0, 1, bins + 1)[1:-1], method="inverted_cdf"))
    group = np.searchsorted(edges, values, side="left")
    return np.unique(group, return_inverse=True)[1].astype(np.int64)
