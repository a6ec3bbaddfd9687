"""Anyone's own network: ``module:attribute``, or an object at hand, with its transform."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import nn

from trichotomy.errors import InputError
from trichotomy.evaluation.checkpoints import load_weights
from trichotomy.evaluation.sources import Model, classes_of
from trichotomy.evaluation.transforms import Crop, Transform
from trichotomy.models.packages import one_line

if TYPE_CHECKING:
    from trichotomy.evaluation.entries import Entry
    from trichotomy.evaluation.images import Images


def load(name: str, entry: Entry, images: Images) -> Model:
    """Import a network, a pair of network and transform, or a function without arguments that makes either.

    Raises
    ------
    InputError
        There is no such module or attribute, its code fails, or what it gives cannot be used.
    """
    found = _attribute(name, entry)
    if callable(found) and not isinstance(found, nn.Module):
        try:
            found = found()
        except Exception as error:
            msg = f"the code of {name} fails ({type(error).__name__}: {one_line(error)[:160]}); correct it"
            raise InputError(msg) from error
    return of_object(found, entry, images)


def of_object(found: Any, entry: Entry, images: Images) -> Model:
    """Take a ``torch.nn.Module`` that has a ``transform``, or a pair of the two."""
    network, transform = found if isinstance(found, tuple) and len(found) == 2 else (found, None)
    if not isinstance(network, nn.Module):
        msg = (
            f"{entry.source} of '{entry.id}' gives a {type(network).__name__}; it must give a torch.nn.Module with a "
            "transform, or a pair (module, transform)"
        )
        raise InputError(msg)
    if entry.checkpoint is not None:
        load_weights(network, entry.checkpoint)
    chosen = entry.transform or transform or getattr(network, "transform", None)
    apply = _usable(chosen)
    if apply is None:
        msg = (
            f"the network of '{entry.id}' has no transform, from a picture to a tensor; give it one as its attribute "
            "'transform', as the second of a pair, or as a table in a TOML list"
        )
        raise InputError(msg)
    own = getattr(network, "classes", ())
    names = classes_of(entry, images) or tuple(map(str, own if isinstance(own, list | tuple) else ()))
    return Model(network, apply, names, {"class": type(network).__qualname__})


def transform_of(found: Any) -> Transform | None:
    """Return the transform of a network at hand; None where it has none."""
    if isinstance(found, tuple) and len(found) == 2:
        return _usable(found[1] or getattr(found[0], "transform", None))
    return _usable(getattr(found, "transform", None))


def _usable(chosen: Any) -> Transform | None:
    if isinstance(chosen, Crop):
        return chosen.transform()
    return Transform.of_user(chosen) if callable(chosen) else None


def _attribute(name: str, entry: Entry) -> Any:
    module_name, _, attribute = name.partition(":")
    if not all(part.isidentifier() for part in (*module_name.split("."), *attribute.split("."))):
        msg = (
            f"the model '{name}' is neither SOURCE:NAME nor module:attribute; see trichotomy evaluate --help"
        )
        raise InputError(msg)
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)  # last, so that it hides nothing
    try:
        found = import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise _failing(name, error) from error
        package = entry.about.get("package")
        how = f"install it: {package}" if package else "put its folder on PYTHONPATH, or install it"
        msg = f"there is no module '{module_name}' (for the model '{entry.id}'), and no source of that name; {how}"
        raise InputError(msg) from error
    except Exception as error:
        raise _failing(name, error) from error
    for part in attribute.split("."):
        if not hasattr(found, part):
            msg = f"the module '{module_name}' has no '{attribute}' (for the model '{entry.id}'); check the name"
            raise InputError(msg)
        found = getattr(found, part)
    return found


def _failing(name: str, error: Exception) -> InputError:
    reason = f"{type(error).__name__}: {one_line(error)[:160]}"
    return InputError(f"the code of {name} fails on import ({reason}); correct it")
