"""A pilot: simulated participants take part before any person does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2
import numpy as np

from trichotomy.errors import InputError
from trichotomy.experiments.application import application, open_site
from trichotomy.experiments.database import participant_rows
from trichotomy.experiments.design import check_images, open_folder
from trichotomy.experiments.exporting import Export, write_export
from trichotomy.experiments.simulation.people import Person, knowledge
from trichotomy.experiments.simulation.visit import UnexpectedReplyError, Visit, visit
from trichotomy.web import new_token

AT_ONCE = 20
SECONDS = 30.0
TRIES = 5


@dataclass(frozen=True, slots=True)
class Pilot:
    """What came of a pilot: the visits; of the application in this process also accuracy and failed checks."""

    visits: tuple[Visit, ...]
    accuracy: tuple[float, ...] = ()
    checks_failed: tuple[int, ...] = ()
    export: Export | None = None


def simulate(
    path: Path,
    *,
    participants: int = 20,
    ability: float = 0.8,
    spread: float = 0.05,
    url: str | None = None,
    out: Path | None = None,
    force: bool = False,
    rng: int = 0,
    answered: Callable[[int, int], None] = lambda _done, _total: None,
) -> Pilot:
    """Let simulated participants take part: in this process, with a database of their own, or at a server that runs.

    They see what browsers see, and know images by their bytes. At a server they are marked as simulated and left out
    of its exports.

    Parameters
    ----------
    path
        Folder of the experiment.
    participants, ability, spread
        How many, and mean and standard deviation of their probability to answer rightly.
    url
        Of a server that runs this experiment; default none.
    out
        Folder for an export of the pilot's answers (not with ``url``).
    answered
        Called with answers given and answers in all.

    Raises
    ------
    InputError
        Numbers out of range, or the server is not reached or answers otherwise than expected.
    """
    if participants < 1 or not 0 <= ability <= 1 or spread < 0:
        msg = "a pilot needs 1 participant or more, an ability from 0 to 1 and a spread of 0 or more"
        raise InputError(msg)
    folder = open_folder(path)
    check_images(folder)
    seeds = np.random.SeedSequence(rng).spawn(participants)
    people = [_person(np.random.default_rng(s), ability, spread) for s in seeds]
    total = participants * len(folder.experiment.trials)
    knows = knowledge(folder)

    async def play(client: httpx2.AsyncClient) -> list[Visit]:
        room, done = asyncio.Semaphore(AT_ONCE), 0

        def count() -> None:
            nonlocal done
            done += 1
            answered(done, total)

        async def one(k: int, person: Person) -> Visit:
            async with room:
                mark = {"simulated": "1", **_recruited(folder.experiment.policies.identify_by, k)}
                return await visit(client, person, knows, parameters=mark, tries=TRIES, answered=count)

        async with client:
            return list(await asyncio.gather(*(one(k, p) for k, p in enumerate(people))))

    if url is not None:
        return Pilot(tuple(_at(url, play)))
    with TemporaryDirectory() as place:
        site = open_site(
            path, database=Path(place) / "pilot.sqlite", admin_token=new_token(), sessions_per_minute=0
        )
        transport = httpx2.ASGITransport(app=application(site))
        visits = asyncio.run(play(httpx2.AsyncClient(transport=transport, base_url="http://localhost")))
        with site.database.reading() as connection:
            rows = participant_rows(connection)
        export = write_export(folder, site.database, out, simulated=True, force=force) if out else None
        site.database.close()
    accuracy = tuple(np.nan if r["accuracy"] is None else float(r["accuracy"]) for r in rows)
    return Pilot(tuple(visits), accuracy, tuple(int(r["attention_failed"]) for r in rows), export)


def _at(url: str, play: Callable[[httpx2.AsyncClient], object]) -> list[Visit]:
    try:
        return asyncio.run(play(httpx2.AsyncClient(base_url=url, timeout=SECONDS)))  # type: ignore[arg-type]
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        msg = (
            f"the server at {url} is not reached ({error or type(error).__name__}); check that it runs there"
        )
        raise InputError(msg) from error
    except UnexpectedReplyError as error:
        msg = f"the server at {url} does not go on: {error}"
        raise InputError(msg) from error


def _person(rng: np.random.Generator, ability: float, spread: float) -> Person:
    return Person(float(np.clip(rng.normal(ability, spread), 0, 1)), rng)


def _recruited(names: tuple[str, ...], k: int) -> dict[str, str]:
    return {names[0]: f"simulated-{new_token()[:8]}-{k}"} if names else {}
