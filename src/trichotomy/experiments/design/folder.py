"""The folder of an experiment: ``experiment.json``, the texts, the questions, and later the answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from trichotomy.decisions.schema import few
from trichotomy.errors import InputError
from trichotomy.experiments.design.attention import FOLDER
from trichotomy.experiments.design.kinds import KINDS
from trichotomy.experiments.design.questions import Question, read_questions, to_toml
from trichotomy.experiments.design.reading import from_json, read_text, to_json
from trichotomy.experiments.design.schema import Experiment, Item
from trichotomy.experiments.design.texts import texts
from trichotomy.placement import appearing, check_free

DESIGN, CONSENT, INSTRUCTIONS, QUESTIONS_FILE = (
    "experiment.json",
    "consent.md",
    "instructions.md",
    "questions.toml",
)
ANSWERS = "answers.sqlite"
KIND = "experiment without answers"
LARGEST_IMAGE = 20 * 2**20


@dataclass(frozen=True, slots=True)
class Folder:
    """An experiment and all that its folder holds, but for the answers."""

    path: Path
    experiment: Experiment
    questions: tuple[Question, ...]
    consent: str
    instructions: str

    def file(self, item: Item) -> Path:
        """Where the image of an item lies."""
        return (self.path if item.own else Path(self.experiment.images)) / item.path


def check_place(path: Path, *, force: bool = False) -> None:
    """Refuse a place for an experiment where something is already; what has answers is never replaced."""
    check_free(path, kind=KIND, is_one=_replaceable, force=force)


def write_folder(
    path: Path,
    experiment: Experiment,
    *,
    questions: Sequence[Question] = (),
    pictures: Mapping[str, bytes] | None = None,
    force: bool = False,
) -> Folder:
    """Write a new experiment; it is there complete or not at all.

    Parameters
    ----------
    questions
        Of a rating experiment.
    pictures
        Images of the experiment's own, by path below the folder.
    force
        Replace an experiment that has no answers yet.

    Raises
    ------
    InputError
        Something else is there, or answers are; or the experiment could not be read again.
    """
    design = to_json(experiment)
    from_json(design, where=str(path / DESIGN))
    phases = [t.phase for t in experiment.trials]
    consent, instructions = texts(
        KINDS[experiment.kind], trials=len(phases), practice=phases.count("practice"), checks=phases.count("attention")
    )  # fmt: skip
    try:
        with appearing(path, kind=KIND, is_one=_replaceable, force=force) as work:
            work.mkdir(parents=True)
            for name, text in (
                (DESIGN, design),
                (CONSENT, consent),
                (INSTRUCTIONS, instructions),
            ):
                (work / name).write_text(text, encoding="utf-8")
            if questions:
                (work / QUESTIONS_FILE).write_text(to_toml(tuple(questions)), encoding="utf-8")
            for name, picture in (pictures or {}).items():
                (work / name).parent.mkdir(exist_ok=True)
                (work / name).write_bytes(picture)
    except OSError as error:
        msg = f"cannot write {path}: {error}"
        raise InputError(msg) from error
    return open_folder(path)


def open_folder(path: Path) -> Folder:
    """Read an experiment; whether its images are there, ``check_images`` says.

    Raises
    ------
    InputError
        A file is missing, damaged or not in UTF-8, or an attention check asks what is no question.
    """
    if not (path / DESIGN).is_file():
        msg = f"{path} is not an experiment (it has no {DESIGN}); make one with `trichotomy experiment new`"
        raise InputError(msg)
    design = read_text(path / DESIGN, "restore it, or make the experiment anew")
    experiment = from_json(design, where=str(path / DESIGN))
    questions = read_questions(path / QUESTIONS_FILE) if KINDS[experiment.kind].asks else ()
    consent, instructions = (
        read_text(path / name, "it holds Markdown in UTF-8") for name in (CONSENT, INSTRUCTIONS)
    )
    for trial in experiment.trials:
        wrong = {q for q in trial.expected if q not in {x.name for x in questions}}
        if wrong:
            msg = (
                f"{path / DESIGN}: attention check {trial.trial_id!r} asks for {few(sorted(wrong))}, which "
                f"{QUESTIONS_FILE} does not have; give the questions with --questions when the experiment is made"
            )
            raise InputError(msg)
    return Folder(path, experiment, questions, consent, instructions)


def check_images(folder: Folder) -> None:
    """Refuse an experiment whose images cannot be shown.

    Raises
    ------
    InputError
        Files that are missing, empty or larger than 20 MiB.
    """
    bad = []
    for item in folder.experiment.items:
        file = folder.file(item)
        if not file.is_file() or not 0 < file.stat().st_size <= LARGEST_IMAGE:
            bad.append(item.path)
    if bad:
        msg = (
            f"{len(bad)} images are missing below {folder.experiment.images}, empty or larger than 20 MiB: {few(bad)}; "
            f"put them there, or change 'images' in {folder.path / DESIGN}"
        )
        raise InputError(msg)


def _replaceable(folder: Path) -> bool:
    names = {p.name for p in folder.iterdir()} if folder.is_dir() else set()
    return DESIGN in names and names <= {DESIGN, CONSENT, INSTRUCTIONS, QUESTIONS_FILE, FOLDER}
