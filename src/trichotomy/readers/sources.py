"""From paths, patterns and folders to files, and from files to names."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Sequence
from glob import glob, has_magic
from pathlib import Path
from typing import TypeAlias

from trichotomy.decisions.schema import few
from trichotomy.errors import InputError

Source: TypeAlias = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


def expand(source: Source, *, leave_out: Collection[Path] = ()) -> list[Path]:
    """Return the files that ``source`` means, each once.

    A folder means the files in it (not in its subfolders, nor hidden ones); a pattern or a folder leaves out
    the files of ``leave_out``, such as the file of targets that lies among the predictions.

    Raises
    ------
    InputError
        A path that does not exist, a pattern that matches nothing, a folder without files.
    """
    given = [source] if isinstance(source, str | os.PathLike) else list(source)
    apart = {path.resolve() for path in leave_out}
    files: dict[Path, Path] = {}
    for one in given:
        for path in _files_of(Path(one), str(one), apart):
            files.setdefault(path.resolve(), path)
    if not files:
        msg = "there is nothing to read; name at least one file, folder or pattern"
        raise InputError(msg)
    return list(files.values())


def _files_of(path: Path, text: str, apart: Collection[Path]) -> list[Path]:
    if path.is_file():
        return [path]
    if path.is_dir():
        inside = sorted(p for p in path.iterdir() if p.is_file() and not p.name.startswith("."))
        found = [p for p in inside if p.resolve() not in apart]
        if not found:
            msg = f"the folder {path} holds no file to read; name the files themselves"
            raise InputError(msg)
        return found
    if has_magic(text):
        matches = sorted(Path(match) for match in glob(text, recursive=True))  # noqa: PTH207 (absolute patterns)
        found = [p for p in matches if p.is_file() and p.resolve() not in apart]
        if found:
            return found
        msg = f"no file matches {text}; check the pattern"
        raise InputError(msg)
    msg = f"there is no file {path}; check the path"
    raise InputError(msg)


def stem(path: Path) -> str:
    """File name without its suffix (two, where the last is ``.gz``)."""
    name = path.name
    if name.lower().endswith(".gz"):
        name = name[:-3]
    return name.rpartition(".")[0] or name


def stems(paths: Sequence[Path]) -> list[str]:
    """Names for files, unique: the stem, preceded by the parent folder where stems repeat.

    Raises
    ------
    InputError
        Two files that have the same folder name and stem.
    """
    names = [stem(path) for path in paths]
    count = Counter(names)
    names = [
        f"{path.resolve().parent.name}/{name}" if count[name] > 1 else name
        for path, name in zip(paths, names, strict=True)
    ]
    twice = [name for name, n in Counter(names).items() if n > 1]
    if twice:
        msg = f"several files would be called {few(twice)}; rename them, or add a column that names the observer"
        raise InputError(msg)
    return names


def suffix(path: Path) -> str:
    """Lower-case suffix, without a final ``.gz``: ``.csv`` for ``a.csv.gz``."""
    name = path.name.lower().removesuffix(".gz")
    return Path(name).suffix
