"""What people see in trivial, in-between and impossible images, and how it goes with the networks' accuracy.

Classes of difficulty need not be equally large. By default every class has the same weight, so that a result does not
depend on how many images of each were shown; no image is thrown away for it (`balance` does that, for comparison).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from trichotomy import estimators
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.estimators.partition import CATEGORIES, IMPOSSIBLE, TRIVIAL
from trichotomy.stats.people.answers import Answers
from trichotomy.stats.people.resampling import DRAWS, LEVEL, Resamples, known_mean
from trichotomy.stats.snapshot import BOUNDS, Seed, seed_of

WEIGHTINGS = ("class", "none")
ALPHA_METRIC = "ordinal"


def rating_shares(a: Answers, *, level: float = LEVEL, draws: int = DRAWS, rng: Seed = 0) -> xr.Dataset:
    """Share of each answer to each question, by class of difficulty (Meding et al. 2022, Fig. 6, 25-28).

    Returns
    -------
    Dataset over ``difficulty`` and ``answer`` (all answers of all questions; coordinates ``question``, ``option``):
    ``share``, ``ci``, ``count``; ``items`` and ``answers`` per class.
    """
    x, names = _coded(a)
    group = a.difficulty(names)
    _need(group >= 0, "'difficulty'")
    r = Resamples.of(len(a.participants), len(names), strata=group, draws=draws, level=level, rng=rng)
    member = np.stack([group == k for k in range(len(CATEGORIES))], axis=1).astype(float)
    shares, counts = [], []
    for question, codes in x.items():
        given = np.stack([_totals(codes == k, r) @ member for k in range(len(a.questions[question]))], axis=2)
        with np.errstate(invalid="ignore", divide="ignore"):
            shares.append(given / given.sum(axis=2, keepdims=True))
        counts.append(given[0])
    share, count = np.concatenate(shares, axis=2), np.concatenate(counts, axis=1)
    first = next(iter(x.values()))
    return xr.Dataset(
        {
            "share": (("difficulty", "answer"), share[0]),
            "ci": (("difficulty", "answer", "ci_bound"), r.bounds(share)),
            "count": (("difficulty", "answer"), count.astype(int)),
            "items": ("difficulty", member.sum(axis=0).astype(int)),
            "answers": ("difficulty", ((~np.isnan(first)) @ member).sum(axis=0).astype(int)),
        },
        coords={**_options(a), "difficulty": list(CATEGORIES), "ci_bound": list(BOUNDS)},
        attrs=r.attrs(
            "share of the answers", not_counted=a.left_out, reference="Meding et al. 2022; Owen 2007"
        ),
    )


def accuracy_by_answer(
    a: Answers, *, weighting: str = "class", level: float = LEVEL, draws: int = DRAWS, rng: Seed = 0
) -> xr.Dataset:
    """Mean accuracy of the networks on images that people gave an answer to, for each answer.

    Parameters
    ----------
    weighting
        ``class``: classes of difficulty count alike, whatever their number of images; ``none``: images count alike.

    Returns
    -------
    Dataset over ``answer`` (coordinates ``question``, ``option``): ``accuracy``, ``ci``, ``answers``. Over
    ``difficulty``: ``class_accuracy``, of the networks on these images.
    """
    x, names = _coded(a)
    y, weight, strata = _networks(a, names, weighting)
    r = Resamples.of(len(a.participants), len(names), strata=strata, draws=draws, level=level, rng=rng)
    accuracy, answers = [], []
    for question, codes in x.items():
        for k in range(len(a.questions[question])):
            given = _totals(codes == k, r)
            with np.errstate(invalid="ignore", divide="ignore"):
                accuracy.append((given @ (weight * np.nan_to_num(y))) / (given @ weight))
            answers.append(int(given[0] @ (weight > 0)))
    table = np.stack(accuracy, axis=1)
    return xr.Dataset(
        {
            "accuracy": ("answer", table[0]),
            "ci": (("answer", "ci_bound"), r.bounds(table)),
            "answers": ("answer", answers),
            "class_accuracy": ("difficulty", [known_mean(y[a.difficulty(names) == k]) for k in range(len(CATEGORIES))]),
        },
        coords={**_options(a), "difficulty": list(CATEGORIES), "ci_bound": list(BOUNDS)},
        attrs=r.attrs("mean accuracy of the networks by answer", weighting=weighting, not_counted=a.left_out,
                      reference="Meding et al. 2022; Owen 2007"),
    )  # fmt: skip


def rating_association(
    a: Answers, *, weighting: str = "class", level: float = LEVEL, draws: int = DRAWS, rng: Seed = 0
) -> xr.Dataset:
    """Correlation of people's mean rating of an image with the networks' accuracy on it, for each question.

    Parameters
    ----------
    weighting
        As for ``accuracy_by_answer``.

    Returns
    -------
    Dataset over ``question``: ``pearson``, ``pearson_ci``, ``spearman``, ``spearman_ci``; over ``item`` too:
    ``rating``, the mean over people (a scale's numbers; of other options their places, from 0). Over ``item``:
    ``accuracy`` of the networks, ``difficulty``. The attribute ``options`` has the words of each question; none of a
    scale.
    """
    x, names = _coded(a)
    y, weight, strata = _networks(a, names, weighting)
    r = Resamples.of(len(a.participants), len(names), strata=strata, draws=draws, level=level, rng=rng)
    rows: dict[str, list[Any]] = {
        k: [] for k in ("pearson", "pearson_ci", "spearman", "spearman_ci", "rating")
    }
    for question, codes in x.items():
        total, n = estimators.item_totals(codes + a.least(question), r.person)
        with np.errstate(invalid="ignore", divide="ignore"):
            rating = total / n
        for name, of in (
            ("pearson", estimators.weighted_pearson),
            ("spearman", estimators.weighted_spearman),
        ):
            value = of(rating, np.broadcast_to(y, rating.shape), r.item * weight)
            rows[name].append(value[0])
            rows[f"{name}_ci"].append(r.correlation_bounds(value))
        rows["rating"].append(rating[0])
    attrs = r.attrs("correlation of mean rating with mean accuracy of the networks", weighting=weighting,
                    options={q: [] if a.is_scale(q) else list(a.questions[q]) for q in x},
                    not_counted=a.left_out, reference="Pearson 1895; Spearman 1904; Owen 2007")  # fmt: skip
    attrs["interval"] += ", on Fisher's z with the estimate in the middle"
    return xr.Dataset(
        {
            **{k: ("question", np.array(rows[k], dtype=float)) for k in ("pearson", "spearman")},
            **{k: (("question", "ci_bound"), np.array(rows[k])) for k in ("pearson_ci", "spearman_ci")},
            "rating": (("question", "item"), np.array(rows["rating"])),
            "accuracy": ("item", y),
            "difficulty": ("item", a.difficulty(names)),
        },
        coords={"question": list(x), "item": np.array(names, dtype=object), "ci_bound": list(BOUNDS)},
        attrs=attrs,
    )


def rating_effects(a: Answers, *, level: float = LEVEL, draws: int = DRAWS, rng: Seed = 0) -> xr.Dataset:
    """How far ratings of impossible images differ from those of trivial ones.

    ``superiority`` is Cliff's delta: how much more often an answer to an impossible image lies above one to a trivial
    image than below (-1 to 1). It asks for the order of the answers alone. There is no ordinal mixed-effects model
    here: people and images are resampled instead.

    Returns
    -------
    Dataset over ``question``: ``mean`` and ``mean_ci`` per ``difficulty`` (as ``rating`` of ``rating_association``);
    ``difference`` (impossible minus trivial) and ``superiority``, with intervals.

    References
    ----------
    Cliff 1993, *Psychol. Bull.* 114; Owen 2007.
    """
    x, names = _coded(a)
    group = a.difficulty(names)
    _need(group >= 0, "'difficulty'")
    r = Resamples.of(len(a.participants), len(names), strata=group, draws=draws, level=level, rng=rng)
    member = np.stack([group == k for k in range(len(CATEGORIES))], axis=1).astype(float)
    rows: dict[str, list[NDArray[np.float64]]] = {"mean": [], "difference": [], "superiority": []}
    for question, codes in x.items():
        K = len(a.questions[question])
        given = np.stack([_totals(codes == k, r) @ member for k in range(K)], axis=2)
        with np.errstate(invalid="ignore", divide="ignore"):
            share = given / given.sum(axis=2, keepdims=True)
        mean = share @ (a.least(question) + np.arange(K))
        upon = np.sign(np.subtract.outer(np.arange(K), np.arange(K)))
        rows["mean"].append(mean)
        rows["difference"].append(mean[:, IMPOSSIBLE] - mean[:, TRIVIAL])
        rows["superiority"].append(np.einsum("bk,kl,bl->b", share[:, IMPOSSIBLE], upon, share[:, TRIVIAL]))
    variables: dict[str, Any] = {}
    for name, found in rows.items():
        dims = ("question", "difficulty") if name == "mean" else ("question",)
        variables[name] = (dims, np.array([v[0] for v in found]))
        variables[f"{name}_ci"] = ((*dims, "ci_bound"), np.array([r.bounds(v) for v in found]))
    return xr.Dataset(
        variables,
        coords={"question": list(x), "difficulty": list(CATEGORIES), "ci_bound": list(BOUNDS)},
        attrs=r.attrs("mean rating by class of difficulty; Cliff's delta", not_counted=a.left_out,
                      reference="Cliff 1993; Owen 2007"),
    )  # fmt: skip


def rater_agreement(a: Answers, *, level: float = LEVEL, draws: int = DRAWS, rng: Seed = 0) -> xr.Dataset:
    """Agreement of the people about each question: weighted kappa of all pairs, and Krippendorff's ordinal alpha.

    Returns
    -------
    Dataset over ``question``: ``alpha`` with ``alpha_ci`` (over images, people as given); over ``weights`` (quadratic,
    linear) too: ``mean``, ``lowest``, ``highest``, ``sd`` of kappa over the pairs that are defined, ``pairs``.

    Raises
    ------
    InputError
        Fewer than two people.

    References
    ----------
    Cohen 1968; Krippendorff 2011.
    """
    x, names = _coded(a)
    M, N = len(a.participants), len(names)
    if M < 2:
        msg = "agreement needs the answers of two people or more; there is 1"
        raise InputError(msg)
    above = np.triu_indices(M, 1)
    kinds = ("quadratic", "linear")
    spread = {k: np.full((len(x), len(kinds)), np.nan) for k in ("mean", "lowest", "highest", "sd")}
    pairs = np.zeros((len(x), len(kinds)), dtype=int)
    alpha, alpha_ci = np.full(len(x), np.nan), np.full((len(x), 2), np.nan)
    _, item = estimators.crossed_weights(1, N, draws=draws, rng=rng)
    for q, codes in enumerate(x.values()):
        whole = np.where(np.isnan(codes), -1, codes).astype(int)
        for w, weights in enumerate(kinds):
            values = estimators.weighted_kappa(whole, weights=weights)[0][above]
            values = values[np.isfinite(values)]
            pairs[q, w] = len(values)
            if len(values):
                found = (values.mean(), values.min(), values.max())
                spread["mean"][q, w], spread["lowest"][q, w], spread["highest"][q, w] = found
            if len(values) > 1:
                spread["sd"][q, w] = values.std(ddof=1)
        each = estimators.coincidences(whole)
        alpha[q] = estimators.alpha_of(each.sum(axis=0), metric=ALPHA_METRIC)
        drawn = estimators.alpha_of(np.tensordot(item, each, 1), metric=ALPHA_METRIC)
        low, high = estimators.percentile_bounds(drawn[:, None], alpha[q : q + 1], level=level)
        alpha_ci[q] = low[0], high[0]
    return xr.Dataset(
        {
            "alpha": ("question", alpha),
            "alpha_ci": (("question", "ci_bound"), alpha_ci),
            "pairs": (("question", "weights"), pairs),
            **{name: (("question", "weights"), values) for name, values in spread.items()},
        },
        coords={"question": list(x), "weights": list(kinds), "ci_bound": list(BOUNDS)},
        attrs={"method": "weighted kappa of all pairs of people; Krippendorff's alpha, ordinal", "participants": M,
               "n": N, "level": level, "interval": f"percentile bootstrap over images, {draws} draws",
               "seed": seed_of(rng), "reference": "Cohen 1968; Krippendorff 2011"},
    )  # fmt: skip


def class_weights(group: NDArray[np.int64], known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Weight of each item such that classes of difficulty count alike, float64[N]; 0 where not known."""
    counts = np.bincount(group[known], minlength=len(CATEGORIES))
    weight = np.zeros(len(group))
    weight[known] = 1 / counts[group[known]]
    return weight


def _networks(
    a: Answers, names: list[str], weighting: str
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Networks' accuracy on each item, the items' weights, and the groups to resample within."""
    if weighting not in WEIGHTINGS:
        raise UnknownNameError("weighting", weighting, list(WEIGHTINGS))
    y = a.mean_correct(names)
    known = np.isfinite(y)
    _need(known, "'mean_correct'")
    group = a.difficulty(names)
    if weighting == "none":
        return y, known.astype(float), group
    known &= group >= 0
    _need(known, "'difficulty'")
    return y, class_weights(group, known), group


def _totals(hits: NDArray[np.bool_], r: Resamples) -> NDArray[np.float64]:
    """How often each item got an answer, float64[draws + 1, N], people and items weighted."""
    return np.asarray((r.person @ hits.astype(float)) * r.item)


def _coded(a: Answers) -> tuple[dict[str, NDArray[np.float64]], list[str]]:
    if a.kind != "ratings":
        msg = f"these statistics are of ratings; this experiment is of {a.kind}"
        raise InputError(msg)
    coded = {question: a.codes(question) for question in a.questions}
    names = next(iter(coded.values()))[1]
    return {question: codes for question, (codes, _) in coded.items()}, names


def _options(a: Answers) -> dict[str, Any]:
    both = [(question, option) for question, options in a.questions.items() for option in options]
    return {
        "question": ("answer", np.array([q for q, _ in both], dtype=object)),
        "option": ("answer", np.array([o for _, o in both], dtype=object)),
    }


def _need(known: NDArray[np.bool_], column: str) -> None:
    if not known.any():
        msg = (
            f"the table of items has no {column} of the {len(known)} items that were answered; put items.csv, as an "
            "export writes it, beside the answers"
        )
        raise InputError(msg)
