"""``python killed.py FOLDER POINTS``: a small study killed with SIGKILL at points spread over what it does to files.

For each point a process carries out the study in ``FOLDER/<point>.zarr`` and is killed when it is about to open, rename
or remove the file that the point falls on; a copy of what it leaves is put beside it, and both are resumed. Every
process is forked from this one, which has all modules loaded.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import torch
from small_study import InProcess, of_two

from trichotomy.training import states, study

FILE_EVENTS = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "shutil.rmtree")


states.PACE_SECONDS = 0.0  # every epoch's state is saved, as where epochs last longer than these


class Counting:
    """Counts what is done to files below a folder, and kills the process at one of them."""

    def __init__(self, folder: Path, fatal: int | None) -> None:
        self.count = 0
        self._folder, self._fatal = str(folder), fatal

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if event in FILE_EVENTS and self._folder in str(arguments[0]):
            self.count += 1
            if self.count == self._fatal:
                os.kill(os.getpid(), signal.SIGKILL)


def carry_out(store: Path, planned: Callable[..., None] = lambda *_: None) -> None:
    torch.set_num_threads(1)
    outcome = study("gaussian", store, recipe=of_two(), resume=True, executor=InProcess(), planned=planned)
    assert not outcome.failed, outcome


def counted(store: Path) -> None:
    hook = Counting(store.parent, None)
    sys.addaudithook(hook)
    counts = []
    carry_out(store, planned=lambda *_: counts.append(hook.count))
    (store.parent / "count").write_text(f"{counts[0]} {hook.count}")
    (store.parent / "modules").write_text("\n".join(sys.modules))


def forked(work: Callable[[], None]) -> int:
    """Do something in a process of its own, and return how that ended."""
    child = os.fork()
    if not child:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed(store: Path, fatal: int) -> None:
    sys.addaudithook(Counting(store.parent, fatal))
    carry_out(store)


def main(folder: Path, points: int) -> None:
    whole = folder / "whole"
    whole.mkdir()
    assert forked(lambda: counted(whole / "s.zarr")) == 0
    made, total = map(int, (whole / "count").read_text().split())
    for name in (whole / "modules").read_text().splitlines():  # once, and not in every process
        with suppress(ImportError):
            import_module(name)
    for point in range(points):
        one, other = (folder / f"{point}{end}" for end in ("", "-copy"))
        one.mkdir()
        share = (
            (point + 0.5) / points * 4
        )  # a quarter of the points while the store is made, the rest after that
        fatal = 1 + int(share * made if share < 1 else made + (share - 1) / 3 * (total - made))
        ended = forked(lambda store=one / "s.zarr", fatal=fatal: killed(store, fatal))
        assert ended == -signal.SIGKILL, ended
        shutil.copytree(one, other)
        for place in (one, other):
            assert forked(lambda store=place / "s.zarr": carry_out(store)) == 0
        (one / "fatal").write_text(f"{fatal} of {made} and {total - made}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
