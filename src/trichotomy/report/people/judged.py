"""Sections of the page about answers that are right or wrong: pairs, and classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from trichotomy.plots.people import BETWEEN
from trichotomy.plots.wording import kappa
from trichotomy.report.page import Block, Column, Heatmap, Picture, Section, Table, Undefined
from trichotomy.report.people.analysis import ExperimentAnalysis


def accuracy_section(a: ExperimentAnalysis, pictures: Mapping[str, Picture]) -> Section | None:
    """Accuracy of each participant, and by the certainty of the networks."""
    r = a.choice_accuracy
    if r is None:
        return None
    rows: list[tuple[Any, ...]] = [
        (str(who), int(one["right"]), int(one["n"]), float(one["accuracy"]), tuple(one["ci"].values),
         float(one["log_p"]), float(one["log_p_holm"]))
        for who in r["participant"].values for one in [r.sel(participant=who)]
    ]  # fmt: skip
    columns = (
        Column("Participant"), Column("Right", "integer"), Column("Of", "integer"), Column("Accuracy", "share", 1),
        Column("95 % CI", "share", 1, help=r.attrs["interval"]), Column("p", "log_p", help=r.attrs["p_value"]),
        Column("p (Holm)", "log_p", help="Corrected for the number of participants"),
    )  # fmt: skip
    blocks: list[Block] = [Table("people", columns, rows)]
    if "certainty" in pictures:
        blocks += [
            "Networks are surer of some pairs than of others. If people see what makes images hard for networks, they "
            "should be right more often where the networks differ more.",
            pictures["certainty"],
        ]
    elif "accuracy_by_certainty" in a.why_not and a.answers.kind == "pairs":
        blocks.append(
            f"Accuracy by the networks' certainty is left out: {a.why_not['accuracy_by_certainty']}."
        )
    return Section("accuracy", "How often are people right?", blocks, short="Accuracy")


def agreement_section(a: ExperimentAnalysis) -> Section | None:
    """Agreement of participants about which pairs are hard."""
    r = a.observer_agreement
    if r is None or a.answers.kind == "categorise" or not np.isfinite(r["kappa"].values).any():
        return None
    why = r.attrs["undefined"]
    row = (
        _or(float(r["mean"]), why), _or(tuple(r["mean_ci"].values), why), _or(tuple(r["jackknife_ci"].values), why),
        _or(float(r["lowest"]), why), _or(float(r["highest"]), why), _or(float(r["sd"]), why), int(r.attrs["pairs"]),
    )  # fmt: skip
    columns = (
        Column("Mean kappa", "number", 3), Column("95 % CI", "number", 3, help="Over pairs of images, people as given"),
        Column("Over people", "number", 3, help="95 % interval, jackknife"), Column("Lowest", "number", 3),
        Column("Highest", "number", 3), Column("SD", "number", 3), Column("Pairs", "integer", help="Of people"),
    )  # fmt: skip
    return Section(
        "agreement",
        "Are the same pairs hard for everybody?",
        [
            "Error consistency: how much more often two people are both right or both wrong than their accuracies "
            "alone would make them.",
            Table("kappa", columns, [row]),
            _heatmap("people-map", r),
        ],
        short="Agreement",
    )


def consistency_section(a: ExperimentAnalysis, pictures: Mapping[str, Picture]) -> Section | None:
    """People beside networks, and the noise ceiling."""
    r = a.human_consistency
    if r is None or not np.isfinite(r["kappa"].values).any():
        return None
    rows: list[tuple[Any, ...]] = [
        (BETWEEN[str(b)], float(one["mean"]), tuple(one["ci"].values),
         _or(tuple(one["jackknife_ci"].values), "only of people with people, three or more"), float(one["lowest"]),
         float(one["highest"]), int(one["pairs"]), int(one["forced_pairs"]))
        for b in r["between"].values for one in [r.sel(between=b)] if int(one["pairs"])
    ]  # fmt: skip
    forced = "always right or always wrong, one of the two"
    low, high = r["ceiling"].values
    ceiling = (
        f" A person has a kappa of {kappa(low)} with what most of the other people got right, in the mean, and "
        f"of {kappa(high)} where the person is one of them: between these lies the noise ceiling, what a network that "
        "knew how hard images are for people would reach in the last column."
        if np.isfinite([low, high]).all()
        else ""
    )
    each: list[tuple[Any, ...]] = [
        (str(o), "participant" if k == "human" else "network", _or(float(w), forced), _or(float(m), forced))
        for o, k, w, m in zip(r["observer"].values, r["kind"].values, r["with_people"].values,
                              r["with_majority"].values, strict=True)
    ]  # fmt: skip
    return Section(
        "consistency",
        "Do networks err like people?",
        [
            "Networks that err like people would have the kappa with people that people have with each other. The "
            "second table sets each observer beside the (other) people, and beside what most of them got "
            f"right.{ceiling}",
            *([pictures["people-networks"]] if "people-networks" in pictures else []),
            Table("between", (Column("Between"), Column("Mean kappa", "number", 3),
                              Column("95 % CI", "number", 3, help="Over images, people and networks as given"),
                              Column("Over people", "number", 3, help="95 % interval, jackknife"),
                              Column("Lowest", "number", 2), Column("Highest", "number", 2),
                              Column("Pairs", "integer"),
                              Column("Forced", "integer", help="Pairs with an observer who is always right or always "
                                                               "wrong: kappa can only be 0")), rows),
            Table("observers", (Column("Observer"), Column("Kind"), Column("With (other) people", "number", 3),
                                Column("With their majority", "number", 3)), each),
            _heatmap("observer-map", r),
        ],
        short="Consistency",
    )  # fmt: skip


def _heatmap(name: str, r: xr.Dataset) -> Heatmap:
    kappa = r["kappa"].values
    known = kappa[np.isfinite(kappa)]
    return Heatmap(
        name, [str(o) for o in r["observer_a"].values], {"Error consistency": kappa},
        limits=(min(float(known.min()), 0.0), max(float(known.max()), 0.01)),
        caption="Kappa of all pairs; undefined ones are hatched.",
    )  # fmt: skip


def _or(value: Any, why: str) -> Any:
    """The value, or why there is none."""
    return value if np.isfinite(value).all() else Undefined(why)
