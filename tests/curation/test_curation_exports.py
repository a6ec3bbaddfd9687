"""What is written, as other tools read it, and the data card beside it."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

import trichotomy as tri
from trichotomy.curation import FORMATS, with_families
from trichotomy.errors import InputError, UnknownNameError


def test_a_csv_has_a_row_per_item(subset, tmp_path):
    tri.write_subset(subset, tmp_path / "s.csv")
    with (tmp_path / "s.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [r["item"] for r in rows] == subset.ids
    assert [int(r["index"]) for r in rows] == subset.items["index"].values.tolist()
    assert [float(r["weight"]) for r in rows] == subset.items["weight"].values.tolist()
    assert {r["category"] for r in rows} <= {"trivial", "in-between", "impossible"}


def test_a_json_says_how_it_was_made(subset, tmp_path):
    tri.write_subset(subset, tmp_path / "s.json")
    record = json.loads((tmp_path / "s.json").read_text())
    assert record["item"] == subset.ids
    assert record["made"]["rule"] == "weighted"
    assert len(record["made"]["chosen_by"]) == 24


def test_ids_stand_one_per_line(subset, tmp_path):
    tri.write_subset(subset, tmp_path / "s.txt")
    assert (tmp_path / "s.txt").read_text().splitlines() == subset.ids


def test_torch_takes_the_indices(subset, tmp_path):
    data = pytest.importorskip("torch.utils.data")
    tri.write_subset(subset, tmp_path / "s.npy")
    whole = list(range(1000, 2500))
    part = data.Subset(whole, np.load(tmp_path / "s.npy").tolist())
    assert [part[k] for k in range(len(part))] == [1000 + i for i in subset.items["index"].values]


def test_hugging_face_takes_the_indices(subset, tmp_path):
    datasets = pytest.importorskip("datasets", reason="the package datasets is not installed")
    if not hasattr(datasets, "Dataset"):  # this folder's neighbour of that name
        pytest.skip("the package datasets is not installed")
    tri.write_subset(subset, tmp_path / "s.json", to="huggingface")
    rows = datasets.Dataset.from_dict({"k": list(range(1500))}).select(
        json.loads((tmp_path / "s.json").read_text())
    )
    assert rows["k"][:] == subset.items["index"].values.tolist()


def test_fiftyone_files_are_a_tag_and_its_ids(people, subset, tmp_path):
    tri.write_subset(subset, tmp_path / "s.json", to="fiftyone", tag="mini")
    assert json.loads((tmp_path / "s.json").read_text()) == {"mini": subset.ids}
    kept = tri.curate(people, keep="in-between", validate=False)
    tri.write_subset(kept, tmp_path / "k.json", to="fiftyone")
    assert list(json.loads((tmp_path / "k.json").read_text())) == ["in-between"]


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_goes_with_a_card_and_is_not_overwritten(subset, tmp_path, kind):
    card = tri.write_subset(subset, tmp_path / "s.out", to=kind)
    assert card.name == "s.out.card.md"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["s.out", "s.out.card.md"]
    with pytest.raises(InputError, match="exists already"):
        tri.write_subset(subset, tmp_path / "s.out", to=kind)
    tri.write_subset(subset, tmp_path / "s.out", to=kind, force=True)


def test_wrong_places_are_refused(subset, tmp_path):
    with pytest.raises(InputError, match="names no format"):
        tri.write_subset(subset, tmp_path / "s.xls")
    with pytest.raises(UnknownNameError, match="format of subsets"):
        tri.write_subset(subset, tmp_path / "s.csv", to="pickle")
    with pytest.raises(InputError, match="no folder"):
        tri.write_subset(subset, tmp_path / "nowhere" / "s.csv")
    assert not list(tmp_path.iterdir())


def test_the_card_says_how_how_well_by_whom_and_what_not(subset):
    card = tri.data_card(subset, name="s.csv", format="csv")
    assert "100 of 1,500" in card
    assert "must not be used for" in card
    assert all(f"`{o}`" in card for o in subset.items.attrs["chosen_by"])
    v = subset.validation.isel(size=0)
    for name, form in (
        ("rank", ".3f"),
        ("rank_random", ".3f"),
        ("swapped_ratio", ".2f"),
        ("error_ratio", ".2f"),
    ):
        assert f"{float(v[name]):{form}}" in card
    assert "nan" not in card


def test_the_card_warns_where_families_were_not_given(people, subset):
    words = "no families were given"
    assert words not in tri.data_card(subset)
    own = people.assign_coords(condition=("observer", people["observer"].values))
    assert words in tri.data_card(tri.curate(own, size=20, validate=False))


def test_the_card_of_a_small_population_says_that_it_cannot_tell(people):
    card = tri.data_card(tri.curate(people.isel(observer=slice(0, 6)), size=20))
    assert "Too few to tell: 6 observers of 2 families" in card


def test_the_card_of_a_subset_without_weights_says_so(people):
    card = tri.data_card(tri.curate(people, size=20, rule="information", validate=False))
    assert "no weights" in card
    assert "Not checked" in card


def test_a_subset_no_better_than_chance_is_said_to_be_so(subset):
    worse = subset.validation.assign(verdict=("size", np.array(["undecided"], dtype=object)))
    assert "cannot be told from a random subset" in tri.data_card(replace(subset, validation=worse))


def test_families_from_a_file(people, tmp_path):
    names = people["observer"].values
    path = tmp_path / "f.csv"
    path.write_text("observer,family\n" + "".join(f"{o},{o[:5]}\n" for o in names) + "another,x\n")
    assert with_families(people, path)["family"].values.tolist() == [o[:5] for o in names]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1,2\n", "must have the columns"),
        ("observer,family\n", "must have the columns"),
        ("observer,family\nnet-0-0,a\nnet-0-0,b\n", "line 3.*twice"),
        ("observer,family\nnet-0-0,\n", "line 2.*no family"),
        ("observer,family\nnet-0-0,a\n", "has no family of the observers"),
    ],
)
def test_wrong_families_are_refused(people, tmp_path, text, words):
    (tmp_path / "f.csv").write_text(text)
    with pytest.raises(InputError, match=words):
        with_families(people, tmp_path / "f.csv")
