"""From the results about an experiment to the page: which numbers, pictures and tables stand where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from trichotomy.errors import InputError
from trichotomy.plots.wording import kappa
from trichotomy.report.page import (
    Block,
    Column,
    Download,
    Heatmap,
    KeyNumber,
    Page,
    Picture,
    Section,
    Table,
    Undefined,
)
from trichotomy.report.people.analysis import ExperimentAnalysis
from trichotomy.report.people.summary import headline, number
from trichotomy.report.record import own_versions

HEROES = {"pairs": "people-accuracy", "ratings": "ratings", "categorise": "people-accuracy"}
BETWEEN = {
    "human-human": "people with people",
    "human-model": "people with networks",
    "model-model": "networks with networks",
}
ABOUT = {
    "participants.csv": "a row per participant",
    "items.csv": "a row per pair or image",
    "shares.csv": "a row per answer to each question",
    "pairs.csv": "error consistency of all pairs of observers",
}


def experiment_page(
    a: ExperimentAnalysis, pictures: Mapping[str, Picture], files: Mapping[str, str], warnings: Sequence[str]
) -> Page:
    """Arrange the results as a report page.

    Parameters
    ----------
    pictures
        Figures by name, as ``plots.EXPERIMENT_FIGURES`` calls them, those that could be drawn.
    files
        Texts of the tables, by name.
    warnings
        What to keep in mind.

    Raises
    ------
    InputError
        What the page begins with could not be drawn.
    """
    hero = HEROES[a.answers.kind]
    if hero not in pictures:
        why = next(iter(a.why_not.values()), "no answer can be analysed")
        if a.answers.kind == "ratings":
            why = a.why_not.get("rating_shares", why)
        raise InputError(why)
    sections = [
        section
        for section in (_accuracy(a, pictures), _agreement(a), _consistency(a, pictures), _answers(a),
                        _networks(a, pictures), _raters(a), _course(pictures))
        if section is not None
    ]  # fmt: skip
    return Page(
        title=a.answers.title or "Experiment with people",
        headline=headline(a),
        lead=_lead(a),
        hero=pictures[hero],
        key_numbers=_key_numbers(a),
        warnings=warnings,
        downloads=tuple(
            Download(name.replace(".", "-"), name, files[name], files[name].count("\n") - 1, text)
            for name, text in ABOUT.items()
            if name in files
        ),
        sections=sections,
        methods=_methods(a),
        provenance=dict(a.answers.sources)
        | {
            f"Option {name.replace('_', ' ')}": str(value)
            for name, value in a.options.items()
            if value is not None
        },
        versions=own_versions(),
    )


def _lead(a: ExperimentAnalysis) -> str:
    left = a.answers.left_out
    sentences = [f"{len(a.answers.main):,} trials count"]
    if left:
        sentences[0] += f"; not counted: {', '.join(f'{n:,} ({why})' for why, n in left.items())}"
    if a.observer_agreement is not None and np.isfinite(float(a.observer_agreement["mean"])):
        r = a.observer_agreement
        sentences.append(
            f"Participants agree about what is right with a mean kappa of {number(r['mean'])} "
            f"({number(r['lowest'])} to {number(r['highest'])} over {r.attrs['pairs']} pairs)"
        )
    b = a.balanced_association
    if b is not None:
        low, high = b["range"].values[0]
        sentences.append(
            f"Classes of difficulty count alike; leaving out images at random to balance them instead would give "
            f"r between {number(low)} and {number(high)} for '{_words(b['question'].values[0]).lower()}'"
        )
    return ". ".join(sentences) + "."


def _key_numbers(a: ExperimentAnalysis) -> tuple[KeyNumber, ...]:
    found = [KeyNumber("participants", f"{len(a.answers.participants):,}")]
    r = a.choice_accuracy
    if r is not None:
        low, high = r["group_ci"].values
        above = int((np.exp(r["log_p_holm"].values) < 0.05).sum())
        found += [
            KeyNumber("right", f"{float(r['group']):.1%}", f"{low:.1%} to {high:.1%}"),
            KeyNumber(
                "differ from chance", f"{above} of {len(a.answers.participants)}", "exact test, Holm, 5 %"
            ),
        ]
    if a.accuracy_by_certainty is not None and np.isfinite(float(a.accuracy_by_certainty["slope"])):
        slope, (low, high) = (
            float(a.accuracy_by_certainty["slope"]),
            a.accuracy_by_certainty["slope_ci"].values,
        )
        found.append(KeyNumber("slope by certainty", number(slope), f"{number(low)} to {number(high)}"))
    if a.human_consistency is not None:
        for between, label in (
            ("human-human", "kappa between people"),
            ("human-model", "kappa with networks"),
        ):
            one = a.human_consistency.sel(between=between)
            if int(one["pairs"]):
                low, high = one["ci"].values
                found.append(KeyNumber(label, kappa(one["mean"]), f"{kappa(low)} to {kappa(high)}"))
    if a.rating_association is not None:
        for question in a.rating_association["question"].values[:4]:
            one = a.rating_association.sel(question=question)
            low, high = one["pearson_ci"].values
            found.append(
                KeyNumber(
                    f"r, {_words(question).lower()}", kappa(one["pearson"]), f"{kappa(low)} to {kappa(high)}"
                )
            )
    return tuple(found)


def _accuracy(a: ExperimentAnalysis, pictures: Mapping[str, Picture]) -> Section | None:
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
            "Pairs differ in how much easier one image is. If people see what makes images hard for networks, they "
            "should be right more often where the networks differ more.",
            pictures["certainty"],
        ]
    elif "accuracy_by_certainty" in a.why_not and a.answers.kind == "pairs":
        blocks.append(
            f"Accuracy by the networks' certainty is left out: {a.why_not['accuracy_by_certainty']}."
        )
    return Section("accuracy", "How often are people right?", blocks, short="Accuracy")


def _agreement(a: ExperimentAnalysis) -> Section | None:
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


def _consistency(a: ExperimentAnalysis, pictures: Mapping[str, Picture]) -> Section | None:
    r = a.human_consistency
    if r is None or not np.isfinite(r["kappa"].values).any():
        return None
    rows: list[tuple[Any, ...]] = [
        (BETWEEN[str(b)], float(one["mean"]), tuple(one["ci"].values), float(one["lowest"]), float(one["highest"]),
         int(one["pairs"]))
        for b in r["between"].values for one in [r.sel(between=b)] if int(one["pairs"])
    ]  # fmt: skip
    each: list[tuple[Any, ...]] = [
        (str(o), "participant" if k == "human" else "network", float(w), float(m))
        for o, k, w, m in zip(r["observer"].values, r["kind"].values, r["with_people"].values,
                              r["with_majority"].values, strict=True)
    ]  # fmt: skip
    return Section(
        "consistency",
        "Do networks err like people?",
        [
            "The mean kappa between people is the ceiling: a network cannot be expected to agree with people more than "
            "they agree among themselves. The second table sets each observer beside the (other) people, and beside "
            "what most of them got right.",
            *_of(pictures, "people-networks"),
            Table("between", (Column("Between"), Column("Mean kappa", "number", 3), Column("95 % CI", "number", 3),
                              Column("Lowest", "number", 3), Column("Highest", "number", 3),
                              Column("Pairs", "integer")), rows),
            Table("observers", (Column("Observer"), Column("Kind"), Column("With (other) people", "number", 3),
                                Column("With their majority", "number", 3)), each),
            _heatmap("observer-map", r),
        ],
        short="Consistency",
    )  # fmt: skip


def _answers(a: ExperimentAnalysis) -> Section | None:
    r = a.rating_shares
    if r is None:
        return None
    names = ("trivial", "in-between", "impossible")
    rows: list[tuple[Any, ...]] = [
        (_words(r["question"].values[k]), str(r["option"].values[k]),
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
            (_words(q), *(float(one["mean"].sel(difficulty=name)) for name in names), float(one["difference"]),
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


def _networks(a: ExperimentAnalysis, pictures: Mapping[str, Picture]) -> Section | None:
    r, b = a.rating_association, a.balanced_association
    if r is None:
        return None
    once = a.balanced_once[1] if a.balanced_once is not None else None
    rows: list[tuple[Any, ...]] = [
        (_words(q), float(one["pearson"]), tuple(one["pearson_ci"].values), float(one["spearman"]),
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
            *_of(pictures, "answers-accuracy"),
            *_of(pictures, "ratings-accuracy"),
            Table("correlations", columns, rows),
        ],
        short="Networks",
    )


def _raters(a: ExperimentAnalysis) -> Section | None:
    r = a.rater_agreement
    if r is None:
        return None
    rows: list[tuple[Any, ...]] = [
        (_words(q), float(one["alpha"]), tuple(one["alpha_ci"].values),
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


def _course(pictures: Mapping[str, Picture]) -> Section | None:
    blocks = [*_of(pictures, "trials"), *_of(pictures, "reaction-times")]
    return (
        Section("course", "Do people learn, and how long do they take?", blocks, short="Course")
        if blocks
        else None
    )


def _methods(a: ExperimentAnalysis) -> tuple[str, ...]:
    draws = a.options["draws"]
    said = [
        "People and images are both samples of what could have been asked and shown. Unless a caption says otherwise, "
        f"intervals resample both, independently, {draws} times (Owen 2007); images are drawn within their class of "
        "difficulty.",
    ]
    if a.choice_accuracy is not None:
        said.append(
            f"Accuracy of one participant: {a.choice_accuracy.attrs['interval']}; "
            f"{a.choice_accuracy.attrs['p_value']}, corrected after Holm (1979). Agreement is error consistency (Cohen "
            "1960; Geirhos, Meding & Wichmann 2020)."
        )
    if not a.judged:
        said += [
            "Every class of difficulty has the same weight in correlations and in the networks' accuracy by answer, "
            "whatever its number of images. Random balancing (Meding et al. 2022) leaves out images until the classes "
            "are equally large; the estimate then depends on the draw, so it is given for comparison only.",
            "Agreement of raters: weighted kappa of all pairs of people (Cohen 1968) and Krippendorff's (2011) ordinal "
            "alpha. No ordinal mixed-effects model is fitted; the bootstrap over people and images stands in for it.",
        ]
    said.append(
        "Missing answers are left out, never counted as wrong, except that a class that was asked for and not named in "
        "time counts as wrong."
        if a.answers.kind == "categorise"
        else "Missing answers are left out, never counted as wrong."
    )
    return tuple(said)


def _heatmap(name: str, r: xr.Dataset) -> Heatmap:
    kappa = r["kappa"].values
    known = kappa[np.isfinite(kappa)]
    return Heatmap(
        name, [str(o) for o in r["observer_a"].values], {"Error consistency": kappa},
        limits=(min(float(known.min()), 0.0), max(float(known.max()), 0.01)),
        caption="Kappa of all pairs; undefined ones are hatched.",
    )  # fmt: skip


def _of(pictures: Mapping[str, Picture], name: str) -> list[Block]:
    return [pictures[name]] if name in pictures else []


def _or(value: Any, why: str) -> Any:
    """The value, or why there is none."""
    return value if np.isfinite(value).all() else Undefined(why)


def _words(question: object) -> str:
    text = str(question).replace("_", " ")
    return text[:1].upper() + text[1:]
