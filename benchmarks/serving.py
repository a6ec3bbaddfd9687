"""An experiment run by the command line in a process of its own, to be loaded and killed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

SECONDS = 20


class Server:
    """A running server of an experiment.

    Parameters
    ----------
    folder
        Of the experiment.
    options
        Of ``trichotomy experiment run``.
    """

    def __init__(self, folder: Path, *options: str) -> None:
        self._command = [sys.executable, "-m", "trichotomy", "experiment", "run", str(folder), *options]
        self.port = 0
        self.url = ""
        self.lines: list[str] = []
        self.start()

    def start(self) -> None:
        """Start, or start again at the same port; return once it answers."""
        self.process = subprocess.Popen(
            [*self._command, "--port", str(self.port)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines = []
        while not (self.lines and self.lines[-1].startswith("Answers:")):
            line = self._out().readline()
            if not line:
                msg = f"the server did not start: {''.join(self.lines)}"
                raise RuntimeError(msg)
            self.lines.append(line)
        self.url = next(m[0] for m in (re.search(r"http://\S+", line) for line in self.lines) if m)
        self.port = int(self.url.rstrip("/").rpartition(":")[2])

    def end(self, number: int) -> str:
        """Send a signal and wait; return what was said since the start."""
        self.process.send_signal(number)
        said = self._out().read()
        self.process.wait(SECONDS)
        self._out().close()
        return said

    def close(self) -> None:
        """Kill what still runs."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(SECONDS)
        self._out().close()

    def _out(self):  # noqa: ANN202
        assert self.process.stdout is not None
        return self.process.stdout
