"""Tables of answers as an export has them, from people of known ability: for tests of what is made from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

CLASSES = ("bear", "bicycle", "bird", "boat")


def _common(person: str, n: int, kind: str, rng: np.random.Generator, blocks: int = 4) -> dict[str, object]:
    return {
        "participant": person, "trial": np.arange(n), "phase": "main", "block": np.arange(n) * blocks // n,
        "kind": kind, "excluded": "", "presented_at": "2026-01-05T10:00:00Z", "answered_at": "2026-01-05T10:00:02Z",
        "rt_ms": np.round(np.exp(rng.normal(6.6, 0.4, n)), 1),
    }  # fmt: skip


def pairs(
    people: int = 6, n: int = 40, *, ability: float = 1.4, rng: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Pairs of a trivial and an impossible image; people are righter on pairs that networks are surer of."""
    g = np.random.default_rng(rng)
    easy, hard = np.round(1 - 0.3 * g.random(n), 3), np.round(0.3 * g.random(n), 3)
    items = pd.DataFrame({
        "item": [f"easy-{k}" for k in range(n)] + [f"hard-{k}" for k in range(n)],
        "difficulty": ["trivial"] * n + ["impossible"] * n, "mean_correct": [*easy, *hard], "label_error": False,
    })  # fmt: skip
    tables = []
    for m in range(people):
        order = g.permutation(n)
        side = g.choice(["left", "right"], n)
        logit = ability + 0.4 * g.standard_normal() + 4 * (easy - hard - 0.7)[order]
        right = g.random(n) < 1 / (1 + np.exp(-logit))
        other = np.where(side == "left", "right", "left")
        tables.append(pd.DataFrame({
            **_common(f"{1000 + m}", n, "pairs", g), "trial_id": [f"pair-{k}" for k in order],
            "item": [f"easy-{k}" for k in order], "item_other": [f"hard-{k}" for k in order], "side": side,
            "answer": np.where(right, side, other), "correct": right.astype(int), "difficulty": "trivial",
        }))  # fmt: skip
    practice = (
        tables[0]
        .head(3)
        .assign(phase="practice", trial=[-3, -2, -1], trial_id=[f"practice-{k}" for k in range(3)])
    )
    return pd.concat([practice, *tables], ignore_index=True), items


def ratings(people: int = 5, each: tuple[int, int, int] = (12, 20, 16), *, rng: int = 1) -> tuple:
    """Ratings of impossible, in-between and trivial images; impossible ones look odder and hold more categories."""
    g = np.random.default_rng(rng)
    group = g.permutation(np.repeat([0, 1, 2], each))
    n = len(group)
    names = np.array(["impossible", "in-between", "trivial"], dtype=object)[group]
    accuracy = np.where(group == 0, 0.0, np.where(group == 2, 1.0, np.round(0.1 + 0.8 * g.random(n), 3)))
    items = pd.DataFrame({
        "item": [f"image-{k}" for k in range(n)], "difficulty": names, "mean_correct": accuracy,
        "label_error": np.arange(n) % 11 == 5,
    })  # fmt: skip
    tables = []
    for m in range(people):
        order = g.permutation(n)
        latent = (2 - group[order]) / 2 + 0.8 * g.standard_normal(n)
        tables.append(pd.DataFrame({
            **_common(f"{2000 + m}", n, "ratings", g), "trial_id": [f"image-{k}" for k in order],
            "item": [f"image-{k}" for k in order], "answer": "", "correct": np.nan, "difficulty": names[order],
            "categories": np.clip(np.round(2 + latent + 0.7 * g.standard_normal(n)), 0, 10).astype(int),
            "main_category": np.array(["yes", "maybe", "no"])[np.clip(np.round(latent), 0, 2).astype(int)],
            "oddity": np.array(["no", "slightly", "very"])[np.clip(np.round(latent - 0.2), 0, 2).astype(int)],
        }))  # fmt: skip
    return pd.concat(tables, ignore_index=True), items


def categorise(people: int = 4, n: int = 60, *, rng: int = 2) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Classes named within a limited time; the same images are hard for all."""
    g = np.random.default_rng(rng)
    truth = g.integers(len(CLASSES), size=n)
    ease = 1.2 + 1.3 * g.standard_normal(n)
    items = pd.DataFrame({
        "item": [f"item-{k:05d}" for k in range(n)], "class": [CLASSES[t] for t in truth],
        "mean_correct": np.round(1 / (1 + np.exp(-ease)), 3),
    })  # fmt: skip
    tables = []
    for m in range(people):
        order = g.permutation(n)
        right = g.random(n) < 1 / (1 + np.exp(-ease[order]))
        said = np.where(right, truth[order], (truth[order] + 1 + g.integers(3, size=n)) % 4)
        answer = np.array(CLASSES, dtype=object)[said]
        answer[g.random(n) < 0.04] = ""
        target = np.array(CLASSES, dtype=object)[truth[order]]
        tables.append(pd.DataFrame({
            **_common(f"{3000 + m}", n, "categorise", g), "trial_id": [f"item-{k:05d}" for k in order],
            "item": [f"item-{k:05d}" for k in order], "answer": answer, "target": target,
            "correct": (answer == target).astype(int),
        }))  # fmt: skip
    return pd.concat(tables, ignore_index=True), items


def export(folder: Path, tables: tuple[pd.DataFrame, pd.DataFrame]) -> Path:
    """Write a folder with answers.csv and items.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    for table, name in zip(tables, ("answers", "items"), strict=True):
        table.to_csv(folder / f"{name}.csv", index=False)
    return folder
