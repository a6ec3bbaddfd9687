"""The numbers of an experiment as plain JSON, and in sentences."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from trichotomy.report.people.analysis import ExperimentAnalysis
from trichotomy.stats.people.times import TOO_FAST_MS

FEW_PEOPLE = 10
FAST_SHARE = 0.1
MOST_NAMED = 3


def summarise(a: ExperimentAnalysis) -> dict[str, Any]:
    """Return the numbers as plain JSON; NaN becomes null when written."""
    found: dict[str, Any] = {
        "schema": 1, "kind": a.answers.kind, "title": a.answers.title, "participants": len(a.answers.participants),
        "trials": len(a.answers.main), "not_counted": a.answers.left_out, "options": a.options,
    }  # fmt: skip
    found |= {
        key: part for key, part in (
            ("accuracy", _accuracy(a.choice_accuracy)), ("agreement", _agreement(a.observer_agreement)),
            ("certainty", _certainty(a.accuracy_by_certainty)), ("consistency", _consistency(a.human_consistency)),
            ("ratings", _ratings(a)), ("learning", _learning(a.learning)), ("reaction_times", _times(a.reaction_times)),
        ) if part is not None
    }  # fmt: skip
    found["warnings"] = warnings(a)
    return found


def warnings(a: ExperimentAnalysis) -> list[str]:
    """What to keep in mind when reading the numbers."""
    said = []
    people = len(a.answers.participants)
    pretended = sum(str(who).startswith("simulated-") for who in a.answers.participants)
    if pretended:
        said.append(f"{pretended} of {people} participants are simulated: these are no answers of people")
    if people < FEW_PEOPLE:
        who = "1 person" if people == 1 else f"{people} people"
        said.append(f"only {who} took part: intervals over people are rough")
    sizes = a.answers.main.groupby("participant").size()
    short = [str(who) for who in sizes.index[sizes < sizes.max()]]
    if short:
        said.append(
            f"{len(short)} of {people} answered fewer trials than the {sizes.max()} of the others, "
            f"first {short[0]} ({sizes[short[0]]}); missing answers do not count as wrong"
        )
    if a.reaction_times is not None:
        share = a.reaction_times["too_fast"].values
        quick = a.reaction_times["participant"].values[np.nan_to_num(share) > FAST_SHARE]
        said += [
            f"{who} gave {share[k]:.0%} of the answers in under {TOO_FAST_MS} ms; "
            "look whether to exclude this participant"
            for who in quick
            for k in np.flatnonzero(a.reaction_times["participant"].values == who)
        ]
    if a.answers.kind == "categorise" and not a.answers.choices:
        said.append(
            "what people could choose from is not known; chance is taken as 1 of the classes that are right somewhere "
            "or were chosen"
        )
    if not a.answers.label_errors and not a.answers.label_errors_known:
        said.append("which items are label errors is not known, so none are left out")
    if a.observer_agreement is not None and int(a.observer_agreement["forced_pairs"]):
        r = a.observer_agreement
        said.append(
            f"{int(r['forced_pairs'])} of the {r.attrs['pairs']} kappas are between somebody who is always right or "
            "always wrong and somebody else, and can only be 0; the mean counts them so"
        )
    said += [f"left out: {why}" for name, why in a.why_not.items() if name != "learning"]
    return list(dict.fromkeys(said))


def headline(a: ExperimentAnalysis) -> str:
    """Answer what the experiment asked, in one sentence."""
    people = len(a.answers.participants)
    who = "1 participant" if people == 1 else f"{people} participants"
    right = a.choice_accuracy
    if right is not None:
        low, high = right["group_ci"].values
        what = (
            "picked the image that is easier for networks" if a.answers.kind == "pairs" else "named the class"
        )
        within = f"95 % CI {low:.1%} to {high:.1%}; " if np.isfinite(low) else ""
        return (
            f"{who} {what} in {float(right['group']):.1%} of {int(right['n'].sum()):,} trials "
            f"({within}chance {float(right.attrs['chance']):.1%})."
        )
    r = a.rating_association
    if r is None:
        return f"{who} rated images in {len(a.answers.main):,} trials."
    known = [(words(q).lower(), r.sel(question=q)) for q in r["question"].values]
    known = [(q, one) for q, one in known if np.isfinite(float(one["pearson"]))]
    if not known:
        return f"{who} rated {r.sizes['item']:,} images; no rating varies enough to go with the networks' accuracy."
    said = [
        f"{q} {number(one['pearson'])}{_within(one['pearson_ci'].values)}" for q, one in known[:MOST_NAMED]
    ]
    more = f" and {len(known) - MOST_NAMED} more" if len(known) > MOST_NAMED else ""
    return f"{who} rated {r.sizes['item']:,} images. Correlation with the networks' accuracy: {', '.join(said)}{more}."


def _within(bounds: NDArray[np.float64]) -> str:
    low, high = bounds
    return f" (95 % CI {number(low)} to {number(high)})" if np.isfinite(low) else ""


def number(value: Any) -> str:
    """Return a number with two decimals."""
    return f"{float(value):.2f}".replace("-", "\N{MINUS SIGN}") if np.isfinite(float(value)) else "undefined"


def words(question: object) -> str:
    """Return a question's name as words."""
    text = str(question).replace("_", " ")
    return text[:1].upper() + text[1:]


