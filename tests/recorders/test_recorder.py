"""The recorder in plain loops: order, ids, padding, several processes, resuming, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax
from small_loop import IDS, LABELS, LOGITS, N, check

import trichotomy as tri
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.recorders.parts import joined


def batches(order, size=5):
    return [order[k : k + size] for k in range(0, len(order), size)]


def record(recorder, epoch, order, *, by="index", outputs=LOGITS):
    for b in batches(order):
        named = {"index": b} if by == "index" else {"items": [IDS[k] for k in b]} if by == "items" else {}
        recorder.add(outputs[epoch][b], **named)
    return recorder.end(epoch)


@pytest.mark.parametrize("by", ["index", "items", "order"])
def test_what_was_answered_is_recorded_by_item(tmp_path, by):
    recorder = tri.Recorder(tmp_path / "r.zarr", "net", items=IDS, target=LABELS, epochs=2)
    for epoch in range(3):
        order = np.arange(N) if by == "order" else np.random.default_rng(epoch).permutation(N)
        assert record(recorder, epoch, order, by=by)
    check(recorder.read())
    check(tri.open(tmp_path / "r.zarr"))
    assert recorder.pending() == []


def test_tensors_give_what_arrays_give(tmp_path):
    torch = pytest.importorskip("torch")
    recorder = tri.Recorder(tmp_path / "r.zarr", "net", items=IDS, target=LABELS, epochs=2)
    for epoch in range(3):
        for b in batches(torch.randperm(N)):
            recorder.add(torch.tensor(LOGITS[epoch]).requires_grad_()[b], index=b)
        recorder.end(epoch)
    check(recorder.read())


def test_half_precision_is_recorded(tmp_path):
    torch = pytest.importorskip("torch")
    recorder = tri.Recorder(tmp_path / "r.zarr", "net", target=LABELS)
    recorder.add(torch.tensor(LOGITS[0]).bfloat16())
    recorder.end(0)
    found = recorder.read()["p_target"].values[0, 0]
    assert found == pytest.approx(softmax(LOGITS[0], axis=1)[np.arange(N), LABELS], abs=0.02)


def test_items_and_classes_can_come_with_the_batches(tmp_path):
    recorder = tri.Recorder(tmp_path / "r.zarr", "net", epochs=[1, 2])
    for epoch in (1, 2):
        for b in batches(np.random.default_rng(epoch).permutation(N)):
            recorder.add(LOGITS[epoch][b], LABELS[b], index=b)
        recorder.end(epoch)
    d = recorder.read()
    assert d["item"].values.tolist() == [str(k) for k in range(N)]
    assert (d["target"].values == LABELS).all()
    assert (d["response"].values[0] == LOGITS[1:].argmax(axis=2)).all()


def test_probabilities_and_classes_can_be_recorded(tmp_path):
    p = softmax(LOGITS[0], axis=1)
    one = tri.Recorder(tmp_path / "p.zarr", "net", target=LABELS, kind="probabilities")
    one.add(p)
    one.end(0)
    assert one.read()["p_target"].values[0, 0] == pytest.approx(p[np.arange(N), LABELS], abs=1e-3)
    other = tri.Recorder(tmp_path / "c.zarr", "net", target=LABELS)
    other.add(p.argmax(axis=1))
    other.end(0)
    assert (other.read()["response"].values == one.read()["response"].values).all()
    assert "p_target" not in other.read()


def test_unknown_classes_have_no_probability(tmp_path):
    target = LABELS.copy()
    target[3] = -1
    recorder = tri.Recorder(tmp_path / "r.zarr", "net", target=target)
    recorder.add(LOGITS[0])
    recorder.end(0)
    assert np.flatnonzero(np.isnan(recorder.read()["p_target"].values[0, 0])).tolist() == [3]


def test_outputs_that_are_no_numbers_are_no_answers(tmp_path):
    broken = LOGITS[0].copy()
    broken[2] = np.nan
    recorder = tri.Recorder(tmp_path / "r.zarr", "net", target=LABELS)
    recorder.add(broken)
    recorder.end(0)
    d = recorder.read()
    assert np.flatnonzero(d["response"].values[0, 0] == tri.NO_ANSWER).tolist() == [2]
    assert tri.correctness(d).values[0, 0, 2] == 0


def test_measures_of_an_epoch(tmp_path):
    recorder = tri.Recorder(tmp_path / "r.zarr", "net", target=LABELS, epochs=1, measures=["loss"])
    recorder.add(LOGITS[0])
    recorder.end(1, {"loss": 0.5})
    assert float(recorder.read()["measures"].sel(epoch=1, measure="loss", observer="net")) == 0.5
    recorder.add(LOGITS[0])
    with pytest.raises(UnknownNameError, match="measure"):
        recorder.end(0, {"speed": 1})


def test_items_that_were_padded_count_once(tmp_path):
    recorder = tri.Recorder(tmp_path / "r.zarr", "net", items=IDS, target=LABELS)
    record(recorder, 0, np.concatenate([np.arange(N), [0, 1]]))
    assert (recorder.read()["response"].values[0, 0] == LOGITS[0].argmax(axis=1)).all()


def test_different_answers_to_one_item_are_refused_or_the_first_counts(tmp_path):
    for rule in ("error", "first"):
        recorder = tri.Recorder(tmp_path / f"{rule}.zarr", "net", items=IDS, target=LABELS, duplicates=rule)
        recorder.add(LOGITS[0], index=np.arange(N))
        recorder.add(-LOGITS[0][:2], index=[0, 1])
        if rule == "error":
            with pytest.raises(InputError, match=r"2 items were answered twice and differently.*image-0"):
                recorder.end(0)
            assert not (tmp_path / "error.zarr").exists()
        else:
            recorder.end(0)
            assert (recorder.read()["response"].values[0, 0] == LOGITS[0].argmax(axis=1)).all()


def test_several_processes_bring_their_parts_together(tmp_path):
    """As samplers do: shuffled, dealt out to three processes, padded so that all have as many."""
    parts = []
    shuffled = np.random.default_rng(3).permutation(N)
    dealt = np.concatenate([shuffled, shuffled[:1]]).reshape(-1, 3).T
    ranks = [
        tri.Recorder(tmp_path / "r.zarr", "net", items=IDS, target=LABELS, gather=lambda p: parts.append(p))
        for _ in range(2)
    ]
    for k, recorder in enumerate(ranks, start=1):
        assert not record(recorder, 0, dealt[k])
    root = tri.Recorder(tmp_path / "r.zarr", "net", items=IDS, target=LABELS, gather=lambda p: [p, *parts])
    assert record(root, 0, dealt[0])
    d = root.read()
    assert (d["response"].values[0, 0] == LOGITS[0].argmax(axis=1)).all()


def test_several_processes_need_to_know_the_items(tmp_path):
    part = {"item": np.array(["1"], dtype=object), "response": np.array([0])}
    recorder = tri.Recorder(tmp_path / "r.zarr", "net", target=LABELS, gather=lambda p: [p, part])
    recorder.add(LOGITS[0])
    with pytest.raises(InputError, match="2 processes share the items"):
        recorder.end(0)


def test_a_recorder_goes_on_where_it_stopped(tmp_path):
    for k, epoch in enumerate(range(3)):
        recorder = tri.Recorder(tmp_path / "r.zarr", "net", items=IDS, target=LABELS, epochs=2)
        assert recorder.pending() == list(range(k, 3))
        record(recorder, epoch, np.arange(N))
    check(recorder.read())


@pytest.mark.parametrize("with_items", [True, False])
def test_going_on_needs_no_words_about_items(tmp_path, with_items):
    chosen = np.array([3, 11, 5, 20])  # indices that are not 0 to n
    named = {"items": IDS, "target": LABELS} if with_items else {}
    for epoch in range(2):
        recorder = tri.Recorder(tmp_path / "r.zarr", "net", epochs=1, **({} if epoch else named))
        recorder.add(LOGITS[epoch][chosen], LABELS[chosen], index=chosen)
        recorder.end(epoch)
    d = recorder.read()
    names = [IDS[k] if with_items else str(k) for k in chosen]
    found = tri.select(d, items=names)
    assert (found["response"].values[0] == LOGITS[:2][:, chosen].argmax(axis=2)).all()


def test_a_declared_observer_is_recorded_in_the_common_store(tmp_path):
    store = tri.create(tmp_path / "all.zarr", observers=["a", "b"], items=IDS, target=LABELS, epochs=[0, 1])
    recorder = tri.Recorder(tmp_path / "all.zarr", "b")
    record(recorder, 1, np.arange(N))
    assert store.pending() == [("a", 0), ("a", 1), ("b", 0)]
    assert recorder.path == str(tmp_path / "all.zarr")


def test_an_observer_that_nobody_declared_gets_a_store_of_its_own(tmp_path):
    for name in ("a", "b/1", "b/1"):
        recorder = tri.Recorder(tmp_path / "all.zarr", name, items=IDS, target=LABELS)
        record(recorder, 0, np.arange(N))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["all.b-1.zarr", "all.zarr"]
    d = tri.concat([tri.open(tmp_path / "all.zarr"), tri.open(recorder.path)])
    assert d["observer"].values.tolist() == ["a", "b/1"]


def test_two_recorders_begun_at_once_do_not_meet(tmp_path):
    both = [tri.Recorder(tmp_path / "all.zarr", name, items=IDS, target=LABELS) for name in "ab"]
    for recorder in both:
        record(recorder, 0, np.arange(N))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["all.b.zarr", "all.zarr"]


def test_what_is_no_store_is_refused_before_training(tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("mine")
    with pytest.raises(InputError, match="is no store"):
        tri.Recorder(tmp_path / "notes", "net")


def test_an_epoch_recorded_again_is_replaced(tmp_path):
    recorder = tri.Recorder(tmp_path / "r.zarr", "net", items=IDS, target=LABELS, epochs=1)
    record(recorder, 0, np.arange(N), outputs=-LOGITS)
    record(recorder, 0, np.arange(N))
    check(recorder.read(), epochs=1)


def test_an_observer_has_its_condition(tmp_path):
    recorder = tri.Recorder(tmp_path / "r.zarr", "sgd/2", target=LABELS, condition="sgd", instance=2)
    recorder.add(LOGITS[0])
    recorder.end(0)
    d = recorder.read()
    assert (str(d["condition"].values[0]), int(d["instance"].values[0])) == ("sgd", 2)


def wrong(tmp_path, what):
    recorder = tri.Recorder(tmp_path / "r.zarr", "net", items=IDS, target=LABELS)
    what(recorder)
    recorder.end(0)


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (lambda _: None, "nothing was recorded"),
        (lambda r: r.add(LOGITS[0], index=np.arange(N) + 1), "not among the 23 known"),
        (lambda r: r.add(LOGITS[0], items=[f"{k}" for k in range(N)]), "not among the 23 known"),
        (lambda r: r.add(LOGITS[0], index=[1, 2]), "has 2 values of index"),
        (lambda r: r.add(LOGITS[0], LABELS[:3], index=np.arange(N)), "has 3 values of target"),
        (lambda r: r.add(LOGITS[0], index=[1], items=["a"]), "not both"),
        (lambda r: r.add(LOGITS), "outputs have shape"),
        (lambda r: r.add(LOGITS[0], kind="classes"), "outputs have shape"),
        (lambda r: r.add(LOGITS[0][:, 0], kind="logits"), "outputs have shape"),
        (lambda r: (r.add(LOGITS[0]), r.end(5)), "epochs 0 were announced"),
    ],
)
def test_wrong_batches_are_refused_in_a_sentence(tmp_path, what, words):
    with pytest.raises(InputError, match=words):
        wrong(tmp_path, what)
    assert not list(tmp_path.iterdir())


def test_wrong_beginnings_are_refused(tmp_path):
    with pytest.raises(InputError, match="more than once"):
        tri.Recorder(tmp_path / "r.zarr", "net", items=["a", "a"])
    with pytest.raises(InputError, match="targets of shape"):
        tri.Recorder(tmp_path / "r.zarr", "net", items=["a", "b"], target=[1])
    with pytest.raises(UnknownNameError, match="duplicates"):
        tri.Recorder(tmp_path / "r.zarr", "net", duplicates="last")
    tri.create(tmp_path / "s.zarr", observers=["net"], items=["a"], target=[0])
    with pytest.raises(InputError, match="has no items 'b'"):
        tri.Recorder(tmp_path / "s.zarr", "net", items=["a", "b"])
    with pytest.raises(OSError, match="not there yet"):
        tri.Recorder(tmp_path / "r.zarr", "net").read()


def test_parts_without_a_column_lose_it():
    one = {"item": np.array(["a"]), "response": np.array([1]), "target": np.array([0])}
    other = {"item": np.array(["b"]), "response": np.array([1])}
    assert sorted(joined([one, {}, other], duplicates="error", where="x")) == ["item", "response"]


@pytest.mark.parametrize("place", [N, -1])
def test_tensor_places_that_no_item_has_are_refused_at_once(tmp_path, place):
    torch = pytest.importorskip("torch")
    recorder = tri.Recorder(tmp_path / "r.zarr", "net", items=IDS, target=LABELS, epochs=1)
    with pytest.raises(InputError, match="are not among the"):
        recorder.add(torch.as_tensor(LOGITS[0][:2]), index=torch.tensor([0, place]))
