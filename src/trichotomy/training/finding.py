"""Recipes by name, from a TOML file, or from a function of the user's."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from trichotomy.errors import InputError, TrichotomyError, UnknownNameError
from trichotomy.training.conditions import Condition
from trichotomy.training.recipe import Recipe
from trichotomy.training.recipes import RECIPES


def find_recipe(name: str, dataset: str) -> Recipe:
    """Return the recipe called ``name``, or in the TOML file or ``module:function`` of that name, for a data set.

    Raises
    ------
    UnknownNameError
        There is no such recipe, or a key of the file is not known; the message names the nearest.
    InputError
        The file cannot be read, a value does not fit, or the recipe is not for this data set.
    """
    return _found(name, dataset, ())


def _found(name: str, dataset: str, extended_by: tuple[Path, ...]) -> Recipe:
    if name.endswith(".toml"):
        return _from_file(Path(name), dataset, extended_by)
    if ":" in name:
        return _from_module(name, dataset)
    if name not in RECIPES:
        raise UnknownNameError("recipe", name, list(RECIPES))
    return RECIPES[name](dataset)


_KEYS: Mapping[str, type | tuple[type, ...]] = {
    "extends": str, "dataset": dict, "settings": dict, "conditions": list, "condition": list, "longer": int,
    "keep_states": str, "seed": int, "notes": (str, list),
}  # fmt: skip
_CONDITION_KEYS: Mapping[str, type | tuple[type, ...]] = {
    f.name: {"instances": list, "shift": int}.get(f.name, str) for f in fields(Condition)
}
_WORDS = {
    str: "a text", dict: "a table", list: "a list", int: "a whole number", (str, list): "a text or a list",
}  # fmt: skip


def _from_file(path: Path, dataset: str, extended_by: tuple[Path, ...]) -> Recipe:
    if path.resolve() in extended_by:
        msg = f"the recipe {path} extends itself"
        raise InputError(msg)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        msg = f"the recipe {path} cannot be read: {error}; give the path of a TOML file"
        raise InputError(msg) from error
    try:
        return _from_content(content, path.stem, dataset, (*extended_by, path.resolve()))
    except TrichotomyError as error:
        msg = f"{path}: {error}"
        raise InputError(msg) from error


def _from_content(
    content: Mapping[str, Any], name: str, dataset: str, extended_by: tuple[Path, ...]
) -> Recipe:
    _check(content, _KEYS, "key of a recipe")
    extended = content.get("extends", "quick")
    if extended.endswith(".toml"):  # found from the file that names it
        extended = str(extended_by[-1].parent / extended)
    start = _found(extended, dataset, extended_by)
    known = {c.name: c for c in start.conditions}
    chosen = []
    for wanted in content.get("conditions", list(known)):
        if str(wanted) not in known:
            raise UnknownNameError("condition", str(wanted), list(known))
        chosen.append(known[wanted])
    changed = {key: content[key] for key in ("longer", "keep_states", "seed") if key in content}
    notes = content.get("notes", [])
    return replace(
        start,
        name=name,
        dataset={**start.dataset, **content.get("dataset", {})},
        settings=start.settings.with_changes(content.get("settings", {})),
        conditions=(*chosen, *(_condition(c) for c in content.get("condition", []))),
        notes=(*start.notes, *([notes] if isinstance(notes, str) else notes)),
        **changed,
    )


def _check(content: Mapping[str, Any], known: Mapping[str, type | tuple[type, ...]], kind: str) -> None:
    for key, value in content.items():
        if key not in known:
            raise UnknownNameError(kind, key, list(known))
        if not isinstance(value, known[key]) or isinstance(value, bool):
            msg = f"{key} takes {_WORDS[known[key]]}; it was given {value!r}"
            raise InputError(msg)


def _condition(content: Any) -> Condition:
    if not isinstance(content, Mapping):
        msg = "condition is a list of tables, each under [[condition]]"
        raise InputError(msg)
    _check(content, _CONDITION_KEYS, "key of a condition")
    if "name" not in content:
        msg = "a condition needs a name"
        raise InputError(msg)
    instances = content.get("instances", [])
    if not all(isinstance(i, Mapping) for i in instances):
        msg = f"condition '{content['name']}': instances is a list of tables of settings, one per network"
        raise InputError(msg)
    differs = content.get("differs") or ", ".join(dict.fromkeys(key for i in instances for key in i))
    return Condition(**{**content, "instances": tuple(instances), "differs": differs})


def _from_module(name: str, dataset: str) -> Recipe:
    module, _, attribute = name.partition(":")
    try:
        function = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        msg = (
            f"the recipe {name} cannot be loaded: {error}; give it as module:function, found from this folder"
        )
        raise InputError(msg) from error
    try:
        made = function(dataset)
    except TrichotomyError:
        raise
    except Exception as error:
        msg = f"the recipe {name} fails: {type(error).__name__}: {error}; correct it"
        raise InputError(msg) from error
    if not isinstance(made, Recipe):
        msg = f"{name} returned {type(made).__name__}, not a Recipe"
        raise InputError(msg)
    return made
