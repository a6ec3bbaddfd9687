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
            Column(name.capitalize(), "share", 0),
            Column("95 % CI", "share", 0, help=f"Of the share among {name} images"),
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
            "The mean rating has a scale's own numbers, and counts words from 0. Cliff's delta is how much "
            "more often an answer to an impossible "
            "image lies above one to a trivial image than below; it asks for the order of the answers alone.",
            Table("effects", (
                Column("Question"), *(Column(name.capitalize(), "number", 2) for name in names),
                Column("Difference", "number", 2, help="Impossible minus trivial"), Column("95 % CI", "number", 2),
                Column("Cliff's delta", "number", 2), Column("95 % CI", "number", 2, help="Of delta"),
            ), effects),
        ]  # fmt: skip
    return Section("answers", "What do people see?", blocks, short="Answers")


def networks_section(a: ExperimentAnalysis, pictures: Mapping[str, Picture]) -> Section | None:
    """Answers beside the networks' accuracy."""
    r, b = a.rating_association, a.balanced_association
    if r is None:
        return None
    rows: list[tuple[Any, ...]] = [
        (words(q), float(one["pearson"]), tuple(one["pearson_ci"].values), float(one["spearman"]),
         tuple(one["spearman_ci"].values), *([tuple(b["range"].sel(question=q).values)] if b is not None else []))
        for q in r["question"].values for one in [r.sel(question=q)]
    ]  # fmt: skip
    columns = [
        Column("Mean rating of"), Column("Pearson", "number", 3),
        Column("95 % CI", "number", 2, help=r.attrs["interval"]), Column("Spearman", "number", 3),
        Column("95 % CI", "number", 2, help="Of Spearman's, made alike"),
    ]  # fmt: skip
    if b is not None:
        columns.append(
            Column(
                "Balanced",
                "number",
                2,
                help="Pearson's: where 95 % of random balancings lie; no confidence interval",
            )
        )
    return Section(
        "networks",
        "Does it go with the networks' accuracy?",
        [
            *(pictures[name] for name in ("answers-accuracy", "ratings-accuracy") if name in pictures),
            Table("correlations", columns, rows),
            *_balanced(a),
        ],
        short="Networks",
    )


def _balanced(a: ExperimentAnalysis) -> list[Block]:
    """Results of the images that one balancing leaves, beside those of all."""
    whole, once = (a.accuracy_by_answer, a.rating_association), a.balanced_once
    if once is None or whole[0] is None or whole[1] is None:
        return []
    rows: list[tuple[Any, ...]] = [
        (words(q), "Pearson's r", *(float(r["pearson"].sel(question=q)) for r in (once[1], whole[1])))
        for q in whole[1]["question"].values
    ]
    rows += [
        (
            words(q),
            f"accuracy where the answer is {o}",
            *(float(r["accuracy"][k]) for r in (once[0], whole[0])),
        )
        for k, (q, o) in enumerate(zip(whole[0]["question"].values, whole[0]["option"].values, strict=True))
        if int(whole[0]["answers"][k])
    ]
    rows += [
        (
            f"Networks on {name} images",
            "accuracy",
            *(float(r["class_accuracy"][k]) for r in (once[0], whole[0])),
        )
        for k, name in enumerate(whole[0]["difficulty"].values)
    ]
    columns = (
        Column("Question"), Column("What"),
        Column("Balanced", "number", 3, help=f"Equal numbers of images per class, once, seed {a.options['balance']}"),
        Column("All images", "number", 3, help="Classes of difficulty count alike"),
    )  # fmt: skip
    images = int(once[1].attrs["n"])
    return [
        f"Balanced once with seed {a.options['balance']}, which leaves {images} of {whole[1].attrs['n']} images, "
        "beside all of them:",
        Table("balanced", columns, rows, limit=24),
    ]


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
