"""Writing what was found about an experiment: a folder that appears complete or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trichotomy.errors import InputError, UnknownNameError
from trichotomy.placement import appearing, check_free
from trichotomy.plots import EXPERIMENT_FIGURES, Drawing, check_format, save, to_svg
from trichotomy.report.page import Picture, csv_text, render
from trichotomy.report.people.analysis import STEPS, ExperimentAnalysis
from trichotomy.report.people.content import experiment_page
from trichotomy.report.people.summary import headline, summarise
from trichotomy.report.people.tables import tables
from trichotomy.report.summary import to_json

KIND = "report of an experiment"
FILES = ("report.html", "summary.json", "participants.csv", "items.csv", "shares.csv", "pairs.csv")


@dataclass(frozen=True, slots=True, eq=False)
class ExperimentReport:
    """What was found and where it was written.

    Attributes
    ----------
    folder
        Holds ``report.html``, ``summary.json``, ``participants.csv``, ``items.csv``, further tables and ``figures/``.
    headline
        The answer in a sentence.
    summary
        The numbers, as in ``summary.json``.
    """

    folder: Path
    headline: str
    summary: dict[str, Any] = field(repr=False)


def write_experiment(
    results: ExperimentAnalysis,
    out: str | Path,
    *,
    force: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> ExperimentReport:
    """Compute all results and write them.

    Parameters
    ----------
    out
        Folder to make.
    force
        Replace what is there, if it is such a report.
    progress
        Called with the name of each step.

    Raises
    ------
    InputError
        Something is in the way, or the answers do not allow any analysis; nothing is written.
    """
    folder = Path(out)
    check_experiment_place(folder, force=force)
    for name, step in STEPS.items():
        progress(step)
        getattr(results, name)
    pictures: dict[str, Picture] = {}
    files: dict[str, str] = {}
    for name in EXPERIMENT_FIGURES:
        if _has(name, results):
            progress(f"figure {name}")
            try:
                drawing = _drawn(name, results)
            except InputError as error:  # the numbers are there, but nothing can be seen of them
                results.why_not[f"figure {name}"] = str(error)
                continue
            svg = to_svg(drawing.figure)
            pictures[name] = Picture(f"figure-{name}", svg, drawing.alt, drawing.caption)
            files[f"figures/{name}.svg"] = svg
            files[f"figures/{name}.txt"] = f"{drawing.caption}\n\n{drawing.alt}\n"
    progress("report")
    numbers = summarise(results)
    files |= {name: csv_text(columns) for name, columns in tables(results).items()}
    files["summary.json"] = to_json(numbers) + "\n"
    files["report.html"] = render(experiment_page(results, pictures, files, numbers["warnings"]))
    try:
        with appearing(folder, kind=KIND, is_one=is_experiment_report, force=force) as work:
            (work / "figures").mkdir(parents=True)
            for name, text in files.items():
                (work / name).write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        msg = f"cannot write {folder}: {error}"
        raise InputError(msg) from error
    return ExperimentReport(folder, headline(results), numbers)


def draw_experiment(name: str, results: ExperimentAnalysis, out: str | Path) -> Drawing:
    """Draw one of ``plots.EXPERIMENT_FIGURES`` and write it, in any format that matplotlib writes.

    Raises
    ------
    UnknownNameError
        There is no such figure.
    InputError
        This experiment does not have what it shows, or the file cannot be written.
    """
    if name not in EXPERIMENT_FIGURES:
        kind = "figure of an experiment"
        raise UnknownNameError(kind, name, list(EXPERIMENT_FIGURES))
    check_format(Path(out))
    if not _has(name, results):
        other_kind = f"an experiment of {results.answers.kind} has no such result"
        why = [results.why_not.get(need, other_kind) for need in EXPERIMENT_FIGURES[name].needs]
        msg = f"figure '{name}' cannot be drawn: {why[0]}"
        raise InputError(msg)
    drawing = _drawn(name, results)
    save(drawing.figure, Path(out))
    return drawing


def check_experiment_place(out: str | Path, *, force: bool = False) -> None:
    """Refuse a place where something is already; with ``force`` only such a report is replaced."""
    check_free(Path(out), kind=KIND, is_one=is_experiment_report, force=force)


def is_experiment_report(folder: Path) -> bool:
    """Whether a folder holds what this command writes, and nothing else."""
    names = {p.name for p in folder.iterdir()} if folder.is_dir() else set()
    return {"report.html", "summary.json", "participants.csv"} <= names <= {*FILES, "figures"}


def _has(name: str, results: ExperimentAnalysis) -> bool:
    return all(getattr(results, need) is not None for need in EXPERIMENT_FIGURES[name].needs)


def _drawn(name: str, results: ExperimentAnalysis) -> Drawing:
    figure = EXPERIMENT_FIGURES[name]
    return figure.draw(*(getattr(results, need) for need in figure.needs))
