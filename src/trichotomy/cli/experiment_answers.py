"""``trichotomy experiment simulate | export | forget | status``: what there is before, during and after."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trichotomy.cli import options as o
from trichotomy.cli.experiment_run import Folder, Where
from trichotomy.cli.progress import steps
from trichotomy.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from trichotomy.experiments.database import Database
    from trichotomy.experiments.design import Folder as Experiment

HEAD = (
    "participant",
    "state",
    "trials",
    "accuracy",
    "median ms",
    "checks failed",
    "left",
    "last seen",
    "excluded",
)
SCHEMA = 1
Identity = Annotated[
    str | None,
    typer.Option(
        metavar="VALUE", help="Whom the recruitment service names so, in place of the random number."
    ),
]


def simulate(
    exp: Folder,
    participants: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
    ability: Annotated[float, typer.Option(min=0, max=1, help="Mean probability to answer rightly.")] = 0.8,
    spread: Annotated[float, typer.Option(min=0, help="Its standard deviation between participants.")] = 0.05,
    url: Annotated[
        str | None, typer.Option(help="Address of a server that runs EXP. Default: none is needed.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for an export of the pilot's answers.")] = None,
    seed: Annotated[
        int, typer.Option(min=0, help="Seed of the participants: who is how able, what they answer.")
    ] = 0,
    force: o.Force = False,
) -> None:
    """Pilot an experiment with simulated participants; real answers are not touched."""
    from trichotomy.experiments.exporting import check_export
    from trichotomy.experiments.simulation import simulate as play

    if out is not None:
        if url is not None:
            msg = "--out is for a pilot without --url; export the server's answers with `trichotomy experiment export`"
            raise InputError(msg)
        check_export(out, force=force)
    with steps("Simulating", unit="answers") as step:
        pilot = play(
            exp, participants=participants, ability=ability, spread=spread, url=url, out=out, force=force, rng=seed,
            answered=lambda done, total: step("participants answer", done, total),
        )  # fmt: skip
    answers = sum(len(v.acknowledged) for v in pilot.visits)
    done = sum(v.state == "complete" for v in pilot.visits)
    typer.echo(f"{done} of {len(pilot.visits)} simulated participants finished, {answers:,} answers")
    known = [a for a in pilot.accuracy if a == a]
    if known:
        mean = sum(known) / len(known)
        typer.echo(f"Accuracy: mean {mean:.3f}, {min(known):.3f} to {max(known):.3f}")
    if pilot.checks_failed:
        typer.echo(f"Attention checks failed: {sum(pilot.checks_failed)}")
    if pilot.export is not None:
        typer.echo(f"Export: {pilot.export.folder}")


def export(
    exp: Folder,
    out: Annotated[Path, typer.Option(help="Folder to write.")],
    database: Where = None,
    simulated: Annotated[
        bool, typer.Option("--simulated", help="Take simulated participants for people.")
    ] = False,
    force: o.Force = False,
) -> None:
    """Write the answers: CSV, JSON, a folder after Psych-DS with its data dictionary, and Decisions."""
    from trichotomy.experiments.exporting import check_export, write_export

    check_export(out, force=force)
    folder, answers = opened(exp, database)
    made = write_export(folder, answers, out, simulated=simulated, force=force)
    answers.close()
    typer.echo(
        f"{out}: {made.participants} participant{'' if made.participants == 1 else 's'}, {made.answers:,} answers"
    )
    if made.left_out:
        typer.echo(f"{made.left_out} excluded or simulated are in the tables alone, with the reason")
    if made.decisions:
        typer.echo(f"Decisions: {out / 'people.zarr'}")


def forget(
    exp: Folder,
    participant: Annotated[
        str | None, typer.Argument(metavar="[PARTICIPANT]", help="Random number of the participant.")
    ] = None,
    identity: Identity = None,
    database: Where = None,
    with_answers: Annotated[bool, typer.Option("--answers", help="Delete the answers, too.")] = False,
) -> None:
    """Delete who a participant is; the answers stay under the random number.

    Whom a recruitment service asks to delete is found by `--identity`, and deleted at once.
    """
    if (participant is None) == (identity is None):
        msg = "give the random number of the participant, or --identity VALUE (PROLIFIC_PID, say)"
        raise InputError(msg)
    from trichotomy.experiments.database import forget as delete
    from trichotomy.experiments.database import numbers_of, participant_rows

    _, answers = opened(exp, database, write=True)
    with answers.writing() as connection:
        known = [r["participant"] for r in participant_rows(connection)]
        numbers = [participant] if participant is not None else numbers_of(connection, identity or "")
        gone = {n: delete(connection, n, with_answers=with_answers) for n in numbers if n in known}
    clean = answers.tidy()
    answers.close()
    if not gone and clean:
        if participant is None:
            raise _nobody()
        kind = "participant"
        raise UnknownNameError(kind, participant, known)
    what = "identity and answers are" if with_answers else "identity is"
    for number, something in gone.items():
        typer.echo(f"{number}: {what} deleted" if something else f"{number}: no identity is stored")
    if not clean:
        typer.echo(
            f"What was deleted is still in SQLite's log, {answers.place}-wal, as somebody reads the answers at this "
            "moment. Stop the server and run this command again; if you do not, it goes when the server is stopped",
            err=True,
        )
        raise typer.Exit(1)


def status(
    exp: Folder,
    database: Where = None,
    identity: Identity = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Show how many take part, how far each is, and quick checks."""
    from trichotomy.experiments.database import numbers_of, participant_rows

    folder, answers = opened(exp, database)
    with answers.reading() as connection:
        rows = [{k: v for k, v in r.items() if k != "screen"} for r in participant_rows(connection)]
        wanted = None if identity is None else numbers_of(connection, identity)
    answers.close()
    if wanted is not None:
        rows = [r for r in rows if r["participant"] in wanted]
        if not rows:
            raise _nobody()
    apart = [next((w for w in ("simulated", "excluded") if r[w]), "") for r in rows]
    states = Counter(why or str(r["state"]) for r, why in zip(rows, apart, strict=True))
    given = sum(r["done"] for r, why in zip(rows, apart, strict=True) if not why)
    if as_json:
        told = {"schema": SCHEMA, "experiment": str(exp), "kind": folder.experiment.kind}
        typer.echo(json.dumps({**told, "states": dict(states), "participants": rows}, allow_nan=False))
        return
    counted = ", ".join(f"{count} {state}" for state, count in states.most_common()) or "nobody has come yet"
    typer.echo(f"{folder.experiment.title} ({folder.experiment.kind}): {counted}; {given:,} answers")
    if rows:
        _echo(rows)


