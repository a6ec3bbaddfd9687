"""``trichotomy study``: train the networks of a study and record every decision."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer


def study(
    dataset: Annotated[
        str | None,
        typer.Argument(
            metavar="DATASET",
            help="gaussian, digits, cifar10, cifar100, imagenet, shards, imagefolder:PATH, or module:attribute.",
            show_default=False,
        ),
    ] = None,
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
    cache: Annotated[
        Path | None,
        typer.Option(
            help="Folder in which decoded images are kept, for all networks and for other studies of these data."
        ),
    ] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda, or auto: cuda where there is one.")] = "auto",
    precision: Annotated[str, typer.Option(help="fp32; bf16 or fp16 for mixed precision.")] = "fp32",
    channels_last: Annotated[bool, typer.Option(help="Memory format of images and weights.")] = True,
    compiled: Annotated[bool, typer.Option("--compile", help="Use torch.compile.")] = False,
    threads: Annotated[int, typer.Option(min=1, help="Threads within one network on a CPU.")] = 1,
    ranks: Annotated[
        int, typer.Option(min=1, help="Processes for each network, each on a GPU of its own.")
    ] = 1,
    cuda_graphs: Annotated[
        bool, typer.Option("--cuda-graphs", help="Replay the steps of training from a CUDA graph.")
    ] = False,
    card: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="With --plan: reckon for this card (h100, a100, v100, rtx4090, ...), time nothing.",
        ),
    ] = None,
    peak_share: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            help="With --card: of the card's peak, what training reaches; default 0.3, and 0.1 in bf16 or fp16.",
        ),
    ] = None,
    slurm: Annotated[
        str | None,
        typer.Option(
            metavar="KEY=VALUE,...",
            help="Carry it out as an array of SLURM jobs: partition=gpu,gpus=1,time=8:00:00,...",
        ),
    ] = None,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="With --slurm: submit the jobs and return.")
    ] = False,
    dask: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="Carry it out on a Dask cluster: tcp://HOST:PORT, or local for one here."
        ),
    ] = None,
    status: Annotated[
        bool, typer.Option("--status", help="Show where the study in --out stands, and do nothing.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="With --plan or --status: print one JSON object and nothing else.")
    ] = False,
) -> None:
    """Train variants of one network under controlled conditions and record every decision at every epoch.

    The store that comes out is what **analyze** and **figure** take. A study that was interrupted goes on with
    **--resume**, exactly as if it had not been.
    """
    from trichotomy.cli.execution import check_places, executor_for, wants_gpu
    from trichotomy.cli.runs import FAILED, carry_out
    from trichotomy.errors import InputError
    from trichotomy.training import Machine

    if status:
        _show_status(out, as_json=as_json)
        return
    if dataset is None:
        msg = "say on what to train: trichotomy study DATASET --out NAME.zarr, with gaussian, imagenet, ..."
        raise InputError(msg)
    places = check_places(slurm=slurm, dask=dask, no_wait=no_wait)
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)  # a user's own data, networks and recipes are found from here, and hide nothing
    if out is None and not plan:
        msg = "say where to: --out NAME.zarr (or --plan to see what the study would cost)"
        raise InputError(msg)
    _check_planning(plan=plan, card=card, peak_share=peak_share, as_json=as_json)
    if device == "auto" and (card or (places is not None and wants_gpu(places))):
        device = "cuda"  # there need be none where a study is planned, or jobs are submitted
    machine = Machine(
        device=chosen_device(device), precision=precision, channels_last=channels_last, compiled=compiled,  # type: ignore[arg-type]
        threads=threads, ranks=ranks, cuda_graphs=cuda_graphs,
    )  # fmt: skip
    chosen: dict[str, Any] = {
        "recipe": recipe, "data": data, "seed": seed, "keep_states": keep_states, "machine": machine,
        "options": dataset_options(option or []),
    }  # fmt: skip
    if plan:
        from trichotomy.cli.planning import show_plan

        show_plan(
            dataset, workers, chosen, lockstep=lockstep, elsewhere=slurm is not None or dask is not None, card=card,
            peak_share=peak_share, as_json=as_json,
        )  # fmt: skip
        return
    assert out is not None
    outcome = carry_out(
        dataset, out, again="the same command and --resume", resume=resume, workers=workers, lockstep=lockstep,
        cache=cache, **chosen,
        executor=executor_for(machine, slurm=places, dask=dask, no_wait=no_wait, workers=workers, cache=cache),
    )  # fmt: skip
    total = len(outcome.finished) + len(outcome.failed) + len(outcome.waiting)
    submitted = f", {len(outcome.waiting)} are left to jobs" if outcome.waiting else ""
    typer.echo(f"{len(outcome.finished)} of {total} networks are trained{submitted}.")
    typer.echo(f"Store: {out}")
    if outcome.failed:
        raise typer.Exit(FAILED)
    if outcome.waiting:
        typer.echo(f"Look:  trichotomy study --out {out} --status")
        return
    typer.echo(f"Next:  trichotomy analyze {out} --out {out.with_suffix('')}-report")


def _check_planning(*, plan: bool, card: str | None, peak_share: float | None, as_json: bool) -> None:
    from trichotomy.errors import InputError

    given = {"--card": card is not None, "--json": as_json, "--peak-share": peak_share is not None}
    odd = next((name for name, is_given in given.items() if is_given), None)
    if odd and not plan:
        also = " or --status" if odd == "--json" else ""
        msg = f"{odd} is for --plan{also}, which train nothing; add one, or leave {odd} out"
        raise InputError(msg)
    if peak_share is not None and card is None:
        msg = "--peak-share is a share of a card's peak; name the card with --card"
        raise InputError(msg)


def _show_status(out: Path | None, *, as_json: bool) -> None:
    from trichotomy.cli.status import show_status
    from trichotomy.errors import InputError

    if out is None:
        msg = "say of which study: --out NAME.zarr --status"
        raise InputError(msg)
    show_status(out, as_json=as_json)


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


def dataset_options(given: Sequence[str]) -> dict[str, Any]:
    """Return the options of a data set that ``--option NAME=VALUE`` gives; values are JSON, or else text."""
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
