"""Lightning's own trainer with the callback."""

from __future__ import annotations

import pytest

import trichotomy as tri
from trichotomy.errors import InputError

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore")

N = 30


class Data(torch.utils.data.Dataset):
    def __init__(self, with_index=True):
        generator = torch.Generator().manual_seed(0)
        self.x, self.y = torch.randn(N, 6, generator=generator), torch.randint(3, (N,), generator=generator)
        self.with_index = with_index

    def __len__(self):
        return N

    def __getitem__(self, k):
        return (self.x[k], self.y[k], k) if self.with_index else (self.x[k], self.y[k])


@pytest.fixture(scope="module")
def lightning(torchvision_importable):
    """Lightning imports torchvision where there is one."""
    return pytest.importorskip("lightning.pytorch", reason="Lightning is not installed")


@pytest.fixture
def network(lightning):
    class Net(lightning.LightningModule):
        def __init__(self, returns=True):
            super().__init__()
            self.layer, self.returns, self.seen = torch.nn.Linear(6, 3), returns, []

        def training_step(self, batch, _):
            return torch.nn.functional.cross_entropy(self.layer(batch[0]), batch[1])

        def validation_step(self, batch, _):
            logits = self.layer(batch[0])
            return {"logits": logits} if self.returns else None

        def on_validation_epoch_end(self):
            if not self.trainer.sanity_checking:
                self.seen.append(self.layer(Data().x).argmax(dim=1).tolist())

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=1.0)

    return Net


@pytest.fixture
def trainer(lightning):
    def trainer(callback):
        return lightning.Trainer(
            max_epochs=2, accelerator="cpu", devices=1, logger=False, enable_checkpointing=False, callbacks=[callback],
            enable_progress_bar=False, enable_model_summary=False,
        )  # fmt: skip

    return trainer


def loader(data, *, shuffle):
    return torch.utils.data.DataLoader(data, batch_size=7, shuffle=shuffle)


def test_validation_before_and_within_training_is_recorded(tmp_path, network, trainer):
    recorder = tri.Recorder(tmp_path / "r.zarr", "net", epochs=2)
    net, fit = network(), trainer(tri.lightning_recorder(recorder))
    validation = loader(Data(), shuffle=True)
    fit.validate(net, validation, verbose=False)
    fit.fit(net, loader(Data(), shuffle=True), validation)
    d = recorder.read()
    assert recorder.pending() == []
    assert d["item"].values.tolist() == [str(k) for k in range(N)]
    assert (d["target"].values == Data().y.numpy()).all()
    assert d["response"].values[0].tolist() == net.seen
    assert net.seen[0] != net.seen[2]


def test_validation_in_order_needs_no_index(tmp_path, network, trainer):
    recorder = tri.Recorder(tmp_path / "r.zarr", "net", epochs=[1, 2], target=Data().y)
    net = network()
    data = Data(with_index=False)
    trainer(tri.lightning_recorder(recorder)).fit(
        net, loader(data, shuffle=True), loader(data, shuffle=False)
    )
    assert recorder.read()["response"].values[0].tolist() == net.seen


def test_a_step_that_returns_nothing_is_told_what_to_return(tmp_path, network, trainer):
    recorder = tri.Recorder(tmp_path / "r.zarr", "net", epochs=2)
    with pytest.raises(InputError, match="return the logits"):
        trainer(tri.lightning_recorder(recorder)).fit(
            network(returns=False), loader(Data(), shuffle=True), loader(Data(), shuffle=False)
        )


def test_what_to_take_can_be_said(tmp_path, network, trainer):
    from trichotomy.recorders import Batch

    recorder = tri.Recorder(tmp_path / "r.zarr", "net", epochs=[1, 2])
    callback = tri.lightning_recorder(
        recorder, take=lambda out, batch: Batch(-out["logits"], items=[f"i{k}" for k in batch[2]])
    )
    net = network()
    trainer(callback).fit(net, loader(Data(), shuffle=True), loader(Data(), shuffle=True))
    assert set(recorder.read()["item"].values) == {f"i{k}" for k in range(N)}
