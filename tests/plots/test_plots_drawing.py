from __future__ import annotations

import xml.etree.ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_hex
from PIL import Image

from trichotomy.errors import InputError
from trichotomy.plots import accuracy_bars, decision_raster, rarefaction_curve, save, to_svg
from trichotomy.plots.style import INK, style


@pytest.fixture
def figure(small):
    return rarefaction_curve(small.rarefaction).figure


@pytest.mark.parametrize(
    ("suffix", "start"),
    [("pdf", b"%PDF"), ("svg", b"<?xml"), ("PNG", b"\x89PNG")],
)
def test_suffix_chooses_the_format(figure, tmp_path, suffix, start):
    save(figure, tmp_path / f"figure.{suffix}")
    assert (tmp_path / f"figure.{suffix}").read_bytes().startswith(start)
    assert [p.name for p in tmp_path.iterdir()] == [f"figure.{suffix}"]


@pytest.mark.parametrize("suffix", ["svg", "pdf", "png"])
def test_the_same_result_gives_the_same_bytes(small, tmp_path, suffix):
    for name in "ab":
        save(accuracy_bars(small.accuracy).figure, tmp_path / f"{name}.{suffix}")
    assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()


def test_writing_twice_gives_the_same_text(small):
    figure = decision_raster(small.history, small.partition).figure
    assert to_svg(figure) == to_svg(figure)


def test_svg_has_no_date_and_parses(figure):
    text = to_svg(figure)
    assert "<dc:date>" not in text
    assert ET.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"


def test_dpi_sets_the_pixels(figure, tmp_path):
    save(figure, tmp_path / "figure.png", dpi=100)
    with Image.open(tmp_path / "figure.png") as image:
        assert image.size == tuple((figure.get_size_inches() * 100).astype(int))


def test_an_existing_file_is_replaced(figure, tmp_path):
    (tmp_path / "figure.svg").write_text("old")
    save(figure, tmp_path / "figure.svg")
    assert "<svg" in (tmp_path / "figure.svg").read_text()


@pytest.mark.parametrize("name", ["figure.xyz", "figure"])
def test_an_unknown_format_is_an_error_that_names_the_known(figure, tmp_path, name):
    with pytest.raises(InputError, match=r"use one of .*pdf.*png.*svg"):
        save(figure, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_missing_folder_is_an_error(figure, tmp_path):
    with pytest.raises(InputError, match="there is no folder"):
        save(figure, tmp_path / "no" / "figure.svg")


def test_a_place_that_cannot_be_written_leaves_nothing(figure, tmp_path):
    (tmp_path / "figure.svg").mkdir()
    with pytest.raises(InputError, match="cannot write"):
        save(figure, tmp_path / "figure.svg")
    assert [p.name for p in tmp_path.iterdir()] == ["figure.svg"]


def test_images_travel_as_they_are_in_svg(small):
    figure = decision_raster(small.history, small.partition).figure
    assert "pixelated" in to_svg(figure)
    assert figure.axes[0].images[0].get_interpolation() == "nearest"


def test_settings_of_the_reader_neither_matter_nor_change(small):
    plain = to_svg(accuracy_bars(small.accuracy).figure)
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "black", "xtick.labelsize": 20}):
        assert to_svg(accuracy_bars(small.accuracy).figure) == plain
        assert mpl.rcParams["font.size"] == 30


def test_a_figure_written_directly_looks_the_same(small):
    ax = accuracy_bars(small.accuracy).figure.axes[0]
    with mpl.rc_context({"xtick.labelsize": 20, "xtick.labelcolor": "red"}):
        label = ax.get_xticklabels()[0]
    assert label.get_fontsize() == 7
    assert to_hex(label.get_color()) == INK


def test_nothing_opens_a_window(small):
    import matplotlib.pyplot as plt

    accuracy_bars(small.accuracy)
    assert not plt.get_fignums()


def test_style_is_left_behind():
    before = dict(mpl.rcParams)
    with style():
        assert mpl.rcParams["font.size"] == 8
    assert dict(mpl.rcParams) == before


def test_text_is_inside_the_figure(odd):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    figure = accuracy_bars(odd.accuracy).figure
    canvas = FigureCanvasAgg(figure)
    with style():
        canvas.draw()
        boxes = [t.get_window_extent() for t in figure.findobj(Text) if t.get_visible() and t.get_text()]
    width, height = figure.bbox.size
    corners = np.array([[b.x0, b.y0, b.x1, b.y1] for b in boxes])
    assert corners[:, :2].min() >= -1
    assert corners[:, 2].max() <= width + 1
    assert corners[:, 3].max() <= height + 1
