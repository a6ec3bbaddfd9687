"""Consent and instructions as a new experiment has them, for the researcher to change."""

from __future__ import annotations

UNCHANGED = "**Change this text before anyone takes part"
CONSENT = f"""\
# Consent

{UNCHANGED}: name who is responsible, what the study is for, and how to reach you.**

You are invited to take part in a study of how people see images. It takes about {{minutes}} minutes.

- Taking part is voluntary. You can stop at any time by closing the window.
- We store your answers and reaction times, the size of your window and whether you left it, under a random number.
- An identifier that a recruitment service gives us is stored apart from your answers and deleted when you ask.
- The answers, without anything that identifies you, may be published.

If you agree, please go on.
"""

INSTRUCTIONS = {
    "pairs": """\
# What to do

You will see **two images** at a time. A computer program that names what is in images was tried on both.

**Choose the image that you think is easier for the program.** Press the left or right arrow key, or select the image.

{practice}Answer as well as you can; if you are not sure, go with your first impression.{checks}
""",
    "ratings": """\
# What to do

You will see **one image** at a time and answer a few questions about it.

{practice}There are no right or wrong answers; we want to know what you see.{checks}
""",
    "categorise": """\
# What to do

An image is shown **for a very short time**. Then choose what was in it.

{practice}Answer as fast and as well as you can; if you are not sure, guess. The answer must come in time.{checks}
""",
}
PRACTICE = {
    "pairs": "You begin with {n} pairs to practise, and are told whether you were right.\n\n",
    "ratings": "You begin with {n} images to practise.\n\n",
    "categorise": "You begin with {n} images to practise, and are told whether you were right.\n\n",
}
CHECKS = "\n\nNow and then a picture with words asks for a certain answer; please give it."
SECONDS = {"pairs": 4.0, "ratings": 12.0, "categorise": 3.0}


def texts(kind: str, *, trials: int, practice: int, checks: int) -> tuple[str, str]:
    """Return the default consent and instructions, as Markdown."""
    minutes = max(5, round(trials * SECONDS[kind] / 60 + 3))
    first = PRACTICE[kind].format(n=practice) if practice else ""
    if practice == 1:
        first = first.replace("1 pairs", "1 pair").replace("1 images", "1 image")
    return CONSENT.format(minutes=minutes), INSTRUCTIONS[kind].format(
        practice=first, checks=CHECKS if checks else ""
    )
