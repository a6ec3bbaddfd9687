"""The numbers of an experiment as tables: participants, items, answers, pairs of observers."""

from __future__ import annotations

import numpy as np
import xarray as xr

from trichotomy.report.people.analysis import ExperimentAnalysis
from trichotomy.report.tables import Columns


def tables(a: ExperimentAnalysis) -> dict[str, Columns]:
    """File name to columns: people, items, and answers where there are ratings."""
    found = {"participants.csv": _participants(a), "items.csv": _items(a)}
    if a.rating_shares is not None:
        found["shares.csv"] = _shares(a.rating_shares, a.accuracy_by_answer)
    if a.human_consistency is not None:
        found["pairs.csv"] = _pairs(a.human_consistency)
    elif a.observer_agreement is not None:
        found["pairs.csv"] = _pairs(a.observer_agreement)
    return found


def _participants(a: ExperimentAnalysis) -> Columns:
    people = a.answers.participants
    n = a.answers.main.groupby("participant").size()
    columns: Columns = {
        "participant": np.array(people, dtype=object),
        "trials": n.reindex(people).to_numpy(),
    }
    r = a.choice_accuracy
    if r is not None:
        columns |= {"right": r["right"].values, "accuracy": r["accuracy"].values, "lower": r["ci"].values[:, 0],
                    "upper": r["ci"].values[:, 1], "log_p": r["log_p"].values,
                    "log_p_holm": r["log_p_holm"].values}  # fmt: skip
    h = a.human_consistency
    if h is not None:
        own = h.sel(observer=people)
        columns |= {k: own[k].values for k in ("with_people", "with_majority")}
    t = a.reaction_times
    if t is not None:
        own = t.sel(participant=people)
        for outcome in ("all", "right", "wrong") if a.judged else ("all",):
            columns[f"median_ms_{outcome}"] = own["median"].sel(outcome=outcome).values
        columns["too_fast"] = own["too_fast"].values
    return columns


def _items(a: ExperimentAnalysis) -> Columns:
    by = a.answers.by
    first = a.answers.main.drop_duplicates(by)
    names = first[by].tolist()
    columns: Columns = {by: np.array(names, dtype=object)}
    if by == "trial_id":
        columns["item"] = first["item"].to_numpy(dtype=object)
        if "item_other" in first:
            columns["item_other"] = first["item_other"].to_numpy(dtype=object)
            certainty = a.answers.mean_correct(first["item"].tolist())
            columns["certainty"] = certainty - a.answers.mean_correct(first["item_other"].tolist())
    else:
        columns["difficulty"] = a.answers.side("difficulty", names)
        columns["mean_correct"] = a.answers.mean_correct(names)
    columns["answers"] = a.answers.main.groupby(by).size().reindex(names).to_numpy()
    if a.judged:
        columns["right"] = a.answers.main.groupby(by)["correct"].sum().reindex(names).to_numpy()
    if a.rating_association is not None:
        for question in a.rating_association["question"].values:
            columns[f"mean_{question}"] = (
                a.rating_association["rating"].sel(question=question, item=names).values
            )
    return columns


def _shares(r: xr.Dataset, accuracy: xr.Dataset | None) -> Columns:
    columns: Columns = {k: r[k].values for k in ("question", "option")}
    for name in r["difficulty"].values:
        one = r.sel(difficulty=name)
        columns |= {f"share_{name}": one["share"].values, f"lower_{name}": one["ci"].values[:, 0],
                    f"upper_{name}": one["ci"].values[:, 1], f"count_{name}": one["count"].values}  # fmt: skip
    if accuracy is not None:
        columns |= {"networks_accuracy": accuracy["accuracy"].values, "networks_lower": accuracy["ci"].values[:, 0],
                    "networks_upper": accuracy["ci"].values[:, 1]}  # fmt: skip
    return columns


def _pairs(r: xr.Dataset) -> Columns:
    names = r["observer_a"].values
    a, b = np.triu_indices(len(names), 1)
    return {"observer_a": names[a], "observer_b": names[b], "kappa": r["kappa"].values[a, b],
            "n": r["n"].values[a, b].astype(int)}  # fmt: skip
