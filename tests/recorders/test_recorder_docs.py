"""The examples of docs/recorders.md run, each with what a reader would have at hand."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pytest

import trichotomy as tri

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "recorders.md").read_text()
SECTIONS = {
    title: re.findall(r"```python\n(.+?)```", text, flags=re.DOTALL)
    for title, text in re.findall(r"^## (.+?)\n(.+?)(?=^## |\Z)", PAGE, flags=re.DOTALL | re.MULTILINE)
}
pytestmark = pytest.mark.filterwarnings("ignore")
rng = np.random.default_rng(0)
X, Y = rng.normal(size=(40, 6)).astype("float32"), rng.integers(3, size=40)


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def run(title, **names):
    for block in SECTIONS[title]:
        exec(compile(block, f"docs/recorders.md, {title}", "exec"), {"tri": tri, **names})


def test_all_sections_with_examples_are_tested():
    assert {title for title, examples in SECTIONS.items() if examples} == {
        "Any loop", "Lightning", "transformers", "Keras", "fastai", "scikit-learn",
    }  # fmt: skip


def test_any_loop():
    torch = pytest.importorskip("torch")
    second = tri.Recorder("run.resnet18-2.zarr", "resnet18/2", target=Y)
    second.add(X[:, :3])
    second.end(0)
    data = torch.utils.data.TensorDataset(torch.tensor(X), torch.arange(40))
    run(
        "Any loop", network=torch.nn.Linear(6, 3), train=lambda _: None, test_labels=Y,
        test_loader=torch.utils.data.DataLoader(data, 7, shuffle=True),
    )  # fmt: skip
    d = tri.open("run.zarr")
    assert d["epoch"].values.tolist() == list(range(11))
    assert tri.Store("run.zarr").pending() == [("resnet18/1", 0)]


def test_lightning(torchvision_importable):
    torch = pytest.importorskip("torch")
    lightning = pytest.importorskip("lightning.pytorch", reason="Lightning is not installed")

    class Net(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(6, 3)

        def training_step(self, batch, _):
            return torch.nn.functional.cross_entropy(self.layer(batch[0]), batch[1])

        def validation_step(self, batch, _):
            return self.layer(batch[0])

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.1)

    data = torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(Y), torch.arange(40))
    loader = torch.utils.data.DataLoader(data, 7)
    quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False, "accelerator": "cpu",
             "enable_model_summary": False, "devices": 1}  # fmt: skip
    run(
        "Lightning", Trainer=lightning.Trainer, trainer_epochs=2, network=Net(), training=loader, validation=loader,
        quiet=quiet,
    )  # fmt: skip
    assert tri.Store("lightning.zarr").pending() == []


def test_transformers(tmp_path):
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    pytest.importorskip("accelerate", reason="accelerate is not installed")

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(6, 3)

        def forward(self, x, labels=None):
            logits = self.layer(x)
            return {"loss": torch.nn.functional.cross_entropy(logits, labels), "logits": logits}

    arguments = transformers.TrainingArguments(
        str(tmp_path / "out"), num_train_epochs=2, use_cpu=True, report_to=[], save_strategy="no", disable_tqdm=True,
        eval_strategy="epoch",
    )  # fmt: skip
    rows = [{"x": torch.tensor(x), "labels": int(y)} for x, y in zip(X, Y, strict=True)]
    run("transformers", Trainer=transformers.Trainer, network=Net(), arguments=arguments, rows=rows)
    assert tri.Store("trainer.zarr").pending() == [("net", 0)]


def test_keras():
    pytest.importorskip("torch")
    os.environ.setdefault("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras", reason="Keras is not installed")
    model = keras.Sequential([keras.layers.Input((6,)), keras.layers.Dense(3)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    run("Keras", model=model, x=X, y=Y, x_test=X, y_test=Y)
    assert tri.Store("keras.zarr").pending() == []


def test_fastai():
    torch = pytest.importorskip("torch")
    pytest.importorskip("fastai", reason="fastai is not installed")
    from fastai.data.core import DataLoaders
    from fastai.learner import Learner

    data = torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(Y))
    loaders = DataLoaders(*(torch.utils.data.DataLoader(data, 8) for _ in range(2)))
    loss = torch.nn.functional.cross_entropy
    run("fastai", Learner=Learner, loaders=loaders, network=torch.nn.Linear(6, 3), loss=loss)
    assert tri.Store("fastai.zarr").pending() == [("net", 0)]


def test_scikit_learn():
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    from sklearn.ensemble import GradientBoostingClassifier
    from sklearn.linear_model import SGDClassifier

    boosted = GradientBoostingClassifier(n_estimators=10, max_depth=1).fit(X, Y)
    run(
        "scikit-learn",
        model=SGDClassifier(),
        X=X,
        y=Y,
        X_test=X,
        y_test=Y,
        classes=np.arange(3),
        boosted=boosted,
    )
    assert tri.Store("sgd.zarr").pending() == [("sgd", 0)]
    done = tri.Store("boosted.zarr").done()[0]
    assert np.flatnonzero(done).tolist() == [5, 10]
