"""People at once: how long answers take to be acknowledged, on both databases, and what a killed server loses.

``python -m benchmarks.people`` prints a table; exit status 1 when something that was asked for is not met.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import numpy as np

from benchmarks.postgres import UnavailableError, new_database, postgres
from benchmarks.serving import Server
from trichotomy.decisions import from_arrays
from trichotomy.experiments.database import answer_rows, participant_rows
from trichotomy.experiments.design import Folder, new_experiment, open_folder
from trichotomy.experiments.design.attention import picture
from trichotomy.experiments.simulation import Knowledge, Person, Visit, knowledge, visit

WANTED_MS = 200.0
ARRIVE_SECONDS = 20.0
HEAD = (
    "| database | participants | answers | median (ms) | p99 (ms) | p99 once all have come (ms) "
    "| p99 of a byte's echo (ms) | lost | killed twice |"
)
TRIES = 400
"""A participant goes on trying for some minutes."""
ECHO = """
import asyncio
async def echo(reader, writer):
    while byte := await reader.read(1):
        writer.write(byte)
async def main():
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""
CONNECTIONS = httpx2.Limits(max_connections=None, max_keepalive_connections=200)


@dataclass(frozen=True, slots=True)
class Load:
    """What the participants of a load test met.

    ``seconds`` until each answer was acknowledged; ``settled`` of those that were sent when all had come and had their
    images; ``echoes`` in which another process sent a byte back meanwhile: how busy the machine is.
    """

    participants: int
    answers: int
    lost: int
    seconds: tuple[float, ...]
    settled: tuple[float, ...]
    echoes: tuple[float, ...]

    def quantile(self, share: float) -> float:
        """Milliseconds within which that share of the answers was acknowledged."""
        return milliseconds(self.seconds, share)


def milliseconds(seconds: tuple[float, ...], share: float) -> float:
    """Quantile of times, in ms."""
    return float(np.quantile(seconds, share) * 1000) if seconds else float("nan")


def experiment(folder: Path, trials: int) -> Folder:
    """Make an experiment of that many pairs."""
    n = 2 * trials
    target = np.zeros(n, dtype=int)
    right = np.repeat([True, False], trials)
    names = [f"i{k}" for k in range(n)]
    images = folder / "images"
    images.mkdir(parents=True)
    for name in names:
        (images / f"{name}.png").write_bytes(picture(name))
    d = from_arrays(np.tile(np.where(right, 0, 1), (3, 1)), target=target, items=names, classes=["a", "b"])
    return new_experiment(
        "pairs", d, folder / "experiment", images=images, n=trials, practice=0, checks=0, blocks=1
    )


async def crowd(
    url: str,
    knows: Knowledge,
    count: int,
    *,
    pause: float,
    arrive: float,
    tries: int = 1,
    seen: list[Visit] | None = None,
) -> list[Visit]:
    """Let so many take part at once.

    Parameters
    ----------
    pause
        Mean seconds between two answers of one.
    arrive
        Seconds over which they come.
    """
    seen = [Visit() for _ in range(count)] if seen is None else seen
    rng = np.random.default_rng(1)

    async def one(k: int, client: httpx2.AsyncClient) -> Visit:
        await asyncio.sleep(arrive * k / count)
        person = Person(0.8, np.random.default_rng([1, k]))
        who = {"PROLIFIC_PID": f"person-{k}-{rng.integers(10**9)}"}
        return await visit(client, person, knows, parameters=who, pause=pause, tries=tries, seen=seen[k])

    async with httpx2.AsyncClient(base_url=url, timeout=30, limits=CONNECTIONS) as client:
        return list(await asyncio.gather(*(one(k, client) for k in range(count))))


def load(folder: Folder, database: str, *, participants: int, pause: float, arrive: float) -> Load:
    """Run a server and let people take part; whatever is refused or lost is an error."""
    server = Server(folder.path, "--database", database, "--session-rate", "0")
    other = subprocess.Popen([sys.executable, "-c", ECHO], stdout=subprocess.PIPE, text=True)
    echoes: list[float] = []

    async def both() -> list[Visit]:
        assert other.stdout is not None
        echo = asyncio.create_task(listen(int(other.stdout.readline()), echoes))
        visits = await crowd(server.url, knowledge(folder), participants, pause=pause, arrive=arrive)
        echo.cancel()
        await asyncio.gather(echo, return_exceptions=True)
        return visits

    try:
        visits = asyncio.run(both())
        server.end(signal.SIGINT)
    finally:
        server.close()
        other.kill()
        other.communicate()
    waits = tuple(w for v in visits for w in v.waits)
    come = max(v.sent[0] for v in visits)
    settled = tuple(w for v in visits for at, w in zip(v.sent, v.waits, strict=True) if at > come)
    return Load(participants, len(waits), sum(v.tries_lost for v in visits), waits, settled, tuple(echoes))


