"""The report of a study: its section, table, summary and warnings; and nothing of it for other decisions."""

from __future__ import annotations

import json
import re
from html import unescape

import numpy as np
import pytest

import trichotomy as tri
from simulated_study import CONDITIONS, EMULATED, simulated_study
from trichotomy import datasets, stats
from trichotomy.decisions import at_epoch
from trichotomy.errors import InputError
from trichotomy.plots import FIGURES, verdicts
from trichotomy.report import Analysis, analyze, draw_figure
from trichotomy.report.cautions import cautions
from trichotomy.report.content import page
from trichotomy.report.page import Table
from trichotomy.report.study import answer, condition_rows, study_section

FEW = {name: CONDITIONS[name] for name in ("base", "nesterov", "initialization", "half-data")}
GAUSSIAN = {
    "name": "gaussian",
    "options": {"train_per_class": 2, "test_per_class": 12, "seed": 5},
    "data": None,
}
OF_STUDIES = {
    "conditions", "equivalence", "conditions-heatmap", "conditions-epochs", "accuracy-epochs", "changed", "divergence",
    "easiest", "hardest",
}  # fmt: skip


@pytest.fixture(scope="module")
def study():
    """A study of all conditions whose items have images."""
    split = datasets.load("gaussian", **GAUSSIAN["options"]).test
    return simulated_study(split=split, epochs=4, longer=3, dataset=GAUSSIAN)


@pytest.fixture(scope="module")
def report(study, tmp_path_factory):
    return analyze(study, tmp_path_factory.mktemp("study") / "report")


@pytest.fixture(scope="module")
def html(report):
    return (report.folder / "report.html").read_text()


@pytest.fixture(scope="module")
def small():
    """A study of few conditions whose items have images."""
    split = datasets.load("gaussian", **GAUSSIAN["options"]).test
    return simulated_study(split=split, epochs=4, longer=2, conditions=FEW, dataset=GAUSSIAN)


def failing(d, observer, last, reason=""):
    """The study in which a network stopped after an epoch."""
    d = d.copy(deep=True)
    row = d["observer"].values.tolist().index(observer)
    d["response"][row, last + 1 :] = -1
    d["failure"][row] = reason
    return d


def rows(a):
    (table,) = [b for b in study_section(a, dict.fromkeys(FIGURES, "")).blocks if isinstance(b, Table)]
    return [c.name for c in table.columns], {row[0]: row for row in table.rows}


def test_every_figure_is_in_the_report(report, html):
    own_parts = {
        "difficulty",
        "heatmaps",
        "heatmaps-clustered",
    }  # the first screen, and maps that the page draws
    annotated = {"ambiguity", "superclasses"}  # annotations that the study lacks
    for name, figure in FIGURES.items():
        drawn = figure.in_report and name not in annotated
        assert name in own_parts or (f'id="figure-{name}"' in html) == drawn, name
        assert (report.folder / "figures" / f"{name}.svg").is_file() == drawn
    assert "is left out:" not in html


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (390, "light")])
def test_the_page_opens_without_complaint_and_fits_any_width(visit, html, width, scheme):
    opened = visit(html, width=width, color_scheme=scheme)
    assert opened.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    assert opened.evaluate("[...document.images].every((image) => image.naturalWidth > 0)")
    assert opened.locator("#conditions-table tbody tr").count() == 13


def test_the_section_comes_second_and_answers_its_question(report, html):
    sections = re.findall(r'<section[^>]* id="([a-z]+)"', html)
    assert sections[:3] == ["answer", "items", "study"]
    assert "What makes networks decide differently?" in html
    sentences = " ".join(answer(report.analysis))
    assert sentences in unescape(html)
    c, e = report.analysis.condition_consistency, report.analysis.equivalence
    most, least = (
        c["condition"].values[at] for at in (c["kappa"].values.argmax(), c["kappa"].values.argmin())
    )
    assert f"most alike where the condition is {most} (mean kappa" in sentences
    assert f"least where it is {least} (" in sentences
    parts = sentences.lower().rpartition(". ")[2].rstrip(".").split("; ")
    said = {name: part.partition(" ")[0] for part in parts for name in part.partition(": ")[2].split(", ")}
    assert said == {
        name: verdict.partition(" ")[0]
        for name, verdict in zip(e["condition"].values, verdicts(e), strict=True)
    }


