"""Results to draw, computed once."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

import trichotomy as tri
from simulated_study import simulated_study
from trichotomy import stats
from trichotomy.decisions import at_epoch
from trichotomy.plots import Pairs, Plate


def results(d: tri.Decisions, *, tolerance: int = 0) -> SimpleNamespace:
    """All results that figures need, under the names that figures ask for."""
    now = at_epoch(d)
    return SimpleNamespace(
        history=d,
        accuracy=stats.accuracy(now),
        partition=stats.partition(now, tolerance=tolerance),
        difficulty=stats.difficulty(now, tolerance=tolerance),
        consistency=stats.error_consistency(now, draws=50),
        mean_consistency=stats.mean_consistency(now),
        insample=stats.pruned_consistency(now, method="insample", tolerance=tolerance),
        crossfit=stats.pruned_consistency(now, tolerance=tolerance),
        residual=stats.residual_consistency(now),
        raw_conditional_independence=stats.raw_conditional_independence(now),
        rarefaction=stats.rarefaction(now, tolerance=tolerance),
        influence=stats.influence(now, tolerance=tolerance),
        outsiders=tuple(stats.outsiders(now, tolerance=tolerance)),
        classes=stats.class_difficulty(now, tolerance=tolerance) if (d["target"] >= 0).any() else None,
        dynamics=stats.dynamics(d) if d.sizes["epoch"] > 1 else None,
        conditions=(),
    )


def about_labels(d: tri.Decisions) -> dict[str, object]:
    """Results on annotations, after adding accepted labels and superclasses."""
    rng = np.random.default_rng(1)
    wrong = 1 - tri.correctness(d).values[:, 0].mean(axis=0)
    d = d.assign_coords(
        accepted_labels=("item", 1.0 + rng.binomial(4, 0.1 + 0.6 * wrong)),
        vote_entropy=("item", np.where(rng.random(len(wrong)) < 0.5, np.nan, rng.random(len(wrong)) * (1 + wrong))),
        odd=("item", rng.random(len(wrong)) < 0.1 + 0.3 * wrong),
        superclass=("item", np.array([f"group {k % 4}" for k in d["target"].values], dtype=object)),
    )  # fmt: skip
    return {
        "enrichment": stats.enrichment(d),
        "label_ambiguity": stats.label_ambiguity(d, draws=20),
        "superclass_shares": stats.superclass_shares(d),
        "item_response": stats.item_response(d),
        "item_response_2pl": stats.item_response(d, model="2pl"),
    }


def about_formation(d: tri.Decisions) -> dict[str, object]:
    """Results on how decisions form, with probabilities that go with being right."""
    right = tri.correctness(d).values
    noise = np.random.default_rng(2).uniform(0, 0.4, right.shape)
    p = np.where(right < 0, np.nan, 0.6 * right + noise).astype(np.float16)
    return {
        "learned": stats.learned(d),
        "early_partition": stats.early_partition(d, draws=20),
        "learning_order": stats.learning_order(d),
        "consistency_over_epochs": stats.consistency_over_epochs(d),
        "cartography": stats.cartography(d.assign(p_target=(("observer", "epoch", "item"), p))),
    }


@pytest.fixture(scope="session")
def study() -> SimpleNamespace:
    """A simulated study, all conditions of the paper: 31 networks, 6 epochs, base 3 more; and images."""
    d = simulated_study(items=200, epochs=5, longer=3)
    now = at_epoch(d)
    compared = stats.condition_consistency(d)
    trained = tuple(dict.fromkeys(d["condition"].values))
    noise = np.random.default_rng(0).integers(256, size=(32, 1, 8, 8), dtype=np.uint8)
    return SimpleNamespace(
        **{
            **vars(results(d)),
            "condition_consistency": compared,
            "condition_matrix": stats.condition_matrix(d),
            "condition_dynamics": stats.condition_dynamics(d),
            "equivalence": stats.equivalence(d),
            "learning_map": stats.learning_map(d),
            **about_formation(d),
            "flag_shares": stats.flag_shares(now),
            **about_labels(now),
            "divergence": stats.neighbour_divergence(now),
            "architecture": "ResNet-18",
            "trained": trained,
            "conditions": tuple(dict.fromkeys([*trained, *compared["condition"].values])),
            "easiest": Plate(noise, [f"class {k % 9}" for k in range(32)], np.linspace(1, 0.9, 32).tolist()),
            "hardest": Plate(noise[:5], list("abcde"), [0, 0, 0, 0.1, 0.2], "hardest"),
            "tricky": Pairs(
                noise[:10].reshape(5, 2, *noise.shape[1:]),
                [("a", "a"), ("a", "b")] * 2 + [("c", "c")],
                [True, False, False, True, True],
            ),
        }
    )


@pytest.fixture(scope="session")
def small() -> SimpleNamespace:
    """Six observers in three conditions on 300 items, of which some are flagged."""
    return results(tri.simulate(observers=6, items=300, conditions=3, classes=4))


@pytest.fixture(scope="session")
def pair() -> SimpleNamespace:
    """The smallest comparison: two observers, each its own condition."""
    return results(tri.simulate(observers=2, items=50, conditions=2, classes=3))


@pytest.fixture(scope="session")
def many() -> SimpleNamespace:
    """More observers, each its own condition, and more classes than can be drawn one by one."""
    few, many = (tri.simulate(observers=m, items=200, conditions=m, classes=45) for m in (40, 101))
    return SimpleNamespace(
        accuracy=stats.accuracy(many),
        difficulty=stats.difficulty(many),
        classes=stats.class_difficulty(many),
        consistency=stats.error_consistency(few, draws=2),
        insample=stats.pruned_consistency(few, method="insample"),
        crossfit=stats.pruned_consistency(few),
    )


@pytest.fixture(scope="session")
def odd() -> SimpleNamespace:
    """Missing decisions, an observer that is always right, names that are hard to draw; tolerance 1."""
    rng = np.random.default_rng(0)
    correct = (rng.random((7, 200)) < rng.beta(0.7, 0.3, 200)).astype(np.int8)
    correct[rng.random(correct.shape) < 0.01] = -1
    correct[6] = 1
    d = tri.from_arrays(
        correct=correct,
        target=np.arange(200) % 3,
        observers=["$a_b$", "x" * 80, 'two\nlines <&> "q"', "日本語", "a%", "b\\c", "always right"],
        classes=["$0_$", "1", "2"],
        observer_coords={"condition": np.array(["$c$", "$c$", "d", "d", "e", "e", "f"], dtype=object)},
    )
    return results(d, tolerance=1)


@pytest.fixture(scope="session")
def learning() -> SimpleNamespace:
    """Four observers over six epochs; only the first ran the last one."""
    rng = np.random.default_rng(1)
    p = rng.beta(0.8, 0.4, 120)
    start = np.array([0.1, 0.4, 0.6, 0.8, 0.9, 1.0])[:, None]
    correct = (rng.random((4, 6, 120)) < start * p).astype(np.int8)
    correct[1:, 5] = -1
    d = tri.from_arrays(
        correct=correct,
        target=np.arange(120) % 3,
        observers=["base", "order/1", "order/2", "half"],
        epochs=range(6),
        observer_coords={"condition": np.array(["base", "order", "order", "half"], dtype=object)},
    )
    return results(d)
