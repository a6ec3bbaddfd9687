"""What was made once, kept while there is room."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """Things by key; those that were not asked for longest go first. Threads may share it.

    Parameters
    ----------
    room
        Bytes that are kept; the last thing always is.
    size
        Bytes of a thing.
    """

    def __init__(self, room: int, size: Callable[[T], int]) -> None:
        self._room = room
        self._size = size
        self._things: OrderedDict[Hashable, T] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the thing of that key; it is made where there is none, and what ``make`` raises is raised."""
        with self._lock:
            if key in self._things:
                self._things.move_to_end(key)
                return self._things[key]
        made = make()
        with self._lock:
            if key not in self._things:
                self._things[key] = made
                self._bytes += self._size(made)
            while self._bytes > self._room and len(self._things) > 1:
                self._bytes -= self._size(self._things.popitem(last=False)[1])
        return made
