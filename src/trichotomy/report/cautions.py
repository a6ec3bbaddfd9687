"""What a reader must know before believing the numbers, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from trichotomy.decisions import NO_ANSWER
from trichotomy.report.analysis import Analysis

FEW_OBSERVERS = 5
MOST_NAMED = 5


def cautions(a: Analysis) -> list[str]:
    """Warnings about the data and the results, the most consequential first."""
    return [
        *_failed(a),
        *_outsiders(a),
        *_constant(a),
        *a.history.attrs.get("provenance", {}).get("warnings", []),
        *_missing(a),
        *_unanswered(a),
        *_epochs(a),
        *_duplicates(a),
        *_small(a),
    ]


def _failed(a: Analysis) -> Iterator[str]:
    """Runs that failed or are not finished, each with its reason, those of one reason together."""
    for runs, left_out in ((a.set_aside, True), (a.unfinished, False)):
        for reason in dict.fromkeys(runs.values()):
            names = [name for name, why in runs.items() if why == reason]
            what = (
                "is left out of everything here"
                if left_out
                else "is not finished, so what needs its later epochs is undefined"
            )
            verb = what if len(names) == 1 else what.replace("is ", "are ", 1).replace("its", "their")
            yield f"{_listed(names, most=len(names))} {verb}: {reason.rstrip('.')}."


def _outsiders(a: Analysis) -> Iterator[str]:
    names = a.outsiders
    if not names:
        return
    influence = a.influence
    accuracy = influence["accuracy"].sel(observer=list(names)).values
    share = float(a.partition["share"].sel(difficulty="trivial"))
    subject = "its accuracy is" if len(names) == 1 else "their accuracies are"
    yield (
        f"{_listed(names)} decide{'s' if len(names) == 1 else ''} the partition almost alone: {subject} "
        f"{_listed([f'{a:.1%}' for a in accuracy])} (median {np.median(influence['accuracy']):.1%}), and the "
        f"trivial share of {share:.1%} would change most without {'it' if len(names) == 1 else 'them'}. "
        f"If {'it is' if len(names) == 1 else 'they are'} broken or of another kind, leave "
        f"{'it' if len(names) == 1 else 'them'} out with --drop."
    )


def _constant(a: Analysis) -> Iterator[str]:
    names = a.consistency["observer_a"].values[a.consistency["constant"].values]
    forced, pairs = (int(a.mean_consistency[n].sel(scope="all")) for n in ("forced_pairs", "pairs"))
    if forced and not pairs:
        yield "Every pair has an observer that is always right or always wrong; kappa is undefined throughout."
    elif forced:
        who = (
            f"{_listed(names)} {'is' if len(names) == 1 else 'are'} always right or always wrong. "
            if len(names)
            else ""
        )
        yield (
            f"{who}In {forced:,} pairs one observer is constant on the shared items, so that kappa can only be 0 or "
            f"undefined; the mean over {pairs:,} pairs contains those that are 0."
        )


def _missing(a: Analysis) -> Iterator[str]:
    left_out, total = a.partition.attrs["left_out"], a.decisions.sizes["item"]
    unknown = int((a.decisions["target"].values < 0).sum()) if "correct" not in a.decisions else 0
    if unknown:
        yield f"{unknown:,} of {total:,} items have no known target and are left out."
    if left_out > unknown:
        n = a.accuracy["n"]
        fewest = str(n["observer"].values[int(n.values.argmin())])
        yield (
            f"{left_out:,} of {total:,} items were not answered by all observers and are left out of the partition "
            f"({fewest} answered the fewest, {int(n.min()):,}); pairs use the items that both answered."
        )


def _unanswered(a: Analysis) -> Iterator[str]:
    if "response" in a.decisions:
        count = int((a.decisions["response"].values == NO_ANSWER).sum())
        if count:
            yield f"{count:,} questions were asked and not answered; they count as wrong."


def _epochs(a: Analysis) -> Iterator[str]:
    later = [int(e) for e in a.history["epoch"].values if e > a.options["epoch"]]
    shifted = max((c.shift for c in a.comparisons), default=0)
    if (
        later and later[-1] > a.options["epoch"] + shifted
    ):  # a study's base runs on for its shifted comparisons
        yield (
            f"Analysed at epoch {a.options['epoch']}, the last one that every observer has unless --epoch says "
            f"otherwise; some observers have later epochs, up to {later[-1]}."
        )


def _duplicates(a: Analysis) -> Iterator[str]:
    if a.study:  # networks that differ little are what a study makes on purpose
        return
    pairs = a.duplicates
    count = pairs.sizes["pair"]
    if count:
        columns = (pairs[name].values[:MOST_NAMED] for name in ("observer_a", "observer_b", "kappa"))
        named = [f"{a_} and {b} (kappa {kappa:.2f})" for a_, b, kappa in zip(*columns, strict=True)]
        more = f", and {count - MOST_NAMED} more" if count > MOST_NAMED else ""
        yield (
            f"Nearly the same decisions (kappa of {pairs.attrs['at_least']:.1f} or more): {'; '.join(named)}{more}. "
            f"Copies of one model count as agreement between models; consider keeping one of each."
        )


def _small(a: Analysis) -> Iterator[str]:
    M = a.partition.attrs["observers"]
    if M < FEW_OBSERVERS:
        yield (
            f"The partition rests on {M} observers; trivial and impossible shares fall as observers are added "
            f"(see the rarefaction curve), so compare them only with populations of the same size."
        )
    t = a.options["tolerance"]
    if 2 * t + 1 >= M > 2:
        yield f"With tolerance {t} and {M} observers no item can be in-between; choose a smaller tolerance."
    if a.decisions.sizes["observer"] == 2:
        yield "Two observers differ on every item that in-sample pruning keeps, so that number says nothing here."
    if a.options["one_per"] and a.decisions.sizes["observer"] == M:
        yield "Every observer is a condition of its own, so one per condition changes nothing."
    if np.isnan(float(a.crossfit["mean"])):
        judges = int(a.crossfit["judges"].max())
        why = (
            f"too few observers ({judges} at most, {2 * t + 2} are needed) lie outside the two compared conditions to "
            "judge which items are trivial or impossible"
            if judges < 2 * t + 2
            else "no pair keeps items on which both observers are sometimes right and sometimes wrong"
        )
        yield f"Cross-fitted pruned consistency is undefined here: {why}."
    if np.isnan(float(a.residual["mean"])) and a.decisions.sizes["observer"] < 3:
        yield "Residual consistency is undefined with fewer than three observers."


def _listed(names: Any, most: int = MOST_NAMED) -> str:
    values = [str(n) for n in names]
    if len(values) > most:
        return ", ".join(values[:most]) + f" and {len(values) - most} more"
    return " and ".join([", ".join(values[:-1]), values[-1]]) if len(values) > 1 else values[0]
