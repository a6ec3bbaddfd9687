"""Views of the browse page on 50,000 items and 64 observers, as a browser asks for them over HTTP."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.timing import Row

ITEMS, OBSERVERS, CLASSES = 50_000, 64, 1000
WANTED_SECONDS = 0.2
IMAGES = 60
VIEWS = {
    "first page, as given": "/api/items",
    "the hardest first": "/api/items?sort=right",
    "impossible, one class": "/api/items?difficulty=impossible&class=class+7",
    "three observers right, two wrong": "/api/items?right=net-1&right=net-2&right=net-3&wrong=net-4&wrong=net-5",
    "two observers differ, most answers first": "/api/items?a=net-0&b=net-9&differ=answer&sort=answers&down=1",
    "annotation in a range, sorted by text": "/api/items?where=brightness%3D0.2..0.4&sort=note%3Asuperclass",
    "search in texts": "/api/items?q=needle+17",
    "page 500 of a sorted view": "/api/items?sort=class&at=30000",
    "learned late": "/api/items?first=2..&sort=final&down=1",
    "an item": "/api/items/31415?sort=right",
    "where two observers differ": "/api/pair?a=net-0&b=net-9",
    "table of all items (CSV)": "/api/export/items.csv",
}
"""All but the last are to be under the limit, the first time they are asked for."""


def rows() -> list[Row]:
    """Time each view when nothing is remembered, and when it is."""
    found = []
    with TemporaryDirectory() as folder, _served(Path(folder)) as port:
        for name, address in VIEWS.items():
            first, again = (_seconds(port, address) for _ in range(2))
            asked = not address.endswith(".csv")
            found.append(
                Row(f"{name}, first time against again", first, again, "under 200 ms" if asked else "-",
                    not asked or first < WANTED_SECONDS)
            )  # fmt: skip
        index = json.loads(_get(port, f"/api/items?count={IMAGES}")[1])["items"]
        pictures = [item["image"] for item in index]
        first, again = (max(_seconds(port, address) for address in pictures) for _ in range(2))
        found.append(
            Row(f"slowest of {IMAGES} thumbnails of 500x375 pixels, first time against again", first, again,
                "under 200 ms", first < WANTED_SECONDS)
        )  # fmt: skip
    return found


def decisions(items: int = ITEMS, observers: int = OBSERVERS) -> Any:
    """Decisions of a size, at three epochs, with texts and annotations."""
    from trichotomy.decisions import from_arrays

    rng = np.random.default_rng(9)
    target = rng.integers(0, CLASSES, items)
    ease = rng.normal(0, 3, items)
    right = rng.logistic(size=(observers, 3, items)) < ease + np.array([-2, 0, 1])[:, None]
    response = np.where(right, target, rng.integers(0, CLASSES, (observers, 3, items))).astype(np.int16)
    return from_arrays(
        response, target=target, epochs=range(3), classes=[f"class {k}" for k in range(CLASSES)],
        items=[f"val/{k:05d}.jpg" for k in range(items)], observers=[f"net-{m}" for m in range(observers)],
        item_coords={
            "brightness": rng.random(items),
            "superclass": rng.choice(["animal", "vehicle", "plant"], items),
            "text": [f"hay {k} " + "more hay " * 50 + ("needle" if k % 97 == 0 else "") for k in range(items)],
        },
    )  # fmt: skip


@contextmanager
def _served(folder: Path) -> Iterator[int]:
    import uvicorn

    from trichotomy.browse import Site, application, catalogue
    from trichotomy.datasets.depicted import folder_images

    d = decisions()
    _write_images(folder)
    images = folder_images(folder, d["item"].values.tolist())
    site = Site.of(catalogue(d, title="benchmark"), images)
    at = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application(site), log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, args=([at],))
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield at.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


def _write_images(folder: Path) -> None:
    from PIL import Image

    rng = np.random.default_rng(2)
    for k in range(IMAGES):
        coarse = rng.integers(0, 255, (12, 16, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((500, 375)).save(folder / f"{k:05d}.jpg", quality=92)


def _get(port: int, address: str) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", address)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.status == 200, (address, body[:200])
    return answer.status, body


def _seconds(port: int, address: str) -> float:
    start = time.perf_counter()
    _get(port, address)
    return time.perf_counter() - start


def main() -> int:
    """Print the rows."""
    found = rows()
    for row in found:
        print(f"{row.what:70} {row.ours * 1000:8.1f} ms {row.theirs * 1000:8.1f} ms  {row.met}")
    return 0 if all(row.met for row in found) else 1


if __name__ == "__main__":
    sys.exit(main())