def _accuracy(r: xr.Dataset | None) -> dict[str, Any] | None:
    if r is None:
        return None
    values = r["accuracy"].values
    return {
        "group": float(r["group"]), "ci": r["group_ci"].values.tolist(), "chance": float(r.attrs["chance"]),
        "min": float(np.nanmin(values)), "max": float(np.nanmax(values)), "interval": r.attrs["interval"],
        "p_value": r.attrs["p_value"],
        "participants": [
            {"participant": str(who), "accuracy": float(one["accuracy"]), "ci": one["ci"].values.tolist(),
             "right": int(one["right"]), "n": int(one["n"]), "log_p": float(one["log_p"]),
             "log_p_holm": float(one["log_p_holm"])}
            for who in r["participant"].values for one in [r.sel(participant=who)]
        ],
    }  # fmt: skip


def _agreement(r: xr.Dataset | None) -> dict[str, Any] | None:
    return None if r is None else {
        **{k: float(r[k]) for k in ("mean", "lowest", "highest", "sd")}, "ci": r["mean_ci"].values.tolist(),
        "jackknife_ci": r["jackknife_ci"].values.tolist(), "pairs": int(r.attrs["pairs"]),
        "forced_pairs": int(r["forced_pairs"]),
    }  # fmt: skip


def _certainty(r: xr.Dataset | None) -> dict[str, Any] | None:
    return None if r is None else {
        "slope": float(r["slope"]), "slope_ci": r["slope_ci"].values.tolist(), "intercept": float(r["intercept"]),
        "bins": [
            {"certainty": float(c), "accuracy": float(v), "ci": ci.tolist(), "pairs": int(n)}
            for c, v, ci, n in zip(r["certainty"].values, r["accuracy"].values, r["ci"].values, r["pairs"].values,
                                   strict=True)
        ],
    }  # fmt: skip


def _consistency(r: xr.Dataset | None) -> dict[str, Any] | None:
    return None if r is None else {
        **{
            str(b): {"mean": float(one["mean"]), "ci": one["ci"].values.tolist(),
                     "jackknife_ci": one["jackknife_ci"].values.tolist(), "lowest": float(one["lowest"]),
                     "highest": float(one["highest"]), "pairs": int(one["pairs"]),
                     "forced_pairs": int(one["forced_pairs"])}
            for b in r["between"].values for one in [r.sel(between=b)]
        },
        "ceiling": r["ceiling"].values.tolist(),
        "observers": [
            {"observer": str(o), "kind": str(k), "with_people": float(p), "with_majority": float(m)}
            for o, k, p, m in zip(r["observer"].values, r["kind"].values, r["with_people"].values,
                                  r["with_majority"].values, strict=True)
        ],
    }  # fmt: skip


