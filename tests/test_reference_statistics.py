"""Published numbers, and numbers computed with independent code, from real decisions through the public functions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import trichotomy as tri
from trichotomy import estimators
from trichotomy.errors import InputError

FISHER_VECTORS = ["fv_16k", "fv_4k", "fv_64k"]
IMAGENET_X = ("DINO", "ResNet50", "SimCLR", "ViT")


@pytest.fixture(scope="module")
def eleven(reference: Path) -> tri.Decisions:
    """Decisions with the same number of the paper's 11 models right on every image (which ones is not known)."""
    folder = reference / "trivial-or-impossible"
    right = np.rint(11 * np.load(folder / "Rebuttal_mean_decisions_correct.npy").ravel()).astype(int)
    flagged = np.load(folder / "label_errors.npy").ravel() > 0
    first = np.random.default_rng(1).integers(11, size=right.size)
    turn = (np.arange(11)[:, None] - first[None, :]) % 11
    return tri.from_arrays(correct=turn < right, item_coords={"label_error": flagged})


@pytest.fixture(scope="module")
def archive(reference: Path) -> dict[str, np.ndarray]:
    with np.load(reference / "imagenet-val-67" / "imnet_val_top5_67.npz") as file:
        return {name: file[name] for name in ("top5", "y", "names", "val_index")}


@pytest.fixture(scope="module")
def imagenet(archive: dict[str, np.ndarray]) -> tri.Decisions:
    return tri.from_arrays(
        archive["top5"][:, :, 0], target=archive["y"], observers=archive["names"].tolist(),
        items=archive["val_index"].tolist(),
    )  # fmt: skip


@pytest.fixture(scope="module")
def imagenet_x(reference: Path) -> tri.Decisions:
    folder = reference / "imagenet-x"
    labels = pd.read_csv(folder / "filename_label.csv").set_index("file_name")["label"]
    responses = [
        pd.read_csv(folder / f"{name}.csv").set_index("file_name")["predicted_class"].loc[labels.index]
        for name in IMAGENET_X
    ]
    return tri.from_arrays(
        np.stack(responses), target=labels.to_numpy(), observers=IMAGENET_X, items=labels.index.tolist()
    )


def shares(d: tri.Decisions, tolerance: int = 0) -> tuple[float, float]:
    share = tri.partition(d, tolerance=tolerance)["share"]
    return float(share.sel(difficulty="trivial")), float(share.sel(difficulty="impossible"))


def test_counts_of_the_papers_eleven_models(eleven: tri.Decisions, expected: dict[str, Any]) -> None:
    wanted = expected["trivial-or-impossible"]
    result = tri.difficulty(eleven)
    assert result["count"].values.tolist() == wanted["counts_0_to_11"]
    assert int(result["flagged"].sum()) == wanted["label_errors_flagged"] == 2916


@pytest.mark.parametrize("tolerance", [0, 1])
def test_shares_of_the_papers_eleven_models(
    eleven: tri.Decisions, expected: dict[str, Any], tolerance: int
) -> None:
    wanted = expected["trivial-or-impossible"][f"tolerance_{tolerance}"]
    assert shares(eleven, tolerance) == pytest.approx((wanted["trivial"], wanted["impossible"]), abs=5e-7)


def test_published_percentages_of_the_papers_eleven_models(eleven: tri.Decisions) -> None:
    # Meding et al. 2022: 46.0 % trivial, 11.5 % impossible, 42.5 % in-between
    percent = 100 * tri.partition(eleven, tolerance=1)["share"].values
    assert percent.round(1).tolist() == [11.5, 42.5, 46.0]


def test_shared_difficulty_explains_the_papers_eleven_models(expected: dict[str, Any]) -> None:
    counts = expected["trivial-or-impossible"]["counts_0_to_11"]
    observed = estimators.pooled_consistency(counts, tolerance=1)
    chance = estimators.conditional_independence(*estimators.fit_beta_binomial(counts), 11, tolerance=1)
    names = ("raw", "insample", "crossfit")
    assert [round(observed[n], 3) for n in names] == [0.480, 0.097, 0.197]
    assert [round(chance[n], 3) for n in names] == [0.475, 0.101, 0.198]


def test_rarefied_to_all_eleven_is_the_observed_share(
    eleven: tri.Decisions, expected: dict[str, Any]
) -> None:
    wanted = expected["trivial-or-impossible"]["tolerance_0"]
    last = tri.rarefaction(eleven).isel(observers_drawn=-1)
    assert float(last["trivial"]) == pytest.approx(wanted["trivial"], abs=5e-7)
    assert float(last["impossible"]) == pytest.approx(wanted["impossible"], abs=5e-7)


def test_shares_of_67_networks(imagenet: tri.Decisions, expected: dict[str, Any]) -> None:
    wanted = expected["imagenet-val-67"]["all_67"]
    assert shares(imagenet) == pytest.approx((wanted["trivial"], wanted["impossible"]), abs=5e-7)


