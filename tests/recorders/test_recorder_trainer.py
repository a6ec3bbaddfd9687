"""transformers' own Trainer with the callback."""

from __future__ import annotations

import numpy as np
import pytest

import trichotomy as tri
from trichotomy.errors import InputError

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers", reason="transformers is not installed")
pytest.importorskip("accelerate", reason="accelerate is not installed")
pytestmark = pytest.mark.filterwarnings("ignore")

N = 22


class Rows(torch.utils.data.Dataset):
    def __init__(self):
        generator = torch.Generator().manual_seed(0)
        self.x, self.y = torch.randn(N, 6, generator=generator), torch.randint(3, (N,), generator=generator)

    def __len__(self):
        return N

    def __getitem__(self, k):
        return {"x": self.x[k], "labels": self.y[k]}


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(6, 3)

    def forward(self, x, labels=None):
        logits = self.layer(x)
        return {"loss": torch.nn.functional.cross_entropy(logits, labels), "logits": logits}


def trainer(folder, callback, net, **options):
    arguments = transformers.TrainingArguments(
        str(folder / "out"), num_train_epochs=2, per_device_eval_batch_size=5, per_device_train_batch_size=5,
        use_cpu=True, report_to=[], save_strategy="no", disable_tqdm=True, learning_rate=0.5, logging_strategy="no",
        **{"eval_strategy": "epoch", **options},
    )  # fmt: skip
    return transformers.Trainer(
        net, arguments, train_dataset=Rows(), eval_dataset=Rows(), callbacks=[callback],
        compute_metrics=callback.compute_metrics,
    )  # fmt: skip


def test_every_evaluation_is_recorded(tmp_path):
    recorder = tri.Recorder(
        tmp_path / "r.zarr", "net", epochs=2, items=[f"t{k}" for k in range(N)], target=Rows().y
    )
    seen = []

    def metrics(prediction):
        seen.append(np.asarray(prediction.predictions).argmax(axis=1).tolist())
        return {"accuracy": 0.5}

    run = trainer(tmp_path, tri.trainer_recorder(recorder, metrics=metrics), Net())
    run.evaluate()
    run.train()
    d = recorder.read()
    assert recorder.pending() == []
    assert d["response"].values[0].tolist() == seen
    assert seen[0] != seen[2]
    assert (d["target"].values == Rows().y.numpy()).all()


def test_an_evaluation_between_epochs_has_no_number(tmp_path):
    recorder = tri.Recorder(tmp_path / "r.zarr", "net", epochs=2)
    run = trainer(tmp_path, tri.trainer_recorder(recorder), Net(), eval_strategy="steps", eval_steps=2)
    with pytest.raises(InputError, match="lies between two"):
        run.train()