def test_the_table_has_every_condition_with_what_it_is_compared_with(report):
    columns, table = rows(report.analysis)
    assert list(table) == [*CONDITIONS, "plus-1", "plus-3", "different-data"]
    compared, networks = columns.index("Compared with"), columns.index("Networks")
    assert table["plus-3"][compared] == "base (3 epochs later)"
    assert table["plus-1"][compared] == "base (1 epoch later)"
    assert table["different-data"][compared] == "half-data-2"
    assert table["base"][compared] == ""
    assert [table[c][networks] for c in CONDITIONS] == [n for n, *_ in CONDITIONS.values()]
    assert table["order"][columns.index("What differs from base")] == "what 'order' changes"


def test_numbers_of_the_table_are_those_of_the_statistics(report, study):
    columns, table = rows(report.analysis)
    c, e = stats.condition_consistency(study), stats.equivalence(study)
    for name in c["condition"].values:
        own, its = c.sel(condition=name), e.sel(condition=name)
        shown = dict(zip(columns, table[name], strict=True))
        assert shown["Kappa"] == float(own["kappa"])
        assert shown["95 % CI"] == tuple(own["ci"].values)
        assert shown["Pruned"] == float(own["pruned"])
        assert shown["Accuracy"] == float(own["accuracy"])
        assert shown["To seed ceiling"] == float(its["difference"])
    base = stats.accuracy(at_epoch(study))["accuracy"].sel(observer="base")
    assert table["base"][columns.index("Accuracy")] == float(base)


def test_the_summary_has_the_study(report, study):
    written = json.loads((report.folder / "summary.json").read_text())["study"]
    assert written == report.summary["study"]
    by_name = {row["condition"]: row for row in written["conditions"]}
    assert len({tuple(row) for row in written["conditions"]}) == 1
    c, e = stats.condition_consistency(study), stats.equivalence(study)
    row, own, its = by_name["combined"], c.sel(condition="combined"), e.sel(condition="combined")
    for key in ("kappa", "pruned", "accuracy"):
        assert row[key] == pytest.approx(float(own[key]))
    assert row["ci"] == pytest.approx(own["ci"].values.tolist())
    assert row["difference"] == pytest.approx(float(its["difference"]))
    assert row["equivalent"] is bool(its["equivalent"])
    assert by_name["base"]["kappa"] is None
    assert written["notes"] == [EMULATED]
    assert written["failures"] == {}
    assert written["seed_ceiling"]["kappa"] == pytest.approx(e.attrs["ceiling_kappa"])


def test_notes_and_the_caution_are_repeated(report, html):
    assert EMULATED in unescape(html)
    assert (
        html.count(report.analysis.equivalence.attrs["caution"]) >= 2
    )  # below the figure and among the methods


def test_the_record_of_the_study_is_in_the_provenance(html):
    entries = dict(re.findall(r"<dt>(Study [a-z ]+)</dt><dd>([^<]*)</dd>", html))
    assert entries == {
        "Study recipe": "quick",
        "Study data set": "gaussian, train per class 2, test per class 12, seed 5",
    }


def test_networks_that_are_made_alike_are_no_duplicates_to_warn_of(report):
    assert report.analysis.duplicates.sizes["pair"] > 0
    assert not any("Nearly the same" in w for w in report.summary["warnings"])


def test_epochs_of_the_shifted_comparisons_are_no_surprise(report):
    assert not any("later epochs" in w for w in report.summary["warnings"])


def test_other_decisions_have_nothing_of_a_study(tmp_path):
    result = analyze(tri.simulate(4, 60), tmp_path / "r")
    html = (tmp_path / "r" / "report.html").read_text()
    assert 'id="study"' not in html
    assert "is left out:" not in html
    assert result.summary["study"] is None
    assert not {p.stem for p in (tmp_path / "r" / "figures").iterdir()} & OF_STUDIES


@pytest.mark.parametrize("name", sorted(OF_STUDIES))
def test_a_figure_of_a_study_says_what_it_needs(name, tmp_path):
    with pytest.raises(InputError, match=f"figure '{name}' needs a study"):
        draw_figure(name, tri.simulate(4, 60), tmp_path / "f.svg")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", sorted({*OF_STUDIES, "class-difficulty", "label-errors", "learning"}))
def test_every_figure_can_be_asked_for_by_name(name, small, tmp_path):
    assert draw_figure(name, small, tmp_path / "f.svg").caption
    assert (tmp_path / "f.svg").is_file()


def test_conditions_beside_a_base_are_compared_without_a_study(small):
    d = small.drop_vars("failure")
    d.attrs = {**d.attrs, "provenance": {}}
    a = Analysis(d, epoch=4)
    columns, table = rows(a)
    assert list(table) == list(FEW)
    assert "What differs from base" not in columns
    assert a.easiest is None
    assert a.divergence is None


