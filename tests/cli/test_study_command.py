"""``trichotomy study`` and ``trichotomy demo`` as a person uses them."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

import trichotomy as tri

torch = pytest.importorskip("torch", reason="torch is not installed")

TRICHOTOMY = [sys.executable, "-m", "trichotomy"]
SMALL = """
conditions = ["base"]
longer = 0
[dataset]
train_per_class = 10
test_per_class = 5
[settings]
epochs = 2
batch_size = 12
milestones = [1]
[[condition]]
name = "order"
instances = [{ order = 1 }]
"""


@pytest.fixture(autouse=True)
def torch_as_it_was() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(False)
    torch.backends.cudnn.deterministic = False


def command(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*TRICHOTOMY, *arguments], cwd=folder, capture_output=True, text=True, check=False,
        env=os.environ | environment,
    )  # fmt: skip


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def workers_of(store: Path) -> list[int]:
    """Ids of the worker processes that carry out this study."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if (
                b"trichotomy.training.execution.worker" in words
                and str(store).encode() in words
                and state != "Z"
            ):
                found.append(int(entry.name))
    return found


def until(true: Callable[[], object], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)


def started(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*TRICHOTOMY, *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def epochs_in(store: Path) -> int:
    return len(list((store / "response").glob("c.*")))


def chunks(store: Path, observers: Sequence[int]) -> dict[str, bytes]:
    """What is recorded of some observers, as bytes."""
    return {
        f"{name}/{path.name}": path.read_bytes()
        for name in ("response", "p_target", "p_response", "measures")
        for path in (store / name).glob("c.*")
        if int(path.name.split(".")[1]) in observers
    }


# -------------------------------------------------------------------------------------------- a study from start to end


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("finished")
    (folder / "small.toml").write_text(SMALL)
    return folder, command(
        folder, "study", "gaussian", "--recipe", "small.toml", "--out", "a.zarr", "--workers", "1"
    )  # fmt: skip


def test_results_go_to_standard_output_and_progress_to_standard_error(finished):
    _, done = finished
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "2 of 2 networks are trained.",
        "Store: a.zarr",
        "Next:  trichotomy analyze a.zarr --out a-report",
    ]
    ended = [line for line in done.stderr.splitlines() if not line.startswith(("Training", "Reading"))]
    assert all(
        re.fullmatch(r"(base|order): accuracy 0\.\d{3} \([12] of 2 networks\)", line) for line in ended
    )
    assert len(ended) == 2


def test_what_comes_out_is_a_store(finished):
    folder, _ = finished
    d = tri.open(folder / "a.zarr")
    assert d["observer"].values.tolist() == ["base", "order"]
    assert (d["response"].values >= 0).all()
    assert sorted(p.name for p in folder.iterdir()) == ["a.zarr", "small.toml"]


def test_resuming_a_finished_study_says_so(run, finished):
    folder, _ = finished
    shutil.copytree(folder / "a.zarr", "a.zarr")
    shutil.copy(folder / "small.toml", "small.toml")
    before = tree(Path("a.zarr"))
    status, out, _ = run(
        "study", "gaussian", "--recipe", "small.toml", "--out", "a.zarr", "--resume", "--workers", "1"
    )
    assert (status, out.splitlines()[0]) == (0, "2 of 2 networks are trained.")
    assert tree(Path("a.zarr")) == before


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ([], "a.zarr exists already"),
        (["--resume", "--seed", "3"], "seed was 1312 and is 3"),
        (["--resume", "--threads", "2"], "machine threads was 1 and is 2"),
        (["--resume", "--precision", "bf16"], "machine precision was 'fp32' and is 'bf16'"),
        (["--resume", "--no-channels-last"], "machine channels_last was True and is False"),
        (["--resume", "--compile"], "machine compiled was False and is True"),
        (["--resume", "--device", "cpu", "--ranks", "2"], "machine ranks was 1 and is 2"),
        (["--device", "cpu", "--cuda-graphs"], "CUDA graphs are for GPUs, and the device is cpu"),
        (["--resume", "--keep-states", "all"], "keep_states was 'last' and is 'all'"),
        (["--resume", "--option", "test_per_class=4"], "test_per_class was 5 and is 4"),
    ],
)
def test_every_option_that_makes_another_study_is_refused_on_resuming(run, finished, more, sentence):
    folder, _ = finished
    shutil.copytree(folder / "a.zarr", "a.zarr")
    shutil.copy(folder / "small.toml", "small.toml")
    before = tree(Path())
    status, out, err = run("study", "gaussian", "--recipe", "small.toml", "--out", "a.zarr", *more)
    assert (status, out) == (2, "")
    assert sentence in err
    assert tree(Path()) == before


