"""Features from a study's states: the networks are those that made the decisions."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import trichotomy as tri
from trichotomy.errors import CorruptStoreError, InputError
from trichotomy.representations import matrix, readings


def state(study: Path, observer: str, epoch: int) -> Path:
    return study / "study" / "states" / observer / f"epoch-{epoch:04d}.safetensors"


def test_logits_give_the_decisions_recorded(kept_study, tmp_path):
    d = tri.open(kept_study)
    f = tri.study_features(kept_study, tmp_path / "f.zarr", layers=["penultimate", "logits"]).read()
    found = [(r.observer, r.epoch) for r in readings(f)]
    assert found == [("base", 3), ("base", 4), *((f"initialization-{k}", 3) for k in range(1, 6))]
    for r in readings(f):
        responses = d["response"].sel(observer=r.observer, epoch=r.epoch).values
        np.testing.assert_array_equal(matrix(f, r, "logits").argmax(axis=1), responses)
    later = tri.condition_similarity(f, d).sel(condition="plus-1")
    assert int(later["pairs"]) == 1
    assert float(later["similarity"]) > 0.5


def test_a_network_whose_state_is_gone_is_read_at_another_epoch(kept_study, tmp_path):
    study = shutil.copytree(kept_study, tmp_path / "s.zarr")
    state(study, "base", 3).unlink()
    for path in (study / "study" / "states" / "initialization-2").glob("epoch-*"):
        path.unlink()
    store = tri.study_features(study, tmp_path / "f.zarr")
    assert store.provenance["configuration"]["notes"] == [
        "'base' is read at epoch 5, since its state of epoch 3 was not kept",
        "'initialization-2' is left out: none of its states was kept",
    ]
    result = tri.condition_similarity(store.read(), tri.open(study))
    assert result.attrs["elsewhere"] == {"base": 5}
    assert result["pairs"].to_series().to_dict() == {"initialization": 4, "plus-1": 0}


def test_a_damaged_state_is_named(kept_study, tmp_path):
    study = shutil.copytree(kept_study, tmp_path / "s.zarr")
    content = bytearray(state(study, "base", 3).read_bytes())
    content[-1] ^= 1
    state(study, "base", 3).write_bytes(content)
    with pytest.raises(CorruptStoreError, match="epoch-0003"):
        tri.study_features(study, tmp_path / "f.zarr")


def test_no_states_and_no_study(kept_study, tmp_path):
    study = shutil.copytree(kept_study, tmp_path / "s.zarr", ignore=shutil.ignore_patterns("states"))
    with pytest.raises(InputError, match="states of 0 networks; two are needed"):
        tri.study_features(study, tmp_path / "f.zarr")
    from trichotomy.decisions import write

    write(tri.simulate(3, 10), tmp_path / "d.zarr")
    with pytest.raises(InputError, match="no plan of a study"):
        tri.study_features(tmp_path / "d.zarr", tmp_path / "f.zarr")
    assert not (tmp_path / "f.zarr").exists()
