"""``trichotomy study``: train the networks of a study and record every decision."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from trichotomy.training.plan import Plan


def study(
    dataset: Annotated[
        str,
        typer.Argument(
            metavar="DATASET",
            help="gaussian, digits, cifar10, cifar100, imagenet, imagefolder:PATH, or module:attribute.",
        ),
    ],
    out: Annotated[Path | None, typer.Option(help="Store to make, a folder.")] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder of the data set, where it is not generated.")
    ] = None,
    recipe: Annotated[
        str,
        typer.Option(
            help="quick, paper-resnet18, paper-densenet121, paper-vgg11 (or -authors), a TOML file, module:function."
        ),
    ] = "quick",
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the store where there is one.")
    ] = False,
    workers: Annotated[
        int | None, typer.Option(help="Processes at once; default one per processor core, or per GPU.")
    ] = None,
    lockstep: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="The most networks in one process, from one stream of images; default as many as need the same, "
            "spread evenly over the workers.",
        ),
    ] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Say what it would cost, and train nothing.")] = False,
    keep_states: Annotated[
        str | None,
        typer.Option(help="Epochs whose weights are kept: all, last or none; default the recipe's."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="From which everything random in training is drawn.")
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Option of the data set, such as train_per_class=500."),
    ] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda, or auto: cuda where there is one.")] = "auto",
    precision: Annotated[str, typer.Option(help="fp32, or bf16 for mixed precision.")] = "fp32",
    channels_last: Annotated[bool, typer.Option(help="Memory format of images and weights.")] = True,
    compiled: Annotated[bool, typer.Option("--compile", help="Use torch.compile.")] = False,
    threads: Annotated[int, typer.Option(min=1, help="Threads within one network on a CPU.")] = 1,
) -> None:
    """Train variants of one network under controlled conditions and record every decision at every epoch.

    The store that comes out is what **analyze** and **figure** take. A study that was interrupted goes on with
    **--resume**, exactly as if it had not been.
    """
    from trichotomy.cli.runs import FAILED, carry_out
    from trichotomy.errors import InputError
    from trichotomy.training import Machine

    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)  # a user's own data, networks and recipes are found from here, and hide nothing
    if out is None and not plan:
        msg = "say where to: --out NAME.zarr (or --plan to see what the study would cost)"
        raise InputError(msg)
    machine = Machine(
        device=chosen_device(device), precision=precision, channels_last=channels_last, compiled=compiled,  # type: ignore[arg-type]
        threads=threads,
    )  # fmt: skip
    chosen: dict[str, Any] = {
        "recipe": recipe, "data": data, "seed": seed, "keep_states": keep_states, "machine": machine,
        "options": _options(option or []),
    }  # fmt: skip
    if plan:
        _show_plan(dataset, workers, lockstep, chosen)
        return
    assert out is not None
    again = "the same command and --resume"
    outcome = carry_out(
        dataset, out, again=again, resume=resume, workers=workers, lockstep=lockstep, **chosen
    )
    typer.echo(
        f"{len(outcome.finished)} of {len(outcome.finished) + len(outcome.failed)} networks are trained."
    )
    typer.echo(f"Store: {out}")
    if outcome.failed:
        raise typer.Exit(FAILED)
    typer.echo(f"Next:  trichotomy analyze {out} --out {out.with_suffix('')}-report")


def chosen_device(name: str) -> str:
    """Return cpu or cuda for what --device says."""
    from trichotomy.errors import UnknownNameError
    from trichotomy.models import require_torch

    known = ["auto", "cpu", "cuda"]
    if name not in known:
        kind = "device"
        raise UnknownNameError(kind, name, known)
    torch = require_torch("training networks")
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return name


def _options(given: Sequence[str]) -> dict[str, Any]:
    from trichotomy.errors import InputError

    options: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            msg = f"--option {text!r} is not NAME=VALUE"
            raise InputError(msg)
        try:
            options[name] = json.loads(value)
        except ValueError:
            options[name] = value
    return options


def _show_plan(dataset: str, workers: int | None, lockstep: int | None, chosen: dict[str, Any]) -> None:
    from trichotomy.cli.progress import steps
    from trichotomy.training import plan_study
    from trichotomy.training.estimate import estimate
    from trichotomy.training.groups import decodes, groups
    from trichotomy.training.study import devices

    with steps("Planning", unit="images") as step:
        made, data = plan_study(dataset, progress=step, **chosen)
        places = devices(made.machine, workers)
        shared = groups(made, [run.observer for run in made.runs], places=len(places), most=lockstep)
        cost = estimate(made, data, devices=places, told=lambda name: step(f"timing {name}"))
    typer.echo(
        f"{made.recipe} on {dataset}: {len(data.train.ids):,} training and {len(data.test.ids):,} test images, "
        f"{len(data.classes)} classes"
    )
    _echo_table(made)
    typer.echo(f"Networks   {cost.runs:,}")
    typer.echo(f"Epochs     {cost.epochs:,} in all, {cost.steps:,} steps")
    typer.echo(
        f"Lock-step  {len(shared)} groups of up to {max(map(len, shared))} networks: the training images are decoded "
        f"{decodes(made, shared):,.0f} times, {decodes(made, [(run.observer,) for run in made.runs]):,.0f} apart"
    )
    typer.echo(f"Decisions  {cost.decisions:,}")
    typer.echo(
        f"Disk       {_size(cost.store_bytes)} of decisions, {_size(cost.state_bytes)} of states "
        f"(--keep-states {made.keep_states})"
    )
    typer.echo(f"Time       about {_duration(cost.seconds)}")
    typer.echo(f"Energy     about {cost.kilowatt_hours:.3g} kWh, {cost.kilograms_co2:.3g} kg of CO2")
    typer.echo(f"Assumed: {'; '.join(cost.assumptions)}.")
    for note in made.notes:
        typer.echo(f"Note: {note}")


def _echo_table(made: Plan) -> None:
    differs = {c["condition"]: c["differs"] for c in made.conditions}
    width = max(map(len, differs))
    against = {c["condition"]: c for c in made.comparisons}
    typer.echo(f"{'condition':{width}}  networks  epochs  what differs from base")
    for name, words in differs.items():
        runs = [r for r in made.runs if r.condition == name]
        if runs:
            counts = f"{len(runs):8}  {runs[0].epochs:6}"
        else:
            shift = against[name]["shift"]
            counts = f"{'-':>8}  {f'+{shift}' if shift else '-':>6}"
        typer.echo(f"{name:{width}}  {counts}  {words}")


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
    return f"{seconds:.0f} seconds"
