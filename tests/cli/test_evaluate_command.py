"""``trichotomy evaluate`` as a person uses it."""

from __future__ import annotations

import json
import sys
import tarfile
from pathlib import Path

import pytest

import trichotomy as tri

torch = pytest.importorskip("torch")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "evaluation"))
from pictures import write_pictures  # noqa: E402

NETS = """
import torch
from torch import nn
from trichotomy.evaluation import Crop

def made(seed, classes=3):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Flatten(), nn.Linear(48, classes)), Crop(resize=5, crop=4)

def one():
    return made(1)

def two():
    return made(2)

def wrong():
    return made(3, classes=4)
"""


@pytest.fixture
def images(run, monkeypatch) -> Path:
    """Pictures, and three networks in a module beside them."""
    Path("nets_for_command.py").write_text(NETS)
    yield write_pictures(Path("images"))
    sys.modules.pop("nets_for_command", None)


def models(*names: str) -> str:
    return ",".join(f"nets_for_command:{name}" for name in names)


def told(err: str) -> list[str]:
    return [line for line in err.splitlines() if not line.startswith("Evaluating: ")]


def test_from_images_to_a_report(run, images):
    status, out, err = run(
        "evaluate", "--data", "images", "--models", models("one", "two"), "--out", "x.zarr"
    )
    assert status == 0
    assert told(err) == [
        "Note: the classes of nets_for_command:one, nets_for_command:two were taken in the data's order, since their "
        "names could not be compared."
    ]
    assert "2 of 2 models answered 18 images." in out
    assert out.splitlines()[-1] == "Next:  trichotomy analyze x.zarr --out x-report"
    status, _, _ = run("analyze", "x.zarr", "--out", "x-report")
    assert status == 0
    assert Path("x-report/report.html").is_file()
    status, _, err = run("evaluate", "--data", "images", "--models", models("one"), "--out", "x.zarr")
    assert status == 2
    assert "exists already" in err


def test_a_model_that_fails_ends_with_status_1(run, images):
    arguments = (
        "evaluate",
        "--data",
        "images",
        "--models",
        models("wrong"),
        "--models",
        models("one"),
        "--out",
        "x.zarr",
    )
    status, out, err = run(*arguments)
    assert status == 1
    assert "FAILED nets_for_command:wrong: 'nets_for_command:wrong' has 4 outputs" in err
    assert "1 of 2 models answered 18 images." in out
    status, out, _ = run(*arguments, "--resume", "--json")
    assert status == 1
    found = json.loads(out)
    assert [m["failure"] is None for m in found["models"]] == [False, True]
    assert found["items"] == 18


def test_mapping_features_and_layers(run, images):
    Path("m.csv").write_text("fine,coarse\n0,winged\n1,winged\n2,walking\n")
    Path("t.csv").write_text(
        "image,label\n"
        + "".join(f"{c}/{k}.png,{i}\n" for i, c in enumerate(("ape", "bee", "cow")) for k in range(6))
    )
    status, out, err = run(
        "evaluate", "--data", "images", "--models", models("one", "two"), "--out", "x.zarr", "--features", "f.zarr",
        "--layer", "penultimate", "--layer", "logits",
    )  # fmt: skip
    assert status == 0, err
    status, out, _ = run("similarity", "x.zarr", "--features", "f.zarr", "--layer", "logits", "--out", "s")
    assert status == 0
    assert "Mean similarity of 2 networks" in out


ONE = ["--models", "nets_for_command:one", "--data", "images", "--out", "x.zarr"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "say which models: --models SPEC"),
        (["--models", "nets_for_command:one"], "say where to: --out NAME.zarr"),
        (["--models", "tim:resnet18", "--data", "images", "--out", "x.zarr"], "there is no module 'tim'"),
        (["--models", "resnet18", "--data", "images", "--out", "x.zarr"], "no source or set of models called"),
        (["--models", "nets_for_command:one", "--out", "x.zarr"], "there are no images to evaluate"),
        (["--models", "nets_for_command:one", "--data", "none", "--out", "x.zarr"], "there is no folder none"),
        (["cifra10", "--models", "nets_for_command:one", "--out", "x.zarr"], "Did you mean cifar10"),
        ([*ONE, "--layer", "x"], "--layer is of --features"),
        ([*ONE, "--split", "val"], "no split called 'val'"),
        ([*ONE, "--combine", "sum"], "combine is of a mapping"),
        ([*ONE, "--mapping", "no.csv"], "cannot be read"),
        (["--models", "nets_for_command:one", "--data", "images", "--out", "images"], "exists already"),
    ],
)  # fmt: skip
def test_wrong_input_is_one_sentence_and_leaves_nothing(run, images, arguments, said):
    status, out, err = run("evaluate", *arguments)
    assert (status, out) == (2, "")
    (sentence,) = told(err)
    assert sentence.startswith("Error: ")
    assert said in sentence
    assert not Path("x.zarr").exists()


