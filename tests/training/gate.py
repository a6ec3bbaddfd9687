"""A network that stops in its third epoch while a gate is shut: there it can be interrupted at leisure."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from processes import until
from small_study import SMALL, only

from trichotomy.decisions import Store
from trichotomy.training import Recipe

NETWORK = '''
"""A network with a gate in its way."""
import time
from pathlib import Path
from torch import nn
from trichotomy.models.tiny import tiny_plain

GATE = Path(__file__).with_name("gate")

class Gated(nn.Module):
    def __init__(self, **options):
        super().__init__()
        self.network, self.batches = tiny_plain(**options), 0

    def forward(self, x):
        self.batches += self.training
        while self.batches > 22 and GATE.exists():
            time.sleep(0.02)
        return self.network(x)
'''
AT = 2
"""The last epoch recorded while the gate is shut: nine batches each."""


def gated(*conditions: str) -> Recipe:
    """Base and these conditions, with that network."""
    settings = SMALL.settings.with_changes({"architecture": "gated_network:Gated"})
    return replace(only(*conditions), settings=settings)


class Gate:
    """In a folder that is the current one."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._file = folder, folder / "gate"
        (folder / "gated_network.py").write_text(NETWORK)

    def shut(self) -> None:
        self._file.touch()

    def open(self) -> None:
        self._file.unlink(missing_ok=True)

    def reached(self, store: Path, *observers: str) -> None:
        """Wait until all these stand before the gate."""
        record = Store(store)
        rows = [record.observers.index(o) for o in observers]
        until(lambda: record.done()[rows, AT].all())


def gate_in(folder: Path) -> Iterator[Gate]:
    """Make a gate that networks of this and other processes find, open at the end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.syspath_prepend(folder)
        patch.delitem(sys.modules, "gated_network", raising=False)
        gate = Gate(folder)
        gate.shut()
        yield gate
        gate.open()
        sys.modules.pop("gated_network", None)