# ----------------------------------------------------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["gausian", "--out", "s.zarr"], "Did you mean gaussian"),
        (["imagefolder:absent", "--out", "s.zarr"], "absent"),
        (["cifar10", "--out", "s.zarr"], "--data"),
        (["gaussian"], "say where to: --out NAME.zarr"),
        (["gaussian", "--out", "."], "is the current folder"),
        (["gaussian", "--out", "taken.zarr"], "taken.zarr exists already"),
        (["gaussian", "--out", "taken.zarr", "--resume"], "taken.zarr cannot be resumed"),
        (["gaussian", "--out", "s3://bucket/s.zarr"], "a study is written to a folder"),
        (
            ["imagenet", "--data", "absent", "--out", "s.zarr"],
            "absent for the data set imagenet; check the path",
        ),
        (["gaussian", "--data", ".", "--out", "s.zarr"], "is read from no folder"),
        (["gaussian", "--recipe", "quik", "--out", "s.zarr"], "Did you mean quick"),
        (["gaussian", "--recipe", "absent.toml", "--out", "s.zarr"], "absent.toml"),
        (["gaussian", "--recipe", "nowhere:recipe", "--out", "s.zarr"], "nowhere:recipe cannot be loaded"),
        (["digits", "--recipe", "paper-resnet18", "--out", "s.zarr"], "imagenet, cifar100, gaussian"),
        (["gaussian", "--recipe", "mine.toml", "--out", "s.zarr"], "mine.toml: there is no setting"),
        (["gaussian", "--workers", "0", "--out", "s.zarr"], "at least one is needed"),
        (["gaussian", "--workers", "0", "--plan"], "at least one is needed"),
        (["gaussian", "--workers", "0", "--plan", "--card", "h100"], "at least one is needed"),
        (["gaussian", "--plan", "--card", "h1000"], "there is no card called 'h1000'. Did you mean h100"),
        (["gaussian", "--plan", "--card", "t4", "--precision", "bf16"], "NVIDIA T4 does not compute bf16"),
        (["gaussian", "--plan", "--card", "h100", "--peak-share", "0"], "share of the card's peak is 0"),
        (["gaussian", "--plan", "--peak-share", "0.3"], "name the card with --card"),
        (["gaussian", "--out", "s.zarr", "--card", "h100"], "--card is for --plan"),
        (["gaussian", "--out", "s.zarr", "--json"], "--json is for --plan"),
        (["gaussian", "--keep-states", "some", "--out", "s.zarr"], "all, last, none"),
        (["gaussian", "--seed", "-1", "--out", "s.zarr"], "seed is -1"),
        (["gaussian", "--option", "sise=3", "--out", "s.zarr"], "Did you mean size"),
        (["gaussian", "--option", "size", "--out", "s.zarr"], "is not NAME=VALUE"),
        (["gaussian", "--option", "size=big", "--out", "s.zarr"], "size of the data set gaussian"),
        (["gaussian", "--device", "gpu", "--out", "s.zarr"], "no device called 'gpu'"),
        (["gaussian", "--precision", "fp8", "--out", "s.zarr"], "fp32, bf16, fp16"),
    ],
)
def test_a_mistake_is_one_sentence_and_status_2(run, arguments, sentence):
    tri.write(tri.simulate(3, 20), "taken.zarr")
    Path("mine.toml").write_text("[settings]\nlearning_rat = 0.1\n")
    before = tree(Path())
    status, out, err = run("study", *arguments)
    assert (status, out) == (2, "")
    assert err.startswith("Error: ")
    assert sentence in err
    assert len(err.splitlines()) == 1
    assert tree(Path()) == before
    assert sorted(p.name for p in Path().iterdir()) == ["mine.toml", "taken.zarr"]


