"""Layouts, columns, ids and joins of the table reader."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from trichotomy.decisions import correctness, from_arrays, to_dataframe
from trichotomy.errors import InputError, MissingExtraError, UnknownNameError
from trichotomy.readers import read
from trichotomy.readers.columns import layout_of, normal


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text.encode())
    return path


def columns(d):
    return d.attrs["provenance"]["configuration"]["columns"]


def test_csv_is_read_where_pyarrow_is_not_installed(tmp_path: Path):
    path = write(tmp_path, "d.csv", "image,pred,label\nx,0,0\n")
    code = (
        "import sys; sys.modules['pyarrow'] = None; import trichotomy.readers as r; "
        f"print(r.read({str(path)!r}).sizes['item'], [m for m in ('torch', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1 []"


def test_one_file_per_model_is_called_by_its_stem(tmp_path: Path):
    write(tmp_path, "a.csv", "image,pred\n1,0\n2,1\n")
    write(tmp_path, "b.csv", "image,pred\n2,1\n1,1\n")
    write(tmp_path, "labels.csv", "image,label\n1,0\n2,1\n3,0\n")
    d = read(tmp_path, targets=tmp_path / "labels.csv")
    assert d["observer"].values.tolist() == ["a", "b"]
    assert d["item"].values.tolist() == ["1", "2"]
    assert d["response"].values[:, 0].tolist() == [[0, 1], [1, 1]]
    assert d["target"].values.tolist() == [0, 1]
    assert "1 of 3 items of labels.csv were answered by nobody" in d.attrs["provenance"]["warnings"][0]


def test_equal_stems_are_told_apart_by_their_folders(tmp_path: Path):
    for folder in ("one", "two"):
        write(tmp_path, f"{folder}/preds.csv", "image,pred,label\n1,0,0\n")
    d = read([tmp_path / "one" / "preds.csv", tmp_path / "two" / "preds.csv"])
    assert d["observer"].values.tolist() == ["one/preds", "two/preds"]


def test_wide_table(tmp_path: Path):
    path = write(tmp_path, "wide.tsv", "file_name\tlabel\tresnet\tvgg\nx\tcat\tcat\tdog\ny\tdog\tdog\t\n")
    d = read(path)
    assert d["observer"].values.tolist() == ["resnet", "vgg"]
    assert d["response"].values[:, 0].tolist() == [[0, 1], [1, -1]]
    assert columns(d) == {
        "observers": "column names",
        "items": "file_name",
        "responses": "resnet, vgg",
        "targets": "label",
    }


def test_wide_table_of_correctness(tmp_path: Path):
    path = write(tmp_path, "wide.csv", "item,a,b\nx,1,0\ny,0,\n")
    d = read(path)
    assert "response" not in d
    assert d["correct"].values[:, 0].tolist() == [[1, 0], [0, -1]]
    assert any("taken as correctness" in w for w in d.attrs["provenance"]["warnings"])
    same = read(path, mapping={"correct": "a,b"})
    assert same["correct"].identical(d["correct"])


def test_wide_correctness_beside_many_classes_is_not_taken_for_classes(tmp_path: Path):
    path = write(tmp_path, "wide.csv", "item,label,a\nx,5,1\ny,1,0\nz,7,0\n")
    with pytest.raises(InputError, match=r"column 'a' of wide\.csv holds only 0 and 1.*--map correct="):
        read(path)
    d = read(path, mapping={"correct": "a"})
    assert d["correct"].values.ravel().tolist() == [1, 0, 0]
    assert d["observer"].values.tolist() == ["wide"]


def test_wide_column_that_is_no_observer_is_refused(tmp_path: Path):
    path = write(tmp_path, "wide.csv", "item,label,a,superclass\nx,cat,cat,animal\ny,car,cat,thing\n")
    with pytest.raises(
        InputError, match=r"column 'superclass' of wide\.csv holds no class.*--map responses=A,B"
    ):
        read(path)
    assert read(path, mapping={"responses": "a"}).sizes["observer"] == 1


def test_run_column_makes_observers_of_one_file(tmp_path: Path):
    path = write(tmp_path, "vit.csv", "run,epoch,image,label,prediction\n1,0,x,a,a\n1,2,x,a,b\n2,0,x,a,a\n")
    d = read(path)
    assert d["observer"].values.tolist() == ["vit/1", "vit/2"]
    assert d["condition"].values.tolist() == ["vit", "vit"]
    assert d["instance"].values.tolist() == [1, 2]
    assert d["epoch"].values.tolist() == [0, 2]
    assert d["response"].values[:, :, 0].tolist() == [[0, 1], [0, -1]]
    assert d["planned_epochs"].values.tolist() == [2, 1]


def test_seed_beside_model_splits_only_where_there_are_several(tmp_path: Path):
    rows = "model,seed,image,label,prediction\nr,1,x,0,0\nr,{},x,0,1\nv,1,x,0,0\n"
    d = read(write(tmp_path, "several.csv", rows.format(2)))
    assert d["observer"].values.tolist() == ["r/1", "r/2", "v/1"]
    assert d["condition"].values.tolist() == ["r", "r", "v"]
    one = read(write(tmp_path, "one.csv", "model,seed,image,label,prediction\nr,7,x,0,0\nv,8,x,0,1\n"))
    assert one["observer"].values.tolist() == ["r", "v"]
    assert one["instance"].values.tolist() == [7, 8]
    assert one["condition"].values.tolist() == ["r", "v"]


def test_condition_and_kind_describe_observers(tmp_path: Path):
    path = write(
        tmp_path,
        "d.csv",
        "observer,condition,kind,image,label,response\na,base,model,x,0,0\nb,base,human,x,0,1\nb,base,human,y,0,1\n",
    )
    d = read(path)
    assert d["condition"].values.tolist() == ["base", "base"]
    assert d["kind"].values.tolist() == ["model", "human"]


def test_condition_of_the_stimulus_becomes_an_item_coordinate(tmp_path: Path):
    path = write(
        tmp_path,
        "d.csv",
        "observer,condition,image,label,response\na,easy,x,0,0\na,hard,y,0,1\nb,easy,x,0,0\n",
    )
    d = read(path)
    assert d["condition"].values.tolist() == ["a", "b"]
    assert d["stimulus_condition"].values.tolist() == ["easy", "hard"]
    assert any("stimulus_condition" in w for w in d.attrs["provenance"]["warnings"])


def test_ids_are_kept_exact(tmp_path: Path):
    path = write(tmp_path, "d.csv", "id,prediction,label\n00012,1,1\n12,0,1\n1e3,1,1\nNA,1,1\n")
    assert read(path)["item"].values.tolist() == ["00012", "12", "1e3", "NA"]


def test_jsonl_numbers_are_ids_too(tmp_path: Path):
    lines = [{"id": 7, "pred": 1, "label": 1, "confidence": 0.5}, {"id": "007", "pred": 0, "label": 1}]
    path = write(tmp_path, "d.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    d = read(path)
    assert d["item"].values.tolist() == ["7", "007"]
    np.testing.assert_array_equal(d["p_response"].values.ravel(), [0.5, np.nan])


def test_probabilities_and_correct_column(tmp_path: Path):
    text = "image,label,pred,p_target,confidence,correct\nx,3,3,0.5,0.75,1\ny,4,3,,0.25,0\n"
    d = read(write(tmp_path, "d.csv", text))
    assert "correct" not in d  # the column says what responses and targets say
    np.testing.assert_array_equal(d["p_target"].values.ravel(), [0.5, np.nan])
    assert d["p_response"].values.ravel().tolist() == [0.75, 0.25]
    multi = read(write(tmp_path, "e.csv", text.replace("0.25,0", "0.25,1")))
    assert multi["correct"].values.ravel().tolist() == [1, 1]
    assert any(
        "differs from response == target in 1 rows" in w for w in multi.attrs["provenance"]["warnings"]
    )


def test_targets_columns_become_annotations(tmp_path: Path):
    preds = write(tmp_path, "a.csv", "image,pred\n1,0\n2,1\n")
    targets = write(
        tmp_path,
        "t.csv",
        "image,label,superclass,label_error,score,condition\n2,1,dog,False,2,c\n1,0,cat,True,1.5,d\n",
    )
    d = read(preds, targets=targets)
    assert d["superclass"].values.tolist() == ["cat", "dog"]
    assert d["label_error"].values.tolist() == [True, False]
    assert d["score"].values.tolist() == [1.5, 2.0]
    assert d["stimulus_condition"].values.tolist() == ["d", "c"]
    more = write(tmp_path, "n.csv", "image,flag\n1,1\n9,0\n")
    d = read(preds, targets=targets, annotations=more)
    np.testing.assert_array_equal(d["flag"].values, [1, np.nan])
    assert [s["name"] for s in d.attrs["provenance"]["sources"]] == ["a.csv", "t.csv", "n.csv"]


@pytest.mark.parametrize("kind", ["npy", "npz", "npy2", "parquet", "jsonl"])
def test_targets_in_other_formats(tmp_path: Path, kind: str):
    preds = write(tmp_path, "a.csv", "image,pred\n1,5\n0,5\n")
    path = tmp_path / f"targets.{kind.rstrip('2')}"
    if kind == "npy":
        np.save(path, np.array([6, 5, 9]))
    elif kind == "npy2":
        np.save(path, np.array([["0", "6"], ["1", "5"]]))
    elif kind == "npz":
        np.savez(path, items=np.array([1, 0]), labels=np.array([5, 6]))
    elif kind == "jsonl":
        path.write_text('{"image": "1", "label": 5}\n{"image": "0", "label": 6}\n')
    else:
        pa = pytest.importorskip("pyarrow")
        from pyarrow import parquet

        parquet.write_table(pa.table({"image": [0, 1], "label": [6, 5]}), path)
    d = read(preds, targets=path)
    assert d["target"].values.tolist() == [5, 6]


def test_mapping_wins_over_guessing(tmp_path: Path):
    path = write(tmp_path, "d.csv", "image,other,label,truth,pred,pred2\nx,X,0,1,0,1\n")
    d = read(path, mapping={"items": "other", "targets": "truth", "responses": "pred2"})
    assert d["item"].values.tolist() == ["X"]
    assert correctness(d).values.item() == 1
    assert columns(d)["not used"] == "image, label, pred"


def test_mapping_may_name_columns_of_the_targets_file(tmp_path: Path):
    preds = write(tmp_path, "a.csv", "image,pred\n1,0\n")
    targets = write(tmp_path, "t.csv", "image,foo,label\n1,0,9\n")
    d = read(preds, targets=targets, mapping={"targets": "foo"})
    assert d["target"].values.tolist() == [0]
    assert columns(d)["targets"] == "foo (t.csv)"


def test_mapping_to_absent_column_or_twice(tmp_path: Path):
    path = write(tmp_path, "d.csv", "image,label,pred\nx,0,0\n")
    with pytest.raises(UnknownNameError, match=r"no column of d\.csv called 'lable'. Did you mean label"):
        read(path, mapping={"targets": "lable"})
    with pytest.raises(InputError, match="mapped to two fields"):
        read(path, mapping={"targets": "pred", "responses": "pred"})
    with pytest.raises(UnknownNameError, match="no field called 'target'"):
        read(path, mapping={"target": "label"})
    with pytest.raises(UnknownNameError, match="no rule for duplicates called 'newest'"):
        read(path, duplicates="newest")


def test_table_without_answers_names_its_columns(tmp_path: Path):
    path = write(tmp_path, "d.csv", "model,image,label,out\na,x,0,0\n")
    with pytest.raises(
        InputError, match=r"no column of d\.csv holds the answers.*'out'.*--map responses=COLUMN"
    ):
        read(path)


def test_nothing_says_what_is_right(tmp_path: Path):
    path = write(tmp_path, "d.csv", "model,image,pred\na,x,5\n")
    with pytest.raises(InputError, match=r"d\.csv has neither targets nor correctness.*--targets FILE"):
        read(path)


def test_items_are_numbered_only_in_a_lone_table(tmp_path: Path):
    one = write(tmp_path, "a.csv", "pred,label\n1,1\n0,1\n")
    d = read(one)
    assert d["item"].values.tolist() == ["0", "1"]
    assert any("row number" in w for w in d.attrs["provenance"]["warnings"])
    two = write(tmp_path, "b.csv", "pred,label\n1,1\n0,1\n")
    with pytest.raises(
        InputError, match=r"no column of a\.csv names the items.*never joined by their position"
    ):
        read([one, two])


def test_where(tmp_path: Path):
    path = write(tmp_path, "d.csv", "image,phase,pred,label\nx,train,0,0\nx,test,1,0\ny,test,0,0\n")
    d = read(path, where={"phase": "test"})
    assert d["response"].values.ravel().tolist() == [1, 0]
    with pytest.raises(InputError, match="no row has phase=tset"):
        read(path, where={"phase": "tset"})
    with pytest.raises(UnknownNameError, match=r"no column of d\.csv called 'fase'"):
        read(path, where={"fase": "test"})
    with pytest.raises(InputError, match=r"1 duplicated rows on 1 keys.*line 2 and line 3"):
        read(path)
    bad = write(tmp_path, "e.csv", "image,phase,pred,label\nx,train,?,0\nx,test,1,0\ny,test,cat,0\n")
    with pytest.raises(InputError, match=r"'cat' in column 'pred' \(e\.csv, line 4\)"):
        read(bad, where={"phase": "test"})


def test_classes_are_the_targets_then_the_others(tmp_path: Path):
    path = write(tmp_path, "d.csv", "image,label,pred\nx,dog,ant\ny,cat,dog\nz,cat, cat\n")
    d = read(path)
    assert d.attrs["classes"] == ["cat", "dog", "ant"]
    assert d["response"].values.ravel().tolist() == [2, 1, 0]
    assert "1 answered class(es) are no item's target: 'ant'" in d.attrs["provenance"]["warnings"][0]


def test_what_to_dataframe_gives_can_be_read_back(tmp_path: Path):
    d = from_arrays([[0, -2, 1], [2, 1, -1]], target=[0, 1, 1], observers=["a", "b"], items=["x", "y", "z"])
    to_dataframe(d).to_csv(tmp_path / "d.csv", index=False)
    again = read(tmp_path / "d.csv")
    assert again["response"].identical(d["response"])
    assert again["target"].identical(d["target"])


def test_parquet_without_pyarrow_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "d.parquet"
    path.write_bytes(b"PAR1....")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r'reading Parquet files needs .*"trichotomy\[parquet\]"'):
        read(path)


def test_progress_is_told_of_every_file(tmp_path: Path):
    for name in "ab":
        write(tmp_path, f"{name}.csv", "image,pred,label\nx,0,0\n")
    seen: list[tuple[int, int, str]] = []
    read(tmp_path, progress=lambda *told: seen.append(told))
    assert seen == [(0, 2, "a.csv"), (1, 2, "b.csv")]


def test_files_that_call_things_differently(tmp_path: Path):
    write(tmp_path, "a.csv", "image,pred,label\nx,0,0\n")
    write(tmp_path, "b.csv", "File Name;predictedClass;target\nx;1;0\n")
    d = read(tmp_path)
    assert d["response"].values.ravel().tolist() == [0, 1]
    assert columns(d) == {
        "items": "image | File Name",
        "responses": "pred | predictedClass",
        "targets": "label | target",
    }
    assert [e["files"] for e in d.attrs["provenance"]["configuration"]["layouts"]] == [["a.csv"], ["b.csv"]]


@pytest.mark.parametrize(
    ("written", "wanted"), [("File Name", "file_name"), ("fileName", "file_name"), ("p.T-x", "p_t_x")]
)
def test_column_names_are_compared_by_words(written: str, wanted: str):
    assert normal(written) == wanted


@pytest.mark.parametrize("observer", ["model", "subj", "observer", "network", "participant"])
@pytest.mark.parametrize(
    "item", ["image", "file_name", "imagename", "image_name", "item", "id", "filename", "path"]
)
def test_common_names_of_keys(observer: str, item: str):
    layout = layout_of([observer, item, "pred", "label"], mapping={}, place="d.csv")
    assert (layout.observers, layout.items) == (observer, item)


@pytest.mark.parametrize(
    "response", ["pred", "prediction", "predicted_class", "object_response", "response", "predicted_label"]
)
@pytest.mark.parametrize("target", ["label", "target", "category", "ground_truth", "true_label"])
def test_common_names_of_answers(response: str, target: str):
    layout = layout_of(["image", response, target], mapping={}, place="d.csv")
    assert (layout.responses, layout.targets, layout.wide) == ((response,), target, False)


def test_sources_that_are_not_there(tmp_path: Path):
    with pytest.raises(InputError, match=r"there is no file .*absent\.csv"):
        read(tmp_path / "absent.csv")
    with pytest.raises(InputError, match=r"no file matches .*\*\.csv"):
        read(tmp_path / "*.csv")
    with pytest.raises(InputError, match="holds no file to read"):
        read(tmp_path)
    with pytest.raises(InputError, match="there is nothing to read"):
        read([])
    path = write(tmp_path, "a.csv", "image,pred\nx,0\n")
    with pytest.raises(InputError, match=r"there is no file .*labels\.csv"):
        read(path, targets=tmp_path / "labels.csv")
