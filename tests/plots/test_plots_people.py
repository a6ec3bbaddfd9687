"""Figures of people's answers: what they would draw."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

import simulated_answers as simulated
import trichotomy as tri
from trichotomy.errors import InputError
from trichotomy.plots import (
    EXPERIMENT_FIGURES,
    answer_accuracy,
    certainty_curve,
    people_accuracy,
    people_networks,
    rating_bars,
    rating_scatter,
    reaction_rows,
    trial_curve,
)
from trichotomy.plots.style import style
from trichotomy.report import ExperimentAnalysis
from trichotomy.stats.people import Answers


@pytest.fixture(scope="module")
def kinds() -> dict[str, ExperimentAnalysis]:
    named = Answers.of(*simulated.categorise())
    return {
        "pairs": ExperimentAnalysis(Answers.of(*simulated.pairs()), draws=200),
        "ratings": ExperimentAnalysis(Answers.of(*simulated.ratings()), draws=200),
        "categorise": ExperimentAnalysis(named, networks=tri.simulate(4, 60), draws=200),
    }


def having(kinds, name) -> list[ExperimentAnalysis]:
    (need,) = EXPERIMENT_FIGURES[name].needs
    return [a for a in kinds.values() if getattr(a, need) is not None]


@pytest.mark.parametrize("name", list(EXPERIMENT_FIGURES))
@pytest.mark.parametrize("width", [5.5, 3.4])
def test_every_figure_draws_says_what_it_shows_and_is_not_cut_off(kinds, name, width):
    figure, found = EXPERIMENT_FIGURES[name], having(kinds, name)
    assert found
    for a in found:
        drawing = figure.draw(*(getattr(a, need) for need in figure.needs), width=width)
        for text in (drawing.alt, drawing.caption):
            assert text.endswith(".")
            assert "nan" not in text
        canvas = FigureCanvasAgg(drawing.figure)
        with style():
            canvas.draw()
        pixels = np.asarray(canvas.buffer_rgba())[..., :3]
        for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]):
            assert (edge == 255).all()


def lines(ax, label):
    return [line for line in ax.get_lines() if line.get_label() == label]


def test_people_are_sorted_beside_chance_and_group(kinds):
    r = kinds["pairs"].choice_accuracy
    (ax,) = people_accuracy(r).figure.axes
    (dots,) = lines(ax, "one person")
    assert dots.get_xdata().tolist() == sorted(r["accuracy"].values, reverse=True)
    assert lines(ax, "chance")[0].get_xdata()[0] == 0.5
    assert lines(ax, "everybody")[0].get_xdata()[0] == float(r["group"])
    chance = kinds["categorise"].choice_accuracy.attrs["chance"]
    assert chance == 0.25


def test_points_and_curve_of_certainty(kinds):
    r = kinds["pairs"].accuracy_by_certainty
    (ax,) = certainty_curve(r).figure.axes
    np.testing.assert_array_equal(lines(ax, "pairs of like certainty")[0].get_ydata(), r["accuracy"])
    np.testing.assert_array_equal(lines(ax, "logistic regression")[0].get_ydata(), r["curve"])
    flat = r.assign(curve=r["curve"] * np.nan, slope=np.nan)
    drawing = certainty_curve(flat)
    assert not lines(drawing.figure.axes[0], "logistic regression")
    assert "no slope could be fitted" in drawing.caption


def test_stacks_are_the_shares(kinds):
    r = kinds["ratings"].rating_shares
    drawing = rating_bars(r)
    for ax, question in zip(drawing.figure.axes, ("categories", "main_category", "oddity"), strict=True):
        own = r.isel(answer=np.flatnonzero(r["question"].values == question))
        widths = np.array([[bar.get_width() for bar in container] for container in ax.containers])
        wanted = own["share"].sel(difficulty=["trivial", "in-between", "impossible"]).values.T
        np.testing.assert_allclose(widths, wanted)
        np.testing.assert_allclose(widths.sum(axis=0), 1)


def test_accuracy_by_answer_is_drawn_per_question(kinds):
    r = kinds["ratings"].accuracy_by_answer
    for ax, question in zip(answer_accuracy(r).figure.axes, dict.fromkeys(r["question"].values), strict=True):
        own = r.isel(answer=np.flatnonzero(r["question"].values == question))
        np.testing.assert_array_equal(lines(ax, f"_{question}")[0].get_ydata(), own["accuracy"])
        assert [t.get_text() for t in ax.texts] == [f"{n:,}" for n in own["answers"].values]


def test_every_image_is_a_mark(kinds):
    r = kinds["ratings"].rating_association
    panel = rating_scatter(r).figure.axes[0]
    drawn = sum(len(lines(panel, name)[0].get_xdata()) for name in ("trivial", "in-between", "impossible"))
    assert drawn == r.sizes["item"]
    with pytest.raises(InputError, match="nothing to draw"):
        rating_scatter(r.assign(accuracy=r["accuracy"] * np.nan))


def test_medians_and_course(kinds):
    r = kinds["pairs"].reaction_times
    (ax,) = reaction_rows(r).figure.axes
    assert len(lines(ax, "right")[0].get_xdata()) == r.sizes["participant"]
    (ratings,) = reaction_rows(kinds["ratings"].reaction_times).figure.axes
    assert not lines(ratings, "right")
    above, _ = trial_curve(kinds["pairs"].learning).figure.axes
    np.testing.assert_array_equal(
        lines(above, "accuracy")[0].get_ydata(), kinds["pairs"].learning["accuracy"]
    )
    assert len(trial_curve(kinds["ratings"].learning).figure.axes) == 1
    nothing = kinds["ratings"].learning.map(lambda v: v * np.nan)
    with pytest.raises(InputError, match="neither accuracy nor"):
        trial_curve(nothing)


def test_every_pair_is_a_dot(kinds):
    r = kinds["categorise"].human_consistency
    (ax,) = people_networks(r).figure.axes
    for name in r["between"].values:
        (dots,) = lines(ax, f"_{name}")
        assert len(dots.get_xdata()) == int(r["pairs"].sel(between=name))
        (mean,) = lines(ax, f"_mean {name}")
        assert mean.get_xdata()[0] == float(r["mean"].sel(between=name))
    people = ExperimentAnalysis(kinds["categorise"].answers, draws=100).human_consistency
    assert len(people_networks(people).figure.axes[0].get_yticklabels()) == 1


def test_a_crowd_has_no_names_and_fits_a_page():
    a = ExperimentAnalysis(Answers.of(*simulated.pairs(people=130, n=12)), draws=100)
    for drawing in (people_accuracy(a.choice_accuracy), reaction_rows(a.reaction_times)):
        (ax,) = drawing.figure.axes
        assert ax.get_ylabel() == "130 participants"
        assert not any(t.get_text() for t in ax.get_yticklabels())
        assert drawing.figure.get_figheight() < 6
