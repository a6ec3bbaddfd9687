"""Folders that appear under their name complete or not at all, and that replace only their own kind."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from trichotomy.errors import InputError


def check_free(path: Path, *, kind: str, is_one: Callable[[Path], bool], force: bool = False) -> None:
    """Refuse a place where something is already.

    Parameters
    ----------
    path
        Where something is to be written.
    kind, is_one
        What is written there, in words, and whether a folder is one of these: with ``force`` such a folder, and
        nothing else, may be replaced. An empty folder is always free.

    Raises
    ------
    InputError
        The place is taken, or it is the current folder or one above it.
    """
    final = path.resolve()
    if final == Path.cwd() or final in Path.cwd().parents:
        msg = f"{path} is the current folder or one above it; name a folder of its own for the {kind}"
        raise InputError(msg)
    if not final.exists() or _is_empty(final):
        return
    if not force:
        msg = f"{path} exists already; choose another name, or replace it with --force (force=True)"
        raise InputError(msg)
    if not is_one(final):
        msg = f"{path} exists and is not a {kind}; it is not replaced, choose another name"
        raise InputError(msg)


@contextmanager
def appearing(
    path: Path, *, kind: str, is_one: Callable[[Path], bool], force: bool = False
) -> Iterator[Path]:
    """Yield a folder to fill, beside ``path``, that takes its name once the block has ended well.

    What stood there before is moved aside first and removed last; when anything fails it is as it was.

    Raises
    ------
    InputError
        As ``check_free``, before and again after the work.
    OSError
        The folder cannot be written.
    """
    check_free(path, kind=kind, is_one=is_one, force=force)
    final = path.resolve()
    work, old = (final.with_name(f".{final.name}.{uuid4().hex[:8]}.{end}") for end in ("partial", "old"))
    final.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield work
        check_free(path, kind=kind, is_one=is_one, force=force)
        if not final.exists():
            work.rename(final)
        elif _is_empty(final):
            final.rmdir()
            work.rename(final)
        else:
            final.rename(old)
            try:
                work.rename(final)
            except OSError:
                old.rename(final)
                raise
            shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _is_empty(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())