def _ratings(a: ExperimentAnalysis) -> dict[str, Any] | None:
    if a.judged:
        return None
    found: dict[str, Any] = {
        question: {"options": list(options)} for question, options in a.answers.questions.items()
    }
    s = a.rating_shares
    for question, own in found.items():
        if s is not None:
            one = s.isel(answer=np.flatnonzero(s["question"].values == question))
            own["shares"] = {
                str(d): dict(zip(one["option"].values.tolist(), one["share"].sel(difficulty=d).values.tolist(),
                                 strict=True))
                for d in one["difficulty"].values
            }  # fmt: skip
        own |= _of_networks(question, a.accuracy_by_answer, a.rating_association)
        e, k, b = a.rating_effects, a.rater_agreement, a.balanced_association
        if e is not None:
            one = e.sel(question=question)
            own["effect"] = {name: {"value": float(one[name]), "ci": one[f"{name}_ci"].values.tolist()}
                             for name in ("difference", "superiority")}  # fmt: skip
        if k is not None:
            one = k.sel(question=question)
            own["agreement"] = {
                "alpha_ordinal": float(one["alpha"]), "ci": one["alpha_ci"].values.tolist(),
                **{f"kappa_{w}": {n: float(one[n].sel(weights=w)) for n in ("mean", "lowest", "highest", "sd")}
                   for w in ("quadratic", "linear")},
            }  # fmt: skip
        if b is not None:
            one = b.sel(question=question)
            own["balanced_at_random"] = {"pearson": float(one["pearson"]), "range": one["range"].values.tolist(),
                                         "items": int(b["items"])}  # fmt: skip
        if a.balanced_once is not None:
            own["balanced_once"] = _of_networks(question, *a.balanced_once)
    whole: dict[str, Any] = {"weighting": "class", "questions": found}
    if s is not None:
        whole["items"] = dict(zip(s["difficulty"].values.tolist(), s["items"].values.tolist(), strict=True))
    whole["networks_accuracy"] = _by_class(a.accuracy_by_answer)
    if a.balanced_once is not None:
        whole["networks_accuracy_balanced_once"] = _by_class(a.balanced_once[0])
    return whole


def _by_class(r: xr.Dataset | None) -> dict[str, float] | None:
    """Mean accuracy of the networks on trivial, in-between and impossible images."""
    if r is None:
        return None
    return dict(zip(r["difficulty"].values.tolist(), r["class_accuracy"].values.tolist(), strict=True))


def _of_networks(question: str, accuracy: xr.Dataset | None, r: xr.Dataset | None) -> dict[str, Any]:
    """Networks' accuracy by answer, and its correlation with the rating."""
    found: dict[str, Any] = {}
    if accuracy is not None:
        one = accuracy.isel(answer=np.flatnonzero(accuracy["question"].values == question))
        found["networks_accuracy"] = {
            str(o): {"accuracy": float(v), "ci": ci.tolist(), "answers": int(n)}
            for o, v, ci, n in zip(one["option"].values, one["accuracy"].values, one["ci"].values,
                                   one["answers"].values, strict=True)
        }  # fmt: skip
    if r is not None:
        one = r.sel(question=question)
        found |= {k: float(one[k]) for k in ("pearson", "spearman")}
        found |= {f"{k}_ci": one[f"{k}_ci"].values.tolist() for k in ("pearson", "spearman")}
    return found


def _learning(r: xr.Dataset | None) -> dict[str, Any] | None:
    return None if r is None else {
        "slope": float(r["slope"]), "slope_ci": r["slope_ci"].values.tolist(),
        "accuracy": r["accuracy"].values.tolist(), "median_ms": r["median_rt"].values.tolist(),
    }  # fmt: skip


def _times(r: xr.Dataset | None) -> dict[str, Any] | None:
    return None if r is None else {
        "median_ms": dict(zip(r["outcome"].values.tolist(), r["group"].values.tolist(), strict=True)),
        "ci": {str(o): r["group_ci"].sel(outcome=o).values.tolist() for o in r["outcome"].values},
        "wrong_minus_right_ms": float(r["difference"]),
        "wrong_minus_right_ci": r["difference_ci"].values.tolist(),
    }  # fmt: skip
