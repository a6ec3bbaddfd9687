"""A population and a subset chosen by it."""

from __future__ import annotations

import pytest

import trichotomy as tri
from kindred import population


@pytest.fixture(scope="session")
def people() -> tri.Decisions:
    return population()


@pytest.fixture(scope="session")
def subset(people) -> tri.Subset:
    return tri.curate(people, size=100, splits=3, index="row")
