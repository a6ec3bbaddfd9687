"""Formats on the command line: the list, a score with a threshold, and what is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import trichotomy as tri
from trichotomy.readers import formats

DOCS = Path(__file__).parents[2] / "docs" / "formats.md"


def samples(folder: Path, model: str, scores: list[float]) -> Path:
    path = folder / model / "samples_squad_2025-03-01T10-00-00.000001.jsonl"
    path.parent.mkdir(parents=True)
    records = [
        {"doc_id": k, "resps": [], "filter": "none", "metrics": ["f1"], "doc_hash": f"h{k}", "f1": f1}
        for k, f1 in enumerate(scores)
    ]
    path.write_text("".join(json.dumps(r) + "\n" for r in records))
    return path


def test_formats_lists_each_with_one_line(run):
    status, out, err = run("formats")
    assert (status, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()] == list(formats())
    assert "cannot be loaded" not in out


@pytest.mark.skipif(not DOCS.exists(), reason="the documentation is not here")
def test_every_format_has_its_row_in_the_documentation():
    assert re.findall(r"^\| `([\w-]+)` \| [^|]+ \| [^|]+ \|$", DOCS.read_text(), re.M) == list(formats())


def test_a_score_decides_by_the_threshold_that_is_declared(run, tmp_path: Path):
    samples(tmp_path, "org__a", [0.4, 1.0])
    samples(tmp_path, "org__b", [0.6, 0.0])
    status, out, err = run("read", "org__a", "org__b", "--out", "d.zarr")
    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    assert "'0.4' in f1 (samples_squad_2025-03-01T10-00-00.000001.jsonl, line 1) is partial credit" in err
    assert not (tmp_path / "d.zarr").exists()
    status, out, _ = run("read", "org__a", "org__b", "--map", "correct=f1>=0.5", "--out", "d.zarr")
    assert status == 0
    assert ["correct", "from", "f1>=0.5"] in [line.split() for line in out.splitlines()]
    d = tri.open("d.zarr")
    assert d["observer"].values.tolist() == ["org/a", "org/b"]
    assert tri.correctness(d).values[:, 0].tolist() == [[0, 1], [1, 0]]