async def listen(port: int, echoes: list[float]) -> None:
    """Note how long a byte takes to another process and back, ten times a second."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while True:
            begun = time.perf_counter()
            writer.write(b"x")
            await reader.readexactly(1)
            echoes.append(time.perf_counter() - begun)
            await asyncio.sleep(0.1)
    finally:
        writer.close()
        await writer.wait_closed()


def killed(folder: Folder, database: str, *, participants: int, pause: float, kills: int) -> list[str]:
    """Kill the server while people take part, start it again, as often as asked; say what is wrong in the end."""
    server = Server(folder.path, "--database", database, "--session-rate", "0")
    total = participants * len(folder.experiment.trials)
    seen = [Visit() for _ in range(participants)]

    async def all_of_it() -> None:
        people = asyncio.create_task(
            crowd(server.url, knowledge(folder), participants, pause=pause, arrive=0, tries=TRIES, seen=seen)
        )
        for k in range(kills):
            while (
                sum(len(v.acknowledged) for v in seen) < total * (k + 1) / (kills + 1) and not people.done()
            ):
                await asyncio.sleep(0.02)
            server.end(signal.SIGKILL)
            await asyncio.to_thread(server.start)
        await people

    try:
        asyncio.run(all_of_it())
        server.end(signal.SIGINT)
    finally:
        server.close()
    return problems(folder, database, seen)


def problems(folder: Folder, database: str, seen: list[Visit]) -> list[str]:
    """Compare what participants saw acknowledged with what is stored."""
    from trichotomy.experiments.application import open_answers

    answers = open_answers(folder, database)
    with answers.reading() as connection:
        people, rows = participant_rows(connection), answer_rows(connection)
    answers.close()
    trials = list(range(len(folder.experiment.trials)))
    stored: dict[str, list[tuple[int, float]]] = {p["participant"]: [] for p in people}
    for row in rows:
        stored[row["participant"]].append((row["trial"], row["rt_ms"]))
    wanted = sorted([list(zip(v.acknowledged, v.times, strict=True)) for v in seen])
    checks = (
        ("participants are lost or twice", len(people) == len(seen)),
        ("not everybody finished", all(v.state == "complete" for v in seen)),
        ("not everybody is complete in the database", all(p["state"] == "complete" for p in people)),
        ("trials were acknowledged out of order or twice", all(v.acknowledged == trials for v in seen)),
        ("what is stored is not what was acknowledged", sorted(stored.values()) == wanted),
        ("nothing was lost on its way, so nothing was tried", sum(v.tries_lost for v in seen) > 0),
    )
    return [sentence for sentence, well in checks if not well]


@contextmanager
def databases() -> Iterator[dict[str, Callable[[str], str]]]:
    """Where answers can go here: SQLite, and PostgreSQL where it is installed."""
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        found: dict[str, Callable[[str], str]] = {"SQLite": lambda name: str(place / f"{name}.sqlite")}
        try:
            url = stack.enter_context(postgres())
            found["PostgreSQL"] = lambda _: new_database(url)
        except UnavailableError as error:
            print(f"PostgreSQL is left out: {error}", file=sys.stderr)
        yield found


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--participants", type=int, default=100)
    parser.add_argument("--trials", type=int, default=40)
    options = parser.parse_args()
    met = True
    print(HEAD, "|---|---:|---:|---:|---:|---:|---:|---:|---|", sep="\n")
    with databases() as found, tempfile.TemporaryDirectory() as place:
        folder = experiment(Path(place), options.trials)
        for name, where in found.items():
            took = load(
                folder, where("load"), participants=options.participants, pause=1.5, arrive=ARRIVE_SECONDS
            )
            wrong = killed(open_folder(folder.path), where("killed"), participants=50, pause=0.3, kills=2)
            settled, echo = (milliseconds(x, 0.99) for x in (took.settled, took.echoes))
            met &= settled < WANTED_MS and not took.lost and not wrong
            said = "; ".join(wrong) or "all there, none twice, all finished"
            times = f"{took.quantile(0.5):.1f} | {took.quantile(0.99):.1f} | {settled:.1f} | {echo:.1f}"
            print(
                f"| {name} | {took.participants} | {took.answers:,} | {times} | {took.lost} | {said} |",
                flush=True,
            )
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
