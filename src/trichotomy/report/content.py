"""From an analysis to the page: which numbers, pictures and tables stand where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from trichotomy.decisions import correctness
from trichotomy.errors import InputError
from trichotomy.plots import cluster_order
from trichotomy.report.analysis import Analysis
from trichotomy.report.cautions import cautions
from trichotomy.report.gallery import gallery_blocks
from trichotomy.report.labels import label_blocks
from trichotomy.report.page import (
    Band,
    Block,
    Column,
    Download,
    Heatmap,
    KeyNumber,
    Page,
    Picture,
    Raster,
    Section,
    Table,
    Undefined,
)
from trichotomy.report.record import own_versions, went_in
from trichotomy.report.sentences import headline, lead, methods
from trichotomy.report.study import study_section
from trichotomy.report.tables import pair_columns

MOST_PAIRS = 5000
MOST_RASTER_VALUES = 20_000_000
NULL_TITLES = {
    "binomial": "Independent, one accuracy (binomial)",
    "poisson_binomial": "Independent, own accuracies (Poisson-binomial)",
    "per_class": "Independent within each class",
    "beta_binomial": "Independent given difficulty (beta-binomial, fitted)",
    "comonotone": "Items ordered alike for all (comonotone)",
    "two_spike": "Only trivial and impossible items (two spikes)",
    "beta_a9": "Difficulty Beta(1, 0.32) (appendix A.9)",
    "sigmoid_a9": "Difficulty along a sigmoid (appendix A.9)",
    "beta_fitted": "Difficulty Beta on the grid of A.9, fitted",
    "sigmoid_fitted": "Difficulty along a sigmoid, fitted",
}


def page(a: Analysis, pictures: Mapping[str, Block], files: Mapping[str, str], *, title: str) -> Page:
    """Arrange an analysis as a report page.

    Parameters
    ----------
    pictures
        Figures by name, as ``plots.FIGURES`` calls them; a text in place of one says why it could not be drawn.
    files
        Texts of ``items.csv`` and ``pairs.csv``.
    title
        What was analysed.
    """
    hero = pictures["difficulty"]
    if not isinstance(hero, Picture):
        raise InputError(str(hero))
    sections: list[Section | None] = [
        Section("items", "Which items are trivial, impossible, in-between?", _items(a, pictures), short="Items"),
        study_section(a, pictures),
        Section("consistency", "Do the observers really differ?", _consistency(a, pictures), short="Consistency"),
        Section("pairs", "Which observers are alike?", _pairs(a), short="Pairs"),
        Section("observers", "How accurate is each observer, and who decides?", _observers(a, pictures),
                short="Observers"),
        Section("decisions", "Every decision", _decisions(a), short="Decisions"),
    ]  # fmt: skip
    if a.classes is not None:
        sections.append(Section("classes", "Which classes are hard?", _classes(a, pictures), short="Classes"))
    if a.enrichment is not None or a.label_ambiguity is not None:
        sections.append(
            Section(
                "labels", "Do labels explain the impossible items?", label_blocks(a, pictures), short="Labels"
            )
        )
    if a.dynamics is not None:
        sections.append(Section("learning", "How did decisions form?", _learning(pictures), short="Learning"))
    if a.illustrated:
        sections.append(
            Section("examples", "What are the easiest and the hardest items?",
                    _examples(a, pictures), short="Examples")
        )  # fmt: skip
    record = a.history.attrs.get("provenance", {})
    return Page(
        title=title,
        headline=headline(a),
        lead=lead(a),
        hero=hero,
        key_numbers=_key_numbers(a),
        warnings=cautions(a),
        downloads=_downloads(a, files),
        sections=[section for section in sections if section is not None],
        methods=methods(a),
        provenance=went_in(record, a.options),
        versions=record.get("versions", {}) | own_versions(),
    )


def _key_numbers(a: Analysis) -> tuple[KeyNumber, ...]:
    shares = [
        KeyNumber(str(name), f"{float(share):.1%}", f"{low:.1%} to {high:.1%}")
        for name, share, (low, high) in zip(
            a.partition["difficulty"].values[::-1], a.partition["share"].values[::-1],
            a.partition["ci"].values[::-1], strict=True,
        )
    ]  # fmt: skip
    mean = a.mean_consistency.sel(scope="all")
    low, high = mean["ci"].values
    return (
        *shares,
        KeyNumber("error consistency", _number(float(mean["mean"])),
                  f"{low:.3f} to {high:.3f}" if np.isfinite(low) else ""),
        KeyNumber("dichotomy index", _number(float(a.difficulty["dichotomy_index"])),
                  f"{a.partition.attrs['observers']} observers"),
    )  # fmt: skip


def _items(a: Analysis, pictures: Mapping[str, Block]) -> list[Block]:
    observed = a.partition["share"].sel(difficulty=["trivial", "impossible"]).values
    rows: list[tuple[Any, ...]] = [("Observed", *observed, None)]
    d = a.difficulty
    for name, label in NULL_TITLES.items():
        if name in d["null"].values:
            null = d.sel(null=name)
            rows.append((label, *(float(null[k]) for k in ("trivial", "impossible", "total_variation"))))
    return [
        "Were observers independent and all items equally hard, hardly any item would be trivial or impossible. The "
        "table sets the observed shares beside what simple models of difficulty would give; the last column is the "
        "total-variation distance between the two histograms (0 equal, 1 disjoint).",
        Table(
            "nulls",
            (
                Column("Model"), Column("Trivial", "share", 1), Column("Impossible", "share", 1),
                Column("Distance", "number", 3, help="Total-variation distance to the observed histogram"),
            ),
            rows,
        ),
        "With more observers fewer items stay trivial or impossible. The curve gives the expected shares among random "
        "subsets of these observers: where it is still falling, the partition has not settled.",
        *_of(pictures, "rarefaction"),
        *(_of(pictures, "label-errors") if a.flag_shares is not None else ()),
    ]  # fmt: skip


def _consistency(a: Analysis, pictures: Mapping[str, Block]) -> list[Block]:
    scopes = a.mean_consistency
    measures: list[tuple[Any, ...]] = []
    total = int(scopes["pairs"].sel(scope="all"))
    for scope in scopes["scope"].values:
        one = scopes.sel(scope=scope)
        if 0 < int(one["pairs"]) < total or scope == "all":
            chance = a.raw_conditional_independence if scope == "all" else None
            measures.append((f"All items, {scope} pairs" if scope == "all" else f"All items, {scope}",
                             float(one["mean"]), tuple(one["ci"].values), chance, int(one["pairs"])))  # fmt: skip
    for label, r in (
        ("Pruned, in-sample", a.insample),
        ("Pruned, cross-fitted", a.crossfit),
        ("Residual, given the rest score", a.residual),
    ):
        why = r.attrs["undefined"]
        measures.append((label, _or(float(r["mean"]), why), _or(tuple(r["mean_ci"].values), why),
                         _or(float(r["conditional_independence"]), why), r["mean"].attrs["n"]))  # fmt: skip
    columns = (
        Column("Mean kappa over pairs"), Column("Kappa", "number", 3), Column("95 % CI over items", "number", 3),
        Column("Independent given difficulty", "number", 3,
               help="What equally able observers that are independent given the fitted difficulty would give"),
        Column("Pairs", "integer"),
    )  # fmt: skip
    overall = [
        (str(about), float(row["fleiss_kappa"]), float(row["krippendorff_alpha"]))
        for about in a.overall["about"].values
        for row in [a.overall.sel(about=about)]
    ]
    return [
        "Agreement beyond chance mixes two things: some items are easy or hard for everyone, and some observers are "
        "alike. Every number stands beside what observers would reach that share nothing but the items' difficulty.",
        *_of(pictures, "overview"),
        Table("measures", columns, measures),
        *_of(pictures, "consistency"),
        Table("overall", (Column("All observers at once, about"), Column("Fleiss' kappa", "number", 3),
                          Column("Krippendorff's alpha", "number", 3)), overall),
    ]  # fmt: skip


def _pairs(a: Analysis) -> list[Block]:
    c = a.consistency
    maps = {
        "All items": c["kappa"].values,
        "Pruned, in-sample": a.insample["kappa"].values,
        "Pruned, cross-fitted": a.crossfit["kappa"].values,
    }
    every = np.concatenate([m.ravel() for m in maps.values()])
    defined = every[np.isfinite(every)]
    limits = (min(0.0, float(defined.min())), max(float(defined.max()), 0.1)) if defined.size else (0.0, 1.0)
    names = [str(n) for n in c["observer_a"].values]
    by_accuracy = np.argsort(-a.accuracy["accuracy"].values, kind="stable")
    table = pair_columns(a)
    shown = (
        "observer_a",
        "observer_b",
        "kappa",
        "kappa_crossfit",
        "kappa_residual",
        "attainable",
        "log_p_holm",
    )
    order = np.argsort(-np.nan_to_num(table["kappa"], nan=-2), kind="stable")[:MOST_PAIRS]
    rows = [
        (*(table[n][k] for n in shown[:3]), (table["kappa_lower"][k], table["kappa_upper"][k]),
         _or(table["kappa_crossfit"][k], a.crossfit.attrs["undefined"]),
         _or(table["kappa_residual"][k], a.residual.attrs["undefined"]), *(table[n][k] for n in shown[5:]))
        for k in order
    ]  # fmt: skip
    total = len(table["kappa"])
    cut = (
        f" The {MOST_PAIRS:,} pairs of highest kappa; pairs.csv has all {total:,}."
        if total > MOST_PAIRS
        else ""
    )
    return [
        Heatmap(
            "heatmap", names, maps, limits=limits, value="kappa",
            orders={"Clustered": cluster_order(c), "By accuracy": by_accuracy, "As given": np.arange(len(names))},
            caption="Error consistency of all pairs: over all items, and without the items that are trivial or "
            "impossible to the compared observers (in-sample) or to the others (cross-fitted).",
        ),
        Table(
            "pairs-table",
            (
                Column("Observer"), Column("Observer"), Column("Kappa", "number", 3), Column("95 % CI", "number", 3),
                Column("Cross-fitted", "number", 3, help="Kappa over the items the others find in-between"),
                Column("Residual", "number", 3, help="Kappa given the number right among the others"),
                Column("Of attainable", "number", 3, help="Kappa as a share of what the two accuracies allow"),
                Column("p (Holm)", "log_p", help="Fisher's exact test, two-sided, corrected for all pairs"),
            ),
            rows, caption=f"Error consistency, pair by pair.{cut}", limit=15, searchable=True,
        ),
    ]  # fmt: skip


def _observers(a: Analysis, pictures: Mapping[str, Block]) -> list[Block]:
    i = a.influence
    rows = [
        tuple(i[n].values[k] for n in ("observer", "accuracy", "trivial", "impossible", "change"))
        for k in range(i.sizes["observer"])
    ]
    columns = (
        Column("Without observer"), Column("Its accuracy", "share", 1), Column("Trivial", "share", 1),
        Column("Impossible", "share", 1), Column("Change", "share", 2, help="Change of the sum of the two shares"),
    )  # fmt: skip
    return [
        *_of(pictures, "accuracy"),
        "One weak or broken observer makes an item that all others get right in-between. The table gives the shares "
        "without each observer, the most influential first.",
        *_of(pictures, "influence"),
        Table("influence-table", columns, rows, limit=10),
    ]


def _decisions(a: Analysis) -> list[Block]:
    d = a.decisions
    right = correctness(d).values[:, 0, :]
    if right.size > MOST_RASTER_VALUES:
        return [f"{right.size:,} decisions are too many to draw here; `trichotomy figure raster` draws them."]
    asked = (right >= 0).sum(axis=0)
    share = np.where(asked > 0, (right == 1).sum(axis=0) / np.maximum(asked, 1), -1)
    category = a.partition["category"].values
    order = np.lexsort((-share, -category))
    names = ("left out", "impossible", "in-between", "trivial")
    bands = [
        Band(names[code + 1], int(count))
        for code in (2, 1, 0, -1)
        if (count := np.count_nonzero(category == code))
    ]
    rows = np.argsort(-a.accuracy["accuracy"].values, kind="stable")
    return [
        Raster(
            "raster", [str(o) for o in d["observer"].values[rows]], right[rows], items=d["item"].values,
            order=order, bands=bands,
            caption="Each row is an observer, the most accurate on top; each column an item, the easiest left.",
        )
    ]  # fmt: skip


def _classes(a: Analysis, pictures: Mapping[str, Block]) -> list[Block]:
    assert a.classes is not None
    c = a.classes
    rows = [
        (str(c["class"].values[k]), c["accuracy"].values[k], tuple(c["ci"].values[k]), c["trivial"].values[k],
         c["in_between"].values[k], c["impossible"].values[k], c["n"].values[k])
        for k in range(c.sizes["class"])
    ]  # fmt: skip
    columns = (
        Column("Class"), Column("Accuracy", "share", 1), Column("95 % CI", "share", 1), Column("Trivial", "share", 1),
        Column("In-between", "share", 1), Column("Impossible", "share", 1), Column("Items", "integer"),
    )  # fmt: skip
    caption = f"Mean over observers; {c.attrs['interval']}. The hardest first."
    return [
        *_of(pictures, "classes"),
        *_of(pictures, "class-difficulty"),
        *(_of(pictures, "divergence") if a.divergence is not None else ()),
        *(_of(pictures, "superclasses") if a.superclass_shares is not None else ()),
        Table("classes-table", columns, rows, caption=caption, limit=10),
    ]


def _learning(pictures: Mapping[str, Block]) -> list[Block]:
    return [
        "The first picture lays the decisions of all observers over one another, epoch by epoch; the second shows one "
        "observer alone. In both, items go from the easiest on the left to the hardest on the right.",
        *_of(pictures, "learning"),
        *_of(pictures, "raster"),
        *_of(pictures, "dynamics"),
        "The last two say by which epoch items are learned, and how early it shows which are trivial or impossible.",
        *_of(pictures, "learned"),
        *_of(pictures, "early-partition"),
    ]


def _examples(a: Analysis, pictures: Mapping[str, Block]) -> list[Block]:
    quiz, *others = gallery_blocks(a) or [""]
    return [quiz, *_of(pictures, "easiest"), *_of(pictures, "hardest"), *others]  # the quiz first: no hints


def _downloads(a: Analysis, files: Mapping[str, str]) -> list[Download]:
    M = a.consistency.sizes["observer_a"]
    pairs = M * (M - 1) // 2
    offered = [("items.csv", a.partition.sizes["item"], "Every item with its class of difficulty")]
    if pairs <= MOST_PAIRS:
        offered.append(("pairs.csv", pairs, "Every pair of observers"))
    return [Download(name.replace(".", "-"), name, files[name], rows, text) for name, rows, text in offered]


def _of(pictures: Mapping[str, Block], name: str) -> list[Block]:
    return [pictures[name]] if name in pictures else []


def _or(value: Any, why: str) -> Any:
    """The value, or the reason why there is none."""
    return value if np.isfinite(value).all() else Undefined(why)


def _number(value: float) -> str:
    return f"{value:.3f}" if np.isfinite(value) else "undefined"
