"""What the numbers say, in words: the headline, the lead, the methods."""

from __future__ import annotations

import numpy as np

from trichotomy.estimators import CATEGORIES
from trichotomy.report.analysis import Analysis


def headline(a: Analysis) -> str:
    """Answer, in one sentence, which share of the items can tell these observers apart."""
    share = {name: float(a.partition["share"].sel(difficulty=name)) for name in CATEGORIES}
    t, M, n = a.options["tolerance"], a.partition.attrs["observers"], a.partition.attrs["n"]
    everybody = f"all {M} observers" if t == 0 else f"at least {M - t} of {M} observers"
    nobody = "none" if t == 0 else f"at most {t}"
    return (
        f"{share['in-between']:.0%} of the {n:,} items can tell these {M} observers apart: "
        f"{share['trivial']:.0%} are trivial ({everybody} right) and "
        f"{share['impossible']:.0%} impossible ({nobody} right)."
    )


def lead(a: Analysis) -> str:
    """Say whether the observers really differ, and how sure that is."""
    mean = float(a.mean_consistency["mean"].sel(scope="all"))
    if np.isnan(mean):
        return "Error consistency is undefined for every pair: each has an observer that is always right or wrong."
    low, high = a.mean_consistency["ci"].sel(scope="all").values
    sentences = [
        f"Error consistency averages {mean:.2f} over pairs (95 % CI {low:.2f} to {high:.2f} over items)"
    ]
    chance = a.raw_conditional_independence
    if np.isfinite(chance):
        sentences[0] += (
            f"; equally able observers who share nothing but the items' difficulty would reach {chance:.2f}"
        )
    residual, expected = float(a.residual["mean"]), float(a.residual["conditional_independence"])
    if np.isfinite(residual) and np.isfinite(expected):
        low, high = a.residual["mean_ci"].values
        than = "more than" if low > expected else "less than" if high < expected else "no different from"
        sentences.append(
            f"Given how many of the others are right, kappa is still {residual:.3f} ({low:.3f} to {high:.3f}), "
            f"{than} the {expected:.3f} that shared difficulty alone would leave"
        )
    return ". ".join(sentences) + "."


def methods(a: Analysis) -> tuple[str, ...]:
    """How each number was made, with its source."""
    t = a.options["tolerance"]
    few, verb = ("none", "is") if t == 0 else (f"at most {t}", "are")
    return (
        f"An item is trivial when {few} of the observers {verb} wrong on it, impossible when {few} {verb} right, "
        "in-between otherwise (Meding, Schulze Buschoff, Geirhos & Wichmann, ICLR 2022). Shares have Wilson score "
        "intervals: the items are the sample, the observers are given.",
        "Error consistency is kappa = (o - e) / (1 - e), with o the share of items on which two observers are both "
        "right or both wrong and e what independent observers of their accuracies would share (Cohen 1960; Geirhos, "
        f"Meding & Wichmann 2020). Intervals of one pair: {a.consistency.attrs['interval']}. p-values are Fisher's "
        "exact test, corrected after Holm and after Benjamini & Hochberg. The mean over pairs: "
        f"{a.mean_consistency.attrs['interval']}; the jackknife over observers says what other observers might give. "
        "Kappa is undefined, and not counted, where e = 1.",
        "Pruned consistency leaves out trivial and impossible items. In-sample, the compared observers themselves "
        "decide which those are, which by itself pushes kappa down. Cross-fitted, the observers outside both "
        "conditions decide, so each pair keeps its own items.",
        "Conditional independence gives what each number would be for equally able observers that are independent "
        "given an item's difficulty, with difficulty from a beta-binomial fitted to the histogram by maximum "
        f"likelihood (alpha {float(a.difficulty['alpha']):.3f}, beta {float(a.difficulty['beta']):.3f}). The agreement "
        "of a random pair depends on the histogram alone, so read every consistency beside this number. The residual "
        "is kappa stratified by the rest score, the number right among the other observers (Mantel & Haenszel 1959); "
        "with few others the rest score measures difficulty only roughly, so its expectation is above zero.",
        "The dichotomy index is (x - x0) / (x_max - x0): x the share of trivial plus impossible items, x0 under the "
        "Poisson-binomial of the observers' accuracies, x_max the largest that these accuracies allow. It depends on "
        f"the number of observers; rarefied to {a.difficulty.attrs['rarefied_to']} (tolerance 0) it can be compared. "
        "The rarefaction curve is the exact expectation over all subsets of observers (Hurlbert 1971).",
        *_of_conditions(a),
        "A missing decision is not a wrong one: pairs use the items that both answered, the partition the items that "
        "all observers answered. Only a question that was asked and expressly not answered (na) counts as wrong.",
    )


def _of_conditions(a: Analysis) -> tuple[str, ...]:
    """How the numbers about a study's conditions were made; nothing for decisions that are no study."""
    c, e = a.condition_consistency, a.equivalence
    if c is None:
        return ()
    text = (
        "A condition's consistency is the plain mean of kappa over the pairs of its networks and those that it is "
        f"compared with ({c.attrs['interval']}). Pruned, it leaves out the items that all but at most "
        f"{c.attrs['tolerance']} of the {c.attrs['observers']} networks get right, or wrong, the compared ones "
        "included (Meding et al. 2022, Fig. 5)."
    )
    if e is not None:
        text += (
            f" Whether a condition is as consistent as networks of other seeds is tested by two one-sided tests at "
            f"{e.attrs['alpha']:.0%} with a margin of {e.attrs['margin']:g} (Schuirmann 1987). {e.attrs['caution']}"
        )
    return (text,)