def test_shares_without_the_fisher_vectors(imagenet: tri.Decisions, expected: dict[str, Any]) -> None:
    wanted = expected["imagenet-val-67"]["without_fv_64"]
    d = tri.select(imagenet, drop="fv_*")
    assert d.sizes["observer"] == 64
    assert shares(d) == pytest.approx((wanted["trivial"], wanted["impossible"]), abs=5e-7)
    tolerant = wanted["tolerance_1"]
    assert shares(d, 1) == pytest.approx((tolerant["trivial"], tolerant["impossible"]), abs=5e-7)


def test_accuracies_of_resnet50(
    imagenet: tri.Decisions, archive: dict[str, np.ndarray], expected: dict[str, Any]
) -> None:
    top1 = tri.accuracy(imagenet)["accuracy"].sel(observer="resnet50")
    assert float(top1) == pytest.approx(expected["imagenet-val-67"]["top1"]["resnet50"], abs=5e-7)
    among_five = (archive["top5"] == archive["y"][None, :, None]).any(axis=2)
    top5 = tri.accuracy(tri.from_arrays(correct=among_five, observers=archive["names"].tolist()))
    found = float(top5["accuracy"].sel(observer="resnet50"))
    assert found == pytest.approx(expected["imagenet-val-67"]["top5"]["resnet50"], abs=5e-7)


def test_error_consistency_of_four_pairs(imagenet: tri.Decisions, expected: dict[str, Any]) -> None:
    wanted = expected["imagenet-val-67"]["kappa"]
    names = sorted({name for pair in wanted for name in pair.split("|")})
    kappa = tri.error_consistency(tri.select(imagenet, observers=names))["kappa"]
    for pair, value in wanted.items():
        a, b = pair.split("|")
        assert float(kappa.sel(observer_a=a, observer_b=b)) == pytest.approx(value, abs=1e-12)


def test_the_fisher_vectors_decide_the_partition(imagenet: tri.Decisions) -> None:
    assert sorted(tri.outsiders(imagenet)) == FISHER_VECTORS
    most = tri.influence(imagenet)["observer"].values[0]
    assert most in FISHER_VECTORS


def test_nobody_stands_out_without_the_fisher_vectors(imagenet: tri.Decisions) -> None:
    assert tri.outsiders(tri.select(imagenet, drop="fv_*")) == []


def test_imagenet_x(imagenet_x: tri.Decisions, expected: dict[str, Any]) -> None:
    wanted = expected["imagenet-x"]
    assert shares(imagenet_x) == pytest.approx((wanted["trivial"], wanted["impossible"]), abs=5e-7)
    accuracy = tri.accuracy(imagenet_x)["accuracy"]
    for name, value in wanted["accuracy"].items():
        assert float(accuracy.sel(observer=name)) == pytest.approx(value, abs=5e-7)
    kappa = tri.error_consistency(imagenet_x)["kappa"]
    for pair, value in wanted["kappa"].items():
        a, b = pair.split("|")
        assert float(kappa.sel(observer_a=a, observer_b=b)) == pytest.approx(value, abs=5e-7)


def test_kappa_bounds(expected: dict[str, Any]) -> None:
    for accuracy, wanted in expected["kappa_bounds_at_0.5"].items():
        found = estimators.accuracy_bounds(0.5, float(accuracy))
        np.testing.assert_allclose(found, wanted, atol=1e-12)


def test_largest_kappa(expected: dict[str, Any]) -> None:
    for accuracies, wanted in expected["kappa_max"].items():
        a, b = map(float, accuracies.split(","))
        assert float(estimators.kappa_bounds(a, b)[1]) == pytest.approx(wanted, abs=5e-6)


def test_the_difficulty_distributions_of_the_papers_eleven_models(eleven: tri.Decisions) -> None:
    result = tri.difficulty(eleven)
    found = [round(float(result[name]), 3) for name in ("a9_alpha", "a9_beta", "a9_slope", "a9_shift")]
    assert found == [0.549, 0.085, -8.44, 0.664]  # as docs/statistics.md says
    distance = result["total_variation"]
    names = ("beta_a9", "sigmoid_a9", "beta_fitted", "sigmoid_fitted")
    assert [round(float(distance.sel(null=name)), 3) for name in names] == [0.09, 0.083, 0.023, 0.079]


@pytest.fixture(scope="module")
def labelled(imagenet: tri.Decisions, reference: Path) -> tri.Decisions:
    """The 64 models with workers' votes and accepted labels."""
    d = tri.select(imagenet, drop="fv_*")
    d = tri.annotate(d, reference / "label-errors" / "imagenet_mturk.json")
    return tri.annotate(d, reference / "label-errors" / "real.json", order="file-name")


