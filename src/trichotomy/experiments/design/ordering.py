"""The order in which one participant meets the trials: a function of the seed and the participant's number."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from trichotomy.experiments.design.schema import Experiment, Trial

MIRRORED = {"left": "right", "right": "left", "": ""}


@dataclass(frozen=True, slots=True)
class Placed:
    """A trial in its place: ``block`` counts from 0, practice first; ``side`` as this participant sees it."""

    trial_id: str
    block: int
    side: str = ""


def arrange(experiment: Experiment, number: int) -> tuple[Placed, ...]:
    """Order the trials for one participant.

    Practice comes first, as designed. Main trials are shuffled and cut into blocks of equal size (to one). Attention
    checks are spread: the main trials are cut into as many stretches, and one check stands somewhere in each, never
    first. Sides are mirrored with probability 1/2.

    Parameters
    ----------
    number
        Any number that tells participants apart, 0 or more.
    """
    rng = np.random.default_rng([experiment.seed, number])
    mirror = bool(rng.integers(2))
    of = {
        phase: [t for t in experiment.trials if t.phase == phase]
        for phase in ("practice", "main", "attention")
    }
    main, checks = [[of[name][k] for k in rng.permutation(len(of[name]))] for name in ("main", "attention")]
    first = 1 if of["practice"] else 0
    sequence: list[tuple[Trial, int]] = [(t, 0) for t in of["practice"]]
    block = np.arange(len(main)) * min(experiment.blocks, len(main)) // len(main) + first
    edges = np.linspace(0, len(main), len(checks) + 1).astype(int)
    before = [int(rng.integers(min(a + 1, b), b + 1)) for a, b in pairwise(edges)]
    for k, trial in enumerate(main):
        sequence += [(check, int(block[k - 1])) for check, at in zip(checks, before, strict=True) if at == k]
        sequence.append((trial, int(block[k])))
    sequence += [(check, int(block[-1])) for check, at in zip(checks, before, strict=True) if at == len(main)]
    return tuple(Placed(t.trial_id, b, MIRRORED[t.side] if mirror else t.side) for t, b in sequence)
