"""The benchmark for GPUs runs from end to end where there is none, and says so without its smoke."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")
ROOT = Path(__file__).resolve().parent.parent


def run(*options: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.gpu", *options], cwd=ROOT, env=environment, capture_output=True, text=True
    )  # fmt: skip


@pytest.mark.long
def test_the_smoke_writes_every_table_and_what_must_be_the_same_is(tmp_path):
    out = tmp_path / "gpu.md"
    done = run("--smoke", "--out", str(out))
    assert not done.returncode, done.stderr
    text = out.read_text()
    assert text.count("\n## ") == 3
    assert "| fp32 | 6 of 6 | 6 of 6 |" in text
    assert text.count("one network, fp32: yes |") == 3
    for trouble in ("**no**", "**far**", "not measured"):
        assert trouble not in text


@pytest.mark.long
@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_without_a_gpu_it_says_so_in_a_sentence():
    done = run()
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert "no CUDA card" in done.stderr