def test_label_errors_among_the_impossible_images(
    labelled: tri.Decisions, reference: Path, expected: dict[str, Any]
) -> None:
    wanted = expected["imagenet-val-67"]["label_error_share_64"]
    result = tri.enrichment(labelled, flags="label_error").sel(annotation="label_error")
    for name in ("impossible", "trivial"):
        assert float(result["share"].sel(difficulty=name)) == pytest.approx(wanted[name], abs=1e-12)
    assert float(result["whole"]) == pytest.approx(wanted["all"], abs=1e-12)
    assert float(tri.flag_shares(labelled)["difficulty_share"].sel(difficulty="impossible")) == pytest.approx(
        wanted["impossible"], abs=1e-12
    )
    theirs = np.load(reference / "trivial-or-impossible" / "label_errors.npy").ravel() > 0
    np.testing.assert_array_equal(labelled["label_error"], theirs)  # fewer than three of five workers
    # beyond label errors: more than half of the impossible images are left, and the partition hardly moves
    assert float(result["without"].sel(difficulty="impossible")) == pytest.approx(0.0272, abs=5e-5)
    assert float(result["odds_ratio"].sel(difficulty="impossible")) == pytest.approx(24.09, abs=5e-3)


def test_accepted_labels_come_in_file_name_order(labelled: tri.Decisions, reference: Path) -> None:
    path = reference / "label-errors" / "real.json"
    assert int(np.isnan(labelled["accepted_labels"]).sum()) == 3163
    record = labelled.attrs["provenance"]["annotations"][-1]
    assert record["agreement"] == pytest.approx(0.90023, abs=5e-6)
    with pytest.raises(InputError, match=r"names the target of 0\.1% of the items.*'file-name' 90\.0%"):
        tri.annotate(labelled, path, order="item")
    rescored = tri.annotate(labelled, path, order="file-name", rescore=True)
    assert rescored.sizes["item"] == 46_837
    top1 = float(tri.accuracy(rescored)["accuracy"].sel(observer="resnet50"))
    assert top1 == pytest.approx(0.8296, abs=5e-5)


def test_more_accepted_labels_go_with_harder_images(labelled: tri.Decisions) -> None:
    result = tri.label_ambiguity(labelled, draws=200)
    rho = result["association"].sel(statistic="spearman")
    assert float(rho.sel(annotation="accepted_labels")) == pytest.approx(0.445, abs=5e-4)
    assert float(rho.sel(annotation="vote_entropy")) == pytest.approx(0.074, abs=5e-4)
    assert np.all(result["association_ci"].values > 0)


def test_metaclasses_of_imagenet_x(imagenet_x: tri.Decisions, reference: Path) -> None:
    table = reference / "imagenet-x" / "imagenet_1k_classes_to_100_metaclasses.csv"
    d = tri.annotate(imagenet_x, table, order="class")
    assert d["name"].values[0] == "fish"  # tench
    result = tri.superclass_shares(d, superclass="name")
    assert result.sizes["superclass"] == 100
    np.testing.assert_allclose(
        (result["share"] * result["share_of_all"]).sum("superclass"), tri.partition(d)["share"]
    )
    wrong = tri.annotate(imagenet_x, reference / "label-errors" / "imagenet_mturk.json")
    assert int(wrong["label_error"].sum()) == 2916  # joined by the number in the files' names


@pytest.fixture(scope="module")
def learners(reference: Path) -> dict[str, tri.Decisions]:
    """Six networks and twelve people learning three categories: pictures of the training and of the tests."""
    files = sorted((reference / "supervised-learning-dynamics").glob("*.csv"))
    return {phase: tri.read(files, where={"phase": phase}, duplicates="last") for phase in ("train", "test")}


def test_people_and_networks_learn_in_orders_of_their_own(learners: dict[str, tri.Decisions]) -> None:
    d = learners["train"]
    result = tri.learning_order(d)
    human = "human_classification_data"
    own = result.sel(group_a=human)
    assert float(own["mean"].sel(group_b=human)) == pytest.approx(0.180, abs=5e-4)
    assert float(own["ci"].sel(group_b=human, ci_bound="lower")) > 0.05
    assert float(own["mean"].drop_sel(group_b=human).max()) < 0.05
    learned = tri.learned(d)
    assert learned.attrs["incomplete"] == 340  # rows that the ViT file lacks
    assert learned["followed"].values.tolist()[:112] == [36] * 112
    kept = learned.sel(condition=human)
    assert float(kept["condition_unforgettable"]) == pytest.approx(0.389, abs=5e-4)
    assert float(kept["condition_independent"]) == pytest.approx(0.274, abs=5e-4)


def test_pictures_of_the_tests_have_no_histories(learners: dict[str, tri.Decisions]) -> None:
    d = learners["test"]
    for statistic in (tri.learned, tri.learning_order):
        with pytest.raises(InputError, match="no observer has decisions on the same item at all its epochs"):
            statistic(d)
    result = tri.consistency_over_epochs(d)
    assert result["n"].values.tolist() == [102] * 6
    grows = result["kappa"].sel(scope="within conditions").values
    assert (np.diff(grows) > 0).all()
    assert grows[[0, -1]] == pytest.approx([0.135, 0.376], abs=5e-4)
