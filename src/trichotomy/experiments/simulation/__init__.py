"""Simulated participants: they play through the application as a browser does, to pilot and to load it."""

from trichotomy.errors import MissingExtraError

try:
    import httpx2  # noqa: F401 - its own message would not say which extra to install
except ImportError as error:
    feature = "simulating participants"
    raise MissingExtraError(feature, "web") from error

from trichotomy.experiments.simulation.people import Knowledge, Person, knowledge
from trichotomy.experiments.simulation.pilot import Pilot, simulate
from trichotomy.experiments.simulation.visit import Visit, visit

__all__ = ["Knowledge", "Person", "Pilot", "Visit", "knowledge", "simulate", "visit"]
