"""Taking part: what the experiment is, what is next, the answers, the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt

from trichotomy.experiments.application import fields
from trichotomy.experiments.application.calls import Asked, Reply, seen, whose
from trichotomy.experiments.application.judging import right, valid
from trichotomy.experiments.application.pictures import opaque
from trichotomy.experiments.database import Answer, Participant, answer_at, record
from trichotomy.web import RefusedError

if TYPE_CHECKING:
    from trichotomy.experiments.application.site import Site

STARTED_MOST_MS = 1e14
PLACEHOLDER = "SIMULATED"
"""Completion code of whom the address calls simulated: it must be of no use to a person who writes that there."""


def describe(site: Site, asked: Asked) -> Reply:
    """Describe the experiment to its page."""
    who = seen(site, asked)
    e, timing = site.experiment, site.experiment.timing
    return {
        "kind": e.kind,
        "title": e.title,
        "consent_html": to_html(site.folder.consent),
        "instructions_html": to_html(site.folder.instructions),
        "questions": [
            {"name": q.name, "prompt": q.prompt, "kind": q.kind, "options": list(q.options)}
            for q in site.folder.questions
        ],
        "choices": list(e.choices),
        "timing": {
            "fixation_ms": timing.fixation_ms,
            "image_ms": timing.image_ms,
            "mask": timing.mask,
            "timeout_ms": timing.timeout_ms,
        },
        "feedback": e.feedback,
        "blocks": who.placed[-1].block + 1,
        "trials": who.trials,
        "fullscreen": e.fullscreen,
    }


def where(site: Site, asked: Asked) -> Reply:
    """Say how many answers are held and what is next."""
    who = seen(site, asked, states=("running", "complete"))
    return _position(site, who, who.done)


def answer(site: Site, asked: Asked) -> Reply:
    """Store the answer to the next trial; the first counts, and each gets the same acknowledgement."""
    k = fields.place(asked.path, "trial")
    e = site.experiment
    with site.database.writing() as connection:
        who = whose(connection, asked, states=("running", "complete"))
        held = answer_at(connection, who.id, k) if k < who.done else None
        if held is None:
            if k != who.done or who.state != "running":
                message = f"The next trial is {who.done}."
                raise RefusedError(409, "order", message, **_position(site, who, who.done))
            place = who.placed[k]
            trial = site.trials[place.trial_id]
            given = valid(
                e.kind, asked.body.get("answer"), questions=site.folder.questions, choices=e.choices
            )
            correct = right(e.kind, trial, place.side, given)
            stored = Answer(
                given,
                correct,
                fields.number(asked.body, "rt_ms", optional=given.get("choice", "") is None),
                fields.number(asked.body, "started_at_ms", most=STARTED_MOST_MS, optional=True),
                fields.frames(asked.body),
                fields.events(asked.body),
            )
            if not record(connection, who, k, trial.phase, stored):
                held = answer_at(connection, who.id, k)
                if held is None:
                    raise RefusedError(409, "order", "This trial is not the next one.")
            else:
                held = (trial.phase, correct)
    phase, correct = held
    told = correct if phase == "practice" and e.feedback else None
    return {"acknowledged": k, "correct": told, **_position(site, who, max(who.done, k + 1))}


def completion(site: Site, asked: Asked) -> Reply:
    """Hand out the completion code, once all answers are held; simulated participants get a placeholder."""
    who = seen(site, asked, states=("complete",))
    policies = site.experiment.policies
    if who.simulated:
        return {"code": PLACEHOLDER, "link": None}
    return {"code": policies.completion_code, "link": policies.completion_link or None}


def to_html(markdown: str) -> str:
    """Turn Markdown into HTML; HTML in it is shown as text, and there are no images from elsewhere."""
    return str(MarkdownIt("commonmark", {"html": False}).disable("image").render(markdown))


def _position(site: Site, who: Participant, done: int) -> dict[str, Any]:
    """How far a participant is, and the next trial without a word about its order or key, or that it is a check."""
    if done >= who.trials:
        return {"done": who.trials, "total": who.trials, "complete": True, "next": None}
    place = who.placed[done]
    trial = site.trials[place.trial_id]
    first = done == 0 or who.placed[done - 1].block != place.block
    items = trial.items if place.side != "right" else trial.items[::-1]
    coming = {
        "trial": done,
        "phase": "practice" if trial.phase == "practice" else "main",
        "block": place.block,
        "kind": site.experiment.kind,
        "images": [opaque(who.image_key, item) for item in items],
        "break_before": first and done > 0,
        "first_of_block": first,
    }
    return {"done": done, "total": who.trials, "complete": False, "next": coming}
