"""Registries load lazily and say what is close."""

from __future__ import annotations

import sys

import pytest

from trichotomy.errors import InputError, UnknownNameError
from trichotomy.registry import Registry


def test_builtin_is_imported_on_first_use_only():
    sys.modules.pop("antigravity", None)
    registry = Registry("module", {"fractions": "fractions:Fraction", "broken": "no.such.module:x"})
    assert registry.names() == ["fractions", "broken"]
    assert registry.get("fractions")(1, 2) == 0.5


def test_unknown_name_suggests():
    registry = Registry("reader", {"table": "a:b"})
    with pytest.raises(UnknownNameError, match=r"no reader called 'tabel'\. Did you mean table"):
        registry.get("tabel")


def test_register_adds_and_refuses_a_taken_name():
    registry = Registry("reader", {})
    registry.register("mine", 1)
    assert registry.get("mine") == 1
    assert dict(registry) == {"mine": 1}
    assert "mine" in registry
    with pytest.raises(InputError, match="registered already"):
        registry.register("mine", 2)


def test_entry_points_extend_without_replacing_builtins():
    registry = Registry("script", {"pytest": "math:pi"}, group="console_scripts")
    assert "pygmentize" in registry
    assert registry.get("pytest") == pytest.approx(3.14159, abs=1e-4)
