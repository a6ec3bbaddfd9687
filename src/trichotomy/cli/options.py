"""Options that several commands share, and what they mean together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trichotomy.cli.progress import steps
from trichotomy.errors import InputError

if TYPE_CHECKING:
    from trichotomy.decisions import Decisions

Format = Annotated[
    str | None,
    typer.Option("--format", help="Format of the files; see `trichotomy formats`. Default: detected."),
]
Targets = Annotated[
    Path | None,
    typer.Option(help="File with the true class of each item: an item column and a label column."),
]
Annotations = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[NAME=]FILE",
        help="File that annotates the items: a table, ids of flagged items, accepted labels, votes, soft labels, or a "
        "table of classes. Repeatable.",
    ),
]
Accepted = Annotated[
    Path | None,
    typer.Option(
        help="File of accepted labels: any of them counts as right, items without one are left out."
    ),
]
Order = Annotated[
    str | None,
    typer.Option(
        help="Order of those files where they have no ids: item, file-name or class; checked by targets."
    ),
]
Mapping = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="FIELD=COLUMN",
        help="Column to take for observers, items, responses, targets, epochs, correct, p_target or p_response; "
        "correct=SCORE>=T takes a score from T on as right. Repeatable.",
    ),
]
Where = Annotated[
    list[str] | None, typer.Option(metavar="COLUMN=VALUE", help="Read only rows with this value. Repeatable.")
]
Duplicates = Annotated[
    str, typer.Option(help="Several rows for one decision: error, first, last or majority.")
]
TopK = Annotated[
    int | None,
    typer.Option("--top-k", help="Count an item as right if its target is among the first K answers."),
]
Tolerance = Annotated[
    int, typer.Option(help="Trivial: at most this many observers wrong; impossible: at most this many right.")
]
OnePer = Annotated[
    str | None, typer.Option(metavar="condition", help="Make the partition with one observer per condition.")
]
Drop = Annotated[
    list[str] | None, typer.Option(metavar="GLOB", help="Leave out these observers. Repeatable.")
]
Exclude = Annotated[
    str | None, typer.Option(metavar="ANNOTATION", help="Leave out items where this annotation is true.")
]
Epoch = Annotated[
    int | None, typer.Option(help="Epoch to analyse. Default: the last that every observer has.")
]
Images = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Folder of the items' images, found by their path or id. Default: the study's data set.",
    ),
]
Seed = Annotated[int, typer.Option(min=0, help="Seed of the intervals that are drawn.")]
Force = Annotated[bool, typer.Option("--force", help="Replace what is there.")]


_WORDS = {"mapping": "--map", "top_k": "--top-k"}


def pairs(given: Sequence[str] | None, option: str) -> dict[str, str]:
    """Split ``NAME=VALUE`` arguments.

    Raises
    ------
    InputError
        An argument without ``=``, or a name given twice.
    """
    result: dict[str, str] = {}
    for text in given or ():
        name, equals, value = text.partition("=")
        if not equals or not name or not value:
            msg = f"{option} takes NAME=VALUE; got '{text}'"
            raise InputError(msg)
        if name in result:
            msg = f"{option} names '{name}' twice"
            raise InputError(msg)
        result[name] = value
    return result


def load(
    sources: Sequence[str],
    *,
    annotations: Sequence[str] = (),
    accepted: Path | None = None,
    order: str | None = None,
    **options: Any,
) -> Decisions:
    """Open a store, or read prediction files, whichever ``sources`` are; then annotate.

    Parameters
    ----------
    sources
        One store, or files, folders and patterns.
    annotations, accepted, order
        ``[NAME=]FILE`` for ``readers.annotate``, a file to rescore by, and the order of both.
    options
        As for ``readers.read``; they make no sense for a store.
    """
    from trichotomy.decisions import is_store
    from trichotomy.readers import annotate, names_items

    named = [_named(text) for text in annotations]
    if order is not None and not named and accepted is None:
        msg = "--order is of the files of --annotations or --accepted; name one of them"
        raise InputError(msg)
    store = any(is_store(source) for source in sources)
    tables = [path for name, path in named if name is None and not store and names_items(path)]
    d = _loaded(sources, annotations=tuple(tables), **options)
    for name, path in named:
        if path not in tables:
            d = annotate(d, path, name=name, order=order)
    return d if accepted is None else annotate(d, accepted, order=order, rescore=True)


def _named(text: str) -> tuple[str | None, Path]:
    """Split ``NAME=FILE``; a file whose own name has the sign stands alone."""
    name, equals, path = text.partition("=")
    return (name, Path(path)) if equals and name and path and not Path(text).exists() else (None, Path(text))


def _loaded(sources: Sequence[str], **options: Any) -> Decisions:
    """Open or read, without annotating a store."""
    from trichotomy.decisions import Store, is_store

    stores = [source for source in sources if is_store(source)]
    if stores and len(sources) > 1:
        msg = f"{stores[0]} is a store; give one store, or prediction files, not several of them"
        raise InputError(msg)
    if stores:
        used = sorted(
            _WORDS.get(name, f"--{name}")
            for name, value in options.items()
            if value not in (None, (), {}, "error")
        )
        if used:
            msg = f"{stores[0]} is a store, whose columns are settled; {used[0]} is for prediction files"
            raise InputError(msg)
        return Store(stores[0]).read()
    from trichotomy.readers import read

    with steps("Reading", unit="files") as step:
        return read(list(sources), progress=lambda done, total, name: step(name, done, total), **options)


def columns_taken(d: Decisions) -> list[str]:
    """Lines that say what each column of the files was taken for."""
    columns = d.attrs["provenance"].get("configuration", {}).get("columns", {})
    width = max(map(len, columns), default=0)
    return [f"  {field:<{width}}  from {column}" for field, column in columns.items()]


def reading(
    format: str | None,  # noqa: A002 - as the option is called
    targets: Path | None,
    annotations: list[str] | None,
    mapping: list[str] | None,
    where: list[str] | None,
    duplicates: str,
    top_k: int | None,
    accepted: Path | None = None,
    order: str | None = None,
) -> dict[str, Any]:
    """Collect the reading options as keyword arguments of ``load``."""
    return {
        "format": format,
        "targets": targets,
        "annotations": tuple(annotations or ()),
        "mapping": pairs(mapping, "--map"),
        "where": pairs(where, "--where"),
        "duplicates": duplicates,
        "top_k": top_k,
        "accepted": accepted,
        "order": order,
    }