def test_ctrl_c_says_how_to_go_on(run, images, monkeypatch):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    arguments = ("evaluate", "--data", "images", "--models", models("one"), "--out", "x.zarr")
    with monkeypatch.context() as patch:
        patch.setattr("trichotomy.evaluation.passes.Pass.run", stopped)
        status, out, err = run(*arguments)
    assert (status, out) == (130, "")
    assert told(err) == ["Interrupted. Go on with the same command and --resume."]
    status, _, _ = run(*arguments, "--resume")
    assert status == 0
    assert (tri.open("x.zarr")["response"].values >= 0).all()


def test_the_named_sets(run):
    status, out, err = run("evaluate", "--list")
    assert (status, err) == (0, "")
    assert out.startswith("paper-sota:\n  simclr-resnet50x1: torchvision:resnet50, 69.1% expected")
    assert "lacking: pip install git+https://github.com/dicarlolab/CORnet" in out
    status, out, _ = run("evaluate", "--list", "--json", "--models", "timm:resnet18")
    assert status == 0
    (model,) = json.loads(out)["models"]
    assert (model["id"], model["set"]) == ("timm:resnet18", None)


def test_cifar10_from_end_to_end(run, reference):
    """Birds, dogs and frogs of CIFAR-10, told apart by their pixels with ridge regression."""
    archive = reference / "cifar-10" / "c10_jpeg.tar.xz"
    if not archive.is_file():
        pytest.skip(f"there is no {archive}")
    classes = ("bird", "dog", "frog")
    unpack(archive, classes, fit=200, test=100)
    Path("ridge_for_command.py").write_text(RIDGE)
    weak, strong = "ridge_for_command:weak", "ridge_for_command:strong"
    arguments = ("evaluate", "--data", "test", "--models", f"{weak},{strong}", "--out", "x.zarr")
    status, out, err = run(*arguments, "--json")
    assert (status, told(err)) == (0, [])
    found = json.loads(out)
    assert (found["items"], found["warnings"], found["notes"]) == (300, [], [])
    assert all(0.45 < m["top1"] < 0.8 for m in found["models"])
    d = tri.open("x.zarr")
    assert d.attrs["classes"] == list(classes)
    assert d.attrs["provenance"]["models"][weak]["classes"] == "the same names in the same order"
    assert float(tri.error_consistency(d)["kappa"].max()) > 0.3
    sys.modules.pop("ridge_for_command")


RIDGE = """
from pathlib import Path
import torch
from PIL import Image
from torch import nn
from trichotomy.evaluation import Crop

def fitted(penalty):
    crop = Crop(resize=(8, 8), mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25))
    classes = sorted(path.name for path in Path("fit").iterdir())
    files = [(k, path) for k, name in enumerate(classes) for path in Path("fit", name).iterdir()]
    x = torch.stack([crop(Image.open(path)) for _, path in files]).flatten(1)
    x = torch.cat([x, torch.ones(len(x), 1)], 1).double()
    y = nn.functional.one_hot(torch.tensor([k for k, _ in files])).double()
    w = torch.linalg.solve(x.T @ x + penalty * torch.eye(x.shape[1]), x.T @ y).float()
    network = nn.Sequential(nn.Flatten(), nn.Linear(192, len(classes)))
    network[1].weight.data, network[1].bias.data = w[:-1].T.contiguous(), w[-1].clone()
    network.classes = classes
    return network, crop

def weak():
    return fitted(10000.0)

def strong():
    return fitted(100.0)
"""


def unpack(archive: Path, classes: tuple[str, ...], *, fit: int, test: int) -> None:
    """Write ``fit/<class>/`` and ``test/<class>/`` from the first training images of some classes."""
    left = dict.fromkeys(classes, fit + test)
    with tarfile.open(archive, "r|xz") as content:
        for member in content:
            name = Path(member.name).parent.name
            if member.isfile() and left.get(name):
                left[name] -= 1
                place = Path("fit" if left[name] >= test else "test", name, Path(member.name).name)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content.extractfile(member).read())
                if not any(left.values()):
                    return
