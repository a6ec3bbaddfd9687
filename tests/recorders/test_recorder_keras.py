"""Keras' own ``fit`` with the callback, on the backend of torch."""

from __future__ import annotations

import os

import numpy as np
import pytest

import trichotomy as tri

pytest.importorskip("torch")
os.environ.setdefault("KERAS_BACKEND", "torch")
keras = pytest.importorskip("keras", reason="Keras is not installed")
pytestmark = pytest.mark.filterwarnings("ignore")


def test_every_epoch_and_the_one_before_training_is_recorded(tmp_path):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 5)).astype("float32"), rng.integers(3, size=60)
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.layers.Input((5,)), keras.layers.Dense(3)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    before = model.predict(x, verbose=0)
    recorder = tri.Recorder(tmp_path / "r.zarr", "net", epochs=2, measures=["loss"])
    callback = tri.keras_recorder(recorder, x, y, items=[f"i{k}" for k in range(60)])
    history = model.fit(x, y, epochs=2, verbose=0, callbacks=[callback])
    d = recorder.read()
    assert recorder.pending() == []
    assert (d["response"].values[0, 0] == before.argmax(axis=1)).all()
    assert (d["response"].values[0, 2] == model.predict(x, verbose=0).argmax(axis=1)).all()
    assert (d["target"].values == y).all()
    assert d["measures"].values[0, 1:, 0] == pytest.approx(history.history["loss"], rel=1e-5)
