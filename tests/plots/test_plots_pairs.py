"""Pairs: both images of each stand side by side, and the words say which is the hard one."""

from __future__ import annotations

import numpy as np
import pytest

from trichotomy.errors import InputError
from trichotomy.plots import Pairs, tricky_pairs

NOISE = np.random.default_rng(1).integers(256, size=(12, 2, 3, 6, 5), dtype=np.uint8)


def pairs(n: int) -> Pairs:
    return Pairs(NOISE[:n], [("cat", "cat"), ("cat", "dog")] * (n // 2), [k % 3 == 0 for k in range(n)])


@pytest.mark.parametrize(("width", "columns"), [(7.1, 4), (3.4, 2)])
def test_the_two_images_of_a_pair_are_neighbours(width, columns):
    images = tricky_pairs(pairs(6), width=width).figure.axes[0].images
    assert len(images) == 12
    for image, expected in zip(images, NOISE[:6].reshape(12, 3, 6, 5), strict=True):
        assert np.array_equal(image.get_array(), np.moveaxis(expected, 0, -1))
    spans = [image.get_extent() for image in images]
    inner = [b[0] - a[1] for a, b in zip(spans[::2], spans[1::2], strict=True)]
    assert np.allclose(inner, inner[0])
    assert all(a[2:] == b[2:] for a, b in zip(spans[::2], spans[1::2], strict=True))
    outer = [b[0] - a[1] for a, b in zip(spans[1:-1:2], spans[2::2], strict=True) if b[2] == a[2]]
    assert min(outer) > 2 * inner[0]
    assert len({round(span[0], 6) for span in spans[::2]}) == columns


def test_the_answers_stand_in_the_words_alone():
    drawing = tricky_pairs(pairs(4))
    for words in (drawing.alt, drawing.caption):
        assert "Hard: 1 right, 2 left, 3 left, 4 right." in words
    texts = [t.get_text() for t in drawing.figure.axes[0].texts]
    assert texts == ["1  cat", "2  cat / dog", "3  cat", "4  cat / dog"]


def test_of_many_pairs_the_first_are_drawn():
    drawing = tricky_pairs(pairs(12))
    assert len(drawing.figure.axes[0].images) == 16
    assert "8 left" in drawing.caption
    assert "9 " not in drawing.caption


def test_no_pair_is_refused():
    with pytest.raises(InputError, match="no pair"):
        tricky_pairs(pairs(0))
