"""Exports, CSV files and folders of answers as they come."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import simulated_answers as simulated
from trichotomy.errors import InputError
from trichotomy.readers.answers import read_answers


@pytest.fixture
def export(tmp_path):
    return simulated.export(tmp_path / "export", simulated.ratings())


def test_a_folder_or_its_file(export):
    whole, alone = read_answers(export), read_answers(export / "answers.csv")
    assert whole.kind == "ratings"
    pd.testing.assert_frame_equal(whole.main, alone.main)
    assert set(whole.sources) == {"Source answers.csv", "Source items.csv"}
    assert len(whole.main) == len(simulated.ratings()[0]) - whole.left_out["label errors"]
    assert len(read_answers(export, label_errors=True).main) == len(simulated.ratings()[0])


def test_a_folder_with_data_below(export):
    (export / "data").mkdir()
    for name in ("answers", "items"):
        (export / f"{name}.csv").rename(export / "data" / f"study-one_{name}_data.csv")
    (export / "experiment.json").write_text(json.dumps({"title": "Ours"}))
    read = read_answers(export)
    assert read.title == "Ours"
    assert "mean_correct" in read.items


def test_questions_of_the_design_come_in_its_order(export):
    asked = [
        {"name": "oddity", "options": ["very", "slightly", "no"]},
        {"name": "categories", "kind": "scale", "options": [{"value": k} for k in range(11)]},
    ]
    (export / "experiment.json").write_text(json.dumps({"questions": asked}))
    assert read_answers(export).questions == {
        "oddity": ("very", "slightly", "no"),
        "categories": tuple(map(str, range(11))),
    }


def test_questions_of_the_experiments_own_file_or_of_a_data_dictionary(export):
    (export / "psych-ds").mkdir()
    table = pd.DataFrame(
        {
            "table": "answers",
            "column": ["kind", "oddity", "categories"],
            "values": ["pairs | ratings", "very | slightly | no", "0 to 12"],
        }
    )
    table.to_csv(export / "psych-ds" / "codebook.csv", index=False)
    (export / "psych-ds" / "dataset_description.json").write_text(json.dumps({"name": "Described"}))
    read = read_answers(export)
    assert read.title == "Described"
    wanted = {"oddity": ("very", "slightly", "no"), "categories": tuple(map(str, range(13)))}
    assert read.questions == wanted
    toml = '[[questions]]\nname = "categories"\nkind = "scale"\nfrom = 0\nto = 14\n'
    (export / "questions.toml").write_text(toml)
    assert read_answers(export).questions == {"categories": tuple(map(str, range(15)))}


def test_choices_of_the_design_go_before_those_of_the_data_dictionary(tmp_path):
    out = simulated.export(tmp_path / "named", simulated.categorise())
    assert read_answers(out).choices == ()
    table = pd.DataFrame(
        {"table": ["answers", "events"], "column": "answer", "values": ["bear | bird", "x | y"]}
    )
    table.to_csv(out / "codebook.csv", index=False)
    assert read_answers(out).choices == ("bear", "bird")
    (out / "experiment.json").write_text(json.dumps({"choices": ["bear", "a | b"]}))
    assert read_answers(out).choices == ("bear", "a | b")


def test_without_items_difficulty_is_taken_from_the_trials(export):
    (export / "items.csv").unlink()
    read = read_answers(export)
    assert set(read.items["difficulty"]) == {"trivial", "in-between", "impossible"}
    assert read.left_out == {}


def test_a_database_is_read_by_who_knows_it(tmp_path):
    (tmp_path / "answers.sqlite").write_bytes(b"")
    with pytest.raises(InputError, match="no CSV file with the columns participant"):
        read_answers(tmp_path)
    assert read_answers(tmp_path, from_database=lambda _: simulated.pairs()).kind == "pairs"


def test_excluded_and_practice_trials_are_told_apart(tmp_path):
    trials, items = simulated.pairs()
    trials.loc[trials["participant"] == "1002", "excluded"] = "slept"
    read = read_answers(simulated.export(tmp_path, (trials, items)))
    assert read.left_out == {"practice and attention checks": 3, "excluded": 40}
    assert "1002" not in read.participants
    trials["excluded"] = "simulated"
    with pytest.raises(InputError, match=r"no trial of answers.csv counts; left out: 3 \(practice"):
        read_answers(simulated.export(tmp_path, (trials, items)))


def test_nullable_columns_of_a_database(tmp_path):
    (tmp_path / "answers.sqlite").write_bytes(b"")
    trials, items = simulated.ratings()
    trials = trials.convert_dtypes().astype({"correct": "Int8", "rt_ms": "Float64"})
    items = items.astype({"mean_correct": "Float64", "label_error": "Int8"})
    items.loc[0, ["mean_correct", "label_error"]] = pd.NA
    trials.loc[0, "oddity"] = None
    read = read_answers(tmp_path, from_database=lambda _: (trials, items))
    assert np.isnan(read.mean_correct(["image-0"])).all()
    assert np.isnan(read.codes("oddity")[0]).sum() == 1


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda d: (d / "answers.csv").unlink(), "has no CSV file with the columns"),
        (lambda d: (d / "answers.csv").write_text("participant,trial,kind,item\n"), "no answer yet"),
        (
            lambda d: (d / "answers.csv").write_bytes(b"participant,trial,kind,item\n\xff\xfe,1"),
            "as a CSV table",
        ),
        (lambda d: (d / "answers.csv").write_text("participant,trial,kind,item\n1,2,3,4,5,6\n1\n"), "kind"),
        (lambda d: (d / "experiment.json").write_text("{"), "cannot read"),
    ],
)
def test_what_cannot_be_read(export, spoil, said):
    spoil(export)
    with pytest.raises(InputError, match=said):
        read_answers(export)


def test_nothing_there(tmp_path):
    with pytest.raises(InputError, match="there is nothing at"):
        read_answers(tmp_path / "nowhere")
