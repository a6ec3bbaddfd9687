"""The gallery and the quiz of a report: which items they show, and how the quiz is played."""

from __future__ import annotations

from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest

pytest.importorskip("PIL", reason="Pillow is not installed")

from PIL import Image

from trichotomy.decisions import from_arrays
from trichotomy.errors import InputError
from trichotomy.report import Analysis, analyze
from trichotomy.report.gallery import MOST_TILES, _shared_out, gallery_blocks
from trichotomy.report.page import Guess, Page, Picture, Quiz, Section, render

N = 60
CLASSES = ("ant", "bee")


@pytest.fixture(scope="module")
def decisions():
    """Three observers on 60 items: 40 trivial, 8 in-between, 12 impossible."""
    right = np.repeat([3, 3, 3, 2, 0], [20, 10, 10, 8, 12])[None] > np.arange(3)[:, None]
    target = np.arange(N) % 2
    return from_arrays(
        np.where(right, target, 1 - target),
        target=target, classes=CLASSES, items=[f"{CLASSES[t]}/{k}.png" for k, t in enumerate(target)],
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory, decisions):
    """An image of a colour of its own for every item but the last, larger than tiny."""
    root = tmp_path_factory.mktemp("pictures")
    for k, item in enumerate(decisions["item"].values[:-1]):
        (root / item).parent.mkdir(exist_ok=True)
        Image.new("RGB", (40, 30), (k * 4, 0, 255 - k * 4)).save(root / item)
    return root


def colour(address: str) -> int:
    """Which item an image is of."""
    kind, _, content = address.partition(";base64,")
    assert kind == "data:image/png"
    return np.asarray(Image.open(BytesIO(b64decode(content))))[0, 0, 0] // 4


def test_the_gallery_shows_items_of_each_class_with_their_own_images(decisions, folder):
    a = Analysis(decisions, images=folder)
    _, gallery = gallery_blocks(a)
    assert {name: len(tiles) for name, tiles in gallery.groups.items()} == {
        "Impossible": 11,  # one has no image
        "In-between": 8,
        "Trivial": 40,
    }
    items = decisions["item"].values
    for tile in gallery.tiles:
        k = items.tolist().index(tile.name.partition(":")[0])
        assert colour(tile.image) == k
        assert tile.note == f"{a.partition['right'].values[k]}/3 {CLASSES[k % 2]}"
    assert "0.0 MB" in gallery.caption


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ((1000, 1000, 1000), (100, 100, 100)), ((1000, 10, 1000), (145, 10, 145)), ((0, 5, 900), (0, 5, 295)),
        ((1, 2, 3), (1, 2, 3)),
    ],
)  # fmt: skip
def test_classes_share_the_gallery(counts, shown):
    category = np.repeat(np.arange(3, dtype=np.int8), counts)
    found = _shared_out(category, np.ones(len(category), dtype=bool))
    assert tuple(found.get(code, 0) for code in range(3)) == shown
    assert sum(found.values()) <= MOST_TILES


def test_the_quiz_asks_for_the_pairs_of_the_figure(decisions, folder):
    a = Analysis(decisions, images=folder)
    quiz, _ = gallery_blocks(a)
    assert len(quiz.guesses) == 8
    for guess, hard in zip(quiz.guesses, a.tricky.right_is_hard, strict=True):
        positions = [colour(image) for image in guess.images]
        right = a.partition["right"].values[positions]
        assert guess.right_is_hard == hard == (right[1] < right[0])
        assert guess.notes == tuple(
            f"{CLASSES[k % 2]}, {n} of 3 observers right" for k, n in zip(positions, right, strict=True)
        )
    assert a.tricky.images.shape == (8, 2, 3, 30, 40)


def test_without_images_nothing_is_shown(decisions):
    a = Analysis(decisions)
    assert not a.illustrated
    assert gallery_blocks(a) == []
    assert a.easiest is None


def test_a_folder_of_other_images_is_refused_before_the_work(decisions, tmp_path):
    steps = []
    with pytest.raises(InputError, match="none of which is named as an item is"):
        analyze(decisions, tmp_path / "out", images=tmp_path, progress=steps.append)
    assert steps == ["looking for images"]
    assert not (tmp_path / "out").exists()


@pytest.mark.browser
def test_the_quiz_is_played_and_scored_and_the_gallery_shows_one_class(visit, decisions, folder, tmp_path):
    analyze(decisions, tmp_path / "out", images=folder)
    page = visit((tmp_path / "out" / "report.html").read_text(encoding="utf-8"))
    a = Analysis(decisions, images=folder)
    for k, hard in enumerate(a.tricky.right_is_hard):
        assert page.locator("#quiz .count").text_content().startswith(f"Pair {k + 1} of 8")
        side = int(hard) if k != 2 else 1 - int(hard)  # the third one wrong
        page.locator(f"#quiz [data-side='{side}']").click()
        feedback = page.locator("#quiz .feedback").text_content()
        assert feedback.startswith(
            "Right." if k != 2 else f"No, it is the {'right' if hard else 'left'} one."
        )
        assert page.locator("#quiz .hard").get_attribute("data-side") == str(int(hard))
        page.locator(f"#quiz [data-side='{1 - side}']").click()  # too late
        if k < 7:
            page.locator("#quiz [data-do=next]").click()
    assert (
        page.locator("#quiz .feedback")
        .text_content()
        .endswith("You found 7 of 8; guessing finds half of them.")
    )
    page.locator("#quiz [data-do=next]").click()
    assert page.locator("#quiz .count").text_content() == "Pair 1 of 8"
    assert page.locator("#gallery img:visible").count() == 11
    page.get_by_role("button", name="Trivial (40)").click()
    assert page.locator("#gallery img:visible").count() == 40


@pytest.mark.browser
def test_a_hostile_class_is_text_in_quiz_and_gallery(visit):
    evil = "</script><img src=x onerror=document.title='owned'>"
    image = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
    hero = Picture("hero", '<svg xmlns="http://www.w3.org/2000/svg"/>', "")
    quiz = Quiz("quiz", evil, [Guess((image, image), (evil, "easy"), False)], evil)
    page = visit(render(Page("Safe", "", "", hero, sections=[Section("s", "S", [quiz])])))
    page.locator("#quiz [data-side='0']").click()
    assert evil in page.locator("#quiz .feedback").text_content()
    assert page.title() == "Safe"