@pytest.mark.parametrize(
    ("option", "value"), [("--workers", "two"), ("--seed", "x"), ("--threads", "0"), ("--threads", "many")]
)
def test_what_is_no_such_number_is_status_2(run, option, value):
    status, out, err = run("study", "gaussian", "--out", "s.zarr", option, value)
    assert (status, out) == (2, "")
    assert f"Invalid value for '{option}'" in err
    assert "Traceback" not in err


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_gpu_that_is_not_there(run):
    status, _, err = run("study", "gaussian", "--device", "cuda", "--out", "s.zarr")
    assert status == 2
    assert "choose --device cpu" in err
    assert list(Path().iterdir()) == []


def test_without_data_set_it_is_status_2(run):
    status, _, err = run("study", "--out", "s.zarr")
    assert status == 2
    assert err.startswith("Error: say on what to train: trichotomy study DATASET")


def test_help_names_every_option(tmp_path):
    done = command(tmp_path, "study", "--help", TERMINAL_WIDTH="140")
    assert done.returncode == 0
    for option in (
        "--out", "--data", "--recipe", "--resume", "--workers", "--plan", "--keep-states", "--seed", "--option",
        "--device", "--precision", "--channels-last", "--no-channels-last", "--compile", "--threads", "--card",
        "--peak-share", "--json",
    ):  # fmt: skip
        assert option in done.stdout, option


def test_a_negative_seed_of_the_demo(run):
    status, _, err = run("demo", "--out", "x", "--seed", "-1")
    assert status == 2
    assert "seed is -1" in err
    assert list(Path().iterdir()) == []


# ------------------------------------------------------------------------------------------------------------ the plan


def test_the_plan_of_the_quick_study(run):
    status, out, _ = run("study", "gaussian", "--plan")
    assert status == 0
    lines = out.splitlines()
    assert lines[0] == "quick on gaussian: 2,000 training and 1,000 test images, 10 classes"
    table = {line.split()[0]: line.split()[1:3] for line in lines[2:15]}
    assert table == {
        "base": ["1", "25"], "nesterov": ["1", "15"], "half-batch": ["1", "15"], "initialization": ["5", "15"],
        "learning-rate": ["5", "15"], "nondeterministic": ["5", "15"], "order": ["5", "15"],
        "architecture": ["1", "15"], "half-data": ["2", "15"], "combined": ["5", "15"],
        "plus-1": ["-", "+1"], "plus-10": ["-", "+10"], "different-data": ["-", "-"],
    }  # fmt: skip
    rest = "\n".join(lines[15:])
    assert re.search(r"Networks   31 in \d+ lock-step groups of up to \d+\n", rest)
    assert "Epochs     475 in all, 15,200 steps\n" in rest
    assert "Decisions  506,000\n" in rest
    for line in (
        r"Disk +3.04 MB of decisions",
        r"Time +about [\d.]+ (seconds|minutes)",
        r"Energy +about .* kWh, .* CO2",
    ):
        assert re.search(line, rest), line
    assert "Assumed: time scaled up from" in rest
    assert "Note: nondeterministic is an emulation" in rest
    assert list(Path().iterdir()) == []


