"""Logits of three epochs on 23 items, and what a record of them must hold."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax

N, C = 23, 4
rng = np.random.default_rng(0)
LOGITS = rng.normal(size=(3, N, C))  # epochs
LABELS = rng.integers(C, size=N)
IDS = [f"image-{k}" for k in range(N)]


def check(d, epochs=3):
    assert d["item"].values.tolist() == IDS
    assert (d["target"].values == LABELS).all()
    for e in range(epochs):
        p = softmax(LOGITS[e], axis=1)
        assert (d["response"].values[0, e] == LOGITS[e].argmax(axis=1)).all()
        assert d["p_target"].values[0, e] == pytest.approx(p[np.arange(N), LABELS], abs=1e-3)
        assert d["p_response"].values[0, e] == pytest.approx(p.max(axis=1), abs=1e-3)
