"""From the results about an experiment to the page: which numbers, pictures and tables stand where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from trichotomy.errors import InputError
from trichotomy.plots.wording import kappa
from trichotomy.report.page import (
    Download,
    KeyNumber,
    Page,
    Picture,
    Section,
)
from trichotomy.report.people.analysis import ExperimentAnalysis
from trichotomy.report.people.judged import accuracy_section, agreement_section, consistency_section
from trichotomy.report.people.rated import answers_section, networks_section, raters_section
from trichotomy.report.people.summary import headline, number, words
from trichotomy.report.record import own_versions

HEROES = {"pairs": "people-accuracy", "ratings": "ratings", "categorise": "people-accuracy"}
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
        for section in (
            accuracy_section(a, pictures), agreement_section(a), consistency_section(a, pictures),
            answers_section(a), networks_section(a, pictures), raters_section(a), _course(pictures),
        )
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
            f"({r.attrs['pairs']} pairs of people, from {number(r['lowest'])} to {number(r['highest'])})"
        )
    b = a.balanced_association
    if b is not None:
        low, high = b["range"].values[0]
        sentences.append(
            f"Classes of difficulty count alike; leaving out images at random to balance them instead would give "
            f"r between {number(low)} and {number(high)} for '{words(b['question'].values[0]).lower()}'"
        )
    return ". ".join(sentences) + "."


def _key_numbers(a: ExperimentAnalysis) -> tuple[KeyNumber, ...]:
    found = [KeyNumber("participants", f"{len(a.answers.participants):,}")]
    r = a.choice_accuracy
    if r is not None:
        low, high = r["group_ci"].values
        above = int((np.exp(r["log_p_holm"].values) < 0.05).sum())
        found += [
            KeyNumber(
                "right", f"{float(r['group']):.1%}", f"{low:.1%} to {high:.1%}" if np.isfinite(low) else ""
            ),
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
                    f"r, {words(question).lower()}", kappa(one["pearson"]), f"{kappa(low)} to {kappa(high)}"
                )
            )
    return tuple(found)


def _course(pictures: Mapping[str, Picture]) -> Section | None:
    blocks = [pictures[name] for name in ("trials", "reaction-times") if name in pictures]
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