def test_the_plan_for_a_card_as_one_json_object(run):
    status, out, _ = run("study", "gaussian", "--plan", "--card", "RTX 4090", "--workers", "4", "--json")
    assert status == 0
    plan = json.loads(out)
    assert (plan["schema"], plan["runs"], plan["workers"], plan["device"]) == (
        1,
        31,
        4,
        "NVIDIA GeForce RTX 4090",
    )
    assert plan["state_bytes"].keys() == {"all", "last", "none"}
    assert [a["name"] for a in plan["architectures"]] == ["tiny-resnet", "tiny-plain"]
    assert {c["condition"]: c["networks"] for c in plan["conditions"]}["order"] == 5
    assert plan["seconds"] < plan["device_seconds"]
    assert plan["notes"] == []  # on a card nothing has to be emulated


def images(folder: Path, classes: int, count: int, size: tuple[int, int], *, like: str = "png") -> None:
    """A folder of noise per class; a few pictures under many names."""
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    rng = np.random.default_rng(0)
    encoded = []
    for _ in range(7):
        buffer = io.BytesIO()
        image.fromarray(rng.integers(0, 255, (*size, 3), dtype=np.uint8)).save(buffer, like)
        encoded.append(buffer.getvalue())
    for c in range(classes):
        place = folder / f"class{c}"
        place.mkdir(parents=True)
        for k in range(count):
            (place / f"{k:04d}.{like}").write_bytes(encoded[(c + k) % 7])


def test_the_plan_of_a_papers_study_of_imagenet(run, torchvision_importable):
    """Verbatim; the two architectures are really timed at 224 x 224 pixels."""
    images(Path("DIR/train"), 3, 2, (60, 48))
    images(Path("DIR/val"), 3, 2, (60, 48))
    status, out, _ = run("study", "imagenet", "--data", "DIR", "--recipe", "paper-resnet18", "--plan")
    assert status == 0
    assert out.startswith("paper-resnet18 on imagenet: 6 training and 6 test images, 3 classes\n")
    assert re.search(r"^base +1 +100  nothing$", out, re.M)
    assert re.search(r"^architecture +1 +90  densenet121$", out, re.M)
    assert "5 images with resnet18, 5 images with densenet121" in out
    assert "(--keep-states all)" in out
    assert "Note: The paper's DenseNet-121 ran at batch 64" in out
    assert [p.name for p in Path().iterdir()] == ["DIR"]


# ---------------------------------------------------------------------------------------------------- stopped, verbatim


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="workers are found through /proc")
def test_ctrl_c_stops_cleanly_and_says_how_to_go_on(tmp_path):
    """The commands of the quick study, verbatim; nothing survives them, and the second goes on where the first was."""
    store = tmp_path / "a.zarr"
    process = started(tmp_path, "study", "gaussian", "--recipe", "quick", "--out", "a.zarr")
    until(lambda: store.exists() and epochs_in(store) >= 12)
    assert len(workers_of(store)) == min(len(os.sched_getaffinity(0)), 31)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=180)
    assert process.returncode == 130
    assert workers_of(store) == []
    assert out == ""
    assert err.splitlines()[-1] == (
        "Interrupted. 0 of 31 networks are trained; every epoch finished is in the store. "
        "Go on with the same command and --resume."
    )
    assert "Traceback" not in err
    first = chunks(store, range(31))

    again = started(
        tmp_path, "study", "gaussian", "--recipe", "quick", "--out", "a.zarr", "--resume", "--workers", "1"
    )  # fmt: skip
    until(lambda: len(chunks(store, range(31))) > len(first) + 4)
    assert len(workers_of(store)) == 1
    again.kill()
    again.communicate()
    until(lambda: not workers_of(store), seconds=20)
    now = chunks(store, range(31))
    assert {name: now[name] for name in first} == first


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="workers are found through /proc")
@pytest.mark.long
def test_cifar10_from_a_folder(tmp_path):
    """Verbatim, with as many images as the recipe takes; stopped as soon as something is recorded."""
    images(tmp_path / "DIR" / "train", 10, 500, (32, 32))
    images(tmp_path / "DIR" / "test", 10, 200, (32, 32))
    store = tmp_path / "c.zarr"
    process = started(tmp_path, "study", "cifar10", "--data", "DIR", "--recipe", "quick", "--out", "c.zarr")
    until(lambda: store.exists() and epochs_in(store) >= 1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=180)
    assert process.returncode == 130
    assert "Go on with the same command and --resume." in err
    d = tri.open(store)
    assert (d.sizes["observer"], d.sizes["item"], d.sizes["epoch"]) == (31, 2000, 26)
    assert d["item"].values[0] == "test/class0/0000.png"
    assert str(d["path"].values[0]) == "test/class0/0000.png"
    assert tri.open(store).attrs["provenance"]["study"]["dataset"]["data"] == str(
        (tmp_path / "DIR").resolve()
    )
    until(lambda: not workers_of(store), seconds=20)


