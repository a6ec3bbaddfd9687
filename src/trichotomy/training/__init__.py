"""The controlled study: train variants of one network and record every decision."""

from trichotomy.training.conditions import Condition, paper_conditions
from trichotomy.training.execution import Event, Executor, LocalExecutor
from trichotomy.training.execution.dask import DaskExecutor
from trichotomy.training.execution.slurm import SlurmExecutor
from trichotomy.training.execution.slurm_keys import slurm_options
from trichotomy.training.execution.standing import Standing, stands
from trichotomy.training.finding import find_recipe
from trichotomy.training.machine import Machine
from trichotomy.training.plan import Plan, Run
from trichotomy.training.recipe import Recipe
from trichotomy.training.recipes import RECIPES
from trichotomy.training.settings import Settings
from trichotomy.training.study import Outcome, plan_study, study

__all__ = [
    "RECIPES",
    "Condition",
    "DaskExecutor",
    "Event",
    "Executor",
    "LocalExecutor",
    "Machine",
    "Outcome",
    "Plan",
    "Recipe",
    "Run",
    "Settings",
    "SlurmExecutor",
    "Standing",
    "find_recipe",
    "paper_conditions",
    "plan_study",
    "slurm_options",
    "stands",
    "study",
]
