"""Simulated participants: they play through the application as a browser does, to pilot and to load it."""

from trichotomy.experiments.simulation.people import Knowledge, Person, knowledge
from trichotomy.experiments.simulation.pilot import Pilot, simulate
from trichotomy.experiments.simulation.visit import Visit, visit

__all__ = ["Knowledge", "Person", "Pilot", "Visit", "knowledge", "simulate", "visit"]
