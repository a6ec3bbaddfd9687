"""The ``helm`` reader: run folders of Stanford's HELM (crfm-helm 0.5), ``benchmark_output/runs/SUITE/RUN/``.

Of a run's files ``per_instance_stats.json`` (or ``display_predictions.json``) says what was right, ``run_spec.json``
which model it was, and ``instances.json``, where there is one, what was asked; the others may be named and are not
needed. The traps: an instance id (``id12``) is unique within one scenario only, and the same instance comes again
under each perturbation, so that an item is ``Scenario:arguments/instance/perturbation``; ``train_trial_index``
counts repeats with other examples in the prompt, so that it is a run of the observer; a statistic is a sum over a
count, of which the mean is taken. Any statistic that is 0 or 1 can decide (``--map correct=quasi_exact_match``);
others need a threshold. Source: ``helm/benchmark/metrics/metric.py`` (``PerInstanceStats``) and ``statistic.py``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from trichotomy.decisions import Decisions
from trichotomy.errors import InputError
from trichotomy.readers.jsonfiles import json_document, scalar
from trichotomy.readers.options import ReadOptions
from trichotomy.readers.scores import number
from trichotomy.readers.sheets import QUESTION, Sheet, question_text, read_sheets, refuse_top_k, sheet_table

STATS, DISPLAYED = "per_instance_stats.json", "display_predictions.json"
SPEC, INSTANCES = "run_spec.json", "instances.json"
OTHERS = {
    INSTANCES, "scenario.json", "scenario_state.json", "stats.json", DISPLAYED,
    "display_requests.json", "predictions.json",
}  # fmt: skip
NO_ARGUMENTS = (
    "name", "robustness", "robust", "fairness", "computed_on", "includes_perturbed", "includes_original",
    "includes_identity",
)  # fmt: skip
"""What a perturbation says of itself that does not change the instance."""
BOOKKEEPING = re.compile(
    r"num_|finish_reason_|prompt_truncated|predicted_index|inference_|training_|batch_size|max_prob|logprob|bits_per_byte"
    r"|perplexity"
)
"""Statistics of a run that are no scores, though some of them are 0 or 1; only ``--map correct=NAME`` takes them."""
MODEL = re.compile(r"(?<=[,:])(?:model|model_deployment)=[^,]*,?")


class HelmReader:
    """Runs of the Holistic Evaluation of Language Models."""

    name: ClassVar[str] = "helm"
    description: ClassVar[str] = "run folders of HELM (per_instance_stats.json beside run_spec.json)"

    def sniff(self, path: Path) -> float:
        """Sure of the files of a folder that has the two that matter."""
        named = path.name in {STATS, SPEC, *OTHERS}
        return 0.95 if named and (path.parent / SPEC).is_file() and _stats(path.parent).is_file() else 0.0

    def read(self, paths: Sequence[Path], options: ReadOptions) -> Decisions:
        """Read runs together; see ``trichotomy.readers.read``."""
        refuse_top_k(options)
        folders = dict.fromkeys(path.parent for path in paths)
        stats = [_stats(folder) for folder in folders]
        needed = [*stats, *(folder / SPEC for folder in folders)]
        absent = next((path for path in needed if not path.is_file()), None)
        if absent is not None:
            msg = f"there is no {absent.name} in {absent.parent}, without which a run of HELM cannot be read"
            raise InputError(msg)
        needed += [folder / INSTANCES for folder in folders if (folder / INSTANCES).is_file()]
        every = list(dict.fromkeys([*paths, *needed]))
        return read_sheets(self.name, every, options, map(_sheet, options.one_by_one(stats)))


def _stats(folder: Path) -> Path:
    """The file of statistics, or the smaller one for display, which has those of the run's main metrics."""
    return folder / (STATS if (folder / STATS).is_file() or not (folder / DISPLAYED).is_file() else DISPLAYED)


