"""Small experiments on the real server, and people (headless Chromium) who take part in them."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from trichotomy.experiments.application.site import Site
    from trichotomy.experiments.design import Experiment

STATIC = Path(__file__).resolve().parents[3] / "src" / "trichotomy" / "experiments" / "static"
CHOICES = ("airplane", "bear", "bicycle", "bird", "boat", "bottle", "car", "cat", "chair", "clock", "dog", "elephant",
           "keyboard", "knife", "oven", "truck")  # fmt: skip
ADMIN = "an-admin-token-of-the-tests-0123456789"
PHASES = ("practice", "main", "main", "main", "attention")
CODE = "CODE-7QX"
FILE = "secret-file-{}.png"
_REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) => console.error(`CSP: ${event.violatedDirective}`));
"""


@dataclass
class Running:
    """A server: where it is, and what it holds."""

    folder: Path
    port: int = 0
    site: Site | None = None
    stop: Callable[[], None] = lambda: None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> Running:
        import uvicorn

        from trichotomy.experiments.application import application, open_site
        from trichotomy.web import bound

        self.site = open_site(self.folder, admin_token=ADMIN, sessions_per_minute=0, static=STATIC)
        at = bound("127.0.0.1", self.port)
        self.port = at.getsockname()[1]
        config = uvicorn.Config(application(self.site), lifespan="on", log_level="warning", access_log=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [at]}, daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.01)

        def stop() -> None:
            server.should_exit = True
            thread.join(timeout=20)
            at.close()
            self.stop = lambda: None

        self.stop = stop
        return self

    def answers(self) -> list[dict[str, Any]]:
        from trichotomy.experiments.database import answer_rows

        with self.site.database.reading() as connection:
            rows = answer_rows(connection)
        return [row | {k: json.loads(row[k]) for k in ("answer", "frames") if row[k]} for row in rows]

    def events(self) -> list[dict[str, Any]]:
        from trichotomy.experiments.database import event_rows

        with self.site.database.reading() as connection:
            return event_rows(connection)


def draw(path: Path, seed: int) -> None:
    """Write a picture: a few soft blobs; every second one is wider than high."""
    from matplotlib.image import imsave

    rng = np.random.default_rng(seed)
    height, width = (96, 128) if seed % 2 else (112, 112)
    y, x = np.mgrid[:height, :width] / 100
    image = np.ones((height, width, 3)) * rng.uniform(0.2, 0.8, 3)
    for _ in range(5):
        near = np.exp(-((x - rng.uniform(0, 1.2)) ** 2 + (y - rng.uniform(0, 1.1)) ** 2) / 0.03)[..., None]
        image = image * (1 - near) + rng.uniform(0, 1, 3) * near
    imsave(path, image.clip(0, 1))


