"""Sections of the page about ratings: what people see, and how it goes with the networks' accuracy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trichotomy.report.page import Block, Column, Picture, Section, Table
from trichotomy.report.people.analysis import ExperimentAnalysis
from trichotomy.report.people.summary import words


def answers_section(a: ExperimentAnalysis) -> Section | None:
    """Answers by class of difficulty, and how far they differ."""
    r = a.rating_shares
    if r is None:
        return None
    names = ("trivial", "in-between", "impossible")
    rows: list[tuple[Any, ...]] = [
        (words(r["question"].values[k]), str(r["option"].values[k]),
         *(value for name in names for one in [r.isel(answer=k).sel(difficulty=name)]
           for value in (float(one["share"]), tuple(one["ci"].values))))
        for k in range(r.sizes["answer"]) if int(r["count"].isel(answer=k).sum())
    ]  # fmt: skip
    columns = [Column("Question"), Column("Answer")]
    for name in names:
        columns += [
            Column(name.capitalize(), "share", 1),
            Column("95 % CI", "share", 1, help=f"Of the share among {name} images"),
        ]
    blocks: list[Block] = [Table("shares", columns, rows, limit=24)]
    e = a.rating_effects
    if e is not None:
        effects: list[tuple[Any, ...]] = [
            (words(q), *(float(one["mean"].sel(difficulty=name)) for name in names), float(one["difference"]),
             tuple(one["difference_ci"].values), float(one["superiority"]), tuple(one["superiority_ci"].values))
            for q in e["question"].values for one in [e.sel(question=q)]
        ]  # fmt: skip
        blocks += [
            "The mean rating counts answers from 0. Cliff's delta is how much more often an answer to an impossible "
            "image lies above one to a trivial image than below; it asks for the order of the answers alone.",
            Table("effects", (
                Column("Question"), *(Column(name.capitalize(), "number", 2) for name in names),
                Column("Difference", "number", 2, help="Impossible minus trivial"), Column("95 % CI", "number", 2),
                Column("Cliff's delta", "number", 3), Column("95 % CI", "number", 3, help="Of delta"),
            ), effects),
        ]  # fmt: skip
    return Section("answers", "What do people see?", blocks, short="Answers")


def networks_section(a: ExperimentAnalysis, pictures: Mapping[str, Picture]) -> Section | None:
    """Answers beside the networks' accuracy."""
    r, b = a.rating_association, a.balanced_association
    if r is None:
        return None
    once = a.balanced_once[1] if a.balanced_once is not None else None
    rows: list[tuple[Any, ...]] = [
        (words(q), float(one["pearson"]), tuple(one["pearson_ci"].values), float(one["spearman"]),
         tuple(one["spearman_ci"].values), *([tuple(b["range"].sel(question=q).values)] if b is not None else []),
         *([float(once["pearson"].sel(question=q))] if once is not None else []))
        for q in r["question"].values for one in [r.sel(question=q)]
    ]  # fmt: skip
    columns = [
        Column("Mean rating of"), Column("Pearson", "number", 3), Column("95 % CI", "number", 3),
        Column("Spearman", "number", 3), Column("95 % CI", "number", 3, help="Of Spearman's"),
    ]  # fmt: skip
    if b is not None:
        columns.append(
            Column(
                "Balanced at random", "number", 3, help="Where 95 % of balancings lie; no confidence interval"
            )
        )
    if once is not None:
        columns.append(Column("Once", "number", 3, help=f"Balanced once, seed {a.options['balance']}"))
    return Section(
        "networks",
        "Does it go with the networks' accuracy?",
        [
            *(pictures[name] for name in ("answers-accuracy", "ratings-accuracy") if name in pictures),
            Table("correlations", columns, rows),
        ],
        short="Networks",
    )


def raters_section(a: ExperimentAnalysis) -> Section | None:
    """Agreement of the raters."""
    r = a.rater_agreement
    if r is None:
        return None
    rows: list[tuple[Any, ...]] = [
        (words(q), float(one["alpha"]), tuple(one["alpha_ci"].values),
         *(float(one["mean"].sel(weights=w)) for w in ("quadratic", "linear")),
         tuple(float(one[k].sel(weights="quadratic")) for k in ("lowest", "highest")),
         float(one["sd"].sel(weights="quadratic")), int(one["pairs"].sel(weights="quadratic")))
        for q in r["question"].values for one in [r.sel(question=q)]
    ]  # fmt: skip
    columns = (
        Column("Question"), Column("Alpha", "number", 3, help="Krippendorff's, ordinal"),
        Column("95 % CI", "number", 3, help="Over images, people as given"),
        Column("Kappa", "number", 3, help="Mean over pairs, quadratic weights"),
        Column("Linear", "number", 3, help="Mean kappa with linear weights"),
        Column("Range", "number", 3, help="Of kappa, quadratic weights"), Column("SD", "number", 3),
        Column("Pairs", "integer", help="Of people"),
    )  # fmt: skip
    return Section(
        "raters", "Do people see the same?", [Table("raters-table", columns, rows)], short="Raters"
    )
