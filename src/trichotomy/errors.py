"""The errors a user can meet; every one names the value, the place and the remedy."""

from __future__ import annotations


class TrichotomyError(Exception):
    """Base class of every error raised on purpose; the command line turns it into one sentence, exit status 2."""


class InputError(TrichotomyError, ValueError):
    """A value, file or combination of options that cannot be used as it is."""


class UnknownNameError(TrichotomyError, LookupError):
    """A name that nothing is known under."""

    def __init__(self, kind: str, name: str, known: list[str]) -> None:
        from difflib import get_close_matches

        close = get_close_matches(name, known, n=3, cutoff=0.5)
        listed = f" Known: {', '.join(sorted(known))}." if known else " There is none yet."
        hint = f" Did you mean {' or '.join(close)}?" if close else listed
        super().__init__(f"there is no {kind} called '{name}'.{hint}")


class StoreError(TrichotomyError, OSError):
    """A store that cannot be created, opened or written."""


class CorruptStoreError(StoreError):
    """A chunk of a store does not match its checksum or cannot be decoded."""


class MissingExtraError(TrichotomyError, ImportError):
    """An optional dependency is not installed."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f'{feature} needs an extra that is not installed: pip install "trichotomy[{extra}]"')
