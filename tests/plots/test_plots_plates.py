from __future__ import annotations

import numpy as np
import pytest

from trichotomy.errors import InputError
from trichotomy.plots import Plate, image_plate, to_svg

rng = np.random.default_rng(3)
COLOUR = rng.integers(256, size=(10, 3, 6, 4), dtype=np.uint8)


def plate(images, **changes):
    n = len(images)
    return Plate(
        **{
            "images": images,
            "labels": [f"c{k}" for k in range(n)],
            "shares": np.linspace(1, 0.5, n),
            **changes,
        }
    )


def drawn(figure):
    return [image.get_array() for image in figure.axes[0].images]


@pytest.mark.parametrize(
    "images", [COLOUR, np.moveaxis(COLOUR, 1, -1)], ids=["channels first", "channels last"]
)
def test_images_are_drawn_as_they_are_whichever_way_round(images):
    for image, expected in zip(drawn(image_plate(plate(images)).figure), COLOUR, strict=True):
        assert np.array_equal(image, np.moveaxis(expected, 0, -1))


def test_grey_images_keep_their_bytes(study):
    figure = image_plate(study.easiest).figure
    assert len(figure.axes[0].images) == 32
    for image, expected in zip(figure.axes[0].images, study.easiest.images, strict=True):
        assert np.array_equal(image.get_array(), expected[0])
        assert (image.norm.vmin, image.norm.vmax, image.get_cmap().name) == (0, 255, "gray")


def test_every_image_has_its_class_and_share_above_it(study):
    ax = image_plate(study.hardest).figure.axes[0]
    texts = [t.get_text() for t in ax.texts]
    assert texts == [w for c, s in zip("abcde", (0, 0, 0, 10, 20), strict=True) for w in (c, f"{s:.1f}%")]
    for k, image in enumerate(ax.images):
        left, _, _, top = image.get_extent()
        assert ax.texts[2 * k].xy == (left, top)


@pytest.mark.parametrize(("width", "columns"), [(7.1, 8), (3.4, 4)])
def test_rows_of_eight_or_four(study, width, columns):
    figure = image_plate(study.easiest, width=width).figure
    places = {tuple(np.round(image.get_extent()[::2], 6)) for image in figure.axes[0].images}
    assert len({left for left, _ in places}) == columns
    assert len(places) == 32
    assert figure.get_figwidth() <= width + 1e-6


def test_of_more_images_the_first_are_shown():
    many = np.zeros((40, 3, 4, 4), np.uint8)
    drawing = image_plate(plate(many))
    assert len(drawing.figure.axes[0].images) == 32
    assert "32 items" in drawing.alt


def test_words_say_which(study):
    hardest = image_plate(study.hardest)
    assert "5 items that are hardest; 0.0% to 20.0% of the observers" in hardest.alt
    assert "wrong most often" in hardest.caption
    assert "right most often" in image_plate(study.easiest).caption


def test_a_picture_of_photographs_stays_small():
    photographs = rng.integers(256, size=(32, 3, 80, 80), dtype=np.uint8)
    assert (
        len(to_svg(image_plate(plate(photographs)).figure)) < 1_100_000
    )  # noise; photographs take about half


@pytest.mark.parametrize(
    "wrong",
    [
        plate(np.zeros((0, 3, 4, 4), np.uint8)), plate(COLOUR, labels=["a"]), plate(COLOUR, shares=[0.5]),
        plate(np.zeros((2, 5, 4, 4), np.uint8)), plate(np.zeros((2, 4, 4), np.uint8)),
    ],
    ids=["no image", "labels", "shares", "channels", "axes"],
)  # fmt: skip
def test_what_does_not_fit_is_an_error(wrong):
    with pytest.raises(InputError, match=r"plate needs|are no images"):
        image_plate(wrong)
