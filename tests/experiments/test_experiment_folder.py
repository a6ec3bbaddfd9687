"""The folder of an experiment: written whole, read back, checked; the order of the trials."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from trichotomy.errors import InputError, UnknownNameError
from trichotomy.experiments.design import (
    QUESTIONS,
    Policies,
    Timing,
    arrange,
    check_images,
    new_experiment,
    open_folder,
    read_questions,
)


@pytest.mark.parametrize("kind", ["pairs", "ratings", "categorise"])
def test_a_folder_is_read_as_it_was_written(made, kind):
    folder = made(kind)
    again = open_folder(folder.path)
    assert again.experiment == folder.experiment
    assert again.questions == (QUESTIONS if kind == "ratings" else ())
    check_images(again)
    phases = Counter(t.phase for t in folder.experiment.trials)
    assert phases == {
        "practice": 2,
        "main": {"pairs": 6, "ratings": 9, "categorise": 8}[kind],
        "attention": 1,
    }
    own = [i for i in folder.experiment.items if i.own]
    assert len(own) == (2 if kind == "pairs" else 1)
    assert all(folder.file(i).read_bytes().startswith(b"\x89PNG") for i in own)
    assert "practise" in folder.instructions
    assert "Consent" in folder.consent


def test_what_stands_there_is_not_replaced_by_accident(made):
    folder = made("pairs")
    with pytest.raises(InputError, match="--force"):
        made("pairs")
    made("pairs", force=True)
    (folder.path / "answers.sqlite").write_bytes(b"")
    with pytest.raises(InputError, match="is not replaced"):
        made("pairs", force=True)
    assert (folder.path / "answers.sqlite").exists()


def test_a_refused_design_leaves_nothing(made, tmp_path):
    with pytest.raises(InputError):
        made("pairs", n=500)
    assert list(tmp_path.iterdir()) == []


def test_images_that_are_gone_are_named(made, decisions, images, tmp_path):
    folder = made("pairs")
    text = (folder.path / "experiment.json").read_text().replace(str(images), str(tmp_path))
    (folder.path / "experiment.json").write_text(text)
    with pytest.raises(InputError, match="16 images are missing"):
        check_images(open_folder(folder.path))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda e: e.update(schema=2), "this version reads"),
        (lambda e: e.update(kind="quiz"), "kind must be"),
        (lambda e: e.update(extra=1), "no field 'extra'"),
        (lambda e: e.pop("title"), "the field 'title' is missing"),
        (lambda e: e.update(blocks=0), "blocks"),
        (lambda e: e["trials"][0].update(items=["img001"]), "must show 2"),
        (lambda e: e["trials"][0].update(items=["a", "b"]), "must show 2"),
        (lambda e: e["trials"][0].update(side="up"), "left or right"),
        (lambda e: e["trials"][0].update(phase="later"), "phase"),
        (lambda e: e["trials"].append(e["trials"][0]), "same id"),
        (lambda e: e["items"].append(e["items"][0]), "same id"),
        (lambda e: e.update(trials=[t for t in e["trials"] if t["phase"] != "main"]), "no trial"),
        (lambda e: e["timing"].update(speed=1), "no field 'speed'"),
        (
            lambda e: e["timing"].update(fixation_ms="500"),
            "fixation_ms must be a number, 0 or more, not '500'",
        ),
        (lambda e: e["timing"].update(fixation_ms=None), "fixation_ms must be a number"),
        (lambda e: e["timing"].update(image_ms=-1), "image_ms must be a number, 0 or more, or null"),
        (lambda e: e["timing"].update(image_ms=True), "image_ms must be a number"),
        (lambda e: e["timing"].update(mask="no"), "mask must be true or false"),
        (lambda e: e["timing"].update(timeout_ms=1500), "only an experiment of the kind 'categorise'"),
        (lambda e: e["policies"].update(one_try=1), "one_try must be true or false"),
        (lambda e: e["policies"].update(expires_hours="24"), "expires_hours must be a number"),
        (lambda e: e["policies"].update(expires_hours=float("nan")), "expires_hours must be a number"),
        (lambda e: e["policies"].update(identify_by="PID"), "identify_by must be a list of texts"),
        (lambda e: e["policies"].update(identify_by=[1]), "identify_by must be a list of texts"),
        (lambda e: e["policies"].update(completion_code=7), "completion_code must be a text, not 7"),
        (lambda e: e["trials"][0].update(trial_id="x" * 129), "at most 128 characters"),
        (lambda e: e["trials"][0].update(trial_id=1), "trial 1: trial_id must be a text, not 1"),
        (lambda e: e.update(policies=[]), r"policies: \[\] stands where an object should"),
        (lambda e: e.update(items=3), "items must be a list of objects, not 3"),
        (lambda e: e["trials"].insert(1, 3), "trial 2: 3 stands where an object should"),
        (lambda e: e["items"][2].pop("path"), "item 3: the field 'path' is missing"),
        (lambda e: e["items"][2].update(path=3), "item 3: path must be a text, not 3"),
        (lambda e: e["items"][0].update(mean_correct="x"), "item 1: mean_correct must be a number"),
        (lambda e: e["items"][0].update(label_error=1), "label_error must be true or false, or null, not 1"),
        (lambda e: e["trials"][1].update(expected=3), "trial 2: expected must be an object, not 3"),
        (lambda e: e["trials"][1].update(items=3), "trial 2: items must be a list of texts, not 3"),
        (lambda e: e["trials"][1].update(items=[["b"]]), r"trial 2: items must be a list of texts"),
        (lambda e: e["trials"][1].update(items="ab"), r"trial 2: items must be a list of texts"),
        (lambda e: e.update(seed="x"), "seed must be a whole number, 0 or more, not 'x'"),
        (lambda e: e.update(seed=-1), "seed must be a whole number, 0 or more, not -1"),
        (lambda e: e.update(seed=True), "seed must be a whole number"),
        (lambda e: e.update(images=3), "images must be a text, not 3"),
        (lambda e: e.update(fullscreen="no"), "fullscreen must be true or false, not 'no'"),
        (lambda e: e.update(choices="ab"), "choices must be a list of texts, not 'ab'"),
        (lambda e: e.update(title=3), "title must be a text, not 3"),
        (lambda e: e.update(title=None), "title must be a text, not None"),
        (lambda e: e.update(blocks=True), "blocks must be a whole number"),
        (lambda e: e.update(provenance=[]), "provenance must be an object"),
    ],
)
def test_a_damaged_experiment_is_refused_in_a_sentence(made, change, says):
    folder = made("pairs")
    content = json.loads((folder.path / "experiment.json").read_text())
    change(content)
    (folder.path / "experiment.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match=says) as refused:
        open_folder(folder.path)
    assert "experiment.json" in str(refused.value)


def test_no_experiment_at_all(tmp_path):
    with pytest.raises(InputError, match="experiment new"):
        open_folder(tmp_path)
    (tmp_path / "experiment.json").write_text("{")
    with pytest.raises(InputError, match="is not JSON"):
        open_folder(tmp_path)


def test_a_design_that_says_nothing_of_certainty(made):
    folder = made("pairs")
    content = json.loads((folder.path / "experiment.json").read_text())
    for item in content["items"]:
        del item["p_target"]
    (folder.path / "experiment.json").write_text(json.dumps(content))
    assert open_folder(folder.path).experiment == folder.experiment


@pytest.mark.parametrize("name", ["experiment.json", "consent.md", "questions.toml"])
def test_a_file_in_another_encoding_is_named(made, name):
    folder = made("ratings")
    content = (folder.path / name).read_text()
    (folder.path / name).write_bytes(
        content.replace("#", "# \u00e4", 1).replace("What", "W\u00e4s").encode("latin-1")
    )
    with pytest.raises(InputError, match=f"{name} cannot be read .it is no text in UTF-8"):
        open_folder(folder.path)
    (folder.path / name).write_bytes(b"\xef\xbb\xbf" + content.encode())  # as some editors begin a file
    assert open_folder(folder.path).experiment == folder.experiment


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("questions = 3", "must hold"),
        ("[[questions]", "is not TOML"),
        (
            '[[questions]]\nname = "item"\nprompt = "?"\nkind = "scale"\nfrom = 0\nto = 3',
            "no column of the answers",
        ),
        ('[[questions]]\nname = "a b"\nprompt = "?"\nkind = "scale"\nfrom = 0\nto = 3', "letters, digits"),
        ('[[questions]]\nname = "a"\nprompt = " "\nkind = "scale"\nfrom = 0\nto = 3', "a sentence"),
        ('[[questions]]\nname = "a"\nprompt = "?"\nkind = "scale"\nfrom = 3\nto = 3', "whole numbers"),
        ('[[questions]]\nname = "a"\nprompt = "?"\nkind = "choice"\noptions = ["x", "x"]', "options"),
        ('[[questions]]\nname = "a"\nprompt = "?"\nkind = "text"', "kind is scale"),
        (
            '[[questions]]\nname = "a"\nprompt = "?"\nkind = "choice"\noptions = ["x", "y"]\nodd = 1',
            "known fields",
        ),
        (2 * '[[questions]]\nname = "a"\nprompt = "?"\nkind = "choice"\noptions = ["x", "y"]\n', "same name"),
    ],
)
def test_questions_that_cannot_be_asked(tmp_path, text, says):
    file = tmp_path / "q.toml"
    file.write_text(text)
    with pytest.raises(InputError, match=says):
        read_questions(file)


def test_questions_of_ones_own(made):
    from trichotomy.experiments.design import Question

    mine = (Question("beauty", 'How "beautiful" is it? \\ \u00e4', "scale", (1, 2, 3)),)
    folder = made("ratings", questions=mine)
    assert folder.questions == mine
    check = next(t for t in folder.experiment.trials if t.phase == "attention")
    assert set(check.expected) == {"beauty"}
    file = folder.path / "questions.toml"
    file.write_text(file.read_text().replace("beauty", "ugliness", 1))
    with pytest.raises(InputError, match="asks for 'beauty'"):
        open_folder(folder.path)


def test_everybody_has_an_order_of_their_own_that_never_changes(made):
    e = made("pairs", n=40, checks=4, blocks=4).experiment
    orders = [arrange(e, k) for k in range(60)]
    assert arrange(e, 7) == orders[7]
    assert len({tuple(p.trial_id for p in o) for o in orders}) == 60
    for order in orders:
        assert sorted(p.trial_id for p in order) == sorted(t.trial_id for t in e.trials)
        assert [p.trial_id for p in order[:2]] == ["practice-1", "practice-2"]
        blocks = [p.block for p in order]
        assert blocks == sorted(blocks)
        assert Counter(p.block for p in order if p.trial_id.startswith("pair")) == {
            1: 10,
            2: 10,
            3: 10,
            4: 10,
        }
        assert abs(sum(p.side == "left" for p in order if p.trial_id.startswith("pair")) - 20) == 0
        checks = [k for k, p in enumerate(order) if p.trial_id.startswith("attention")]
        assert checks[0] > 2
        assert all(10 * i <= k - 2 - i <= 10 * (i + 1) for i, k in enumerate(checks))  # one in each stretch
    mirrored = sum(o[2:].count(p) for o in orders for p in o if p.trial_id == "pair-1" and p.side == "left")
    assert 15 < mirrored < 45


@pytest.mark.parametrize(("blocks", "checks", "practice"), [(1, 0, 0), (3, 0, 2), (9, 6, 0), (2, 9, 1)])
def test_orders_of_odd_sizes(made, blocks, checks, practice):
    e = made("categorise", n=6, practice=practice, blocks=blocks, checks=checks).experiment
    for k in range(20):
        order = arrange(e, k)
        assert len(order) == 6 + checks + practice
        assert {p.block for p in order} == set(range(min(blocks, 6) + (practice > 0)))


def test_a_new_experiment_says_where_it_comes_from(made):
    configuration = made("pairs", seed=3, tolerance=1, match_class=True).experiment.provenance[
        "configuration"
    ]
    assert configuration["observers"] == [f"net-{k}" for k in range(8)]
    assert (configuration["tolerance"], configuration["match_class"], configuration["n"]) == (1, True, 6)


def test_sizes_that_make_no_sense(decisions, images, tmp_path):
    with pytest.raises(InputError, match="1 block or more"):
        new_experiment("pairs", decisions, tmp_path / "e", images=images, blocks=0)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"policies": Policies(expires_hours=float("inf"))}, "finite numbers"),
        ({"timing": Timing(timeout_ms=3)}, "only an experiment of the kind 'categorise'"),
        ({"title": 3}, "title must be a text"),
    ],
)
def test_what_could_not_be_read_again_is_not_written(decisions, images, tmp_path, options, says):
    with pytest.raises(InputError, match=says):
        new_experiment("pairs", decisions, tmp_path / "e", images=images, n=4, practice=0, **options)
    assert not (tmp_path / "e").exists()


def test_names_and_options_of_another_kind(made, decisions, images, tmp_path):
    for kind, options, says in (
        ("pair", {}, "no kind of experiment called 'pair'"),
        ("pairs", {"superclasses": True}, "no option of pairs called 'superclasses'"),
        ("ratings", {"rng": 3}, "no option of ratings called 'rng'"),
    ):
        with pytest.raises(UnknownNameError, match=says):
            new_experiment(kind, decisions, tmp_path / "e", images=images, **options)
    with pytest.raises(InputError, match="a seed is 0 or more"):
        new_experiment("pairs", decisions, tmp_path / "e", images=images, seed=-1)
    assert not (tmp_path / "e").exists()
