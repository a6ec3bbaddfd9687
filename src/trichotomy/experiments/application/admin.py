"""The admin page's numbers: how many take part, how far each is, quick checks, exclusion, export."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from trichotomy.experiments import database as db
from trichotomy.experiments.application.calls import Asked, Reply
from trichotomy.experiments.exporting import answers_table, to_csv
from trichotomy.experiments.exporting.table import SIMULATED
from trichotomy.web import RefusedError, same

if TYPE_CHECKING:
    from trichotomy.experiments.application.site import Site

LONGEST_REASON = 500
FAILED_CHECKS = 1
"""More failed attention checks than this are pointed out."""


def overview(site: Site, asked: Asked) -> Reply:
    """Count participants and answers, and list who takes part, with quick checks of each."""
    _admit(site, asked)
    with site.database.reading() as connection:
        rows = db.participant_rows(connection)
    persons = [r for r in rows if not r["simulated"]]
    people = [r for r in persons if not r["excluded"]]
    return {
        "title": site.experiment.title,
        "simulated": len(rows) - len(persons),
        "excluded": len(persons) - len(people),
        "states": dict(Counter(r["state"] for r in people)),
        "answers": sum(r["done"] for r in people),
        "last_answer_at": max((r["seen_at"] for r in people if r["done"]), default=None),
        "participants": [{k: v for k, v in r.items() if k != "screen"} | {"flags": flags(r)} for r in rows],
    }


def exclude(site: Site, asked: Asked) -> Reply:
    """Exclude a participant for a reason; an empty reason takes it back."""
    _admit(site, asked)
    participant, reason = asked.body.get("participant"), asked.body.get("reason", "")
    if not isinstance(participant, str) or not isinstance(reason, str) or len(reason) > LONGEST_REASON:
        raise RefusedError(
            422, "reason", f"participant and reason are texts; a reason has at most {LONGEST_REASON} letters."
        )
    if reason.strip() == SIMULATED:
        raise RefusedError(422, "reason", f"'{SIMULATED}' is for whom no person is; give another reason.")
    with site.database.writing() as connection:
        found = db.exclude(connection, participant, reason.strip())
    if not found:
        raise RefusedError(404, "participant", "There is no such participant.")
    return {"participant": participant, "excluded": reason.strip()}


def export(site: Site, asked: Asked) -> Reply:
    """Return all answers as CSV."""
    _admit(site, asked)
    with site.database.reading() as connection:
        table = answers_table(site.folder, db.answer_rows(connection))
    headers = {"content-disposition": 'attachment; filename="answers.csv"'}
    return Response(to_csv(table), media_type="text/csv", headers=headers)


def flags(row: dict[str, Any]) -> list[str]:
    """What to look at in a participant's row."""
    found = []
    if row["attention_failed"] > FAILED_CHECKS or (
        row["attention"] and row["attention_failed"] == row["attention"]
    ):
        found.append("failed attention checks")
    if row["median_rt_ms"] is not None and row["median_rt_ms"] < 300:
        found.append("median time below 300 ms")
    if row["left"] > 5:
        found.append("left the window more than 5 times")
    return found


def _admit(site: Site, asked: Asked) -> None:
    if not same(asked.token, site.admin):
        raise RefusedError(401, "token", "The admin page needs its token.")
