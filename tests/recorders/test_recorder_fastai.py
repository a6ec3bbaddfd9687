"""fastai's own learner with the callback."""

from __future__ import annotations

import pytest

import trichotomy as tri

torch = pytest.importorskip("torch")
pytest.importorskip("fastai", reason="fastai is not installed")
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("named", [True, False])
def test_every_epoch_is_recorded(tmp_path, named):
    from fastai.callback.progress import ProgressCallback
    from fastai.data.core import DataLoaders
    from fastai.learner import Learner

    torch.manual_seed(0)
    x, y = torch.randn(50, 6), torch.randint(3, (50,))
    data = torch.utils.data.TensorDataset(x, y)
    loaders = DataLoaders(
        torch.utils.data.DataLoader(data, 8, shuffle=True), torch.utils.data.DataLoader(data, 8)
    )
    recorder = tri.Recorder(tmp_path / "r.zarr", "net", epochs=[1, 2])
    items = [f"i{k}" for k in range(50)] if named else None
    learner = Learner(
        loaders, torch.nn.Linear(6, 3), loss_func=torch.nn.functional.cross_entropy,
        cbs=[tri.fastai_recorder(recorder, items=items)],
    )  # fmt: skip
    learner.remove_cb(ProgressCallback)
    with learner.no_logging():
        learner.fit(2, lr=0.1)
    d = recorder.read()
    assert recorder.pending() == []
    assert (d["response"].values[0, 1] == learner.model(x).argmax(dim=1).numpy()).all()
    assert (d["target"].values == y.numpy()).all()
