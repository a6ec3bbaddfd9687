"""Attention checks: pictures that say in words what to answer."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from textwrap import fill
from warnings import catch_warnings, simplefilter

import numpy as np

from trichotomy.errors import InputError
from trichotomy.experiments.design.drawing import balanced_sides
from trichotomy.experiments.design.questions import Question
from trichotomy.experiments.design.schema import Item, Trial

FOLDER = "attention"
INCHES, DPI = 4.0, 100


def attention(
    count: int,
    *,
    questions: Sequence[Question] = (),
    choices: Sequence[str] = (),
    rng: int | np.random.Generator = 0,
) -> tuple[list[Item], list[Trial], dict[str, bytes]]:
    """Make attention checks: one picture per check says which answer is asked for (for pairs, one on either side).

    Parameters
    ----------
    questions, choices
        What can be answered, in ratings and in categorise; neither in pairs.

    Returns
    -------
    Items, trials, and the pictures: PNG by path below the experiment's folder.
    """
    generator = np.random.default_rng(rng)
    items: list[Item] = []
    trials: list[Trial] = []
    pictures: dict[str, bytes] = {}
    sides = balanced_sides(count, generator)
    for k in range(count):
        name = f"attention-{k + 1}"
        side, target, expected = "", "", {}
        if questions:
            expected = {q.name: q.options[int(generator.integers(len(q.options)))] for q in questions}
            texts = {
                name: "Attention check.\nPlease answer:\n\n"
                + "\n".join(f"{i}.  {v}" for i, v in enumerate(expected.values(), 1))
            }
        elif choices:
            target = str(choices[int(generator.integers(len(choices)))])
            texts = {name: target}
        else:
            side = sides[k]
            texts = {
                f"{name}-yes": "Attention check:\nchoose this side",
                f"{name}-no": "Attention check:\nnot this side",
            }
        for item, text in texts.items():
            path = f"{FOLDER}/{item}.png"
            items.append(Item(item, path, own=True))
            pictures[path] = picture(text)
        trials.append(Trial(name, "attention", tuple(texts), side, target, expected))
    return items, trials, pictures


def picture(text: str) -> bytes:
    """Draw words, as large as fits, black on light grey, as a PNG of 400 x 400 pixels."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    lines = [part for line in text.split("\n") for part in (fill(line, 22).split("\n") if line else [""])]
    size = min(40.0, 480 / max(map(len, lines)), 220 / len(lines))
    figure = Figure(figsize=(INCHES, INCHES), dpi=DPI, facecolor="#eeeeee")
    FigureCanvasAgg(figure)
    written = figure.text(0.5, 0.5, "\n".join(lines), ha="center", va="center", size=size, parse_math=False)
    written.set_linespacing(1.4)
    buffer = BytesIO()
    with catch_warnings():
        simplefilter("error", UserWarning)
        try:
            figure.savefig(buffer, format="png", metadata={"Software": None})
        except UserWarning as error:
            msg = f"no font here can write '{text}' for an attention check; leave them out with --checks 0"
            raise InputError(msg) from error
    return buffer.getvalue()
