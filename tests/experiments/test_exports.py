"""Exports: every form of the answers, and that others can read them."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("starlette", reason="the extra 'web' is not installed")
pytest.importorskip("sqlalchemy", reason="the extra 'web' is not installed")

import trichotomy as tri
from trichotomy.errors import InputError
from trichotomy.experiments.columns import ANSWERS, ITEMS, names
from trichotomy.experiments.database import exclude, participant_rows
from trichotomy.experiments.database.tables import answers as answers_of_all
from trichotomy.experiments.exporting import to_csv, write_export

COLUMNS = set(names(ANSWERS))


def played(site, browser, kind, answer, people=2, **options):
    """An experiment in which people gave answer(participant, trial) to every trial."""
    s = site(kind, **options)
    for who in range(people):
        b = browser(s)
        b.enter({"PROLIFIC_PID": f"person {who}"})
        b.agree()
        position = b.get("/api/next").json()
        while not position["complete"]:
            k = position["next"]["trial"]
            body = {"answer": answer(who, k), "rt_ms": 500.5 + k, "events": [{"kind": "blur", "at_ms": 1}]}
            position = b.post(f"/api/trials/{k}", body).json()
    return s


def test_pairs(site, browser, tmp_path):
    s = played(site, browser, "pairs", lambda who, _: {"choice": ["left", "right"][who]})
    made = write_export(s.folder, s.database, tmp_path / "out")
    assert (made.participants, made.left_out, made.answers, made.decisions) == (2, 0, 18, True)
    answers = pd.read_csv(tmp_path / "out" / "answers.csv", dtype={"participant": str}, keep_default_na=False)
    assert set(answers.columns) == COLUMNS
    assert len(answers) == 18
    difficulty = {i.item: i.difficulty for i in s.experiment.items}
    main = answers[answers["phase"] == "main"]
    assert set(main["item"].map(difficulty)) == {"trivial"}
    assert set(main["item_other"].map(difficulty)) == {"impossible"}
    assert (main["correct"].astype(int) == (main["answer"] == main["side"])).all()
    for _, own in answers.groupby("participant"):
        assert own["trial"].tolist() == list(range(9))
    d = tri.open(tmp_path / "out" / "people.zarr")
    assert d["kind"].values.tolist() == ["human"] * 2
    assert d.sizes["item"] == 6
    right = main.set_index(["participant", "trial_id"])["correct"].astype(int)
    for o in d["observer"].values:
        for i in d["item"].values:
            assert int(d["correct"].sel(observer=o, item=i, epoch=0)) == right[o, i]
    trial = next(t for t in s.experiment.trials if t.trial_id == "pair-3")
    assert (
        str(d["easier"].sel(item="pair-3").values),
        str(d["harder"].sel(item="pair-3").values),
    ) == trial.items
    items = pd.read_csv(tmp_path / "out" / "items.csv")
    assert items.columns.tolist() == names(ITEMS)
    assert len(items) == 16  # attention checks are none
    assert items["mean_correct"].isin([0, 1]).all()
    assert items["p_target"].isna().all()  # these decisions do not say


def test_categorise_joins_the_networks(site, browser, tmp_path, decisions):
    choices = ["airplane", "bird", None]
    s = played(site, browser, "categorise", lambda who, _: {"choice": choices[who]}, people=3)
    write_export(s.folder, s.database, tmp_path / "out")
    d = tri.open(tmp_path / "out" / "people.zarr")
    assert d["response"].values[:, 0].tolist() == [[0] * 8, [1] * 8, [tri.NO_ANSWER] * 8]
    known = {i.item: (i.difficulty, i.label_error) for i in s.experiment.items}
    told = zip(d["difficulty"].values.tolist(), d["label_error"].values.tolist(), strict=True)
    assert list(told) == [known[item] for item in d["item"].values]
    both = tri.concat([decisions, d])
    assert both.sizes["observer"] == 11
    assert both.sizes["item"] == decisions.sizes["item"]
    shown = both.sel(item=d["item"].values)
    right = tri.correctness(shown).values[8:, 0]
    target = shown["target"].values
    np.testing.assert_array_equal(right, [target == 0, target == 1, np.zeros(8, dtype=bool)])
    answers = pd.read_csv(tmp_path / "out" / "answers.csv", keep_default_na=False)
    assert (answers.loc[answers["answer"] == "", "correct"] == 0).all()


def test_ratings_have_a_column_for_each_question_and_no_decisions(site, browser, tmp_path):
    def answer(who, k):
        return {"categories": k % 11, "main_category": "maybe", "oddity": ["no", "very"][who]}

    s = played(site, browser, "ratings", answer)
    made = write_export(s.folder, s.database, tmp_path / "out")
    assert made.decisions is False
    assert not (tmp_path / "out" / "people.zarr").exists()
    answers = pd.read_csv(tmp_path / "out" / "answers.csv")
    assert set(answers.columns) == COLUMNS | {"categories", "main_category", "oddity"}
    assert (answers["categories"] == answers["trial"] % 11).all()
    assert answers["answer"].isna().all()
    assert answers.loc[answers["phase"] == "main", "correct"].isna().all()
    assert answers.loc[answers["phase"] == "main", "difficulty"].value_counts().to_dict() == {
        "trivial": 6, "in-between": 6, "impossible": 6
    }  # fmt: skip


def test_analysis_takes_no_column_of_the_answers_for_a_question():
    from trichotomy.readers.answers import KNOWN

    assert set(KNOWN) == COLUMNS


def test_every_column_is_in_the_data_dictionary(site, browser, tmp_path):
    s = played(
        site, browser, "ratings", lambda *_: {"categories": 1, "main_category": "no", "oddity": "no"}, people=1
    )  # fmt: skip
    write_export(s.folder, s.database, tmp_path / "out")
    root = tmp_path / "out" / "psych-ds"
    told = json.loads((root / "dataset_description.json").read_text())
    assert told["@type"] == "Dataset"
    known = {v["name"] for v in told["variableMeasured"]}
    codebook = pd.read_csv(root / "codebook.csv")
    files = sorted((root / "data").iterdir())
    assert len(files) == 5
    for file in files:
        assert file.name.endswith("_data.csv")
        columns = set(pd.read_csv(file).columns)
        assert columns <= known
        table = file.name.split("description-")[1].removesuffix("_data.csv")
        assert columns == set(codebook.loc[codebook["table"] == table, "column"])
    assert codebook["description"].notna().all()
    assert "How many different categories" in codebook.set_index("column").loc["categories", "description"]


def test_json_says_the_same_as_csv(site, browser, tmp_path):
    s = played(site, browser, "pairs", lambda *_: {"choice": "left"}, people=1)
    write_export(s.folder, s.database, tmp_path / "out")
    told = json.loads((tmp_path / "out" / "answers.json").read_text())
    assert set(told) == {"answers", "items", "participants", "events", "frames"}
    table = pd.read_csv(tmp_path / "out" / "answers.csv", dtype={"participant": str})
    assert [r["rt_ms"] for r in told["answers"]] == table["rt_ms"].tolist()
    assert [r["participant"] for r in told["answers"]] == table["participant"].tolist()
    assert told["participants"][0]["left"] == 9
    assert len(told["events"]) == 9


def test_whoever_is_excluded_is_in_the_tables_with_the_reason_and_nowhere_else(site, browser, tmp_path):
    s = played(site, browser, "pairs", lambda *_: {"choice": "left"}, people=3)
    with s.database.writing() as connection:
        first = participant_rows(connection)[0]["participant"]
        assert exclude(connection, first, "fell asleep")
    bot = browser(s)
    bot.enter({"simulated": "1"})
    bot.agree()
    bot.answer(0)
    made = write_export(s.folder, s.database, tmp_path / "out")
    assert (made.participants, made.left_out) == (2, 2)
    answers = pd.read_csv(tmp_path / "out" / "answers.csv", dtype={"participant": str}, keep_default_na=False)
    assert answers.groupby("excluded")["participant"].nunique().to_dict() == {
        "": 2,
        "fell asleep": 1,
        "simulated": 1,
    }
    assert first not in tri.open(tmp_path / "out" / "people.zarr")["observer"].values
    (data,) = (tmp_path / "out" / "psych-ds" / "data").glob("*answers*")
    assert pd.read_csv(data, dtype={"participant": str})["participant"].nunique() == 2
    again = write_export(s.folder, s.database, tmp_path / "out", simulated=True, force=True)
    assert (again.participants, again.left_out) == (3, 1)
    with s.database.writing() as connection:
        assert exclude(connection, first, "simulated")  # a word does not make a person a program
    again = write_export(s.folder, s.database, tmp_path / "out", simulated=True, force=True)
    assert (again.participants, again.left_out) == (3, 1)
    assert first not in tri.open(tmp_path / "out" / "people.zarr")["observer"].values


def test_nothing_but_an_export_is_replaced(site, browser, tmp_path):
    s = played(site, browser, "pairs", lambda *_: {"choice": "left"}, people=1)
    out = tmp_path / "out"
    write_export(s.folder, s.database, out)
    with pytest.raises(InputError, match="--force"):
        write_export(s.folder, s.database, out)
    (out / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="is not replaced"):
        write_export(s.folder, s.database, out, force=True)
    assert (out / "thesis.txt").exists()


def test_an_export_before_anybody_has_come(site, tmp_path):
    for kind in ("pairs", "ratings", "categorise"):
        s = site(kind)
        made = write_export(s.folder, s.database, tmp_path / f"out-{kind}")
        assert (made.participants, made.answers, made.decisions) == (0, 0, False)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\nx", "'-1"])
def test_texts_that_spreadsheets_take_for_formulas(text):
    from io import StringIO

    table = pd.DataFrame({"a": [text, "plain"], "b": [-1.5, 2]})
    read = pd.read_csv(StringIO(to_csv(table)), keep_default_na=False)
    assert read["a"].tolist() == [f"'{text}".replace("\r", "\n"), "plain"]
    assert read["b"].tolist() == [-1.5, 2]


def test_answers_with_a_minus_are_read_in_their_order(site, browser, tmp_path):
    from trichotomy.experiments.design import Question
    from trichotomy.readers.answers import read_answers

    asked = (
        Question("warmth", "How warm?", "scale", tuple(range(-3, 4))),
        Question("sign", "Which?", "choice", ("-", "'-", "+")),
        Question("year", "When?", "scale", tuple(range(1990, 2021))),
    )
    s = played(
        site, browser, "ratings", questions=asked,
        answer=lambda who, k: {"warmth": k % 7 - 3, "sign": ("-", "'-", "+")[k % 3], "year": 1990 + 3 * who + k},
    )  # fmt: skip
    write_export(s.folder, s.database, tmp_path / "out")
    wanted = {q.name: tuple(map(str, q.options)) for q in asked}
    read = read_answers(tmp_path / "out")
    assert read.questions == wanted
    said = read.main.set_index(["participant", "item"])["warmth"].astype(int)
    codes, items = read.codes("warmth")
    assert [c - 3 for c in codes[0]] == [said[read.participants[0], i] for i in items]
    alone = read_answers(tmp_path / "out" / "answers.csv")
    assert set(alone.trials["sign"]) <= set(wanted["sign"])


def test_analysis_knows_what_people_could_choose_from(site, browser, tmp_path):
    from trichotomy.cli.experiment_analysis import answers_of
    from trichotomy.experiments.exporting.codebook import answers_entries

    s = played(site, browser, "categorise", lambda *_: {"choice": "bird"}, people=1)
    write_export(s.folder, s.database, tmp_path / "out")
    for source in (tmp_path / "out", tmp_path / "out" / "psych-ds", s.folder.path):
        assert answers_of(source).choices == ("airplane", "bird", "cat", "dog")
    odd = replace(s.folder, experiment=replace(s.experiment, choices=("a | b", "c")))
    assert next(values for name, _, values, _ in answers_entries(odd) if name == "answer") == ""


def test_frames_say_how_long_images_were_shown(site, browser, tmp_path):
    s = site("categorise")
    b = browser(s)
    b.enter({})
    b.agree()
    sent = [
        {"interval_ms": 16.7, "image_ms": 200.4, "mask_ms": 183.7},
        {"interval_ms": 16.7},
        None,
        None,
    ]
    for k, frames in enumerate(sent):
        assert b.post(f"/api/trials/{k}", {"answer": {"choice": None}, "frames": frames}).status_code == 200
    # stored by an earlier version: what names another participant or trial, and what is no object
    with s.database.writing() as connection:
        for k, stored in ((1, '{"participant": 5, "trial": 7, "interval_ms": 16.7}'), (2, "[1.0]")):
            connection.execute(
                answers_of_all.update().where(answers_of_all.c.trial == k).values(frames=stored)
            )
    write_export(s.folder, s.database, tmp_path / "out")
    table = pd.read_csv(tmp_path / "out" / "frames.csv")
    assert table["trial"].tolist() == [0, 1, 2, 3]
    assert len(set(table["participant"])) == 1
    assert table["image_ms"].tolist()[:1] == [200.4]
    assert table["image_ms"].isna().tolist() == [False, True, True, True]
    assert table["interval_ms"].isna().tolist() == [False, False, True, True]


def test_analysis_takes_an_experiments_own_folder_for_its_export(site, browser, tmp_path):
    from trichotomy.cli.experiment_analysis import answers_of

    s = played(site, browser, "pairs", lambda who, _: {"choice": ["left", "right"][who]})
    write_export(s.folder, s.database, tmp_path / "out")
    own, exported = (answers_of(path) for path in (s.folder.path, tmp_path / "out"))
    for name in ("trials", "items"):
        assert getattr(own, name).to_csv() == getattr(exported, name).to_csv()
    assert len(own.trials) > 0
