"""Consent and instructions as a new experiment has them, for the researcher to change."""

from __future__ import annotations

from trichotomy.experiments.design.kinds import Kind

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

CHECKS = "\n\nNow and then a picture with words asks for a certain answer; please give it."


def texts(kind: Kind, *, trials: int, practice: int, checks: int) -> tuple[str, str]:
    """Return the default consent and instructions, as Markdown."""
    minutes = max(5, round(trials * kind.seconds / 60 + 3))
    first = kind.practice.format(n=practice) if practice else ""
    if practice == 1:
        first = first.replace("1 pairs", "1 pair").replace("1 images", "1 image")
    instructions = kind.instructions.format(practice=first, checks=CHECKS if checks else "")
    return CONSENT.format(minutes=minutes), instructions
