"""Killed or stopped at any moment and taken up again, a study comes out as if it had not been; another is refused."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from processes import until, workers_of
from small_study import (
    ARRAYS,
    CONDITIONS,
    OF_CHANCE,
    SMALL,
    InProcess,
    carried_out,
    chunk,
    chunks,
    differing,
    of_two,
    only,
)

import trichotomy as tri
from trichotomy.decisions import Store
from trichotomy.errors import InputError, TrichotomyError
from trichotomy.training import Condition, Event, Outcome, Plan, study
from trichotomy.training.job import STATES, Workplace
from trichotomy.training.states import ENTROPY

HERE = Path(__file__).parent
POINTS = 12


class StoppedError(Exception):
    """Ends a study from within."""


class Stopping:
    """Carries out runs here until one has come to some epoch."""

    def __init__(self, observer: str, epoch: int) -> None:
        self._last = observer, epoch

    def execute(self, store: Path, groups: Sequence[Sequence[str]]) -> Generator[Event]:
        place = Workplace(store, "cpu")

        def told(event: Event) -> None:
            if event.kind == "epoch" and (event.observer, event.epoch) == self._last:
                raise StoppedError

        for group in groups:
            place.run(group, told)
            yield from (Event(observer=observer, kind="done") for observer in group)


class Planting(InProcess):
    """Gives networks of chance the seed that others drew from the operating system."""

    def __init__(self, entropy: str) -> None:
        self._entropy = entropy

    def execute(self, store: Path, groups: Sequence[Sequence[str]]) -> Generator[Event]:
        folder = store / STATES / OF_CHANCE
        folder.mkdir(parents=True)
        (folder / ENTROPY).write_text(self._entropy)
        yield from super().execute(store, groups)


def stopped(out: Path, recipe: Any, observer: str = "base", epoch: int = 1) -> Path:
    with pytest.raises(StoppedError):
        carried_out(out, recipe, lockstep=1, executor=Stopping(observer, epoch))
    return out


def resumed(out: Path, recipe: Any, **options: Any) -> tuple[Outcome, list[Event]]:
    """Take a study up again, and what was told."""
    events: list[Event] = []
    outcome = study(
        "gaussian", out, recipe=recipe, resume=True, executor=InProcess(), told=events.append, **options
    )  # fmt: skip
    return outcome, events


def epochs_done(events: Sequence[Event], observer: str) -> list[int]:
    return [e.epoch for e in events if e.kind == "epoch" and e.observer == observer]


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def every_epoch_saved(monkeypatch) -> None:
    """As it is where an epoch takes longer than a few seconds."""
    monkeypatch.setattr("trichotomy.training.states.PACE_SECONDS", 0)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """The study of two networks, uninterrupted."""
    return carried_out(tmp_path_factory.mktemp("whole") / "s.zarr", of_two())


# ---------------------------------------------------------------------------------------------- killed with SIGKILL


def killing(folder: Path, points: int) -> Path:
    done = subprocess.run(
        [sys.executable, str(HERE / "killed.py"), str(folder), str(points)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def killed(tmp_path_factory) -> Path:
    return killing(tmp_path_factory.mktemp("killed"), POINTS)


def check_killed(folder: Path, point: int, whole: Path, aside: Path) -> None:
    store, copy = (folder / f"{point}{end}" / "s.zarr" for end in ("", "-copy"))
    assert len(chunks(store)) == 2 * 3 * len(ARRAYS)
    assert differing(store, whole) == []
    assert differing(store, copy) == []
    entropy, again = ((s / STATES / OF_CHANCE / ENTROPY).read_text() for s in (store, copy))
    if entropy == again:  # it had been drawn when the process was killed
        assert differing(store, copy, besides="none") == []
    through = carried_out(aside / f"{point}.zarr", of_two(), executor=Planting(entropy))
    assert differing(store, through, besides="none") == []
    kept = {p.name for p in (store / STATES / "base").iterdir()}
    assert kept == {"epoch-0002.safetensors", "optimizer.safetensors"}


@pytest.mark.parametrize("point", range(POINTS))
def test_killed_at_any_file_and_resumed_it_is_the_same(killed, point, whole, tmp_path):
    """Also the network of chance, and also when the store itself was not complete yet."""
    check_killed(killed, point, whole, tmp_path)


def test_the_points_reach_into_the_making_of_the_store_and_into_training(killed):
    drawn = [
        (killed / f"{p}-copy/s.zarr" / STATES / OF_CHANCE / ENTROPY).read_text()
        == (killed / f"{p}/s.zarr" / STATES / OF_CHANCE / ENTROPY).read_text()
        for p in range(POINTS)
    ]
    assert True in drawn
    assert False in drawn


@pytest.mark.long
def test_killed_at_many_more_files(tmp_path, whole):
    points = 150
    (tmp_path / "killed").mkdir()
    folder = killing(tmp_path / "killed", points)
    for point in range(points):
        check_killed(folder, point, whole, tmp_path)


MINUTES = """
conditions = ["base"]
longer = 0
keep_states = "last"
[dataset]
train_per_class = 10
test_per_class = 5
[settings]
epochs = 30
batch_size = 10
milestones = [2]
[[condition]]
name = "nondeterministic"
instances = [{ nondeterministic = true }]
[[condition]]
name = "order"
instances = [{ order = 1 }, { order = 2 }]
"""
"""A recipe whose four networks take some seconds; two workers begin with base and the one of chance."""
EPOCHS = 31


def command(out: Path, *more: str) -> list[str]:
    return [
        sys.executable, "-m", "trichotomy", "study", "gaussian", "--recipe", str(out.parent / "r.toml"),
        "--out", str(out), *more,
    ]  # fmt: skip


def count_done(store: Path) -> int:
    return len(list((store / "response").glob("c.*")))


@pytest.fixture(scope="module")
def killed_processes(tmp_path_factory) -> Iterator[Path]:
    """A study killed twice at random moments, once the parent alone and once with its workers, before it finished."""
    out = tmp_path_factory.mktemp("processes") / "s.zarr"
    (out.parent / "r.toml").write_text(MINUTES)
    chance = random.Random(13)
    for workers, everything in (("2", False), ("1", True)):
        before = count_done(out) if out.exists() else 0
        enough = before + chance.randint(10, 35)
        process = subprocess.Popen(
            command(out, "--resume", "--workers", workers),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        until(lambda enough=enough: out.exists() and count_done(out) >= enough)
        mine = workers_of(out)
        assert len(mine) == int(workers)
        process.kill()
        if everything:
            for pid in mine:
                os.kill(pid, signal.SIGKILL)
        process.wait()
        until(lambda: not workers_of(out), seconds=20)
        assert count_done(out) < 4 * EPOCHS
    yield out
    assert not workers_of(out)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="workers are found through /proc")
def test_killed_processes_go_on_as_if_they_had_not_been(killed_processes, tmp_path):
    """With another number of workers each time; and no worker outlives its parent."""
    out = killed_processes
    entropy = (out / STATES / OF_CHANCE / ENTROPY).read_text()
    recipe = str(out.parent / "r.toml")
    assert not resumed(out, recipe)[0].failed
    through = carried_out(tmp_path / "s.zarr", recipe, executor=Planting(entropy))
    assert len(chunks(through)) == 4 * EPOCHS * len(ARRAYS)
    assert differing(out, through, besides="none") == []


# ------------------------------------------------------------------------------------------------ states and chunks


def test_it_goes_on_from_the_latest_state(tmp_path, small_store):
    out = stopped(tmp_path / "s.zarr", SMALL, "base", 5)
    outcome, events = resumed(out, SMALL)
    assert not outcome.failed
    assert epochs_done(events, "base") == list(range(6, 14))
    assert epochs_done(events, "nesterov") == [0, 1, 2, 3]
    assert differing(out, small_store) == []


@pytest.mark.parametrize("keep", ["all", "last"])
@pytest.mark.parametrize("epoch", [0, 1, 2])
@pytest.mark.usefixtures("every_epoch_saved")
def test_it_goes_on_after_every_epoch_that_was_saved(tmp_path, whole, keep, epoch):
    recipe = replace(of_two(), keep_states=keep)
    out = stopped(tmp_path / "s.zarr", recipe, "base", epoch)
    outcome, events = resumed(out, recipe)
    assert outcome.finished == ("base", OF_CHANCE)
    assert epochs_done(events, "base") == list(range(epoch + 1, 3))
    assert differing(out, whole) == []
    assert (out / STATES / "base").exists()


@pytest.mark.parametrize("keep", ["last", "none"])
def test_epochs_that_were_recorded_after_the_latest_state_are_done_again(tmp_path, whole, keep):
    """Of a quick network no state was saved yet; what is recorded again is the same."""
    recipe = replace(of_two(), keep_states=keep)
    out = stopped(tmp_path / "s.zarr", recipe, "base", 1)
    before = {path: path.read_bytes() for path in (out / "response").glob("c.*")}
    assert len(before) == 2
    assert not list((out / STATES).glob("base/*.safetensors"))
    outcome, events = resumed(out, recipe)
    assert outcome.finished == ("base", OF_CHANCE)
    assert epochs_done(events, "base") == [0, 1, 2]
    assert differing(out, whole) == []
    assert all(path.read_bytes() == content for path, content in before.items())
    kept = [path.name for path in (out / STATES).glob("base/epoch-*")]
    assert kept == ([] if keep == "none" else ["epoch-0002.safetensors"])


@pytest.mark.parametrize("name", ["optimizer.safetensors", "epoch-0001.safetensors"])
@pytest.mark.parametrize("damage", ["empty", "half", "one bit", "gone"])
@pytest.mark.usefixtures("every_epoch_saved")
def test_a_damaged_state_is_not_taken_for_one(tmp_path, whole, name, damage):
    """The network starts again from the beginning, and comes out the same."""
    out = stopped(tmp_path / "s.zarr", of_two(), "base", 1)
    path = out / STATES / "base" / name
    content = path.read_bytes()
    path.unlink()
    if damage != "gone":
        flipped = content[:-20] + bytes([content[-20] ^ 1]) + content[-19:]
        path.write_bytes({"empty": b"", "half": content[: len(content) // 2], "one bit": flipped}[damage])
    outcome, events = resumed(out, of_two())
    assert not outcome.failed
    assert epochs_done(events, "base") == [0, 1, 2]
    assert differing(out, whole) == []


@pytest.mark.parametrize("epoch", [0, 1, 2, 3])
def test_a_chunk_that_is_gone_is_recorded_again(tmp_path, small_store, epoch):
    recipe = only("order")
    out = carried_out(tmp_path / "s.zarr", recipe)
    before = chunks(out)
    chunk(out, "response", "order-2", epoch).unlink()
    outcome, events = resumed(out, recipe)
    assert not outcome.failed
    assert {e.observer for e in events} == {"order-2"}
    assert chunks(out) == before


def test_a_network_of_chance_repeats_itself_once_its_seed_is_drawn(tmp_path):
    out = carried_out(tmp_path / "s.zarr", of_two())
    before = chunks(out)
    shutil.copytree(out, tmp_path / "copy.zarr")
    chunk(out, "response", OF_CHANCE, 1).unlink()
    resumed(out, of_two())
    assert chunks(out) == before


def test_resuming_a_finished_study_trains_and_changes_nothing(tmp_path):
    out = carried_out(tmp_path / "s.zarr", of_two())
    before = tree(out)
    left: list[Sequence[str]] = []
    outcome, events = resumed(out, of_two(), planned=lambda _, todo: left.append(todo))
    assert outcome.finished == ("base", OF_CHANCE)
    assert (events, left, outcome.failed) == ([], [[]], {})
    assert tree(out) == before


def test_resuming_where_nothing_is_starts(tmp_path, whole):
    outcome, events = resumed(tmp_path / "s.zarr", of_two())
    assert not outcome.failed
    assert epochs_done(events, "base") == [0, 1, 2]
    assert differing(tmp_path / "s.zarr", whole) == []


def test_the_groups_left_are_told(tmp_path):
    recipe = only("nesterov", "half-batch", "order", longer=4)
    out = stopped(tmp_path / "s.zarr", recipe, "nesterov", 2)
    plans: list[tuple[Plan, Sequence[Sequence[str]]]] = []
    resumed(out, recipe, planned=lambda plan, left: plans.append((plan, left)), workers=1)
    (plan, left) = plans[0]
    assert left == [("nesterov", "half-batch"), *((f"order-{k}",) for k in range(1, 6))]  # base is done
    assert len(plan.runs) == 8


# ------------------------------------------------------------------------------------------------------- refusals


@pytest.fixture
def finished(tmp_path, whole) -> Path:
    return shutil.copytree(whole, tmp_path / "s.zarr")


def refused(out: Path, **options: Any) -> str:
    """The sentence with which a resumed study is refused; nothing is changed."""
    before = tree(out)
    with pytest.raises(InputError) as caught:
        study(options.pop("dataset", "gaussian"), out, resume=True, executor=InProcess(), **options)
    assert tree(out) == before
    return str(caught.value)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"seed": 2}, "seed was 1312 and is 2"),
        ({"keep_states": "all"}, "keep_states was 'last' and is 'all'"),
        ({"options": {"seed": 3}}, "dataset options seed was None and is 3"),
        ({"options": {"seed": 3}}, "identity data train was "),
        ({"options": {"test_per_class": 4}}, "test_per_class was 5 and is 4"),
        ({"machine": "threads"}, "machine threads was 1 and is 2"),
        ({"machine": "bf16"}, "machine precision was 'fp32' and is 'bf16'"),
        ({"recipe": "nesterov"}, "settings nesterov was False and is True"),
        ({"recipe": "more"}, "conditions was "),
    ],
)
def test_another_study_is_refused_and_what_differs_is_named(finished, changes, sentence):
    from trichotomy.training import Machine

    options: dict[str, Any] = {"recipe": of_two(), **changes}
    if "machine" in options:
        options["machine"] = {"threads": Machine(threads=2), "bf16": Machine(precision="bf16")}[
            changes["machine"]
        ]
    if changes.get("recipe") == "nesterov":
        settings = of_two().settings.with_changes({"nesterov": True})
        options["recipe"] = replace(of_two(), settings=settings)
    if changes.get("recipe") == "more":
        more = Condition("order", "order", ({"order": 1},))
        options["recipe"] = replace(of_two(), conditions=(*of_two().conditions, more))
    said = refused(finished, **options)
    assert sentence in said
    assert "s.zarr holds another study" in said
    assert "--out" in said


def test_another_data_set_is_refused(finished):
    pytest.importorskip("sklearn")
    said = refused(finished, dataset="digits", recipe=replace(of_two(), dataset={}))
    assert "dataset name was 'gaussian' and is 'digits'" in said


def test_versions_that_differ_are_named(finished, monkeypatch):
    from trichotomy.training import identity

    real = identity.version
    monkeypatch.setattr(identity, "version", lambda name: "1.0" if name == "torch" else real(name))
    assert "identity versions torch was '" in refused(finished, recipe=of_two())


def test_changed_code_is_refused(finished, tmp_path):
    """A comment more in the loop is another program; said by the command, run with a copy of the package."""
    source = tmp_path / "src"
    shutil.copytree(Path(tri.__file__).parent, source / "trichotomy")
    with (source / "trichotomy" / "training" / "loop.py").open("a") as file:
        file.write("# one line more\n")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from small_study import *; "
        "study('gaussian', sys.argv[2], recipe=of_two(), resume=True, executor=InProcess())"
    )
    before = tree(finished)
    environment = os.environ | {"PYTHONPATH": f"{source}{os.pathsep}{HERE}"}
    done = subprocess.run(
        [sys.executable, "-c", code, str(source), str(finished)],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    assert "InputError" in done.stderr
    assert "identity code was " in done.stderr
    assert "identity data" not in done.stderr
    assert tree(finished) == before


NETWORK = "from trichotomy.models.tiny import tiny_plain as network\n"


def test_changed_code_of_a_users_network_is_refused(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "my_own_network.py").write_text(NETWORK)
    mine = Condition("mine", "network", ({"architecture": "my_own_network:network"},))
    recipe = replace(only(), conditions=(CONDITIONS[0], mine))
    out = carried_out(tmp_path / "s.zarr", recipe)
    assert resumed(out, recipe)[0].finished == ("base", "mine")
    (tmp_path / "my_own_network.py").write_text(NETWORK + "# changed\n")
    assert "identity code was " in refused(out, recipe=recipe)


def test_changed_code_deep_in_a_users_package_is_refused(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    package = tmp_path / "my_own_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "layers.py").write_text(NETWORK)
    (package / "networks.py").write_text("from my_own_package.layers import network\n")
    mine = Condition("mine", "network", ({"architecture": "my_own_package.networks:network"},))
    recipe = replace(only(), conditions=(CONDITIONS[0], mine))
    out = carried_out(tmp_path / "s.zarr", recipe)
    (package / "layers.py").write_text(NETWORK + "# changed\n")
    assert "identity code was " in refused(out, recipe=recipe)


def test_without_resume_what_is_there_is_refused(finished):
    before = tree(finished)
    with pytest.raises(InputError, match=r"s\.zarr exists already"):
        study("gaussian", finished, recipe=of_two(), executor=InProcess())
    assert tree(finished) == before


def test_force_replaces_a_store_and_nothing_else(finished, tmp_path):
    carried_out(finished, only(), force=True)
    assert Store(finished).observers == ["base"]
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("keep")
    with pytest.raises(InputError, match="is not a store"):
        study("gaussian", tmp_path / "notes", recipe=only(), force=True, executor=InProcess())
    assert (tmp_path / "notes" / "a.txt").read_text() == "keep"


def test_decisions_that_are_no_study_cannot_be_resumed(tmp_path):
    tri.write(tri.simulate(3, 20), tmp_path / "d.zarr")
    before = tree(tmp_path)
    with pytest.raises(InputError, match=r"d\.zarr cannot be resumed"):
        study("gaussian", tmp_path / "d.zarr", recipe=of_two(), resume=True)
    assert tree(tmp_path) == before


def test_a_folder_that_is_no_store_cannot_be_resumed(tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("keep")
    with pytest.raises(InputError, match="cannot be resumed: there is no store"):
        study("gaussian", tmp_path / "notes", recipe=of_two(), resume=True)


@pytest.mark.parametrize(
    "options",
    [
        {"recipe": "quik"},
        {"seed": -1},
        {"keep_states": "some"},
        {"workers": 0},
        {"options": {"sise": 3}},
        {"data": "absent"},
        {"recipe": replace(only(), settings=SMALL.settings.with_changes({"architecture": "nowhere:net"}))},
        {"out": "memory://s"},
    ],
)
@pytest.mark.parametrize("resume", [True, False])
def test_a_refused_study_leaves_nothing_behind(tmp_path, monkeypatch, options, resume):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TrichotomyError):
        study("gaussian", **{"out": "s.zarr", "recipe": of_two(), **options}, resume=resume)
    assert list(tmp_path.iterdir()) == []
