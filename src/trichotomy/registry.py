"""Lazy registries: names now, modules when they are used."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import entry_points
from typing import Generic, TypeVar

from trichotomy.errors import InputError, UnknownNameError

T = TypeVar("T")


class Registry(Generic[T]):
    """Things of one kind by name, each loaded when first asked for.

    Parameters
    ----------
    kind
        What the things are called in messages, such as ``"reader"``.
    builtin
        Name to ``"module:attribute"``; listed even where the distribution's metadata is not at hand.
    group
        Entry-point group through which other distributions add to the registry.
    """

    def __init__(self, kind: str, builtin: dict[str, str], *, group: str | None = None) -> None:
        self.kind = kind
        self._group = group
        self._targets: dict[str, str | T] = dict(builtin)
        self._entry_points_read = group is None

    def register(self, name: str, thing: T) -> None:
        """Add ``thing`` under ``name``; a name taken already is an error."""
        if name in self.names():
            msg = f"a {self.kind} called '{name}' is registered already; choose another name"
            raise InputError(msg)
        self._targets[name] = thing

    def names(self) -> list[str]:
        """All names, without loading anything."""
        if not self._entry_points_read:
            self._entry_points_read = True
            for entry in entry_points(group=self._group or ""):
                self._targets.setdefault(entry.name, entry.value)
        return list(self._targets)

    def get(self, name: str) -> T:
        """Return the thing called ``name``, importing its module on first use.

        Raises
        ------
        UnknownNameError
            Nothing is registered under that name; the message lists what is close.
        """
        if name not in self.names():
            raise UnknownNameError(self.kind, name, self.names())
        target = self._targets[name]
        if isinstance(target, str):
            module, _, attribute = target.partition(":")
            target = getattr(import_module(module), attribute)
            self._targets[name] = target
        return target

    def __iter__(self) -> Iterator[tuple[str, T]]:
        for name in self.names():
            yield name, self.get(name)

    def __contains__(self, name: object) -> bool:
        return name in self.names()