def _sheet(path: Path) -> Sheet:
    scenario, model = _run(path.parent / SPEC)
    questions = _questions(path.parent / INSTANCES)
    document = json_document(path)
    if not isinstance(document, list) or not all(isinstance(one, dict) for one in document):
        msg = f"{path.name} in {path.parent.name} is no list of instances; it is not as HELM writes it"
        raise InputError(msg)
    cells: dict[str, list[Any]] = {
        "item": [],
        "instance_id": [],
        "perturbation": [],
        "train_trial_index": [],
        QUESTION: [],
    }
    metrics: dict[str, list[Any]] = {}
    for k, instance in enumerate(document):
        name = scalar(instance.get("instance_id"))
        if name is None:
            msg = f"{path.name}, entry {k} has no instance_id; it is not as HELM writes it"
            raise InputError(msg)
        changed = _perturbation(instance.get("perturbation"))
        values = _means(instance.get("stats"))
        for metric in values:
            metrics.setdefault(metric, [None] * k)
        for metric, column in metrics.items():
            column.append(values.get(metric))
        cells[QUESTION].append(questions.get((str(name), changed)))
        cells["item"].append("/".join([scenario, str(name), *([changed] if changed else [])]))
        cells["instance_id"].append(str(name))
        cells["perturbation"].append(changed or "none")
        cells["train_trial_index"].append(scalar(instance.get("train_trial_index")) or 0)
    trials = len(set(cells["train_trial_index"])) > 1
    places = list(range(len(document)))
    return Sheet(
        table=sheet_table(
            path, {**cells, **metrics, "scenario": [scenario] * len(document)}, places, "entry"
        ),
        fields={"items": "item"},
        observer=model,
        run="train_trial_index" if trials else None,
        metrics=tuple(name for name in metrics if not BOOKKEEPING.match(name)),
        about_items=("scenario", "perturbation", QUESTION),
    )


def _run(path: Path) -> tuple[str, str]:
    """Scenario with its arguments (in old runs the run's name without its model), and model."""
    document = json_document(path)
    adapter = document.get("adapter_spec") if isinstance(document, dict) else None
    model = adapter.get("model") or adapter.get("model_deployment") if isinstance(adapter, dict) else None
    if not isinstance(model, str) or not isinstance(document.get("name"), str):
        msg = (
            f"{path.name} in {path.parent.name} does not say which model was run; it is not as HELM writes it"
        )
        raise InputError(msg)
    spec = document.get("scenario_spec")
    if not isinstance(spec, dict) or not isinstance(spec.get("class_name"), str):
        return MODEL.sub("", document["name"]).rstrip(",:"), model
    name = spec["class_name"].rpartition(".")[2].removesuffix("Scenario")
    given = spec.get("args")
    arguments = ",".join(f"{key}={given[key]}" for key in sorted(given)) if isinstance(given, dict) else ""
    return f"{name}:{arguments}" if arguments else name, model


def _questions(path: Path) -> dict[tuple[str, str], str | None]:
    """What each instance asks, by its id and perturbation; nothing where the run has no file of instances."""
    document = json_document(path) if path.is_file() else []
    found: dict[tuple[str, str], str | None] = {}
    for one in document if isinstance(document, list) else []:
        asked = one.get("input") if isinstance(one, dict) else None
        if isinstance(asked, dict):
            key = str(one.get("id")), _perturbation(one.get("perturbation"))
            found[key] = question_text(asked.get("text"))
    return found


def _perturbation(given: Any) -> str:
    """Name of a perturbation, with a hash of its arguments where it has some; empty for the instance as it is."""
    if not isinstance(given, Mapping):
        return ""
    name = str(given.get("name", "perturbed"))
    arguments = {k: v for k, v in given.items() if k not in NO_ARGUMENTS and v is not None}
    if not arguments:
        return name
    text = json.dumps(arguments, sort_keys=True)
    return f"{name}@{hashlib.sha256(text.encode()).hexdigest()[:6]}"


def _means(stats: Any) -> dict[str, float | None]:
    """Mean of every statistic, None where it counts nothing."""
    if isinstance(stats, Mapping):
        return {
            str(name): number(value if scalar(value) is not None else None) for name, value in stats.items()
        }
    found: dict[str, float | None] = {}
    for stat in stats if isinstance(stats, list) else []:
        named = stat.get("name") if isinstance(stat, dict) else None
        name = named.get("name") if isinstance(named, dict) else named
        if not isinstance(name, str):
            continue
        total, count = number(stat.get("sum")), number(stat.get("count"))
        found[name] = total / count if total is not None and count else None
    return found
