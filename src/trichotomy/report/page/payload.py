"""What the page's script gets: one JSON data block per interactive part, its arrays as base64 of gzip."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.colors import Colormap
from numpy.typing import NDArray

from trichotomy.errors import InputError
from trichotomy.plots import DECISION_COLOURS
from trichotomy.report.page.cells import json_cell
from trichotomy.report.page.model import Download, Heatmap, Quiz, Raster, Table


def data_block(block: Table | Heatmap | Raster | Quiz | Download) -> str:
    """Return the JSON of a block, so escaped that it can neither end a script element nor start a comment.

    Raises
    ------
    InputError
        An array, an order or a row does not fit its labels.
    """
    if isinstance(block, Table):
        data = _table(block)
    elif isinstance(block, Heatmap):
        data = _heatmap(block)
    elif isinstance(block, Raster):
        data = _raster(block)
    elif isinstance(block, Quiz):
        data = {
            "guesses": [
                {"images": list(g.images), "notes": list(g.notes), "hard": int(g.right_is_hard)}
                for g in block.guesses
            ]
        }
    else:
        data = {"fileName": block.file_name, "content": _packed("text", block.content.encode())}
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _table(table: Table) -> dict[str, Any]:
    width = len(table.columns)
    for number, row in enumerate(table.rows):
        if len(row) != width:
            msg = f"row {number} of table '{table.id}' has {len(row)} cells for {width} columns"
            raise InputError(msg)
    return {
        "columns": [{"kind": column.kind, "digits": column.digits} for column in table.columns],
        "limit": table.limit,
        "rows": _packed_json([[json_cell(cell) for cell in row] for row in table.rows]),
    }


def _heatmap(heatmap: Heatmap) -> dict[str, Any]:
    m = len(heatmap.labels)
    for title, matrix in heatmap.maps.items():
        if np.shape(matrix) != (m, m):
            msg = f"map '{title}' of heatmap '{heatmap.id}' is {np.shape(matrix)} for {m} labels"
            raise InputError(msg)
    orders = {name: np.asarray(order) for name, order in heatmap.orders.items()} or {"as given": np.arange(m)}
    for name, order in orders.items():
        _check_permutation(order, m, f"order '{name}' of heatmap '{heatmap.id}'")
    return {
        "labels": [str(label) for label in heatmap.labels],
        "titles": list(heatmap.maps),
        "limits": [float(limit) for limit in heatmap.limits],
        "value": heatmap.value,
        "digits": heatmap.digits,
        "orders": {name: order.tolist() for name, order in orders.items()},
        "palette": _palette("YlGnBu" if heatmap.palette == "sequential" else "PuOr_r"),
        "maps": [_packed("float32", np.asarray(x, "<f4").tobytes()) for x in heatmap.maps.values()],
    }


def _raster(raster: Raster) -> dict[str, Any]:
    decisions = np.asarray(raster.decisions)
    r, n = len(raster.rows), decisions.shape[-1]
    if decisions.shape != (r, n) or len(raster.items) not in (0, n):
        msg = f"raster '{raster.id}' is {decisions.shape} for {r} rows and {len(raster.items)} item ids"
        raise InputError(msg)
    banded = sum(band.count for band in raster.bands)
    if raster.bands and banded != n:
        msg = f"the bands of raster '{raster.id}' hold {banded} items of {n}"
        raise InputError(msg)
    order = _easiest_first(decisions) if raster.order is None else np.asarray(raster.order)
    _check_permutation(order, n, f"the order of raster '{raster.id}'")
    ordered = decisions[:, order]
    missing = ordered < 0
    return {
        "rows": [str(row) for row in raster.rows],
        "n": n,
        "rowNoun": raster.row_noun,
        "bands": [{"label": band.label, "count": int(band.count)} for band in raster.bands],
        "palette": _palette(DECISION_COLOURS),
        "right": _packed("bits", np.packbits(ordered == 1, axis=1).tobytes()),
        "missing": _packed("bits", np.packbits(missing, axis=1).tobytes()) if missing.any() else None,
        "items": _packed_json([str(raster.items[i]) for i in order.tolist()]) if len(raster.items) else None,
    }


def _easiest_first(decisions: NDArray[Any]) -> NDArray[np.intp]:
    """Order of the items (columns) by share right, stable; items that nobody answered come last."""
    right = np.count_nonzero(decisions == 1, axis=0)
    answered = np.count_nonzero(decisions >= 0, axis=0)
    share = np.where(answered, right / np.maximum(answered, 1), -1.0)
    return np.argsort(-share, kind="stable")


def _check_permutation(order: Sequence[int] | NDArray[Any], n: int, what: str) -> None:
    if not np.array_equal(np.sort(np.asarray(order)), np.arange(n)):
        msg = f"{what} is not a permutation of 0..{n - 1}"
        raise InputError(msg)


def _palette(name: str | Colormap) -> str:
    """256 colours as base64 of RGB bytes, from a map that colour-blind readers see in the same order."""
    from matplotlib import colormaps

    colours = (colormaps[name] if isinstance(name, str) else name)(np.arange(256), bytes=True)
    return b64encode(np.ascontiguousarray(colours[:, :3]).tobytes()).decode()


def _packed_json(value: object) -> dict[str, str]:
    return _packed("json", json.dumps(value, allow_nan=False, separators=(",", ":")).encode())


def _packed(kind: str, data: bytes) -> dict[str, str]:
    """Bytes as base64 of gzip; ``mtime=0`` keeps the result the same from run to run."""
    return {"type": kind, "gzip": b64encode(gzip.compress(data, compresslevel=6, mtime=0)).decode()}
