"""The site of one experiment: its parts, its addresses."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from anyio import CapacityLimiter
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp

from trichotomy.experiments.application import admin, entering, pictures, playing
from trichotomy.experiments.application.calls import Call, endpoint
from trichotomy.experiments.database import Database, open_database
from trichotomy.experiments.design import ANSWERS, Experiment, Folder, Item, Trial, check_images, open_folder
from trichotomy.web import LOOPBACK, Rate, StaticFolder, digest, guarded_site

STATIC = Path(__file__).resolve().parent.parent / "static"
PAGES = {"/": "index.html", "/admin": "admin.html"}
FAILED = "Something went wrong on the server. Nothing that was acknowledged is lost; try again."


@dataclass(frozen=True, slots=True)
class Site:
    """All that requests need.

    Attributes
    ----------
    folder, database
        The experiment and its answers.
    items, trials
        Of the experiment, by id.
    admin
        Digest of the token of the admin page.
    rate
        How often sessions may begin, per address.
    static
        The pages' own files.
    pictures
        Images as they may be shown.
    """

    folder: Folder
    database: Database
    items: Mapping[str, Item]
    trials: Mapping[str, Trial]
    admin: str
    rate: Rate
    static: StaticFolder
    pictures: pictures.Pictures = field(default_factory=pictures.Pictures)

    @property
    def experiment(self) -> Experiment:
        """What is shown."""
        return self.folder.experiment


def open_site(
    path: Path,
    *,
    database: str | Path | None = None,
    admin_token: str,
    sessions_per_minute: float,
    static: Path = STATIC,
) -> Site:
    """Open an experiment and its answers, to be run.

    Parameters
    ----------
    path
        Folder of the experiment.
    database
        File or URL; default ``answers.sqlite`` in the folder.
    admin_token
        Opens the admin page.
    sessions_per_minute
        Sessions that may begin from one address; 0 is without limit.

    Raises
    ------
    InputError
        As ``open_folder``, ``check_images``, ``check_pictures``, ``open_database``.
    """
    folder = open_folder(path)
    check_images(folder)
    pictures.check_pictures(folder)
    return Site(
        folder=folder,
        database=open_answers(folder, database, patience=0),  # what is busy is tried again, without a thread
        items={i.item: i for i in folder.experiment.items},
        trials={t.trial_id: t for t in folder.experiment.trials},
        admin=digest(admin_token),
        rate=Rate(sessions_per_minute),
        static=StaticFolder(static),
    )


def open_answers(folder: Folder, database: str | Path | None = None, **options: Any) -> Database:
    """Open the database of an experiment; options as ``open_database`` takes them.

    A question may be worded anew while people take part; what can be answered may not change.
    """
    experiment = folder.experiment
    design = {
        "kind": experiment.kind,
        "items": [asdict(i) for i in experiment.items],
        "trials": [asdict(t) for t in experiment.trials],
        "choices": experiment.choices,
        "questions": [[q.name, q.kind, q.options] for q in folder.questions],
    }
    return open_database(
        folder.path / ANSWERS if database is None else database,
        digest=hashlib.sha256(json.dumps(design, sort_keys=True).encode()).hexdigest(),
        kind=experiment.kind,
        expires_hours=experiment.policies.expires_hours,
        **options,
    )


def application(site: Site, *, hosts: Iterable[str] = LOOPBACK) -> ASGIApp:
    """Make the application of a site.

    Parameters
    ----------
    hosts
        Names that it is reached by.
    """
    several, aside = CapacityLimiter(site.database.writers), CapacityLimiter(1)
    # SQLite writes one at a time, a millisecond each, and never waits: to hand that to a thread would take longer
    threads = several if site.database.writers > 1 else None

    def to(path: str, method: str, run: Call) -> Route:
        return Route(path, endpoint(site, run, threads), methods=[method])

    def looking(path: str, method: str, run: Call) -> Route:
        """What reads all answers, beside the participants."""
        return Route(path, endpoint(site, run, aside), methods=[method])

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        site.database.close()

    routes = [
        to("/api/sessions", "POST", entering.enter),
        to("/api/consent", "POST", entering.consent),
        to("/api/experiment", "GET", playing.describe),
        to("/api/next", "GET", playing.where),
        to("/api/trials/{trial:str}", "POST", playing.answer),
        to("/api/completion", "GET", playing.completion),
        to("/api/blocks/{block:str}", "GET", pictures.block),
        to("/api/images/{image:str}", "GET", pictures.image),
        looking("/api/admin/overview", "GET", admin.overview),
        looking("/api/admin/exclude", "POST", admin.exclude),
        looking("/api/admin/export.csv", "GET", admin.export),
    ]
    return guarded_site(
        routes, static=site.static, pages=PAGES, hosts=hosts, failed=FAILED, lifespan=lifespan
    )
