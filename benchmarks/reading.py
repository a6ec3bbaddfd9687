"""Reading long CSV rows: ``trichotomy.readers.read`` against pandas, factorising and hashing alone.

    python -m benchmarks.reading [--observers 67] [--items 50000] [--repeats 5]

The rival does what any reader must: parse with explicit types by PyArrow's engine, code the two key columns,
hash the file. ``read`` joins by id, checks duplicates, targets and classes, and lays the decisions out too.
Both run in turn in one process; the ratio is of the shortest runs and may be at most 2.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.timing import Row, interleaved
from trichotomy.readers import read

LIMIT = 2.0
TYPES = {"model": str, "image": str, "prediction": "int64", "label": "int64"}


def write_rows(path: Path, observers: int, items: int, rng: np.random.Generator) -> None:
    """Write one row per observer and item: ``model,image,prediction,label``."""
    label = rng.integers(1000, size=items)
    images = [f"ILSVRC2012_val_{i:08d}.JPEG" for i in rng.permutation(items)]
    with path.open("w") as file:
        file.write("model,image,prediction,label\n")
        for m in range(observers):
            guess = np.where(rng.random(items) < 0.7, label, rng.integers(1000, size=items))
            rows = zip(images, guess.tolist(), label.tolist(), strict=True)
            file.writelines(f"model_{m:02d},{image},{p},{y}\n" for image, p, y in rows)


def by_pandas(path: Path) -> tuple[pd.DataFrame, Any, Any, str]:
    """Parse, factorise the keys, hash."""
    frame = pd.read_csv(path, engine="pyarrow", dtype=TYPES)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return frame, pd.factorize(frame["model"]), pd.factorize(frame["image"]), digest


def check(path: Path) -> None:
    """Assert that both ways read the same decisions from the same bytes."""
    d = read(path)
    frame, (model, models), (image, images), digest = by_pandas(path)
    assert d["observer"].values.tolist() == models.tolist()
    assert d["item"].values.tolist() == images.tolist()
    assert (d["response"].values[model, 0, image] == frame["prediction"].to_numpy()).all()
    assert (d["target"].values[image] == frame["label"].to_numpy()).all()
    assert d.attrs["provenance"]["sources"][0]["sha256"] == digest


def rows(observers: int = 67, items: int = 50_000, repeats: int = 5) -> list[Row]:
    """Check, then measure both in turn."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "predictions.csv"
        write_rows(path, observers, items, np.random.default_rng(0))
        check(path)
        ours, theirs = interleaved(lambda: read(path), lambda: by_pandas(path), repeats=repeats)
    return [
        Row(
            f"read, {observers * items:,} CSV rows; pandas.read_csv (PyArrow, explicit types) + factorize + SHA-256",
            ours,
            theirs,
            f"at most {LIMIT:g} x their time",
            ours <= LIMIT * theirs,
            f"{ours / theirs:.2f} x their time",
        )
    ]


def main() -> None:
    """Measure and print one row of a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--observers", type=int, default=67)
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    for row in rows(options.observers, options.items, options.repeats):
        print("| what, against what | ours (s) | theirs (s) | wanted | met | |")
        print("|---|---:|---:|---|---|---|")
        met = "yes" if row.met else "**no**"
        print(f"| {row.what} | {row.ours:.3g} | {row.theirs:.3g} | {row.wanted} | {met} | {row.note} |")


if __name__ == "__main__":
    main()
