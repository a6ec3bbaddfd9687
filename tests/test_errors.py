"""Errors name what is close, and the extra to install."""

from __future__ import annotations

from trichotomy.errors import MissingExtraError, TrichotomyError, UnknownNameError


def test_unknown_name_suggests_what_is_close():
    error = UnknownNameError("figure", "heatmp", ["heatmaps", "raster"])
    assert str(error) == "there is no figure called 'heatmp'. Did you mean heatmaps?"
    assert isinstance(error, TrichotomyError)
    assert isinstance(error, LookupError)


def test_unknown_name_lists_all_where_nothing_is_close():
    assert (
        str(UnknownNameError("figure", "zzz", ["b", "a"])) == "there is no figure called 'zzz'. Known: a, b."
    )


def test_missing_extra_names_feature_and_command():
    error = MissingExtraError("reading Parquet files", "parquet")
    assert 'pip install "trichotomy[parquet]"' in str(error)
    assert isinstance(error, ImportError)