# --------------------------------------------------------------------------------------------- failures, on a terminal

FAILING = SMALL.replace("instances = [{ order = 1 }]", "instances = [{ learning_rate = 1e9 }]")


def test_a_network_that_fails_is_told_on_a_terminal_and_by_the_status(tmp_path):
    (tmp_path / "f.toml").write_text(FAILING)
    ours, theirs = pty.openpty()
    seen: list[bytes] = []

    def read() -> None:
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:  # the other side is closed
                return
            if not part:
                return
            seen.append(part)

    listener = threading.Thread(target=read)
    listener.start()
    done = subprocess.run(
        [*TRICHOTOMY, "study", "gaussian", "--recipe", "f.toml", "--out", "f.zarr", "--workers", "1"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=theirs, text=True, check=False,
        env=os.environ | {"COLUMNS": "100", "TERM": "xterm"},
    )  # fmt: skip
    os.close(theirs)
    listener.join(timeout=10)
    os.close(ours)
    assert done.returncode == 1
    assert done.stdout.splitlines() == ["1 of 2 networks are trained.", "Store: f.zarr"]
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", b"".join(seen).decode())
    assert "network" in shown
    assert "time left" in shown
    assert "Failed: order: the training loss is nan in epoch 1 (learning rate 1e+09)" in shown
    assert "Try those that failed again with the same command and --resume." in shown
    assert "Traceback" not in shown
    d = tri.open(tmp_path / "f.zarr")
    assert d["failure"].values.tolist() == ["", "the training loss is nan in epoch 1 (learning rate 1e+09)"]


# ------------------------------------------------------------------------------------- networks of torchvision and timm

SCHEMAS = """
import torch
names = torch.library.Library("torchvision", "DEF")
for operator in ("nms", "qnms", "roi_align"):
    names.define(f"{operator}() -> ()")
"""
VISION = """
conditions = ["base"]
longer = 0
[settings]
architecture = "resnet18"
epochs = 1
batch_size = 8
milestones = []
train = { crop = "none", flip = true }
test = { crop = "none" }
[[condition]]
name = "architecture"
instances = [{ architecture = "timm:test_resnet" }]
"""


@pytest.mark.long
def test_networks_of_torchvision_and_timm_in_workers(tmp_path, torchvision_importable):
    pytest.importorskip("timm")
    images(tmp_path / "DIR" / "train", 2, 8, (32, 32))
    images(tmp_path / "DIR" / "test", 2, 3, (32, 32))
    (tmp_path / "r.toml").write_text(VISION)
    (tmp_path / "sitecustomize.py").write_text(SCHEMAS)
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    done = command(
        tmp_path, "study", "imagefolder:DIR", "--recipe", "r.toml", "--out", "v.zarr", "--workers", "1",
        PYTHONPATH=path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    d = tri.open(tmp_path / "v.zarr").load()
    assert d["architecture"].values.tolist() == ["resnet18", "timm:test_resnet"]
    assert (d["response"].values >= 0).all()
    loss = d["measures"].sel(measure="train_loss").values
    assert np.isfinite(loss[:, 1]).all()
    versions = d.attrs["provenance"]["study"]["identity"]["versions"]
    assert {"torch", "torchvision", "timm"} <= set(versions)


# ------------------------------------------------------------------------------------------------------------ the demo


@pytest.mark.long  # make demo is it
def test_the_demo_runs_the_quick_study_and_reports_on_it(tmp_path):
    """All thirteen conditions, 31 networks, from nothing to the report: the one long test of this file."""
    done = command(tmp_path, "demo", "--out", "demo")
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["demo", "demo.zarr"]
    assert done.stdout.splitlines()[-2:] == ["Store:  demo.zarr", f"Report: {Path('demo/report.html')}"]
    assert done.stderr.count(" of 31 networks)") == 31
    d = tri.open(tmp_path / "demo.zarr").load()
    check_what_was_trained(d)
    check_accuracies(d)
    check_report(tmp_path / "demo")
    check_conditions(d)
    check_that_the_study_command_takes_it_up(tmp_path)


def check_what_was_trained(d: tri.Decisions) -> None:
    assert dict(d.sizes) == {"observer": 31, "epoch": 26, "item": 1000, "measure": 4}
    assert int((d["response"].values >= 0).all(axis=2).sum()) == 475 + 31
    assert set(map(str, d["failure"].values)) == {""}


def check_accuracies(d: tri.Decisions) -> None:
    right = (d["response"] == d["target"]).mean("item")
    last = right.sel(epoch=15).values
    assert last.min() > 0.60
    assert last.max() < 0.85
    assert abs(right.sel(observer="base", epoch=0).item() - 0.1) < 0.05


def check_report(folder: Path) -> None:
    """Trivial and impossible items are far more than observers of these accuracies would share by chance."""
    summary = json.loads((folder / "summary.json").read_text())
    assert (summary["items"], summary["observers"]) == (1000, 31)
    found = summary["difficulty"]["trivial"]["share"] + summary["difficulty"]["impossible"]["share"]
    null = summary["nulls"]["poisson_binomial"]
    by_chance = null["trivial"] + null["impossible"]
    assert found > 0.25
    assert by_chance < 0.01
    page = (folder / "report.html").read_text()
    assert "emulation" in page
    assert "different-data" in page


def check_conditions(d: tri.Decisions) -> None:
    """Before training whatever shares base's initial weights decides as base; after it nobody does."""
    base = d.sel(observer="base")["response"].values
    for observer in map(str, d["observer"].values):
        mine = d.sel(observer=observer)["response"].values
        name = observer.rstrip("12345").rstrip("-")
        as_base = name not in ("initialization", "architecture", "combined")
        assert np.array_equal(mine[0], base[0]) == as_base, observer
        if observer != "base":
            assert (mine[15] != base[15]).mean() > 0.002, observer  # by chance as few as one in a hundred


def check_that_the_study_command_takes_it_up(folder: Path) -> None:
    """It is the same study as the command's, verbatim; all is done, and an epoch that goes missing is trained again."""
    store = folder / "demo.zarr"
    before = without_notes(store)
    missing = store / "response" / "c.1.15.0"  # of nesterov
    missing.unlink()
    resume = ("study", "gaussian", "--recipe", "quick", "--out", "demo.zarr", "--resume", "--workers", "1")
    done = command(folder, *resume)
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == "31 of 31 networks are trained."
    assert re.findall(r"^(.+): accuracy", done.stderr, re.M) == ["nesterov"]
    assert without_notes(store) == before


def without_notes(store: Path) -> dict[str, bytes]:
    """What a store holds, but for when and where its networks were trained."""
    return {name: content for name, content in tree(store).items() if not name.startswith("study/notes/")}
