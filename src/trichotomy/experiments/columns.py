"""The columns of the tables of an experiment: what each is, for people, for Psych-DS, and for all who fill them."""

from __future__ import annotations

Entry = tuple[str, str, str, str]
"""Column, type, unit or values, description."""

PARTICIPANT: Entry = ("participant", "text", "", "Random number of the participant; it identifies nobody.")
ANSWERS: tuple[Entry, ...] = (
    PARTICIPANT,
    ("trial", "integer", "from 0", "Place of the trial in this participant's order."),
    ("trial_id", "text", "", "Id of the trial in the design."),
    (
        "phase",
        "text",
        "practice | main | attention",
        "Part of the experiment; attention is an attention check.",
    ),
    ("block", "integer", "from 0", "Block; a break stands before each but the first. Practice is block 0."),
    ("kind", "text", "pairs | ratings | categorise", "Kind of experiment."),
    ("item", "text", "", "Id of the image; of pairs the easier (trivial) one."),
    ("item_other", "text", "", "Pairs: id of the harder (impossible) one."),
    ("side", "text", "left | right", "Pairs: where the easier one stood."),
    ("answer", "text", "", "Pairs: the side chosen. Categorise: the class chosen; empty: no answer in time."),
    ("correct", "integer", "1 | 0", "Whether the answer is right; empty where nothing is right or wrong."),
    ("rt_ms", "number", "ms", "Time from the image to the answer, by the browser's clock."),
    (
        "difficulty",
        "text",
        "trivial | in-between | impossible",
        "Of the item, by the observers of the design.",
    ),
    ("target", "text", "", "Class of the item, where it is known."),
    ("excluded", "text", "", "Reason why the participant's answers are not to be used; empty: they are."),
    ("presented_at", "time", "UTC, ISO 8601", "Server's time of the answer less rt_ms."),
    ("answered_at", "time", "UTC, ISO 8601", "Server's time when the answer came in."),
)
ITEMS: tuple[Entry, ...] = (
    ("item", "text", "", "Id of the image."),
    ("path", "text", "", "Its file, below the folder of images."),
    ("class", "text", "", "Class of its target, where it is known."),
    ("difficulty", "text", "trivial | in-between | impossible", "By the observers of the design."),
    ("mean_correct", "number", "0 to 1", "Share of the observers of the design that are right."),
    (
        "p_target",
        "number",
        "0 to 1",
        "Mean probability that the observers of the design give to the right class; empty: not known.",
    ),
    ("label_error", "integer", "1 | 0", "Whether its label is flagged as wrong; empty: not known."),
)
PARTICIPANTS: tuple[Entry, ...] = (
    PARTICIPANT,
    ("state", "text", "consent | running | complete | expired | refused", "How far the participant got."),
    ("done", "integer", "", "Trials answered."),
    ("trials", "integer", "", "Trials of the experiment."),
    ("answered", "integer", "", "Main trials answered."),
    ("accuracy", "number", "0 to 1", "Share right of the main trials answered; empty where nothing is right or wrong."),
    ("median_rt_ms", "number", "ms", "Median time of the main trials."),
    ("attention", "integer", "", "Attention checks met."),
    ("attention_failed", "integer", "", "Attention checks answered otherwise than asked."),
    ("left", "integer", "", "How often the window was left."),
    ("width", "number", "CSS pixels", "Width of the window at the beginning."),
    ("height", "number", "CSS pixels", "Height of the window at the beginning."),
    ("touch", "text", "True | False", "Whether the screen is touched."),
    ("excluded", "text", "", "Reason why the participant's answers are not to be used; empty: they are."),
    ("created_at", "time", "UTC, ISO 8601", "When the participant came."),
    ("completed_at", "time", "UTC, ISO 8601", "When the last answer came in."),
)  # fmt: skip
EVENTS: tuple[Entry, ...] = (
    PARTICIPANT,
    ("trial", "integer", "from 0", "Trial during which it happened."),
    (
        "kind",
        "text",
        "blur | focus | fullscreen-exit | fullscreen-enter | resize",
        "What happened to the window.",
    ),
    ("at_ms", "number", "ms since 1970", "When, by the browser's clock."),
)
FRAMES: tuple[Entry, ...] = (
    PARTICIPANT,
    ("trial", "integer", "from 0", "Place of the trial in this participant's order."),
    ("interval_ms", "number", "ms", "Time between two frames of the participant's screen."),
    ("image_ms", "number", "ms", "How long the image was shown; empty where it stayed until the answer."),
    ("mask_ms", "number", "ms", "How long the mask was shown; empty where there was none."),
)
MEASURED = tuple(name for name, kind, *_ in FRAMES if kind == "number")
"""What browsers measure of their frames."""


def names(entries: tuple[Entry, ...]) -> list[str]:
    """Names of the columns, in their order."""
    return [name for name, *_ in entries]
