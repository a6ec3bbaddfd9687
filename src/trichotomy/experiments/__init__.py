"""Experiments with people: their design, the application that runs them, and what they answered."""
