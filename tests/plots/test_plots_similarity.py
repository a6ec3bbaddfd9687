"""Pictures of similarity: what they would draw, and in which order."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

import trichotomy as tri
from simulated_study import simulated_study
from trichotomy.errors import InputError
from trichotomy.plots import (
    SIMILARITY_FIGURES,
    agreement_by_difficulty,
    condition_order,
    similarity_heatmap,
    similarity_with_base,
)
from trichotomy.plots.style import style
from trichotomy.report import SimilarityAnalysis
from trichotomy.representations import Reading
from trichotomy.representations.schema import tree


@pytest.fixture(scope="module")
def results() -> SimilarityAnalysis:
    d = simulated_study(items=120, epochs=4, longer=2)
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(120, 4))
    own = {
        Reading(str(o), epoch, str(c)): {
            "penultimate": shared @ rng.normal(size=(4, 6)) + rng.uniform(0.3, 1) * rng.normal(size=(120, 6))
        }
        for o, c in zip(d["observer"].values, d["condition"].values, strict=True)
        for epoch in ((4, 5) if o == "base" else (4,))
    }
    return SimilarityAnalysis(tree(own, d["item"].values, {}), d)


@pytest.mark.parametrize("name", list(SIMILARITY_FIGURES))
@pytest.mark.parametrize("width", [5.5, 3.4])
def test_every_figure_draws_says_what_it_shows_and_is_not_cut_off(results, name, width):
    figure = SIMILARITY_FIGURES[name]
    drawing = figure.draw(*(getattr(results, need) for need in figure.needs), width=width)
    for text in (drawing.alt, drawing.caption):
        assert text.endswith(".")
        assert "nan" not in text
    canvas = FigureCanvasAgg(drawing.figure)
    with style():
        canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[..., :3]
    for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]):
        assert (edge == 255).all()


def test_conditions_keep_their_place_beside_error_consistency(results):
    drawing = similarity_with_base(results.condition_similarity, results.condition_consistency)
    left, right = drawing.figure.axes
    assert [t.get_text() for t in left.get_yticklabels()] == condition_order(results.condition_consistency)
    for ax, result, name in (
        (left, results.condition_consistency, "kappa"),
        (right, results.condition_similarity, "similarity"),
    ):
        drawn = [line.get_xdata()[0] for line in ax.get_lines() if line.get_label() == "_mean"]
        wanted = [
            float(result[name].sel(condition=c)) for c in condition_order(results.condition_consistency)
        ]
        np.testing.assert_allclose(drawn, [v for v in wanted if np.isfinite(v)])
    assert [t.get_text() for t in right.texts] == ["undefined"]  # plus-10 has no features


def test_similarity_alone_is_sorted(results):
    drawing = similarity_with_base(results.condition_similarity)
    (ax,) = drawing.figure.axes
    drawn = [line.get_xdata()[0] for line in ax.get_lines() if line.get_label() == "_mean"]
    assert drawn == sorted(drawn, reverse=True)


def test_dots_are_the_shares(results):
    k = results.agreement_carried
    above, below = agreement_by_difficulty(k, results.order).figure.axes
    for name in k["difficulty"].values:
        drawn = [line.get_xdata()[0] for line in above.get_lines() if line.get_label() == f"_{name}"]
        wanted = k["share"].sel(difficulty=name, condition=results.order).values
        np.testing.assert_allclose(drawn, wanted[np.isfinite(wanted)])
    (both,) = [line.get_xdata()[0] for line in below.get_lines() if line.get_label() == "_trivial trivial"]
    assert both == float(k["pair_share"].sel(difficulty="trivial", difficulty_b="trivial"))


def test_nothing_to_draw(results):
    for draw, result, name in (
        (similarity_with_base, results.condition_similarity, "similarity"),
        (similarity_heatmap, results.similarity, "similarity"),
        (agreement_by_difficulty, results.agreement_carried, "share"),
    ):
        with pytest.raises(InputError, match="nothing to"):
            draw(result.assign({name: result[name] * np.nan}))


def test_other_observers_are_refused(results):
    d = tri.simulate(3, 120)
    with pytest.raises(InputError, match="have 0 observers in common"):
        SimilarityAnalysis(results.features, d)
