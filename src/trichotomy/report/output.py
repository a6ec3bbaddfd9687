"""Writing a report: a folder that appears complete or not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trichotomy.decisions import Decisions
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.placement import appearing, check_free
from trichotomy.plots import FIGURES, Drawing, check_format, save, to_svg
from trichotomy.report.analysis import STEPS, Analysis
from trichotomy.report.content import page
from trichotomy.report.page import Block, Picture, csv_text, render
from trichotomy.report.sentences import headline, lead
from trichotomy.report.summary import summary, to_json
from trichotomy.report.tables import item_columns, pair_columns

LACKING = {
    "classes": "the targets of two classes or more",
    "dynamics": "decisions at two epochs or more",
    "learning_map": "decisions at two epochs or more",
    **dict.fromkeys(
        ("learned", "early_partition", "learning_order", "consistency_over_epochs"),
        "decisions at two epochs or more",
    ),
    "cartography": "decisions at two epochs or more, with the probability of the target",
    "flag_shares": "an annotation 'label_error' of the items",
    "enrichment": "annotations of the items that are true or false",
    "label_ambiguity": "accepted labels, votes or soft labels as annotations of the items",
    "superclass_shares": "an annotation 'superclass' of the items",
    **dict.fromkeys(
        ("condition_consistency", "condition_matrix", "equivalence"),
        "a study: observers of several conditions, one of them called 'base'",
    ),
    "condition_dynamics": "a study, observers of several conditions, one of them called 'base', at two epochs or more",
    "divergence": "a study of the data set 'gaussian'",
    **dict.fromkeys(
        ("easiest", "hardest", "tricky"),
        "a study, whose record says where the images are, or their folder (--images)",
    ),
}
FILES = ("report.html", "summary.json", "items.csv", "pairs.csv")


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """What was found and where it was written.

    Attributes
    ----------
    folder
        Holds ``report.html``, ``summary.json``, ``items.csv``, ``pairs.csv`` and ``figures/``.
    headline, lead
        The answer in a sentence, and what to know beside it.
    summary
        The numbers, as in ``summary.json``.
    analysis
        All results.
    """

    folder: Path
    headline: str
    lead: str
    summary: dict[str, Any] = field(repr=False)
    analysis: Analysis = field(repr=False)


def analyze(
    d: Decisions,
    out: str | Path,
    *,
    tolerance: int = 0,
    one_per: str | None = None,
    drop: Sequence[str] = (),
    exclude: str | None = None,
    epoch: int | None = None,
    rng: int = 0,
    images: str | Path | None = None,
    title: str = "",
    force: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> Report:
    """Analyse Decisions and write the report.

    Parameters
    ----------
    d
        Decisions of two observers or more.
    out
        Folder to make.
    tolerance, one_per, drop, exclude, epoch, rng, images
        As for ``report.Analysis``.
    title
        What was analysed, for the head of the report.
    force
        Replace what is there.
    progress
        Called with the name of each step.

    Returns
    -------
    Report
        The numbers, and where they were written.

    Raises
    ------
    InputError
        Something is in the way, or the decisions do not allow the analysis asked for; nothing is written.
    """
    folder = Path(out)
    check_place(folder, force=force)
    results = Analysis(
        d,
        tolerance=tolerance,
        one_per=one_per,
        drop=drop,
        exclude=exclude,
        epoch=epoch,
        rng=rng,
        images=images,
    )
    if images is not None:
        progress("looking for images")
        _ = results.images  # a wrong folder is said before the work
    for name, step in STEPS.items():
        progress(step)
        getattr(results, name)
    numbers = summary(results)
    pictures: dict[str, Block] = {}
    for name in (n for n, figure in FIGURES.items() if figure.in_report):
        progress(f"figure {name}")
        try:
            drawing = _drawn(name, results)
        except InputError as error:  # the report says why instead
            pictures[name] = f"Figure '{name}' is left out: {error}."
        else:
            pictures[name] = Picture(f"figure-{name}", to_svg(drawing.figure), drawing.alt, drawing.caption)
    progress("report")
    files = {"items.csv": csv_text(item_columns(results)), "pairs.csv": csv_text(pair_columns(results))}
    files["summary.json"] = to_json(numbers) + "\n"
    files["report.html"] = render(page(results, pictures, files, title=title))
    files |= {
        f"figures/{name}.svg": picture.svg
        for name, picture in pictures.items()
        if isinstance(picture, Picture)
    }
    try:
        with appearing(folder, kind="report", is_one=_is_report, force=force) as work:
            (work / "figures").mkdir(parents=True)
            for name, text in files.items():
                (work / name).write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        msg = f"cannot write {folder}: {error}"
        raise InputError(msg) from error
    return Report(folder, headline(results), lead(results), numbers, results)


def draw_figure(
    name: str,
    d: Decisions,
    out: str | Path,
    *,
    progress: Callable[[str], None] = lambda _: None,
    **options: Any,
) -> Drawing:
    """Draw one figure of the report and write it, in any format that matplotlib writes.

    Parameters
    ----------
    name
        One of ``plots.FIGURES``.
    out
        File to write; its suffix chooses the format.

    Raises
    ------
    UnknownNameError
        There is no such figure.
    InputError
        The decisions do not allow it (no classes, one epoch), or the file cannot be written.
    """
    if name not in FIGURES:
        kind = "figure"
        raise UnknownNameError(kind, name, list(FIGURES))
    check_format(Path(out))
    progress("statistics")
    results = Analysis(d, **options)
    progress(f"figure {name}")
    drawing = _drawn(name, results)
    save(drawing.figure, Path(out))
    return drawing


def check_place(out: str | Path, *, force: bool = False) -> None:
    """Refuse a place for a report where something is already; with ``force`` only a report is replaced."""
    check_free(Path(out), kind="report", is_one=_is_report, force=force)


def _is_report(folder: Path) -> bool:
    """Whether a folder holds what a report holds, and nothing that somebody else put there."""
    names = {p.name for p in folder.iterdir()} if folder.is_dir() else set()
    figures = {p.suffix for p in (folder / "figures").iterdir()} if (folder / "figures").is_dir() else set()
    return names <= {*FILES, "figures"} and {"report.html", "summary.json"} <= names and figures <= {".svg"}


def _drawn(name: str, results: Analysis) -> Drawing:
    needs = FIGURES[name].needs
    for need in needs:
        if getattr(results, need) is None and need in results.why_not:
            raise InputError(results.why_not[need])
    lacking = [need for need in needs if getattr(results, need) is None]
    if lacking:
        msg = f"figure '{name}' needs {' and '.join(LACKING[need] for need in lacking)}"
        raise InputError(msg)
    return FIGURES[name].draw(*(getattr(results, need) for need in needs))
