"""Whether labels explain the impossible items: the report's section on annotations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trichotomy.report.analysis import Analysis
from trichotomy.report.page import Block, Column, Table


def label_blocks(a: Analysis, pictures: Mapping[str, Block]) -> list[Block]:
    """Annotated items by class of difficulty, the partition without them, and ambiguity, as far as they are there."""
    blocks: list[Block] = []
    if a.enrichment is not None:
        e, classes = a.enrichment, ("trivial", "in-between", "impossible")
        rows: list[tuple[Any, ...]] = [
            (str(name), float(one["whole"]), *(float(one["share"].sel(difficulty=k)) for k in classes),
             float(one["odds_ratio"].sel(difficulty="impossible")),
             tuple(one["odds_ratio_ci"].sel(difficulty="impossible").values))
            for name in e["annotation"].values for one in [e.sel(annotation=name)]
        ]  # fmt: skip
        left: list[tuple[Any, ...]] = [
            ("All items", *(float(e["partition"].sel(difficulty=k)) for k in classes)),
            *((f"Without {name}", *(float(e["without"].sel(annotation=name, difficulty=k)) for k in classes))
              for name in e["annotation"].values),
        ]  # fmt: skip
        shares = tuple(Column(name, "share", 1) for name in ("Trivial", "In-between", "Impossible"))
        blocks += [
            "If wrong labels explained the impossible items, few would be left without the items flagged. The first "
            "table gives the share flagged in each class of difficulty, the second the partition without them.",
            Table(
                "enrichment-table",
                (
                    Column("Flagged as"), Column("Of all", "share", 1), Column("Of trivial", "share", 2),
                    Column("Of in-between", "share", 1), Column("Of impossible", "share", 1),
                    Column("Odds ratio", "number", 2, help="Odds of being impossible, flagged items over the others"),
                    Column("95 % CI", "number", 2),
                ),
                rows, caption=f"Intervals: {e.attrs['interval']}.",
            ),
            Table("without-flagged", (Column("Items"), *shares), left),
            *([pictures["enrichment"]] if "enrichment" in pictures else []),
        ]  # fmt: skip
    if a.label_ambiguity is not None:
        blocks += [pictures["ambiguity"]] if "ambiguity" in pictures else []
    return blocks
