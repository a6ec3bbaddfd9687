"""``trichotomy browse``: the items on a local page."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trichotomy.cli import options as o
from trichotomy.errors import InputError

if TYPE_CHECKING:
    from trichotomy.datasets.depicted import ItemImages
    from trichotomy.decisions import Decisions

TEXT_NAMES = ("text", "question", "prompt", "input", "sentence")


def browse(
    sources: Annotated[list[str], typer.Argument(metavar="X...", help="A store, or prediction files.")],
    images: o.Images = None,
    texts: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|ANNOTATION",
            help="Texts of the items: a table of items and texts, or an annotation. Default: the annotation text.",
        ),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen at; 0: any that is free.")] = 0,
    no_open: Annotated[bool, typer.Option("--no-open", help="Do not open a browser.")] = False,
    tolerance: o.Tolerance = 0,
    one_per: o.OnePer = None,
    drop: o.Drop = None,
    exclude: o.Exclude = None,
    epoch: o.Epoch = None,
    format: o.Format = None,  # noqa: A002 - the name of the option
    targets: o.Targets = None,
    annotations: o.Annotations = None,
    accepted: o.Accepted = None,
    order: o.Order = None,
    mapping: o.Mapping = None,
    where: o.Where = None,
    duplicates: o.Duplicates = "error",
    top_k: o.TopK = None,
) -> None:
    """Look at the items in a browser: filter and sort them, open one, compare two observers, export a choice.

    The page is served to this machine alone, and only reads. Ctrl-C ends it.
    """
    from trichotomy.browse import Site, application, catalogue
    from trichotomy.cli.progress import steps
    from trichotomy.decisions import select
    from trichotomy.web import bound, serve

    reading = o.reading(format, targets, annotations, mapping, where, duplicates, top_k, accepted, order)
    with closing(bound("127.0.0.1", port)) as at:  # taken first: reading may last
        d = _present(select(o.load(sources, **reading), drop=drop or (), exclude=exclude), epoch)
        d, named = _with_texts(d, texts)
        with steps("Getting ready", unit="observers") as step:
            step("looking for images")
            pictures = _images(d, images)
            found = catalogue(
                d, title=" ".join(Path(s).name for s in sources[:3]), tolerance=tolerance, one_per=one_per, epoch=epoch,
                texts=named, progress=step,
            )  # fmt: skip
        address = f"http://127.0.0.1:{at.getsockname()[1]}/"
        what = "no images" if pictures is None else f"{int(pictures.there.sum()):,} with an image"

        def started() -> None:
            typer.echo(f"{len(found.items):,} items ({what}), {len(found.observers):,} observers: {address}")
            typer.echo("Ctrl-C ends.")
            if not no_open:
                _open(address)

        serve(application(Site.of(found, pictures)), at, started=started)
    typer.echo("Stopped.")


def _open(address: str) -> None:
    """Open a browser, which may take its time."""
    import threading
    import webbrowser

    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()


def _present(d: Decisions, epoch: int | None) -> Decisions:
    """Leave out the observers of runs that failed or are not finished, and say so."""
    from trichotomy.stats import failures

    if not failures(d):
        return d
    from trichotomy.report.attendance import attendance

    present = attendance(d, epoch)
    for name, why in present.set_aside.items():
        typer.echo(f"Warning: {name} is left out: {why}", err=True)
    return present.decisions


def _with_texts(d: Decisions, texts: str | None) -> tuple[Decisions, str | None]:
    """Annotate with the texts of a file, and say which annotation holds them."""
    if texts is None or not Path(texts).is_file():
        if texts is not None and texts not in d.coords:
            msg = f"--texts names neither a file nor an annotation of the items: '{texts}'"
            raise InputError(msg)
        return d, texts
    from trichotomy.readers import annotate

    before = set(d.coords)
    d = annotate(d, Path(texts))
    new = [str(name) for name in d.coords if name not in before]
    known = [name for name in TEXT_NAMES if name in new] or [name for name in TEXT_NAMES if name in d.coords]
    if not known and len(new) != 1:
        msg = f"{texts} has no column of texts ({', '.join(new) or 'none is new'}); call it text"
        raise InputError(msg)
    return d, known[0] if known else new[0]


def _images(d: Decisions, folder: Path | None) -> ItemImages | None:
    """The folder's images, else those of a study's data set where they are at hand."""
    from trichotomy.datasets.depicted import folder_images, split_images
    from trichotomy.datasets.recorded import load_recorded
    from trichotomy.stats.study import study_of

    items = [str(item) for item in d["item"].values]
    if folder is not None:
        return folder_images(folder, items, d["path"].values.tolist() if "path" in d.coords else None)
    try:
        description = (study_of(d) or {}).get("dataset")
        if description is None:
            return None
        found = split_images(load_recorded(description).test, items)
    except InputError as error:
        typer.echo(f"Warning: {error}", err=True)
        return None
    return found if found.there.any() else None
