"""Options that several commands share, written once: a dataclass whose fields join each command's own."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Any

Command = Callable[..., None]


def with_options(shared: type) -> Callable[[Command], Command]:
    """Give a command the fields of a dataclass as options; it gets them as its first argument.

    Parameters
    ----------
    shared
        Dataclass with fields annotated as Typer's parameters are. Those without default come first in the help, the
        others after the command's own.
    """

    def join(command: Command) -> Command:
        _, *own = signature(command, eval_str=True).parameters.values()
        common = signature(shared, eval_str=True).parameters
        needed = [p for p in common.values() if p.default is Parameter.empty]
        rest = [p for p in common.values() if p.default is not Parameter.empty]
        every = [p.replace(kind=Parameter.KEYWORD_ONLY) for p in (*needed, *own, *rest)]

        @wraps(command)
        def run(**given: Any) -> None:
            command(shared(**{name: given.pop(name) for name in common}), **given)

        run.__signature__ = Signature(every)  # type: ignore[attr-defined]
        run.__annotations__ = {p.name: p.annotation for p in every}
        return run

    return join
