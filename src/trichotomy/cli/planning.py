"""What ``trichotomy study --plan`` prints: what a study consists of and what it would cost."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from trichotomy.datasets import Dataset
    from trichotomy.training.costs.estimate import ArchitectureCost, Estimate
    from trichotomy.training.machine import Machine
    from trichotomy.training.plan import Plan

SCHEMA = 1


def show_plan(
    dataset: str,
    workers: int | None,
    chosen: Mapping[str, Any],
    *,
    lockstep: int | None = None,
    elsewhere: bool = False,
    card: str | None = None,
    peak_share: float | None = None,
    as_json: bool = False,
) -> None:
    """Plan a study, reckon what it costs and print both.

    Parameters
    ----------
    workers
        At once; of a ``card`` one, unless told.
    chosen
        As for ``training.plan_study``.
    lockstep, elsewhere
        As for ``training.study``; whether jobs of a cluster are to carry it out.
    card, peak_share
        As for ``estimate``, the card by its name.
    as_json
        Print one JSON object.
    """
    from trichotomy.cli.progress import steps
    from trichotomy.training import plan_study
    from trichotomy.training.costs.cards import check_peak_share, find_card
    from trichotomy.training.costs.estimate import estimate
    from trichotomy.training.groups import groups

    found = None if card is None else find_card(card)
    if peak_share is not None:
        check_peak_share(peak_share)
    if found is not None:
        found.peak(chosen["machine"].precision)  # refuses a precision that it does not compute in
    with steps("Planning", unit="images") as step:
        made, data = plan_study(dataset, progress=step, **chosen)
        places = _places(made.machine, workers) if found is None else ("cuda",) * _count(workers)
        known = workers if elsewhere else len(places)
        together = groups(made, [run.observer for run in made.runs], places=known, most=lockstep)
        cost = estimate(
            made, data, devices=places, card=found, peak_share=peak_share, groups=together,
            told=lambda name: step(f"{'timing' if found is None else 'counting'} {name}"),
        )  # fmt: skip
    if as_json:
        typer.echo(json.dumps(_as_plain(dataset, made, data, cost)))
        return
    typer.echo(
        f"{made.recipe} on {dataset}: {len(data.train.ids):,} training and {len(data.test.ids):,} test images, "
        f"{len(data.classes)} classes"
    )
    for line in (*_conditions(made), "", *_architectures(cost), "", *_costs(made, cost, together)):
        typer.echo(line)
    typer.echo(f"Assumed: {'; '.join(cost.assumptions)}.")
    for note in made.notes:
        typer.echo(f"Note: {note}")


def _places(machine: Machine, workers: int | None) -> tuple[str, ...]:
    from trichotomy.errors import InputError
    from trichotomy.models import require_torch
    from trichotomy.training.study import devices

    if machine.device == "cuda" and not require_torch("timing networks").cuda.is_available():
        msg = "there is no GPU here to time networks on; name one with --card, or plan where there is one"
        raise InputError(msg)
    return devices(machine, workers)


def _count(workers: int | None) -> int:
    from trichotomy.errors import InputError

    if workers is not None and workers < 1:
        msg = f"workers is {workers}; at least one is needed"
        raise InputError(msg)
    return workers or 1


def _as_plain(dataset: str, made: Plan, data: Dataset, cost: Estimate) -> dict[str, Any]:
    conditions = []
    for condition in made.conditions:
        epochs = [run.epochs for run in made.runs if run.condition == condition["condition"]]
        conditions.append({**condition, "networks": len(epochs), "epochs": max(epochs, default=0)})
    return {
        "schema": SCHEMA, "recipe": made.recipe, "dataset": dataset, "train_items": len(data.train.ids),
        "test_items": len(data.test.ids), "classes": len(data.classes), "seed": made.seed,
        "keep_states": made.keep_states, "machine": asdict(made.machine),
        "conditions": conditions, **asdict(cost), "notes": list(made.notes),
    }  # fmt: skip


def _conditions(made: Plan) -> Iterator[str]:
    width = max(len(c["condition"]) for c in made.conditions)
    against = {c["condition"]: c for c in made.comparisons}
    yield f"{'condition':{width}}  networks  epochs  what differs from base"
    for condition in made.conditions:
        name = condition["condition"]
        runs = [r for r in made.runs if r.condition == name]
        if runs:
            counts = f"{len(runs):8}  {runs[0].epochs:6}"
        else:
            shift = against[name]["shift"]
            counts = f"{'-':>8}  {f'+{shift}' if shift else '-':>6}"
        yield f"{name:{width}}  {counts}  {condition['differs']}"


def _architectures(cost: Estimate) -> Iterator[str]:
    width = max(len("architecture"), *(len(a.name) for a in cost.architectures))
    yield f"{'architecture':{width}}  networks  parameters  multiply-adds  images/s    memory     state"
    for a in cost.architectures:
        yield f"{a.name:{width}}  {a.networks:8}  {_number(a.parameters):>10}  {_row(a)}"


def _row(a: ArchitectureCost) -> str:
    return (
        f"{_number(a.multiply_adds):>13}  {a.images_per_second:8,.0f}  "
        f"{'?' if a.memory_bytes is None else _size(a.memory_bytes):>8}  {_size(a.state_bytes):>8}"
    )


def _costs(made: Plan, cost: Estimate, together: Sequence[Sequence[str]]) -> Iterator[str]:
    keep = made.keep_states
    yield f"Networks   {cost.runs:,} in {len(together):,} lock-step groups of up to {max(map(len, together)):,}"
    yield f"Epochs     {cost.epochs:,} in all, {cost.steps:,} steps"
    yield f"Images     {cost.images_decoded:,} training images read" + (
        f"; {cost.images_shared:,} more are shared by networks that train together"
        if cost.images_shared
        else ""
    )
    yield f"Decisions  {cost.decisions:,}"
    yield (
        f"Disk       {_size(cost.store_bytes)} of decisions in {cost.store_files:,} files, "
        f"{_size(cost.state_bytes[keep])} of states in {cost.state_files[keep]:,} (--keep-states {keep})"
    )
    others = ", ".join(
        f"{_size(size)} with {name}" for name, size in cost.state_bytes.items() if name != keep
    )
    yield f"           of states {others}"
    unit = "core" if cost.device == "cpu" else "GPU"
    yield f"Time       about {_duration(cost.seconds)} with {cost.workers} at once on {cost.device}"
    yield (
        f"           {_duration(cost.device_seconds)} of one {unit} in all; the longest job takes "
        f"{_duration(cost.longest_seconds)}"
    )
    yield f"Energy     about {cost.kilowatt_hours:.3g} kWh, {cost.kilograms_co2:.3g} kg of CO2"


def _number(count: int | None) -> str:
    if count is None:
        return "?"
    for unit in ("", " k", " M", " G"):
        if count < 1000:
            return f"{count:.3g}{unit}"
        count /= 1000  # type: ignore[assignment]
    return f"{count:,.3g} T"


def _size(count: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:,.3g} TB"


def _duration(seconds: float) -> str:
    for unit, length in (("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.1f} {unit}"
    return f"{seconds:.0f} seconds" if seconds >= 10 else f"{seconds:.2g} seconds"
