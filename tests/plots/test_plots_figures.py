"""The table of figures: each draws from what it says it needs."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import trichotomy as tri
from trichotomy import stats
from trichotomy.plots import FIGURES, Drawing, to_svg
from trichotomy.plots.style import style

NAMES = [
    "accuracy", "class-difficulty", "classes", "consistency", "difficulty", "difficulty-models", "dynamics", "heatmaps",
    "heatmaps-clustered", "influence", "overview", "rarefaction", "raster",
]  # fmt: skip
OF_STUDIES = [
    "accuracy-epochs", "ambiguity", "cartography", "changed", "conditions", "conditions-epochs", "conditions-heatmap",
    "consistency-epochs", "discrimination", "divergence", "early-partition", "easiest", "enrichment", "equivalence",
    "forgetting", "hardest", "item-map", "label-errors", "learned", "learning", "learning-order", "superclasses",
    "tricky",
]  # fmt: skip


def draw(name: str, results) -> Drawing:
    return FIGURES[name].draw(*(getattr(results, need) for need in FIGURES[name].needs))


def test_names():
    assert sorted(FIGURES) == sorted([*NAMES, *OF_STUDIES])
    assert all(figure.description for figure in FIGURES.values())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("which", ["small", "pair", "odd"])
def test_every_figure_draws_and_says_what_it_shows(name, which, request):
    results = request.getfixturevalue(which)
    if name == "dynamics":
        results = request.getfixturevalue("learning")
    check_words(draw(name, results))


@pytest.mark.parametrize("name", [*NAMES, *OF_STUDIES])
def test_every_figure_of_a_study_draws_and_says_what_it_shows(name, study):
    check_words(draw(name, study))


@pytest.mark.parametrize("width", [7.1, 3.4])
@pytest.mark.parametrize("name", [*OF_STUDIES, "class-difficulty", "dynamics", "raster"])
def test_nothing_is_cut_off_at_the_edges(name, width, study):
    figure = FIGURES[name].draw(*(getattr(study, need) for need in FIGURES[name].needs), width=width).figure
    canvas = FigureCanvasAgg(figure)
    with style():
        canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[..., :3]
    assert (pixels < 255).any()
    for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]):
        assert (edge == 255).all()


def check_words(drawing: Drawing) -> None:
    assert isinstance(drawing.figure, Figure)
    for text in (drawing.alt, drawing.caption):
        assert text.endswith(".")
        assert "nan" not in text.lower().replace("finance", "")
        assert "\n" not in text
    assert len(drawing.alt) > 60


@pytest.mark.parametrize("name", ["accuracy", "classes", "heatmaps", "raster"])
def test_a_picture_of_a_large_study_stays_small(name, large):
    assert len(to_svg(draw(name, large).figure)) < 150_000


@pytest.fixture(scope="module")
def large() -> SimpleNamespace:
    rng = np.random.default_rng(2)
    p = rng.beta(0.7, 0.3, 2000)
    names = [f"resnext101_32x4d_{k:02d}" for k in range(67)]
    d = tri.from_arrays(
        correct=(rng.random((67, 2000)) < p).astype(np.int8), target=np.arange(2000) % 500, observers=names
    )
    return SimpleNamespace(
        history=d,
        accuracy=stats.accuracy(d),
        classes=stats.class_difficulty(d),
        partition=stats.partition(d),
        consistency=stats.error_consistency(d, draws=2),
        insample=stats.pruned_consistency(d, method="insample"),
        crossfit=stats.pruned_consistency(d),
    )


def test_importing_plots_loads_nothing_heavy():
    code = (
        "import sys, trichotomy.plots;"
        "print([m for m in ('torch', 'pandas', 'xarray', 'scipy.cluster', 'matplotlib.pyplot') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