def opened(exp: Path, database: str | None, *, write: bool = False) -> tuple[Experiment, Database]:
    """Open an experiment and its answers, which must be there; they may lie where nobody can write."""
    from trichotomy.experiments.application import open_answers
    from trichotomy.experiments.design import open_folder

    folder = open_folder(exp)
    return folder, open_answers(folder, database, create=False, write=write)


def _nobody() -> InputError:
    msg = "nobody is stored under that identity; it is the value in the address, of a parameter in 'identify_by'"
    return InputError(msg)


def _echo(rows: list[dict[str, Any]]) -> None:
    table = [
        (
            str(r["participant"]),
            str(r["state"]),
            f"{r['done']}/{r['trials']}",
            "" if r["accuracy"] is None else f"{r['accuracy']:.3f}",
            "" if r["median_rt_ms"] is None else f"{r['median_rt_ms']:.0f}",
            f"{r['attention_failed']}/{r['attention']}",
            str(r["left"]),
            str(r["seen_at"])[:16].replace("T", " "),
            str(r["excluded"]) or ("simulated" if r["simulated"] else ""),
        )
        for r in rows
    ]
    widths = [max(len(line[k]) for line in (HEAD, *table)) for k in range(len(HEAD))]
    for line in (HEAD, *table):
        cells = [
            c.rjust(w) if 2 <= k <= 6 else c.ljust(w)
            for k, (c, w) in enumerate(zip(line, widths, strict=True))
        ]
        typer.echo("  ".join(cells).rstrip())
