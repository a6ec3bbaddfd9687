"""What ``--slurm`` may say, and what submitit calls it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from trichotomy.errors import InputError, UnknownNameError

KEYS: Mapping[str, tuple[str, type]] = {
    "partition": ("partition", str), "account": ("account", str), "qos": ("qos", str), "time": ("time", str),
    "gpus": ("gpus_per_node", int), "cpus": ("cpus_per_task", int), "mem": ("mem", str),
    "constraint": ("constraint", str), "gres": ("gres", str), "exclude": ("exclude", str),
    "nodelist": ("nodelist", str), "name": ("job_name", str), "comment": ("comment", str),
    "mail_type": ("mail_type", str), "mail_user": ("mail_user", str), "setup": ("setup", str),
    "signal_delay": ("signal_delay_s", int),
}  # fmt: skip
"""Keys of ``--slurm``, and submitit's parameters with their types; beside them ``cluster`` and ``extra.NAME``."""
CLUSTERS = ("slurm", "local")


def slurm_options(text: str) -> dict[str, Any]:
    """Take ``partition=gpu,gpus=1,time=8:00:00`` apart.

    A comma that no ``key=`` follows belongs to the value, as in ``exclude=node1,node2``.

    Returns
    -------
    dict
        ``cluster``, and parameters of submitit's executor.

    Raises
    ------
    InputError, UnknownNameError
        A key that is not known, a value that is none.
    """
    parameters: dict[str, Any] = {"cluster": "slurm"}
    extra: dict[str, str] = {}
    for part in re.split(r",(?=[\w.-]+=)", text.strip().strip(",")):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not key or not value:
            msg = f"--slurm {text!r}: {part!r} is not KEY=VALUE; write it like partition=gpu,gpus=1,time=8:00:00"
            raise InputError(msg)
        if key.startswith("extra."):
            extra[key.removeprefix("extra.")] = value
        elif key == "cluster":
            if value not in CLUSTERS:
                kind = "cluster for --slurm"
                raise UnknownNameError(kind, value, list(CLUSTERS))
            parameters["cluster"] = value
        elif key not in KEYS:
            kind = "key of --slurm (other options of sbatch: extra.NAME=VALUE)"
            raise UnknownNameError(kind, key, [*KEYS, "cluster"])
        else:
            name, as_type = KEYS[key]
            parameters[name] = _value(key, value, as_type)
    if extra:
        parameters["additional_parameters"] = extra
    return parameters


def _value(key: str, value: str, as_type: type) -> Any:
    if key == "time":
        return _minutes(value)
    if key == "setup":
        return [value]
    if as_type is int:
        try:
            number = int(value)
        except ValueError:
            number = -1
        if number < 0:
            msg = f"--slurm {key}={value}: {value!r} is not a number of {key.replace('_', ' ')}; write a whole number"
            raise InputError(msg)
        return number
    return value


def _minutes(text: str) -> int:
    """Minutes of ``90``, ``8:00:00``, ``1-12:00:00``, as sbatch reads them, rounded up."""
    found = re.fullmatch(r"(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?", text)
    if found is None:
        msg = f"--slurm time={text}: {text!r} is no time limit; write minutes, H:MM:SS or D-HH:MM:SS"
        raise InputError(msg)
    days, *rest = found.groups()
    first, second, third = (int(part or 0) for part in rest)
    if days is not None:  # D-HH[:MM[:SS]]
        seconds = ((int(days) * 24 + first) * 60 + second) * 60 + third
    elif rest[2] is not None:  # HH:MM:SS
        seconds = (first * 60 + second) * 60 + third
    else:  # MM[:SS]
        seconds = first * 60 + second
    if not seconds:
        msg = f"--slurm time={text} leaves no time at all"
        raise InputError(msg)
    return -(-seconds // 60)
