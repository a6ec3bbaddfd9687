"""CSV that runs nothing in a spreadsheet and can be read back."""

from __future__ import annotations

import csv
import io
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trichotomy.spreadsheets import csv_text, guarded, unguarded

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
TEXTS = st.lists(st.sampled_from([*DANGEROUS, "'", "a", "1", ",", '"'])).map("".join)


@given(TEXTS)
def test_no_cell_is_a_formula_and_each_can_be_read_back(text):
    assert not guarded(text).startswith(DANGEROUS)
    assert unguarded(guarded(text)) == text.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize("text", ["", "plain", "a=b", "'tis", "don't", "''"])
def test_other_texts_stay_as_they_are(text):
    assert guarded(text) == unguarded(text) == text


def test_a_table_survives_a_reader():
    texts = ["plain", 'say "a, b"', "two\r\nlines", "=1+1", "+1", "@x", "\tx", "\rx", "\n=1+1", "'-1", ""]
    numbers = np.linspace(-1, 1, len(texts))
    rows = list(csv.reader(io.StringIO(csv_text({"=name": texts, "number": numbers}), newline="")))
    assert rows[0] == ["'=name", "number"]
    assert [row[0] for row in rows[1:]] == [
        "plain", 'say "a, b"', "two\nlines", "'=1+1", "'+1", "'@x", "'\tx", "'\nx", "'\n=1+1", "''-1", ""
    ]  # fmt: skip
    assert [float(row[1]) for row in rows[1:]] == numbers.tolist()
    assert csv_text({"a": [None, math.nan, np.int64(3)]}) == 'a\r\n""\r\n""\r\n3\r\n'


def test_columns_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match="shorter"):
        csv_text({"a": [1, 2], "b": [1]})
