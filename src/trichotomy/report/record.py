"""What went into a report: where the decisions come from, what was chosen, which versions computed it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from trichotomy.decisions import provenance


def went_in(record: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, str]:
    """What the decisions were made from, and what was chosen of them: name to value.

    Parameters
    ----------
    record
        The provenance of the decisions.
    options
        As ``Analysis.options``.
    """
    entries: dict[str, str] = {}
    for part in _leaves(record):
        if "created" in part:
            entries["Decisions made"] = str(part["created"])
        for source in part.get("sources", []):
            entries[f"Source {source['name']}"] = f"{source['bytes']:,} bytes, SHA-256 {source['sha256']}"
        for field, column in part.get("configuration", {}).get("columns", {}).items():
            entries[f"Column for {field}"] = str(column)
        entries |= _study(part.get("study"))
    chosen = {
        f"Option {name.replace('_', ' ')}": ", ".join(map(str, v)) if isinstance(v, list) else str(v)
        for name, v in options.items()
        if v not in (None, [], "")
    }
    return {**entries, **chosen}


def _study(study: Any) -> dict[str, str]:
    """What decides about a study's decisions: recipe, seed, data set, machine."""
    if not isinstance(study, Mapping):
        return {}
    dataset, machine = (study.get(key) or {} for key in ("dataset", "machine"))
    given = {
        "Study recipe": study.get("recipe"), "Study seed": study.get("seed"),
        "Study data set": ", ".join([str(dataset.get("name")), *_pairs(dataset.get("options") or {})]),
        "Study machine": ", ".join(_pairs(machine)),
    }  # fmt: skip
    return {name: str(value) for name, value in given.items() if value not in (None, "")}


def _pairs(values: Mapping[str, Any]) -> list[str]:
    return [f"{str(name).replace('_', ' ')} {value}" for name, value in values.items()]


def _leaves(record: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Records of the parts that decisions were joined from, however often."""
    if "parts" not in record:
        yield record
    for part in record.get("parts", []):
        yield from _leaves(part)


def own_versions() -> dict[str, str]:
    """Versions of what computes the numbers, here and now."""
    return dict(provenance()["versions"])
