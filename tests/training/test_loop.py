"""The training of one network, beside a loop written by hand; what reaches the optimiser; what is recorded."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from small_study import SMALL, equal
from torch.nn.functional import cross_entropy
from torch.utils._python_dispatch import TorchDispatchMode

from trichotomy import datasets, models
from trichotomy.datasets import Augmentation
from trichotomy.training import Machine, Settings
from trichotomy.training.feed import Batch, Feed
from trichotomy.training.loop import SCALING, Trainer, TrainingFailedError, set_up
from trichotomy.training.randomness import seed_of

SEED = 1312
DATA = datasets.load("gaussian", **SMALL.dataset)
SETTINGS = replace(SMALL.settings, batch_size=16, milestones=(1,))
CPU = torch.device("cpu")


def trainer(machine: Machine | None = None, data: Any = DATA, entropy: int = 0, **changes: Any) -> Trainer:
    settings = SETTINGS.with_changes(changes)
    machine = machine or Machine()
    set_up(machine, settings)
    seed = seed_of(SEED, "initialization", settings.initialization)
    network = models.build(settings.architecture, classes=10, channels=1, size=8, seed=seed)
    feed = Feed(data, settings, seed=SEED, machine=machine, device=CPU)
    return Trainer(network, feed, settings, seed=SEED, machine=machine, device=CPU, entropy=entropy)


def state(made: Trainer) -> dict[str, torch.Tensor]:
    return {name: t.detach().clone() for name, t in made.network.state_dict().items()}


class Steps:
    """Notes what the optimiser was given at every step."""

    def __init__(self, made: Trainer) -> None:
        self.rates: list[float] = []
        self.group: dict[str, Any] = {}
        step = made.optimizer.step

        def noted(*arguments: Any) -> Any:
            (self.group,) = made.optimizer.param_groups
            self.rates.append(self.group["lr"])
            return step(*arguments)

        made.optimizer.step = noted  # type: ignore[method-assign]


def flat(lists: list[list[int]]) -> list[int]:
    return [item for each in lists for item in each]


class Positions:
    """A training split that notes which items it was asked for, batch by batch."""

    def __init__(self, split: Any) -> None:
        self._split = split
        self.asked: list[list[int]] = []
        self.draws: list[np.ndarray] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._split, name)

    def images(self, positions: Any, augmentation: Augmentation, draws: Any) -> Any:
        self.asked.append(positions.tolist())
        self.draws.append(draws)
        return self._split.images(positions, augmentation, draws)


def asked_by(epochs: int = 1, **options: Any) -> list[list[int]]:
    split = Positions(DATA.train)
    made = trainer(data=replace(DATA, train=split), **options)
    for epoch in range(1, epochs + 1):
        made.train(epoch)
    return split.asked


def given_to(epochs: int = 1, **options: Any) -> list[list[int]]:
    """Which items a network in training is given, update by update, told by their pixels."""
    made = trainer(train={}, **options)
    known = {batch.inputs()[k].numpy().tobytes(): i for i, (batch, k) in enumerate(in_order())}
    found: list[list[int]] = []
    made.network.register_forward_pre_hook(
        lambda _, given: found.append([known[image.numpy().tobytes()] for image in given[0]])
    )
    for epoch in range(1, epochs + 1):
        made.train(epoch)
    return found


def in_order() -> list[tuple[Batch, int]]:
    """Every training item as a batch and its place in it."""
    as_test = replace(DATA, test=DATA.train)
    batches = list(Feed(as_test, SETTINGS, seed=SEED, machine=Machine(), device=CPU).test())
    return [(batch, k) for batch in batches for k in range(len(batch.labels))]


def by_hand(
    *, epochs: int, nesterov: bool, channels_last: bool, fused: bool, textbook: bool
) -> dict[str, Any]:
    """The usual loop of a tutorial; of the product's own, only data, initial weights and seeds."""
    network = models.build(
        "tiny-resnet", classes=10, channels=1, size=8, seed=seed_of(SEED, "initialization")
    )
    if channels_last:
        network = network.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(
        network.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4, nesterov=nesterov, fused=fused
    )
    images = DATA.train.images(np.arange(100))
    labels = torch.from_numpy(DATA.train.labels)
    for epoch in range(1, epochs + 1):
        sequence = np.random.SeedSequence([SEED, zlib.crc32(b"order"), 0, epoch])
        order = np.random.default_rng(sequence).permutation(100)
        mirrored = datasets.draws(seed_of(SEED, "augmentation"), epoch, 100)[:, 0] < 0.5
        network.train()
        for start in range(0, 100, 16):
            batch = order[start : start + 16]
            pixels = np.stack([images[i, :, :, ::-1] if mirrored[i] else images[i] for i in batch])
            inputs = torch.from_numpy(pixels).float()
            inputs = (inputs / 255 - 0.5) / 0.25 if textbook else (inputs - 127.5) / 63.75
            if channels_last:
                inputs = inputs.contiguous(memory_format=torch.channels_last)
            loss = cross_entropy(network(inputs), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return network.state_dict()


@pytest.mark.parametrize("channels_last", [True, False])
@pytest.mark.parametrize("nesterov", [True, False])
def test_the_weights_are_those_of_a_loop_by_hand_to_the_bit(nesterov, channels_last):
    made = trainer(Machine(channels_last=channels_last), nesterov=nesterov, schedule="constant")
    for epoch in (1, 2):
        made.train(epoch)
    theirs = by_hand(
        epochs=2, nesterov=nesterov, channels_last=channels_last, fused=True, textbook=False
    )  # fmt: skip
    assert equal(state(made), theirs)


def test_the_weights_are_a_tutorials_but_for_rounding():
    """The unfused optimiser and (x / 255 - mean) / std round elsewhere: within 1e-5 after 7 updates."""
    made = trainer()
    made.train(1)
    theirs = by_hand(epochs=1, nesterov=False, channels_last=False, fused=False, textbook=True)
    mine = state(made)
    assert not equal(mine, theirs)
    for name, values in mine.items():
        torch.testing.assert_close(values, theirs[name], rtol=1e-5, atol=1e-5)


def test_the_optimiser_gets_what_the_settings_say():
    made = trainer(nesterov=True, learning_rate=0.3, momentum=0.8, weight_decay=0.01)
    steps = Steps(made)
    made.train(1)
    assert steps.rates == [0.3] * 7
    assert {k: steps.group[k] for k in ("momentum", "weight_decay", "nesterov", "dampening")} == {
        "momentum": 0.8,
        "weight_decay": 0.01,
        "nesterov": True,
        "dampening": 0,
    }
    assert sum(len(g["params"]) for g in made.optimizer.param_groups) == len(list(made.network.parameters()))


@pytest.mark.parametrize("schedule", ["step", "cosine", "constant"])
def test_the_schedule_reaches_the_optimiser(schedule):
    made = trainer(schedule=schedule, milestones=[1], epochs=4)
    steps = Steps(made)
    for epoch in (1, 2, 3):
        made.train(epoch)
    settings = Settings(schedule=schedule, milestones=(1,), epochs=4)
    assert steps.rates == [settings.rate(e) for e in (1, 2, 3) for _ in range(7)]
    assert (len(set(steps.rates)) == 1) == (schedule == "constant")


def test_half_batches_make_twice_as_many_updates_of_the_same_items_in_the_same_order():
    made = trainer(half_batches=True)
    steps = Steps(made)
    made.train(1)
    assert len(steps.rates) == 14
    whole, halves = given_to(), given_to(half_batches=True)
    assert whole == asked_by()
    assert [len(b) for b in whole] == [16] * 6 + [4]
    assert [len(b) for b in halves] == [8] * 12 + [2, 2]
    assert [a + b for a, b in zip(halves[::2], halves[1::2], strict=True)] == whole


def test_a_batch_of_an_odd_number_is_halved_too():
    found = given_to(
        half_batches=True, batch_size=33
    )  # 33, 33 and 34: the last takes the single one left over
    assert [len(b) for b in found] == [16, 17, 16, 17, 17, 17]


def test_half_of_the_data_makes_half_the_updates():
    found = asked_by(half=1)
    assert sorted(flat(found)) == sorted(set(flat(found)))
    assert [len(b) for b in found] == [16, 16, 16, 2]


def test_every_epoch_meets_every_item_once():
    found = asked_by(epochs=2)
    assert sorted(flat(found[:7])) == sorted(flat(found[7:])) == list(range(100))
    assert found[:7] != found[7:]


def test_nondeterminism_is_emulated_within_each_batch():
    """The same items make up each batch, in another order; with the same entropy in the same one."""
    plain = given_to(epochs=2)
    one, again, other = (given_to(2, nondeterministic=True, entropy=e) for e in (7, 7, 8))
    assert one == again
    assert one != other
    for batches in (one, other):
        assert all(a != b for a, b in zip(batches, plain, strict=True))
        assert [sorted(b) for b in batches] == [sorted(b) for b in plain]


def test_emulated_nondeterminism_only_rounds_otherwise():
    """The same gradient in another order of summation; now and then a unit at the edge of 0 makes more of it."""
    base = trainer()
    base.train(1)
    apart = []
    for entropy in range(5):
        made = trainer(nondeterministic=True, entropy=entropy)
        made.train(1)
        assert not equal(state(made), state(base))
        pairs = zip(state(made).values(), state(base).values(), strict=True)
        apart.append(max(float((one - other).abs().max()) for one, other in pairs))
    assert sorted(apart)[2] < 1e-5


def test_an_item_is_augmented_alike_wherever_it_stands():
    """Its draws go with the item, whatever order, halves, batch size or emulation do to its place."""
    found = {}
    for options in (
        {},
        {"order": 3},
        {"half_batches": True},
        {"nondeterministic": True, "entropy": 5},
        {"batch_size": 9},
        {"initialization": 2},
        {"architecture": "tiny-plain"},
        {"nesterov": True},
    ):
        split = Positions(DATA.train)
        trainer(data=replace(DATA, train=split), **options).train(1)
        rows = np.empty((100, 5))
        rows[flat(split.asked)] = np.concatenate(split.draws)
        found[str(options)] = rows
    first = found.pop("{}")
    assert all(np.array_equal(rows, first) for rows in found.values())
    assert np.array_equal(first, datasets.draws(seed_of(SEED, "augmentation"), 1, 100))


def test_the_setting_augmentation_draws_anew():
    split = Positions(DATA.train)
    trainer(data=replace(DATA, train=split), augmentation=2).train(1)
    assert not np.array_equal(
        np.concatenate(split.draws),
        datasets.draws(seed_of(SEED, "augmentation"), 1, 100)[flat(split.asked)],
    )


def test_training_and_testing_leave_the_random_state_of_all_others_as_it_was():
    torch.manual_seed(5)
    before, legacy = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    made = trainer()
    made.test()
    made.train(1)
    assert torch.equal(torch.get_rng_state(), before)
    assert np.array_equal(np.random.get_state()[1], legacy)  # noqa: NPY002


class Forgetful(torch.nn.Module):
    """A network with dropout."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Flatten(), torch.nn.Linear(64, 32), torch.nn.Dropout(0.5), torch.nn.Linear(32, 10)
        )
        self.seen: list[torch.Tensor] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.layers[:3](x)
        if self.training:
            self.seen.append(y.detach() == 0)
        return self.layers[3](y)


@pytest.mark.parametrize(
    ("stray", "epoch", "augmentation", "same"),
    [(True, 1, 0, True), (False, 2, 0, False), (False, 1, 1, False)],
)
def test_dropout_is_drawn_from_a_stream_of_its_own(stray, epoch, augmentation, same):
    """The same in the same epoch whatever else was drawn before; redrawn with the augmentation, as the authors do."""

    def dropped(epoch: int, augmentation: int) -> torch.Tensor:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            network = Forgetful()
        settings = SETTINGS.with_changes({"augmentation": augmentation})
        feed = Feed(DATA, settings, seed=SEED, machine=Machine(), device=CPU)
        Trainer(network, feed, settings, seed=SEED, machine=Machine(), device=CPU).train(epoch)
        return torch.cat(network.seen)

    first = dropped(1, 0)
    if stray:
        torch.rand(3)
    assert torch.equal(dropped(epoch, augmentation), first) == same


def test_decisions_and_probabilities_are_the_networks_softmax():
    made = trainer()
    made.train(1)
    tested = made.test()
    made.network.eval()
    with torch.no_grad():
        inputs = (torch.from_numpy(DATA.test.images(np.arange(50))).float() / 255 - 0.5) / 0.25
        logits = made.network(inputs)
    p = logits.softmax(1).numpy()
    assert tested.responses.tolist() == p.argmax(1).tolist()
    np.testing.assert_allclose(tested.p_response, p.max(1), rtol=1e-5)
    np.testing.assert_allclose(tested.p_target, p[np.arange(50), DATA.test.labels], rtol=1e-5)
    assert tested.measures["test_accuracy"] == (p.argmax(1) == DATA.test.labels).mean()
    assert tested.measures["test_loss"] == pytest.approx(
        float(cross_entropy(logits, torch.from_numpy(DATA.test.labels)))
    )


def test_testing_changes_nothing_and_comes_out_the_same_again():
    made = trainer()
    made.train(1)
    before = state(made)
    one, again = made.test(), made.test()
    assert equal(state(made), before)
    assert np.array_equal(one.p_target, again.p_target)
    assert one.measures == again.measures


def test_testing_between_epochs_does_not_change_the_training():
    one, other = trainer(), trainer()
    for epoch in (1, 2):
        one.train(epoch)
        other.train(epoch)
        other.test()
    assert equal(state(one), state(other))


def test_the_training_measures_are_those_of_the_updates(monkeypatch):
    losses, right = [], []

    def noted(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        loss = cross_entropy(logits, labels)
        losses.extend([loss.item()] * len(labels))
        right.extend((logits.argmax(1) == labels).tolist())
        return loss

    made = trainer()
    monkeypatch.setattr("trichotomy.training.loop.cross_entropy", noted)
    measures = made.train(1)
    assert measures["train_loss"] == pytest.approx(np.mean(losses), rel=1e-9)
    assert measures["train_accuracy"] == np.mean(right)


def test_more_test_images_than_fit_one_batch(monkeypatch):
    whole = trainer().test()
    monkeypatch.setattr("trichotomy.training.feed.TEST_BATCH", 13)
    monkeypatch.setattr("trichotomy.training.feed.MOST_KEPT_BYTES", 2000)
    made = trainer()
    for _ in range(2):
        tested = made.test()
        assert tested.responses.tolist() == whole.responses.tolist()
        np.testing.assert_allclose(tested.p_target, whole.p_target, rtol=1e-5)
    assert made._feed._test_batches == []


def test_a_test_crop_is_drawn_once_for_all_epochs_and_networks():
    """As for the paper's Gaussian images: random places, fixed by the study's seed."""
    crop = Augmentation(crop="padded", padding=3)
    split = Positions(DATA.test)
    for options in ({}, {"order": 2, "augmentation": 2, "initialization": 1}):
        made = trainer(data=replace(DATA, test=split), test=crop, **options)
        made.test()
    assert np.array_equal(split.draws[0], split.draws[1])
    assert len(np.unique(split.draws[0])) > 200


@pytest.mark.parametrize("rate", [1e9, 1e30])
def test_a_loss_that_is_no_number_names_the_epoch(rate):
    made = trainer(learning_rate=rate, schedule="constant")

    def two_epochs() -> None:
        for epoch in (1, 2):
            made.train(epoch)
            made.test()

    with pytest.raises(TrainingFailedError, match=r"loss is (nan|inf) .*epoch [12]"):
        two_epochs()


def test_a_test_loss_that_is_no_number_names_the_epoch():
    """A single update can do it: the loss of that epoch was still a number."""
    made = trainer(batch_size=100)
    made.train(1)
    with torch.no_grad():
        next(made.network.parameters()).fill_(float("nan"))
    with pytest.raises(TrainingFailedError, match="the test loss is nan after epoch 1"):
        made.test()


@pytest.mark.parametrize("channels_last", [True, False])
@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
@pytest.mark.parametrize("architecture", ["tiny-resnet", "tiny-plain"])
def test_every_precision_and_memory_format_trains(architecture, precision, channels_last):
    machine = Machine(precision=precision, channels_last=channels_last)
    made = trainer(machine, architecture=architecture)
    first = made.train(1)["train_loss"]
    for epoch in range(2, 6):
        last = made.train(epoch)["train_loss"]
    tested = made.test()
    assert last < first
    assert tested.p_target.dtype == np.float32
    assert all(p.dtype == torch.float32 for p in made.network.parameters())
    convolution = next(p for p in made.network.parameters() if p.ndim == 4 and p.shape[1] > 1)
    assert convolution.is_contiguous(memory_format=torch.channels_last) == channels_last


@pytest.mark.parametrize(("precision", "least", "most"), [("bf16", 1e-5, 0.1), ("fp16", 1e-6, 0.01)])
def test_mixed_precision_rounds_as_its_numbers_do(precision, least, most):
    exact, mixed = trainer().test(), trainer(Machine(precision=precision)).test()
    apart = np.abs(exact.p_target - mixed.p_target).max()
    assert least < apart < most


def test_a_step_in_fp16_that_overflows_is_skipped_and_its_scale_is_kept():
    """Even the first one: the momentum is then zero, not what was in memory."""
    made = trainer(Machine(precision="fp16"))
    before = state(made)
    scale = made.momentum()[SCALING][0].item()
    made._scaler.load_state_dict(made._scaler.state_dict() | {"scale": 2.0**60})
    made.begin(1)
    batches = iter(list(made._feed.train(1)))
    made.step(next(batches))
    weights = {name for name, _ in made.network.named_parameters()}
    assert equal({n: t for n, t in state(made).items() if n in weights}, {n: before[n] for n in weights})
    assert not any(t.any() for name, t in made.momentum().items() if name != SCALING)
    assert made.momentum()[SCALING].tolist() == [2.0**59, 0]
    assert np.isfinite(made.end()["train_loss"])
    assert scale == 2.0**16


class Asked(TorchDispatchMode):
    """Notes the operations that wait for a device to know a number or a size."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[str] = []
        self.count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.count += 1
        if func.overloadpacket.__name__ in {"_local_scalar_dense", "nonzero", "equal", "masked_select"}:
            self.waits.append(str(func))
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_no_step_waits_for_the_device(precision):
    """Numbers are asked for at the end of an epoch only; of a network that does not itself count its batches."""
    made = trainer(Machine(precision=precision))
    made.network.input = torch.nn.Identity()  # the tiny ones do, for the mean over all of them
    made.begin(1)
    batches = list(made._feed.train(1))
    with Asked() as during:
        for batch in batches:
            made.step(batch)
    with Asked() as after:
        made.end()
    assert during.count > 100
    assert during.waits == []
    assert after.waits


@pytest.mark.parametrize("channels_last", [True, False])
@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_a_network_taken_up_again_goes_on_to_the_bit(channels_last, precision):
    machine = Machine(channels_last=channels_last, precision=precision)
    through, first = trainer(machine), trainer(machine)
    for epoch in (1, 2, 3):
        through.train(epoch)
    first.train(1)
    assert (SCALING in first.momentum()) == (precision == "fp16")
    second = trainer(machine, initialization=4)  # its own weights are all replaced
    second.restore(
        {n: t.clone(memory_format=torch.contiguous_format) for n, t in state(first).items()},
        {n: t.clone(memory_format=torch.contiguous_format) for n, t in first.momentum().items()},
    )
    for epoch in (2, 3):
        second.train(epoch)
    assert equal(state(second), state(through))
    assert equal(second.momentum(), through.momentum())


def test_without_its_momentum_it_would_not():
    first, without, with_it = trainer(), trainer(), trainer()
    first.train(1)
    without.restore(state(first), {})
    with_it.restore(state(first), first.momentum())
    without.train(2)
    with_it.train(2)
    assert not equal(state(without), state(with_it))


def test_there_is_no_momentum_before_the_first_step():
    assert trainer().momentum() == {}


def test_networks_without_momentum_train_and_have_none_to_keep():
    made = trainer(momentum=0)
    made.train(1)
    assert made.momentum() == {}


@pytest.mark.parametrize("threads", [1, 2])
def test_a_process_computes_as_the_machine_says(threads):
    set_up(Machine(threads=threads), SETTINGS)
    assert torch.get_num_threads() == threads
    assert torch.are_deterministic_algorithms_enabled()


def test_only_a_nondeterministic_network_on_cuda_may_sum_in_any_order():
    free = SETTINGS.with_changes({"nondeterministic": True})
    set_up(Machine(device="cuda"), free)
    assert not torch.are_deterministic_algorithms_enabled()
    assert torch.backends.cudnn.benchmark
    set_up(Machine(device="cuda"), SETTINGS)
    assert torch.are_deterministic_algorithms_enabled()
    assert not torch.backends.cudnn.benchmark
    assert torch.backends.cudnn.deterministic
    set_up(Machine(), free)
    assert torch.are_deterministic_algorithms_enabled()