def design(kind: str, images: Path, **changes: Any) -> Experiment:
    """One practice trial, three others in two blocks, one attention check."""
    from trichotomy.experiments.design import Experiment, Item, Policies, Timing, Trial

    each = 2 if kind == "pairs" else 1
    items = tuple(Item(f"secret-item-{k}", FILE.format(k)) for k in range(each * len(PHASES)))
    trials = tuple(
        Trial(
            f"trial-{k}",
            phase,
            tuple(i.item for i in items[each * k : each * (k + 1)]),
            side="left" if kind == "pairs" else "",
            target=CHOICES[k] if kind == "categorise" else "",
        )
        for k, phase in enumerate(PHASES)
    )
    short = kind == "categorise"
    timing = {"fixation_ms": 100.0, "image_ms": 150.0 if short else None, "mask": short}
    timing = Timing(**{**timing, **changes.pop("timing", {})})
    settings: dict[str, Any] = {
        "title": "An experiment of the tests", "seed": 3, "blocks": 2, "timing": timing,
        "choices": CHOICES if short else (), "policies": Policies(completion_code=CODE),
    } | changes  # fmt: skip
    return Experiment(kind=kind, images=str(images), items=items, trials=trials, **settings)


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the images of all experiments."""
    folder = tmp_path_factory.mktemp("pictures")
    for k in range(2 * len(PHASES)):
        draw(folder / FILE.format(k), k)
    return folder


@pytest.fixture
def run(tmp_path: Path, pictures: Path) -> Iterator[Callable[..., Running]]:
    """Start an experiment of a kind on a server: ``run("pairs", blocks=3)``."""
    for name in ("starlette", "sqlalchemy", "uvicorn"):
        pytest.importorskip(name, reason="the extra 'web' is not installed")
    if not (STATIC / "vendored" / "jspsych.js").is_file():
        pytest.skip("jsPsych is not there; run `make setup`, or: python frontend/vendor.py")
    from trichotomy.experiments.design import QUESTIONS, write_folder

    started: list[Running] = []

    def start(kind: str, **changes: Any) -> Running:
        folder = tmp_path / f"experiment-{len(started)}"
        write_folder(
            folder, design(kind, pictures, **changes), questions=QUESTIONS if kind == "ratings" else ()
        )
        started.append(Running(folder).start())
        return started[-1]

    yield start
    for running in started:
        running.stop()


@dataclass
class Person:
    """Somebody at a browser; what they do, and what the page asks of servers."""

    page: Any
    running: Running
    requests: list[Any] = field(default_factory=list)
    touch: bool = False

    def open(self, address: str = "") -> Person:
        self.page.goto(self.running.url + address)
        return self

    def press_button(self, name: str, *, keyboard: bool = False) -> None:
        button = self.page.get_by_role("button", name=name, exact=True)
        button.wait_for()
        if not keyboard:
            self.point(button)
            return
        for _ in range(20):
            self.page.keyboard.press("Tab")
            if button.evaluate("(b) => b === document.activeElement"):
                break
        self.page.keyboard.press("Enter")

    def point(self, where: Any) -> None:
        if self.touch:
            where.tap()
        else:
            where.click()

    def begin(self, *, keyboard: bool = False) -> Person:
        self.press_button("I agree", keyboard=keyboard)
        self.press_button("Start", keyboard=keyboard)
        return self

    def count(self) -> Any:
        return self.page.locator("#count")

    def given(self, number: int) -> None:
        """Wait until the server holds so many answers."""
        from playwright.sync_api import expect

        expect(self.count()).to_have_text(re.compile(rf"^{number} of "))

    def trial(self, number: int) -> None:
        """Wait until a trial can be answered; breaks are ended."""
        self.given(number)
        ready = self.page.locator(READY[self.running.site.experiment.kind]).first
        pause = self.page.get_by_role("button", name="Go on", exact=True)
        ready.or_(pause).first.wait_for()
        if pause.is_visible():
            self.point(pause)
            ready.wait_for()

    def sent(self) -> list[str]:
        """Addresses that answers were sent to."""
        return [r.url for r in self.requests if r.method == "POST" and "/api/trials/" in r.url]

    def thanked(self) -> None:
        self.page.get_by_role("heading", name="Thank you").wait_for()


READY = {
    "pairs": ".pair:not(.waiting) button:enabled",
    "ratings": ".rating:not(.waiting)",
    "categorise": ".category.open .choice:enabled",
}


@pytest.fixture
def person(chromium: Any) -> Iterator[Callable[..., Person]]:
    """Give somebody a browser: ``person(running, width=..., height=..., touch=...)``; ``beside`` opens another tab.

    At the end of the test every console message above the level of info, uncaught error, violation of the
    content-security policy and request to another server is an error; what matches ``tolerated`` is not.
    """
    complaints: list[str] = []
    contexts: list[Any] = []

    def arrive(
        running: Running,
        *,
        width: int = 1024,
        height: int = 768,
        touch: bool = False,
        beside: Person | None = None,
        tolerated: str = r"^$",
        before: str = "",
        **options: Any,
    ) -> Person:
        if beside is None:
            viewport = {"width": width, "height": height}
            context = chromium.new_context(viewport=viewport, has_touch=touch, **options)
            contexts.append(context)
            context.set_default_timeout(10_000)
            context.add_init_script(_REPORT_VIOLATIONS + before)
        else:
            context = beside.page.context
        someone = Person(context.new_page(), running, touch=touch)

        def complain(text: str) -> None:
            if not re.search(tolerated, text):
                complaints.append(text)

        page = someone.page
        page.on("console", lambda m: complain(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complain(str(error)))
        page.on("request", lambda r: someone.requests.append(r))
        page.on("request", lambda r: complain(r.url) if not _of(r.url, running.url) else None)
        return someone

    yield arrive
    for context in contexts:
        context.close()
    assert complaints == []


def _of(url: str, server: str) -> bool:
    return url.startswith((server, "data:", f"blob:{server}"))
