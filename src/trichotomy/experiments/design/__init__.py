"""The design of an experiment: which images, in which trials, under which policies; pure and seeded."""

from trichotomy.experiments.design.categorise import TIMING, categorise
from trichotomy.experiments.design.folder import (
    ANSWERS,
    Folder,
    check_images,
    check_place,
    open_folder,
    write_folder,
)
from trichotomy.experiments.design.making import new_experiment
from trichotomy.experiments.design.ordering import Placed, arrange
from trichotomy.experiments.design.pairs import pairs
from trichotomy.experiments.design.population import candidates
from trichotomy.experiments.design.questions import QUESTIONS, Question, read_questions
from trichotomy.experiments.design.ratings import ratings
from trichotomy.experiments.design.reading import read_text
from trichotomy.experiments.design.schema import Experiment, Item, Policies, Timing, Trial
from trichotomy.experiments.design.texts import UNCHANGED

__all__ = [
    "ANSWERS",
    "QUESTIONS",
    "TIMING",
    "UNCHANGED",
    "Experiment",
    "Folder",
    "Item",
    "Placed",
    "Policies",
    "Question",
    "Timing",
    "Trial",
    "arrange",
    "candidates",
    "categorise",
    "check_images",
    "check_place",
    "new_experiment",
    "open_folder",
    "pairs",
    "ratings",
    "read_questions",
    "read_text",
    "write_folder",
]