def test_one_epoch_has_no_figures_of_epochs_and_no_sentences_about_them(small):
    a = Analysis(at_epoch(small))
    pictures = dict.fromkeys(FIGURES, "drawn") | {"conditions-epochs": "left out"}
    assert a.condition_dynamics is None
    assert "left out" not in study_section(a, pictures).blocks
    assert a.learning_map is None


def test_what_cannot_be_drawn_is_left_out_with_the_reason(small, tmp_path):
    record = {**small.attrs["provenance"]["study"], "dataset": {"name": "cifar10", "data": "gone"}}
    d = small.assign_attrs(provenance={"study": record})
    result = analyze(d, tmp_path / "r", drop=["initialization-*"])
    html = unescape((tmp_path / "r" / "report.html").read_text())
    assert "Figure 'equivalence' is left out: the seed ceiling needs two networks or more" in html
    assert html.count("is left out: the images of the data set 'cifar10' cannot be loaded") == 2
    figures = {p.stem for p in (tmp_path / "r" / "figures").iterdir()}
    assert not {"equivalence", "easiest", "hardest", "divergence"} & figures
    assert {"conditions", "conditions-epochs", "learning"} <= figures
    assert result.summary["study"]["seed_ceiling"] is None
    row = next(r for r in result.summary["study"]["conditions"] if r["condition"] == "nesterov")
    assert (row["difference"], row["equivalent"]) == (None, None)
    assert row["kappa"] > 0


def test_a_network_that_failed_is_set_aside_and_named(small):
    d = failing(small, "initialization-2", 2, "the training loss is NaN")
    a = Analysis(d)
    assert a.options["epoch"] == 4
    assert "initialization-2" not in a.decisions["observer"].values
    assert a.options["observers_set_aside"] == ["initialization-2"]
    assert cautions(a)[0] == "initialization-2 is left out of everything here: the training loss is NaN."
    _, table = rows(a)
    assert table["initialization"][1] == 4


def test_networks_that_are_not_finished_are_set_aside_together(small):
    d = failing(failing(small, "nesterov", 1), "half-data-1", 1)
    assert cautions(Analysis(d))[0] == (
        "nesterov and half-data-1 are left out of everything here: stopped after epoch 1 of 4."
    )


def test_a_condition_whose_networks_all_failed_is_left_out(small):
    a = Analysis(failing(small, "nesterov", -1))
    assert "nesterov" not in {row["condition"] for row in condition_rows(a)}
    assert "nesterov is left out of everything here: has not run." in cautions(a)


def test_a_base_that_lacks_later_epochs_is_kept_and_named(small):
    a = Analysis(failing(small, "base", 5))
    assert a.options["epoch"] == 4
    assert a.set_aside == {}
    assert (
        "base is not finished, so what needs its later epochs is undefined: stopped after epoch 5 of 6."
        in cautions(a)
    )
    by_name = {row["condition"]: row for row in condition_rows(a)}
    assert np.isfinite(by_name["plus-1"]["kappa"])
    assert np.isnan(by_name["plus-2"]["kappa"])


def test_an_epoch_asked_for_takes_all_who_have_it(small):
    d = failing(small, "initialization-2", 2, "stopped")
    assert Analysis(d, epoch=2).set_aside == {}
    assert list(Analysis(d, epoch=3).set_aside) == ["initialization-2"]


def test_a_study_in_its_first_hours_is_read_where_its_networks_meet(small):
    d = small
    for observer in d["observer"].values[1:]:
        d = failing(d, observer, 1 if observer == "nesterov" else -1)
    a = Analysis(d)
    assert a.decisions["observer"].values.tolist() == ["base", "nesterov"]
    assert a.options["epoch"] == 1
    assert len(a.set_aside) == 7
    assert "nesterov is not finished" in " ".join(cautions(a))


def test_without_a_study_longer_runs_set_nobody_aside(small):
    d = small.drop_vars("failure")
    d.attrs = {**d.attrs, "provenance": {}}
    assert Analysis(d).set_aside == {}


def test_a_page_can_be_made_of_what_was_set_aside(small):
    a = Analysis(failing(small, "nesterov", 1, "out of memory <b>"))
    from trichotomy.report.page import Picture

    hero = {"difficulty": Picture("figure-difficulty", "<svg/>", "a", "b")}
    made = page(
        a, {**dict.fromkeys(FIGURES, "left out"), **hero}, {"items.csv": "", "pairs.csv": ""}, title="t"
    )
    assert "out of memory <b>" in made.warnings[0]
