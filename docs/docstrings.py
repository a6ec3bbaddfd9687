"""How docstrings are read for the site: shared descriptions once per parameter, prose as what is returned."""

from __future__ import annotations

import re
from typing import Any

import griffe

SECTION = r"^{name}\n-+\n(.+?)(?=\n\n\w[\w ]*\n-+\n|\Z)"
SHARED = re.compile(r"^(\w+(?:, \w+)+)\n((?: .*\n?|\n(?= ))+)", re.MULTILINE)


class Docstrings(griffe.Extension):
    """Rewrites the two forms of ours that the parser of NumPy's style takes for others."""

    def on_function(self, *, func: griffe.Function, **_: Any) -> None:
        """Rewrite one function's docstring."""
        if func.docstring:
            text = func.docstring.value
            text = _within("Parameters", text, lambda block: SHARED.sub(_one_by_one, block))
            func.docstring.value = _within("Returns", text, lambda block: _described(block, func.returns))


def _within(name: str, text: str, change: Any) -> str:
    found = re.search(SECTION.format(name=name), text, re.MULTILINE | re.DOTALL)
    if not found:
        return text
    return text[: found.start(1)] + change(found[1]) + text[found.end(1) :]


def _one_by_one(shared: re.Match[str]) -> str:
    text = shared[2] if shared[2].endswith("\n") else shared[2] + "\n"
    return "".join(f"{name}\n{text}" for name in shared[1].split(", "))


def _described(block: str, returns: Any) -> str:
    if re.match(r"[\w.]+\n +\S", block):  # a type, then what it is
        return block
    return f"{returns}\n    " + block.replace("\n", "\n    ")
