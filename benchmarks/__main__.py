"""Run all benchmarks and write docs/benchmarks.md; exit status 1 when something that was asked for is not met."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import (
    agreement,
    bookkeeping,
    browse,
    decoding,
    evaluate,
    lockstep,
    reading,
    recorder,
    report,
    similarity,
    study,
)
from benchmarks.timing import Row, machine, table

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"

GPUS = (
    "[On an H100](benchmarks-gpu.md). `python -m benchmarks.gpu --out FILE` measures on a machine that has a GPU:",
    "CIFAR-10 with ResNet-18 and an ImageNet-shaped study against the loop of PyTorch's ImageNet example, each option,",
    "exactness, resuming, what `nondeterministic` changes. `python -m benchmarks.gpu --smoke` tries it on a CPU.",
)


def main() -> int:
    """Measure, print and write."""
    print("agreement ...", file=sys.stderr)
    tables = {
        "Error consistency of all pairs": [*agreement.all_pairs(1), *agreement.all_pairs(None)],
        "Intervals and p-values": [*agreement.intervals(), *agreement.p_values()],
    }
    print("reading ...", file=sys.stderr)
    tables["Reading"] = reading.rows()
    print("analyze ...", file=sys.stderr)
    analyzed, steps = report.whole()
    print("study ...", file=sys.stderr)
    tables["The controlled study"] = [*study.rows(), *bookkeeping.rows()]
    print("decoding ...", file=sys.stderr)
    tables["Images decoded once"] = [*lockstep.rows(), *decoding.rows()]
    print("similarity ...", file=sys.stderr)
    tables["Similarity of representations"] = similarity.rows()
    print("evaluate ...", file=sys.stderr)
    tables["Pretrained models"] = evaluate.rows()
    print("recording ...", file=sys.stderr)
    tables["Recording from a loop of one's own"] = recorder.rows()
    tables["From decisions to a report"] = analyzed
    print("browse ...", file=sys.stderr)
    tables["Browsing 50,000 items of 64 observers"] = browse.rows()
    text = _document(tables, steps)
    DOCUMENT.write_text(text, encoding="utf-8")
    print(text)
    return 0 if all(row.met for rows in tables.values() for row in rows) else 1


def _document(tables: dict[str, list[Row]], steps: list[tuple[str, float]]) -> str:
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`. Times are the shortest of several runs (the whole study and its loop run once each);",
        "what counts is the ratio of two things measured in turn in one run, after checking that both give the same",
        "result. Lines marked **no** miss what was asked for.",
        "",
        f"Measured {datetime.now(UTC):%Y-%m-%d} on {machine()}.",
    ]
    for title, rows in tables.items():
        lines += ["", f"## {title}", "", *table(rows)]
    total = sum(t for _, t in steps)
    lines += ["", "Where the time of `analyze` goes (one run inside a process, imports not counted):", ""]
    lines += ["| step | seconds | share |", "|---|---:|---:|"]
    lines += [f"| {name} | {t:.2f} | {t / total:.0%} |" for name, t in steps if t / total >= 0.01]
    lines += ["", "## GPUs", "", *GPUS]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
