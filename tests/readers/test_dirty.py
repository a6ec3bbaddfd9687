"""Dirty data are met by a documented rule that is recorded, or refused with place and remedy."""

from __future__ import annotations

import gzip
import itertools
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trichotomy.errors import InputError, TrichotomyError
from trichotomy.readers import read, repeated


@pytest.fixture(params=["pyarrow", "standard library"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every rule holds with and without PyArrow."""
    if request.param == "pyarrow":
        pytest.importorskip("pyarrow")
    else:
        monkeypatch.setitem(sys.modules, "pyarrow", None)
    return request.param


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def warnings(d):
    return d.attrs["provenance"]["warnings"]


HEAD = "model,image,pred,label\n"

REFUSED = {
    "empty file": ("", r"d\.csv is empty"),
    "only blank lines": ("\n\n", r"d\.csv is empty"),
    "header only": (HEAD, r"d\.csv has a header and no rows"),
    "too few cells": (
        HEAD + "a,x,0,0\na,y,0\na,z,0,0\n",
        r"d\.csv, line 3 has 3 cells where the header has 4",
    ),
    "too many cells": (HEAD + "a,x,0,0\n\na,y,0,0,5\n", r"d\.csv, line 4 has 5 cells where the header has 4"),
    "open quotation": (
        HEAD + 'a,x,0,0\na,"y,0,0\n',
        r"d\.csv, line 3 is not valid delimited text.*quotation",
    ),
    "open quotation at the end": (HEAD + 'a,x,0,0\na,y,0,"', r"d\.csv, line 3 is not valid delimited text"),
    "not UTF-8": (
        HEAD.encode() + b"a,x,0,0\na,\xff\xe9,0,0\n",
        r"d\.csv, line 3 holds bytes that are not UTF-8",
    ),
    "UTF-16": ((HEAD + "a,x,0,0\n").encode("utf-16"), r"d\.csv is UTF-16; save it as UTF-8"),
    "equal column names": ("image,pred,pred\nx,0,0\n", r"d\.csv has several columns called 'pred'"),
    "no item id": (HEAD + "a,x,0,0\na,,0,0\n", r"d\.csv, line 3 has no item in column 'image'"),
    "no observer id": (HEAD + "a,x,0,0\n ,y,0,0\n", r"d\.csv, line 3 has no observer in column 'model'"),
    "name among indices": (
        HEAD + "a,x,0,0\na,y,cat,0\n",
        r"'cat' in column 'pred' \(d\.csv, line 3\) is a class name",
    ),
    "index among names": (
        HEAD + "a,x,b,b\na,y,7,b\n",
        r"'7' in column 'pred' \(d\.csv, line 3\) is a number",
    ),
    "mixed targets": (HEAD + "a,x,b,b\na,y,b,3\n", r"'3' in column 'label' \(d\.csv, line 3\) is a number"),
    "fraction": (HEAD + "a,x,0.5,0\n", r"'0\.5' in column 'pred' \(d\.csv, line 2\) is neither"),
    "negative index": (HEAD + "a,x,-3,0\n", r"'-3' in column 'pred' \(d\.csv, line 2\) is no class index"),
    "negative target": (HEAD + "a,x,3,-2\n", r"'-2' in column 'label' \(d\.csv, line 2\) is no class index"),
    "huge index": (
        HEAD + "a,x,99999999999,0\n",
        r"'99999999999' in column 'pred' \(d\.csv, line 2\) is no class",
    ),
    "targets disagree": (
        HEAD + "a,x,0,0\na,y,0,0\nb,x,0,1\n",
        r"targets disagree for 1 item\(s\): 'x' is '0' in d\.csv, line 2, but '1' in d\.csv, line 4",
    ),
    "no epoch": ("image,epoch,pred,label\nx,1,0,0\ny,,0,0\n", r"d\.csv, line 3 has no epoch"),
    "epoch in words": (
        "image,epoch,pred,label\nx,1,0,0\ny,last,0,0\n",
        r"'last' in column 'epoch' \(d\.csv, line 3\)",
    ),
    "probability": (
        "image,pred,label,prob\nx,0,0,.5\ny,0,0,73\n",
        r"1 values of p_response.*first 73 in d\.csv, line 3",
    ),
    "no number": (
        "image,pred,label,prob\nx,0,0,.5\ny,0,0,high\n",
        r"'high' in column 'prob' \(d\.csv, line 3\)",
    ),
    "mean correctness": (
        "image,correct\nx,1\ny,0.36\n",
        r"'0\.36' in column 'correct' \(d\.csv, line 3\) is neither 0",
    ),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_refused_with_place_and_remedy(tmp_path: Path, engine: str, fault: str):
    content, message = REFUSED[fault]
    path = write(tmp_path, "d.csv", content)
    with pytest.raises(InputError, match=message) as refused:
        read(path)
    assert "\n" not in str(refused.value), engine
    assert [p.name for p in tmp_path.iterdir()] == ["d.csv"]


def test_clean_variants_of_one_file_read_the_same(tmp_path: Path, engine: str):
    plain = HEAD + "a,x,3,3\na,y,2,3\nb,x,2,3\n"
    first = read(write(tmp_path, "d.csv", plain))
    assert warnings(first)[-1].startswith("coverage is unequal: 1 of 2 observers ('b')")
    variants = {
        "byte-order mark": b"\xef\xbb\xbf" + plain.encode(),
        "CRLF": plain.replace("\n", "\r\n"),
        "no last newline": plain.rstrip("\n"),
        "blank lines": plain.replace("\n", "\n\n"),
        "semicolons": plain.replace(",", ";"),
        "quoted": plain.replace("a,x", '"a","x"'),
        "3.0": plain.replace("3,3", "3.0,3"),
        "blanks in the header": plain.replace("model,image", " model , image"),
        "tabs": plain.replace(",", "\t"),
    }
    for name, content in variants.items():
        d = read(write(tmp_path, "d.csv", content))
        assert d.drop_attrs().identical(first.drop_attrs()), (name, engine)
    d = read(write(tmp_path, "d.csv.gz", gzip.compress(plain.encode())))
    assert d.drop_attrs().identical(first.drop_attrs())


def test_quoted_newlines_stay_in_the_id_and_line_numbers_count_lines(tmp_path: Path, engine: str):
    text = HEAD + 'a,"x\nx",0,0\na,"y ""q"", z",1,0\n'
    d = read(write(tmp_path, "d.csv", text))
    assert d["item"].values.tolist() == ["x\nx", 'y "q", z'], engine
    with pytest.raises(InputError, match=r"'cat' in column 'pred' \(d\.csv, line 5\)"):
        read(write(tmp_path, "d.csv", text + "a,z,cat,0\n"))


def test_missing_answers_are_counted(tmp_path: Path, engine: str):
    d = read(write(tmp_path, "d.csv", HEAD + "a,x,,0\na,y,NaN,0\na,z,1,0\na,u,-1,0\na,v,-2,0\na,w,2,\n"))
    assert d["response"].values.ravel().tolist() == [-1, -1, 1, -1, -2, 2], engine
    assert d["target"].values.tolist() == [0, 0, 0, 0, 0, -1]
    text = " ".join(warnings(d))
    assert "3 responses have no value" in text
    assert "1 responses are -2" in text
    assert "1 of 6 items have no target (first 'w')" in text


def test_names_that_look_like_missing(tmp_path: Path, engine: str):
    d = read(write(tmp_path, "d.csv", HEAD + "a,x,NA,cat\na,y,None,cat\n"))
    assert d.attrs["classes"] == ["cat", "None"], engine
    assert any("1 responses have no value (empty, NaN, 'NA')" in w for w in warnings(d))


def test_unknown_items_are_refused(tmp_path: Path):
    path = write(tmp_path, "d.csv", "image,pred\nx,0\nval/y,0\n")
    targets = write(tmp_path, "t.csv", "image,label\nx,0\ny,0\n")
    with pytest.raises(InputError, match=r"1 of 2 items are not in t\.csv, first 'val/y' \(d\.csv, line 3\)"):
        read(path, targets=targets)


def test_targets_in_two_places_must_agree(tmp_path: Path):
    path = write(tmp_path, "d.csv", "image,pred,label\nx,cat,cat\ny,cat,dog\n")
    same = write(tmp_path, "same.csv", "image,label\ny,dog\nx,cat\n")
    assert read(path, targets=same)["target"].values.tolist() == [0, 1]
    other = write(tmp_path, "other.csv", "image,label\ny,cat\nx,cat\n")
    with pytest.raises(InputError, match=r"'y' is 'dog' in d\.csv, line 3, but 'cat' in other\.csv, line 2"):
        read(path, targets=other)


def test_targets_file_with_faults(tmp_path: Path):
    path = write(tmp_path, "d.csv", "image,pred\nx,0\ny,0\n")
    twice = write(tmp_path, "t.csv", "image,label\nx,0\ny,0\nx,0\n")
    assert any("t.csv repeats 1 rows word for word" in w for w in warnings(read(path, targets=twice)))
    clash = write(tmp_path, "c.csv", "image,label\nx,0\ny,0\nx,1\n")
    with pytest.raises(
        InputError, match=r"c\.csv, line 4 gives 'label' of item 'x' another value than c\.csv, line 2"
    ):
        read(path, targets=clash)
    bare = write(tmp_path, "b.csv", "x,0\ny,0\n")
    with pytest.raises(InputError, match=r"no column of b\.csv looks like items.*give the file a header"):
        read(path, targets=bare)
    nameless = write(tmp_path, "n.csv", "image,label\nx,0\n,0\n")
    with pytest.raises(InputError, match=r"n\.csv, line 3 has no item id"):
        read(path, targets=nameless)


def test_probability_just_above_one_is_rounding(tmp_path: Path, engine: str):
    d = read(write(tmp_path, "d.csv", "image,pred,label,prob\nx,0,0,1.0000001\n"))
    assert d["p_response"].values.item() == 1, engine


def test_truncated_gzip_and_parquet(tmp_path: Path):
    packed = gzip.compress((HEAD + "a,x,0,0\n" * 100).encode())
    with pytest.raises(InputError, match=r"d\.csv\.gz is truncated or no gzip file"):
        read(write(tmp_path, "d.csv.gz", packed[:-20]))
    with pytest.raises(InputError, match=r"e\.csv\.gz is truncated or no gzip file"):
        read(write(tmp_path, "e.csv.gz", HEAD))
    pytest.importorskip("pyarrow")
    with pytest.raises(InputError, match=r"f\.parquet is truncated or no Parquet file"):
        read(write(tmp_path, "f.parquet", b"PAR1 and no more"))


def test_json_lines_with_faults(tmp_path: Path):
    good = '{"image": "x", "pred": 1, "label": 1}\n'
    with pytest.raises(InputError, match=r"d\.jsonl, line 2 is not JSON"):
        read(write(tmp_path, "d.jsonl", good + '{"image": "y", "pr'))
    with pytest.raises(InputError, match=r"d\.jsonl, line 2 is not an object"):
        read(write(tmp_path, "d.jsonl", good + "[1, 2]\n"))
    with pytest.raises(InputError, match=r"'pred' in d\.jsonl, line 2 is a list"):
        read(write(tmp_path, "d.jsonl", good + '{"image": "y", "pred": [1], "label": 1}\n'))
    with pytest.raises(InputError, match=r"'cat' in column 'pred' \(d\.jsonl, line 3\)"):
        read(write(tmp_path, "d.jsonl", good + '\n{"image": "y", "pred": "cat", "label": 1}\n'))
    d = read(write(tmp_path, "d.jsonl", good + '{"image": "y", "pred": null, "label": 1}\n'))
    assert d["response"].values.ravel().tolist() == [1, -1]


DUPLICATED = HEAD + "a,x,1,0\na,x,2,0\na,x,2,0\na,y,0,0\na,y,0,0\na,z,3,0\na,z,4,0\n"


@pytest.mark.usefixtures("engine")
def test_duplicates_are_refused_with_counts(tmp_path: Path):
    message = (
        r"4 duplicated rows on 3 keys \(observer, epoch, item\), 2 of them with conflicting answers: "
        r"a, x in d\.csv, line 2 and line 3 and line 4; a, y in d\.csv, line 5 and line 6; .*--duplicates first\|last"
    )
    with pytest.raises(InputError, match=message):
        read(write(tmp_path, "d.csv", DUPLICATED))
    identical = write(tmp_path, "e.csv", HEAD + "a,x,1,0\na,x,1,0\n")
    with pytest.raises(InputError, match=r"1 duplicated rows on 1 keys .*, 0 of them"):
        read(identical)


@pytest.mark.parametrize(
    ("rule", "answers"), [("first", [1, 0, 3]), ("last", [2, 0, 4]), ("majority", [2, 0, 3])]
)
def test_duplicates_by_rule(tmp_path: Path, rule: str, answers: list[int]):
    d = read(write(tmp_path, "d.csv", DUPLICATED), duplicates=rule)
    assert d["response"].values.ravel().tolist() == answers
    assert f"(--duplicates {rule})" in warnings(d)[0]


def test_duplicates_across_files_name_both(tmp_path: Path):
    one = write(tmp_path, "one.csv", HEAD + "a,x,1,0\n")
    two = write(tmp_path, "two.csv", HEAD + "a,y,1,0\na,x,2,0\n")
    with pytest.raises(InputError, match=r"a, x in one\.csv, line 2 and two\.csv, line 3"):
        read([one, two])


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(-2, 2)), min_size=1, max_size=30),
    st.sampled_from(["first", "last", "majority"]),
    st.sampled_from([4, 1000]),
)
def test_rules_agree_with_their_slow_definition(rows: list[tuple[int, int]], rule: str, cells: int):
    key = np.array([k for k, _ in rows], dtype=np.int64)
    answer = np.array([a for _, a in rows], dtype=np.int64)
    found = repeated.find(key, cells, lambda which: answer[which])
    by_key = {k: [r for r, (key, _) in enumerate(rows) if key == k] for k, _ in rows}
    several = {k: at for k, at in by_key.items() if len(at) > 1}
    assert found.surplus == sum(len(at) - 1 for at in several.values())
    assert found.keys == len(several)
    assert found.conflicting == sum(len({rows[r][1] for r in at}) > 1 for at in several.values())
    if not several:
        return
    dropped = set(repeated.settle(found, rule).tolist())
    for at in several.values():
        votes = Counter(rows[r][1] for r in at if rows[r][1] != -1)
        best = next((r for r in at if votes and votes[rows[r][1]] == max(votes.values())), at[0])
        kept = {"first": at[0], "last": at[-1], "majority": best}[rule]
        assert set(at) - dropped == {kept}
    assert dropped <= set(itertools.chain.from_iterable(several.values()))


@settings(deadline=None, max_examples=25)
@given(st.permutations(range(12)))
def test_order_of_rows_changes_no_decision(tmp_path_factory: pytest.TempPathFactory, order: list[int]):
    rows = [f"{m},{i},{(m_ + k) % 3},{k % 3}\n" for m_, m in enumerate("abc") for k, i in enumerate("wxyz")]
    folder = tmp_path_factory.mktemp("order")
    first = read(write(folder, "d.csv", HEAD + "".join(rows)))
    again = read(write(folder, "d.csv", HEAD + "".join(rows[k] for k in order)))
    again = again.sel(observer=first["observer"].values, item=first["item"].values)
    assert again.drop_attrs().identical(first.drop_attrs())


def test_a_cube_that_is_nearly_empty_is_refused(tmp_path: Path):
    rows = "".join(f"{k},{k},0,0\n" for k in range(30_000))
    with pytest.raises(
        InputError, match=r"30000 observers x 1 epochs x 30000 items .* only 30000 rows; check"
    ):
        read(write(tmp_path, "d.csv", HEAD + rows))


def packed(name: str, folder: Path) -> bytes:
    """A small valid file of each kind."""
    text = HEAD + "".join(f"{m},{i},{k % 3},{k % 2}\n" for m in "ab" for k, i in enumerate("wxyz"))
    if name.endswith(".npz"):
        np.savez(folder / name, preds=np.arange(6).reshape(2, 3), y=np.arange(3))
    elif name.endswith(".npy"):
        np.save(folder / name, np.array([0, 1, 1]))
    elif name.endswith(".jsonl"):
        (folder / name).write_text(
            '{"image": "x", "pred": 1, "label": 1}\n{"image": "y", "pred": 0, "label": 1}\n'
        )
    else:
        (folder / name).write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return (folder / name).read_bytes()


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(["d.csv", "d.csv.gz", "d.jsonl", "d.npz", "d.npy"]),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 8), st.binary(max_size=4)), min_size=1, max_size=3),
)
def test_damaged_bytes_are_read_or_refused_in_one_sentence(
    tmp_path_factory: pytest.TempPathFactory, name: str, edits: list[tuple[float, int, bytes]]
):
    folder = tmp_path_factory.mktemp("damaged")
    data = packed(name, folder)
    for where, gone, new in edits:
        at = int(where * len(data))
        data = data[:at] + new + data[at + gone :]
    message = ""
    try:
        read(write(folder, name, data), duplicates="first")
    except TrichotomyError as error:
        message = str(error)
    assert not message or name in message
    assert "\n" not in message
    assert [p.name for p in folder.iterdir()] == [name]


def test_parquet_with_faults_and_types(tmp_path: Path):
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = tmp_path / "d.parquet"

    def rewrite(columns: dict[str, object]) -> Path:
        parquet.write_table(pa.table(columns), path)
        return path

    names = pa.array(["x", "y"]).dictionary_encode()
    d = read(
        rewrite({"image": names, "pred": pa.array([1.0, float("nan")]), "label": [1, 1], "prob": [0.5, None]})
    )
    assert d["response"].values.ravel().tolist() == [1, -1]
    np.testing.assert_array_equal(d["p_response"].values.ravel(), [0.5, np.nan])
    d = read(rewrite({"image": ["x", "y"], "correct": pa.array([True, None])}))
    assert d["correct"].values.ravel().tolist() == [1, -1]
    with pytest.raises(InputError, match=r"column 'pred' of d\.parquet holds list"):
        read(rewrite({"image": ["x"], "pred": [[1]], "label": [1]}))
    with pytest.raises(InputError, match=r"d\.parquet has columns and no rows"):
        read(rewrite({name: pa.array([], pa.string()) for name in ("image", "pred", "label")}))
    with pytest.raises(InputError, match=r"'cat' in column 'pred' \(d\.parquet, row 2\)"):
        read(rewrite({"image": ["x", "y"], "pred": ["1", "cat"], "label": [1, 1]}))
    parquet.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["pred", "pred"]), path)
    with pytest.raises(InputError, match=r"d\.parquet has several columns called 'pred'"):
        read(path)
