"""Writing a report: a folder that appears complete or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from trichotomy.decisions import Decisions
from trichotomy.errors import InputError
from trichotomy.plots import FIGURES, Drawing, save, to_svg
from trichotomy.report.analysis import STEPS, Analysis
from trichotomy.report.content import page
from trichotomy.report.page import Block, Picture, csv_text, render
from trichotomy.report.sentences import headline, lead
from trichotomy.report.summary import summary, to_json
from trichotomy.report.tables import item_columns, pair_columns


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
    summary: dict[str, Any]
    analysis: Analysis


def analyze(
    d: Decisions,
    out: str | Path,
    *,
    title: str = "",
    force: bool = False,
    progress: Callable[[str], None] = lambda _: None,
    **options: Any,
) -> Report:
    """Analyse Decisions and write the report.

    Parameters
    ----------
    d
        Decisions of two observers or more.
    out
        Folder to make.
    title
        What was analysed, for the head of the report.
    force
        Replace what is there.
    progress
        Called with the name of each step.
    options
        ``tolerance``, ``one_per``, ``drop``, ``exclude``, ``epoch``, ``rng`` of ``report.Analysis``.

    Raises
    ------
    InputError
        Something is in the way, or the decisions do not allow the analysis asked for; nothing is written.
    """
    folder = Path(out)
    check_free(folder, force=force)
    results = Analysis(d, **options)
    for name, step in STEPS.items():
        progress(step)
        getattr(results, name)
    numbers = summary(results)
    pictures: dict[str, Block] = {}
    for name in FIGURES:
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
    work = folder.with_name(f".{folder.name}.{uuid4().hex[:8]}.partial")
    try:
        (work / "figures").mkdir(parents=True)
        for name, text in files.items():
            (work / name).write_text(text, encoding="utf-8", newline="")
        if folder.exists():
            shutil.rmtree(folder) if folder.is_dir() else folder.unlink()
        work.rename(folder)
    except OSError as error:
        msg = f"cannot write {folder}: {error}"
        raise InputError(msg) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
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
    from trichotomy.errors import UnknownNameError

    if name not in FIGURES:
        kind = "figure"
        raise UnknownNameError(kind, name, list(FIGURES))
    progress("statistics")
    results = Analysis(d, **options)
    progress(f"figure {name}")
    drawing = _drawn(name, results)
    save(drawing.figure, Path(out))
    return drawing


def check_free(out: str | Path, *, force: bool = False) -> None:
    """Refuse a place where something is already, unless it is an empty folder or ``force`` is given.

    With ``force`` only a report, or a folder that is empty, is replaced.
    """
    folder = Path(out)
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not force:
        msg = f"{folder} exists already; choose another name, or replace it with --force"
        raise InputError(msg)
    if not (folder / "summary.json").is_file():
        msg = f"{folder} exists and is not a report; it is not replaced, choose another name"
        raise InputError(msg)


def _drawn(name: str, results: Analysis) -> Drawing:
    needs = FIGURES[name].needs
    lacking = [need for need in needs if getattr(results, need) is None]
    if lacking:
        msg = f"figure '{name}' needs {' and '.join(lacking)}, which these decisions do not have"
        raise InputError(msg)
    return FIGURES[name].draw(*(getattr(results, need) for need in needs))
