"""Decisions with epochs, annotations and images, small, and the site that shows them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from trichotomy.decisions import from_arrays

CLASSES = ("airplane", "bird", "cat")
M, E, N = 5, 4, 90
OBSERVERS = tuple(f"net-{m}" for m in range(M))


@pytest.fixture(scope="session")
def decisions():
    """Five observers, epochs 0 to 3, 90 items; some decisions are missing at the last epoch, some are no answer."""
    rng = np.random.default_rng(4)
    target = np.arange(N) % 3
    ease = rng.permutation(np.repeat([6.0, 0.0, -6.0], N // 3))
    right = rng.logistic(size=(M, E, N)) < ease + np.linspace(-2, 2, E)[:, None]
    response = np.where(right, target, (target + rng.integers(1, 3, (M, E, N))) % 3)
    response[1, 3, :4] = -1
    response[2, 3, 4:8] = -2
    ids = [f"val/{CLASSES[t]}/{k:03d}.png" for k, t in enumerate(target)]
    ids[50] = "=2+5 <img src=x onerror=alert(1)>"
    brightness = rng.random(N)
    brightness[7] = np.nan
    return from_arrays(
        response, target=target, items=ids, observers=OBSERVERS, epochs=range(E), classes=CLASSES,
        observer_coords={"condition": ["a", "a", "b", "b", "c"]},
        item_coords={
            "label_error": np.arange(N) % 9 == 0,
            "superclass": ["thing" if t == 0 else "animal" for t in target],
            "brightness": brightness,
            "remark": [f"remark {k} <b>" for k in range(N)],
        },
    )  # fmt: skip


@pytest.fixture(scope="session")
def folder(tmp_path_factory, decisions) -> Path:
    """An image for most items: 30x20 pixels, the first one larger; one of them is damaged."""
    from PIL import Image

    root = tmp_path_factory.mktemp("images")
    for k, item in enumerate(decisions["item"].values[:80]):
        file = root / (item if item.startswith("val/") else "other.png")
        file.parent.mkdir(parents=True, exist_ok=True)
        size = (400, 300) if k == 0 else (30, 20)
        Image.new("RGB", size, (k * 3 % 256, 90, 255 - k)).save(file)
    (root / decisions["item"].values[3]).write_bytes(b"\x89PNG\r\n\x1a\n damaged")
    (root / "secret.txt").write_text("secret")
    return root


@pytest.fixture(scope="session")
def catalogued(decisions):
    """The catalogue of the decisions."""
    from trichotomy.browse import catalogue

    return catalogue(decisions, title="small")


@pytest.fixture(scope="session")
def site(catalogued, decisions, folder):
    """The site of the catalogue, with images."""
    from trichotomy.browse import Site
    from trichotomy.datasets.depicted import folder_images

    return Site.of(catalogued, folder_images(folder, decisions["item"].values.tolist()))


@pytest.fixture(scope="session")
def get(site):
    """Ask the application in this process: address, headers, method -> answer."""
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    import httpx2

    from trichotomy.browse import application

    app = application(site)

    def ask(address: str, headers=None, *, method: str = "GET", base: str = "http://localhost"):
        async def answered():
            transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
            async with httpx2.AsyncClient(transport=transport, base_url=base) as client:
                return await client.request(method, address, headers=headers)

        with ThreadPoolExecutor(1) as apart:  # Playwright's tests leave a loop running in this thread
            return apart.submit(lambda: asyncio.run(answered())).result()

    return ask
