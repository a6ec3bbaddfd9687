"""Readers of language models' evaluations: the kit on files as their producers write them, and each one's traps."""

from __future__ import annotations

import json
import struct
import warnings as python_warnings
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest

from trichotomy.decisions import correctness, from_arrays
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.readers import archive, detect, jsonfiles, read
from trichotomy.readers.every_eval_ever import EveryEvalEverReader
from trichotomy.readers.helm import HelmReader
from trichotomy.readers.inspect_logs import InspectReader
from trichotomy.readers.lighteval import LightevalReader
from trichotomy.readers.lm_eval import LmEvalReader
from trichotomy.readers.py_irt import PyIrtReader
from trichotomy.readers.testing import ReaderTests, mangled

DATE = "2025-03-01T10-00-00.123456"


def lines(path: Path, records: list[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(r) + "\n" for r in records))
    return path


def document(path: Path, value: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1))
    return path


def told(d) -> str:
    return " ".join(d.attrs["provenance"]["warnings"])


def right(d) -> dict[tuple[str, str], int]:
    """Correctness by observer and item."""
    c = correctness(d).values[:, 0]
    names = [(str(o), str(i)) for o in d["observer"].values for i in d["item"].values]
    return dict(zip(names, c.ravel().tolist(), strict=True))


# lm-eval


def sample(doc_id: int, digest: str, filter_: str = "none", **metrics: float) -> dict[str, Any]:
    return {
        "doc_id": doc_id, "doc": {"question": f"what is {digest}?"}, "target": "1", "arguments": {"gen_args_0": {}},
        "resps": [[["x"]]], "filtered_resps": ["x"], "filter": filter_, "metrics": list(metrics),
        "doc_hash": digest, "prompt_hash": "p", "target_hash": "t", **metrics,
    }  # fmt: skip


class TestLmEval(ReaderTests):
    reader = LmEvalReader

    def example(self, folder: Path):
        """Models whose documents are numbered differently: only doc_hash joins them."""
        a = lines(
            folder / "org__a" / f"samples_arc_{DATE}.jsonl",
            [sample(0, "h0", acc=1.0, acc_norm=0.0), sample(1, "h1", acc=0.0, acc_norm=0.0)],
        )
        b = lines(
            folder / "org__b" / f"samples_arc_{DATE}.jsonl",
            [sample(0, "h1", acc=1.0, acc_norm=1.0)],
        )
        wanted = from_arrays(
            correct=[[1, 0], [-1, 1]], observers=["org/a", "org/b"], items=["arc/h0", "arc/h1"]
        )
        return [a, b], wanted

    def test_provenance_holds_hashes(self, tmp_path: Path):
        """Both files have one name here."""
        paths, _ = self.example(tmp_path)
        sources = read(paths).attrs["provenance"]["sources"]
        assert len({entry["sha256"] for entry in sources}) == 2


def test_lm_eval_metrics_are_selectable(tmp_path: Path):
    paths, _ = TestLmEval().example(tmp_path)
    d = read(paths)
    assert "acc says what is right; 'acc_norm' would say otherwise" in told(d)
    assert d["task"].values.tolist() == ["arc", "arc"]
    assert d["question"].values.tolist() == ["what is h0?", "what is h1?"]
    assert right(read(paths, mapping={"correct": "acc_norm"}))["org/a", "arc/h0"] == 0
    with pytest.raises(UnknownNameError, match=r"no metric of samples_arc.*'acc_nrm'.*acc_norm"):
        read(paths, mapping={"correct": "acc_nrm"})


def test_lm_eval_filters_are_chosen(tmp_path: Path):
    records = [
        sample(0, "h", f, exact_match=v) for f, v in (("strict-match", 0.0), ("flexible-extract", 1.0))
    ]
    path = lines(tmp_path / "m" / f"samples_gsm8k_{DATE}.jsonl", records)
    with pytest.raises(
        InputError, match=r"several decisions for each item, one per filter .*--where 'filter=strict-match'"
    ):
        read(path)
    assert right(read(path, where={"filter": "flexible-extract"})) == {("m", "gsm8k/h"): 1}
    assert right(read(path, where={"filter": "strict-match"})) == {("m", "gsm8k/h"): 0}


def test_lm_eval_files_that_a_filter_leaves_out_are_named(tmp_path: Path):
    lines(tmp_path / "m" / f"samples_arc_{DATE}.jsonl", [sample(0, "h", acc=1.0)])
    lines(tmp_path / "m" / f"samples_gsm8k_{DATE}.jsonl", [sample(0, "h", "strict-match", exact_match=1.0)])
    d = read(tmp_path / "m", where={"filter": "strict-match"})
    assert d["item"].values.tolist() == ["gsm8k/h"]
    assert f"no row of samples_arc_{DATE}.jsonl has filter=strict-match: nothing of it was read" in told(d)


def test_samples_by_lm_eval_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A small task of its own, answered by the harness's dummy model."""
    with python_warnings.catch_warnings():
        python_warnings.simplefilter("ignore")
        lm_eval = pytest.importorskip("lm_eval")
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
        from lm_eval.loggers import EvaluationTracker
        from lm_eval.tasks import TaskManager

        docs = lines(
            tmp_path / "d.jsonl",
            [{"question": f"q{k}?", "choices": ["a", "b"], "gold": k % 2} for k in range(8)],
        )
        document(tmp_path / "tasks" / "tiny.yaml", {
            "task": "tiny", "dataset_path": "json", "dataset_kwargs": {"data_files": {"test": str(docs)}},
            "test_split": "test", "output_type": "multiple_choice", "doc_to_text": "{{question}}",
            "doc_to_choice": "{{choices}}", "doc_to_target": "{{gold}}",
            "metric_list": [{"metric": "acc"}, {"metric": "acc_norm"}],
        })  # fmt: skip
        tracker = EvaluationTracker(output_path=str(tmp_path / "out"))
        tasks = TaskManager(include_path=str(tmp_path / "tasks"))
        found = lm_eval.simple_evaluate(
            model="dummy", tasks=["tiny"], task_manager=tasks, log_samples=True, evaluation_tracker=tracker
        )
        samples = found.pop("samples")
        tracker.save_results_aggregated(results=found, samples=samples)
        tracker.save_results_samples(task_name="tiny", samples=samples["tiny"])
    (path,) = (tmp_path / "out").rglob("samples_*.jsonl")
    d = read(path.parent)
    assert d.sizes["item"] == 8
    assert correctness(d).values.mean() == pytest.approx(found["results"]["tiny"]["acc,none"])
    assert sorted(d["question"].values.tolist()) == [f"q{k}?" for k in range(8)]


def test_lm_eval_partial_credit_needs_a_threshold(tmp_path: Path):
    path = lines(
        tmp_path / "m" / f"samples_squad_{DATE}.jsonl", [sample(0, "h", f1=0.6), sample(1, "k", f1=1.0)]
    )
    with pytest.raises(
        InputError, match=r"'0\.6' in f1 \(samples_squad.*line 1\) is partial credit.*correct=f1>=1"
    ):
        read(path)
    assert right(read(path, mapping={"correct": "f1>=0.5"}))["m", "squad/h"] == 1
    d = read(path, mapping={"correct": "f1>=1"})
    assert right(d)["m", "squad/h"] == 0
    assert d.attrs["provenance"]["configuration"]["columns"]["correct"] == "f1>=1"
    with pytest.raises(InputError, match="'x' is no threshold"):
        read(path, mapping={"correct": "f1>=x"})


def test_lm_eval_results_beside_name_the_model(tmp_path: Path):
    lines(tmp_path / f"samples_arc_{DATE}.jsonl", [sample(0, "h", acc=1.0)])
    results = document(tmp_path / f"results_{DATE}.json", {"results": {}, "model_name": "org/named"})
    assert read(tmp_path)["observer"].values.tolist() == ["org/named"]
    with pytest.raises(InputError, match=r"has means only; read the samples"):
        read(results)


def test_lm_eval_without_hashes_asks_for_a_declaration(tmp_path: Path):
    record = sample(3, "h", acc=1.0)
    del record["doc_hash"]
    path = lines(tmp_path / "m" / f"samples_arc_{DATE}.jsonl", [record])
    with pytest.raises(InputError, match=r"no doc_hash .*--map items=doc_id"):
        read(path)
    assert right(read(path, mapping={"items": "doc_id"})) == {("m", "arc/3"): 1}


def test_lm_eval_the_same_document_in_two_tasks_is_two_items(tmp_path: Path):
    for task in ("arc", "arc_chat"):
        lines(tmp_path / "m" / f"samples_{task}_{DATE}.jsonl", [sample(0, "h", acc=1.0)])
    assert sorted(read(tmp_path / "m")["item"].values.tolist()) == ["arc/h", "arc_chat/h"]


# inspect


def eval_log(
    path: Path, model: str, summaries: list[dict[str, Any]], *, journal: bool = False, **header: Any
) -> Path:
    spec = {"eval": {"run_id": "r", "task": "popularity", "model": model, "dataset": {}, "config": {}}}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as log:
        log.writestr("_journal/start.json", json.dumps({"version": 2, **spec, "plan": {}}))
        log.writestr("_journal/summaries/1.json", json.dumps(summaries))
        for s in summaries:
            log.writestr(f"samples/{s['id']}_epoch_{s['epoch']}.json", json.dumps({**s, "messages": []}))
        if not journal:
            log.writestr("summaries.json", json.dumps(summaries))
            log.writestr("header.json", json.dumps({"version": 2, "status": "success", **spec, **header}))
    return path


def asked(name: Any, grade: Any, epoch: int = 1, question: str = "", **more: Any) -> dict[str, Any]:
    scores = {} if grade is None else {"scores": {"match": {"value": grade, "answer": "x"}}}
    return {
        "id": name,
        "epoch": epoch,
        "input": question or f"question {name}",
        "target": "yes",
        **scores,
        **more,
    }


class TestInspect(ReaderTests):
    reader = InspectReader

    def example(self, folder: Path):
        a = eval_log(folder / "a.eval", "openai/a", [asked(1, "C"), asked("two", "I"), asked(3, "N")])
        b = eval_log(
            folder / "b.eval",
            "openai/b",
            [asked(1, "I"), asked("two", "C"), asked(3, None, error={"message": "timeout"})],
        )
        wanted = from_arrays(
            correct=[[1, 0, 0], [0, 1, -1]], observers=["openai/a", "openai/b"],
            items=["popularity/1", "popularity/two", "popularity/3"],
        )  # fmt: skip
        return [a, b], wanted

    def mangle(self, path: Path, rng: Any):
        with zipfile.ZipFile(path) as log:
            members = {name: json.loads(log.read(name)) for name in ("header.json", "summaries.json")}
        with zipfile.ZipFile(path, "w") as log:
            for name, value in mangled(members, rng).items():
                log.writestr(name, json.dumps(value))


class TestInspectJson(ReaderTests):
    reader = InspectReader
    options = {"mapping": {"correct": "match"}}  # noqa: RUF012

    def example(self, folder: Path):
        spec = {"run_id": "r", "task": "t", "model": "m"}
        samples = [asked(1, "C"), asked(2, {"a": "C"}), asked(3, None)]
        log = {"version": 2, "status": "success", "eval": spec, "samples": samples}
        wanted = from_arrays(correct=[[1, -1, -1]], observers=["m"], items=["t/1", "t/2", "t/3"])
        return [document(folder / "log.json", log)], wanted


def test_inspect_epochs_are_repeats(tmp_path: Path):
    log = eval_log(
        tmp_path / "a.eval", "a", [asked(1, "C", 1), asked(1, "I", 2), asked(2, "C", 1), asked(2, "C", 2)]
    )
    d = read(log)
    assert d.sizes["epoch"] == 1
    assert d["observer"].values.tolist() == ["a/1", "a/2"]
    assert d["condition"].values.tolist() == ["a", "a"]
    assert d["instance"].values.tolist() == [1, 2]
    assert right(d)["a/2", "popularity/1"] == 0


def test_inspect_partial_credit_needs_a_threshold(tmp_path: Path):
    log = eval_log(tmp_path / "a.eval", "a", [asked(1, "P"), asked(2, "C")])
    with pytest.raises(
        InputError, match=r"'0\.5' in match \(a\.eval, sample 1 of summaries\.json\) is partial credit"
    ):
        read(log)
    assert right(read(log, mapping={"correct": "match>=0.5"}))["a", "popularity/1"] == 1
    assert right(read(log, mapping={"correct": "match>=1"}))["a", "popularity/1"] == 0


def test_inspect_scores_that_are_objects(tmp_path: Path):
    log = eval_log(
        tmp_path / "a.eval", "a", [asked(1, {"fact": 1, "style": 0}), asked(2, {"fact": 0, "style": 0})]
    )
    with pytest.raises(
        InputError, match=r"several metrics that say right or wrong \('match\.fact', 'match\.style'\)"
    ):
        read(log)
    assert right(read(log, mapping={"correct": "match.fact"})) == {
        ("a", "popularity/1"): 1,
        ("a", "popularity/2"): 0,
    }


def test_inspect_ids_that_ask_different_things_are_refused(tmp_path: Path):
    eval_log(tmp_path / "a.eval", "a", [asked(1, "C", question="2 + 2?"), asked(2, "C")])
    eval_log(tmp_path / "b.eval", "b", [asked(1, "C", question="3 + 3?"), asked(2, "C")])
    with pytest.raises(
        InputError,
        match=r"'popularity/1' asks one thing in a\.eval, sample 1 .* another in b\.eval, sample 1",
    ):
        read(tmp_path)


def test_inspect_unfinished_and_old_logs(tmp_path: Path):
    running = eval_log(tmp_path / "running.eval", "a", [asked(1, "C")], journal=True)
    d = read(running)
    assert right(d) == {("a", "popularity/1"): 1}
    assert "did not end well (status started)" in told(d)
    old = tmp_path / "old.eval"
    with zipfile.ZipFile(old, "w") as log:
        log.writestr("header.json", json.dumps({"status": "success", "eval": {"task": "t", "model": "m"}}))
        log.writestr("samples/1_epoch_1.json", json.dumps({"id": 1, "epoch": 1, "score": {"value": "C"}}))
    assert right(read(old)) == {("m", "t/1"): 1}


def test_inspect_json_logs(tmp_path: Path):
    spec = {"run_id": "r", "task": "t", "model": "m"}
    log = document(
        tmp_path / "l.json", {"version": 2, "status": "success", "eval": spec, "samples": [asked(1, "C")]}
    )
    assert detect([log]).name == "inspect"
    assert right(read(log)) == {("m", "t/1"): 1}


HOSTILE = {
    "leads out": ("../../x.json", "{}", r"called '\.\./\.\./x\.json', which leads out of the archive"),
    "absolute": ("/etc/x.json", "{}", r"leads out of the archive"),
    "deep": ("header.json", "[" * 200_000, r"header\.json in bad\.eval is nested too deeply"),
    "not JSON": ("header.json", "{'a': 1}", r"header\.json in bad\.eval is not JSON"),
    "another zip": ("x.txt", "x", r"neither header\.json nor _journal/start\.json"),
    "long number": ("header.json", "9" * 10_000, r"header\.json in bad\.eval is not JSON"),
    "not an object": ("header.json", "[1]", r"not as inspect_ai writes its logs"),
}


@pytest.mark.parametrize("fault", HOSTILE)
def test_hostile_archives_are_refused(tmp_path: Path, fault: str):
    name, content, message = HOSTILE[fault]
    path = tmp_path / "bad.eval"
    with zipfile.ZipFile(path, "w") as log:
        log.writestr(name, content)
    with pytest.raises(InputError, match=message) as refused:
        read(path)
    assert "\n" not in str(refused.value)
    assert [p.name for p in tmp_path.iterdir()] == ["bad.eval"]


def test_zip_bombs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(archive, "LARGEST_MEMBER", 10_000)
    path = tmp_path / "bomb.eval"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as log:
        log.writestr("header.json", " " * 20_000 + "{}")
    with pytest.raises(InputError, match=r"bomb\.eval would unpack to more than .*hardly data"):
        read(path)
    data = bytearray(path.read_bytes())  # a false statement of the size: 20,002 to 9 in the list of members
    at = data.rindex((20_002).to_bytes(4, "little"))
    data[at : at + 4] = (9).to_bytes(4, "little")
    path.write_bytes(bytes(data))
    with pytest.raises(InputError, match=r"header\.json in bomb\.eval is truncated or no zip file"):
        read(path)
    monkeypatch.setattr(archive, "MOST_MEMBERS", 1)
    many = eval_log(tmp_path / "many.eval", "a", [asked(1, "C")])
    with pytest.raises(InputError, match=r"many\.eval has 5 members where at most 1"):
        read(many)


def packed_with_zstandard(path: Path, members: dict[str, bytes], stated: int | None = None) -> Path:
    """Write a zip of method 93, which Python 3.11 cannot; ``stated`` is a false size."""
    from numcodecs.zstd import compress

    body, listed = b"", b""
    for name, data in members.items():
        packed = bytes(compress(data))
        size = len(data) if stated is None else stated
        common = struct.pack("<5H3I2H", 20, 0, 93, 0, 0, zlib.crc32(data), len(packed), size, len(name), 0)
        listed += (
            b"PK\x01\x02"
            + struct.pack("<H", 20)
            + common
            + struct.pack("<3H2I", 0, 0, 0, 0, len(body))
            + name.encode()
        )
        body += b"PK\x03\x04" + common + name.encode() + packed
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, len(members), len(members), len(listed), len(body), 0)
    path.write_bytes(body + listed + end)
    return path


def test_inspect_logs_packed_with_zstandard(tmp_path: Path):
    header = {"version": 2, "status": "success", "eval": {"task": "t", "model": "m"}}
    members = {
        "header.json": json.dumps(header).encode(),
        "summaries.json": json.dumps([asked(1, "C")]).encode(),
    }
    assert right(read(packed_with_zstandard(tmp_path / "z.eval", members))) == {("m", "t/1"): 1}
    for stated in (3, 10_000):
        path = packed_with_zstandard(tmp_path / "false.eval", members, stated)
        with pytest.raises(InputError, match=r"header\.json in false\.eval is truncated or no zip file"):
            read(path)


def test_inspect_without_any_score(tmp_path: Path):
    log = eval_log(tmp_path / "a.eval", "a", [asked(1, None, error={"message": "no network"})])
    with pytest.raises(InputError, match=r"no sample of a\.eval has a score \(of 1\)"):
        read(log)


@pytest.mark.parametrize("kind", ["eval", "json"])
def test_a_log_by_inspect_itself(tmp_path: Path, kind: str):
    """Written by inspect_ai with its own mock model."""
    with python_warnings.catch_warnings():
        python_warnings.simplefilter("ignore")
        inspect_ai = pytest.importorskip("inspect_ai")
        from inspect_ai.dataset import Sample
        from inspect_ai.model import ModelOutput, ModelUsage, get_model
        from inspect_ai.scorer import match
        from inspect_ai.solver import generate

        output = ModelOutput.from_content("mockllm", "the answer is yes")
        output.usage = ModelUsage()
        task = inspect_ai.Task(
            dataset=[Sample(input="Is it?", target="yes"), Sample(input="Is it not?", target="no")],
            solver=generate(), scorer=match(), name="small", epochs=2,
        )  # fmt: skip
        model = get_model("mockllm/model", custom_outputs=[output] * 4)
        inspect_ai.eval(task, model=model, log_dir=str(tmp_path), log_format=kind, display="none")
    (log,) = tmp_path.glob(f"*.{kind}")
    d = read(log)
    assert d["observer"].values.tolist() == ["mockllm/model/1", "mockllm/model/2"]
    assert d["question"].values.tolist() == ["Is it?", "Is it not?"]
    assert correctness(d).values[:, 0].tolist() == [[1, 0], [1, 0]]


# HELM


def stat(name: str, *values: float) -> dict[str, Any]:
    return {"name": {"name": name, "split": "test"}, "count": len(values), "sum": sum(values)}


def helm_run(
    folder: Path, model: str, instances: list[dict[str, Any]], scenario: str = "mmlu:subject=anatomy"
) -> Path:
    document(
        folder / "run_spec.json",
        {"name": f"{scenario},model={model.replace('/', '_')}", "adapter_spec": {"model": model}},
    )
    document(folder / "stats.json", [])
    return document(folder / "per_instance_stats.json", instances)


def instance(
    name: str, value: float, trial: int = 0, perturbation: dict[str, Any] | None = None
) -> dict[str, Any]:
    changed = {} if perturbation is None else {"perturbation": perturbation}
    stats = [stat("exact_match", value), stat("num_tokens", 12.0), stat("finish_reason_stop", 1.0)]
    stats.append(stat("quasi_exact_match", 1.0))
    return {"instance_id": name, "train_trial_index": trial, "stats": stats, **changed}


class TestHelm(ReaderTests):
    reader = HelmReader

    def example(self, folder: Path):
        robust = {"name": "robustness", "robust": True}
        a = helm_run(
            folder / "a",
            "org/a",
            [instance("id1", 1.0), instance("id1", 0.0, 0, robust), instance("id2", 0.0)],
        )
        b = helm_run(folder / "b", "org/b", [instance("id2", 1.0), instance("id1", 1.0)])
        items = [f"mmlu:subject=anatomy/{i}" for i in ("id1", "id2", "id1/robustness")]
        wanted = from_arrays(correct=[[1, 0, 0], [1, 1, -1]], observers=["org/a", "org/b"], items=items)
        return [a, a.parent / "run_spec.json", b], wanted

    def test_provenance_holds_hashes(self, tmp_path: Path):
        paths, _ = self.example(tmp_path)
        sources = read(paths).attrs["provenance"]["sources"]
        assert (
            sorted(entry["name"] for entry in sources)
            == ["per_instance_stats.json"] * 2 + ["run_spec.json"] * 2
        )


def test_helm_folders_trials_and_metrics(tmp_path: Path):
    helm_run(tmp_path / "run", "org/a", [instance("id1", 1.0, 0), instance("id1", 0.0, 1)])
    d = read(tmp_path / "run")
    assert d["observer"].values.tolist() == ["org/a/0", "org/a/1"]
    assert correctness(d).values.ravel().tolist() == [1, 0]
    assert "exact_match says what is right; 'quasi_exact_match' would say otherwise (--map" in told(d)
    assert correctness(
        read(tmp_path / "run", mapping={"correct": "quasi_exact_match"})
    ).values.ravel().tolist() == [1, 1]
    assert correctness(
        read(tmp_path / "run", mapping={"correct": "num_tokens>=12"})
    ).values.ravel().tolist() == [1, 1]


def test_helm_instances_of_two_scenarios_stay_apart(tmp_path: Path):
    for subject in ("anatomy", "law"):
        helm_run(tmp_path / subject, "org/a", [instance("id1", 1.0)], f"mmlu:subject={subject}")
    d = read([tmp_path / "anatomy", tmp_path / "law"])
    assert d["item"].values.tolist() == ["mmlu:subject=anatomy/id1", "mmlu:subject=law/id1"]
    assert d["scenario"].values.tolist() == ["mmlu:subject=anatomy", "mmlu:subject=law"]


def test_helm_scenarios_questions_and_perturbations(tmp_path: Path):
    changed = [{"name": "dialect", "fairness": True, "source_class": "SAE", "prob": p} for p in (0.5, 1.0)]
    path = helm_run(
        tmp_path / "run", "org/a", [instance("id1", 1.0), *(instance("id1", 0.0, 0, c) for c in changed)]
    )
    spec = {"class_name": "helm.benchmark.scenarios.mmlu_scenario.MMLUScenario", "args": {"subject": "law"}}
    document(
        path.parent / "run_spec.json",
        {"name": "x", "scenario_spec": spec, "adapter_spec": {"model": "org/a"}},
    )
    asked = [
        {"id": "id1", "input": {"text": "what?"}},
        {"id": "id1", "input": {"text": "wut?"}, "perturbation": changed[1]},
    ]
    document(path.parent / "instances.json", asked)
    d = read(path)
    assert d["item"].values.tolist()[0] == "MMLU:subject=law/id1"
    assert all(str(i).startswith("MMLU:subject=law/id1/dialect@") for i in d["item"].values[1:])
    assert d.sizes["item"] == 3
    assert d["question"].values.tolist() == ["what?", "", "wut?"]
    assert len(d.attrs["provenance"]["sources"]) == 3


def test_helm_predictions_for_display(tmp_path: Path):
    path = helm_run(tmp_path / "run", "org/a", [])
    path.unlink()
    shown = [
        {"instance_id": i, "train_trial_index": 0, "stats": {"exact_match": v}}
        for i, v in (("id1", 1.0), ("id2", 0.0))
    ]
    document(path.parent / "display_predictions.json", shown)
    assert correctness(read(tmp_path / "run")).values.ravel().tolist() == [1, 0]


def test_helm_without_its_run_is_refused(tmp_path: Path):
    path = helm_run(tmp_path / "a", "org/a", [instance("id1", 1.0)])
    (tmp_path / "a" / "run_spec.json").unlink()
    with pytest.raises(InputError, match=r"no run_spec\.json in .*/a, without which"):
        read(path, format="helm")


# lighteval


def details(folder: Path, model: str, rows: list[dict[str, Any]], task: str = "leaderboard|arc|25") -> Path:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = folder / "details" / model / DATE / f"details_{task}_{DATE}.parquet"
    path.parent.mkdir(parents=True)
    parquet.write_table(pa.Table.from_pylist(rows), path)
    return path


class TestLighteval(ReaderTests):
    reader = LightevalReader

    def example(self, folder: Path):
        def row(question: str, acc: int) -> dict[str, Any]:
            return {
                "example": question,
                "choices": ["a", "b"],
                "gold_index": [1],
                "metrics": {"acc": acc, "acc_norm": acc},
            }

        a = details(folder, "org/a", [row("x?", 1), row("y?", 0)])
        b = details(folder, "org/b", [row("y?", 1)])
        ids = read(a, format="lighteval")["item"].values.tolist()
        wanted = from_arrays(correct=[[1, 0], [-1, 1]], observers=["org/a", "org/b"], items=ids)
        return [a, b], wanted

    def test_provenance_holds_hashes(self, tmp_path: Path):
        paths, _ = self.example(tmp_path)
        assert len({entry["sha256"] for entry in read(paths).attrs["provenance"]["sources"]}) == 2


def test_lighteval_new_layout_and_text_cells_name_the_same_items(tmp_path: Path):
    doc = {"id": "0", "query": "x?", "choices": ["a", "b"], "gold_index": 1}
    new = details(
        tmp_path / "n",
        "org/new",
        [{"doc": doc, "metric": {"extractive_match": 1}, "model_response": {"text": ["a"]}}],
    )
    text = details(
        tmp_path / "t",
        "org/text",
        [{"example": "x?", "choices": "['a', 'b']", "metrics": "{'extractive_match': 0}"}],
    )
    d = read([new, text])
    assert d.sizes["item"] == 1
    assert d["question"].values.tolist() == ["x?"]
    assert correctness(d).values.ravel().tolist() == [1, 0]


def test_lighteval_text_is_never_run(tmp_path: Path):
    path = details(
        tmp_path, "m", [{"example": "x?", "choices": "['a']", "metrics": "{'acc': open('ran', 'w')}"}]
    )
    with pytest.raises(InputError, match=r"row 1 has a cell that is no literal"):
        read(path)


# Every Eval Ever


def instance_level(
    model: str, name: str, *, correct: bool, digest: str | None = None, **more: Any
) -> dict[str, Any]:
    return {
        "schema_version": "0.2.2", "evaluation_id": "e", "model_id": model, "evaluation_name": "GSM8K",
        "sample_id": name,
        "interaction_type": "single_turn", "input": {"raw": f"q {digest or name}", "reference": ["4"]},
        "output": {"raw": ["4"]}, "answer_attribution": [],
        "evaluation": {"score": float(correct), "is_correct": correct},
        **({"sample_hash": digest} if digest else {}), **more,
    }  # fmt: skip


class TestEveryEvalEver(ReaderTests):
    reader = EveryEvalEverReader

    def example(self, folder: Path):
        """Two models whose sample_ids differ: the hash joins them."""
        a = lines(folder / "a.jsonl", [
            instance_level("org/a", "0", correct=True, digest="h0"),
            instance_level("org/a", "1", correct=False, digest="h1"),
        ])  # fmt: skip
        b = lines(folder / "b.jsonl", [
            instance_level("org/b", "7", correct=True, digest="h1"),
            instance_level("org/b", "8", correct=False, digest="h0", error="timeout"),
        ])  # fmt: skip
        wanted = from_arrays(
            correct=[[1, 0], [-1, 1]], observers=["org/a", "org/b"], items=["GSM8K/h0", "GSM8K/h1"]
        )
        return [a, b], wanted


def test_every_eval_ever_traps(tmp_path: Path):
    two = [
        instance_level("m", "0", correct=c, digest="h", evaluation_result_id=r)
        for r, c in (("r#acc", True), ("r#f1", False))
    ]
    path = lines(tmp_path / "two.jsonl", two)
    with pytest.raises(
        InputError, match=r"one per evaluation_result_id .*--where 'evaluation_result_id=r#acc'"
    ):
        read(path)
    assert correctness(read(path, where={"evaluation_result_id": "r#f1"})).values.ravel().tolist() == [0]
    by_id = lines(tmp_path / "id.jsonl", [instance_level("m", "0", correct=True)])
    d = read(by_id)
    assert d["item"].values.tolist() == ["GSM8K/0"]
    assert "joined by sample_id" in told(d)
    failed = lines(
        tmp_path / "f.jsonl",
        [instance_level("m", "0", correct=False, error="x"), instance_level("m", "1", correct=True)],
    )
    assert "1 lines of f.jsonl report an error; they count as missing" in told(read(failed))
    record = instance_level("m", "0", correct=True)
    record["evaluation"]["score"] = 0.4
    graded = lines(tmp_path / "g.jsonl", [record])
    assert correctness(read(graded, mapping={"correct": "score>=0.5"})).values.ravel().tolist() == [0]
    del record["model_id"]
    lines(tmp_path / "g.jsonl", [instance_level("m", "1", correct=True), record])
    with pytest.raises(InputError, match=r"g\.jsonl, line 2 has no 'model_id'"):
        read(graded)


# py-irt


class TestPyIrt(ReaderTests):
    reader = PyIrtReader

    def example(self, folder: Path):
        path = lines(folder / "r.jsonlines", [
            {"subject_id": "a", "responses": {"q1": 1, "q2": 0}}, {"subject_id": "b", "responses": {"q2": 1}},
        ])  # fmt: skip
        return [path], from_arrays(correct=[[1, 0], [-1, 1]], observers=["a", "b"], items=["q1", "q2"])


def test_py_irt_graded_responses_and_faults(tmp_path: Path):
    path = lines(tmp_path / "r.jsonl", [{"subject_id": "a", "responses": {"q1": 0.5, "q2": 1}}])
    with pytest.raises(InputError, match=r"'0\.5' in response \(r\.jsonl, line 1\) is partial credit"):
        read(path)
    assert correctness(read(path, mapping={"correct": "response>=0.5"})).values.ravel().tolist() == [1, 1]
    lines(path, [{"subject_id": "a", "responses": {"q1": [1]}}])
    with pytest.raises(InputError, match=r"r\.jsonl, line 1 has a list or an object"):
        read(path)
    lines(path, [{"subject_id": "a", "responses": {"q": 1}}] * 2)
    with pytest.raises(InputError, match=r"1 duplicated rows.*a, q in r\.jsonl, line 1 and line 2"):
        read(path)


# JSON from anyone


def test_json_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "d.jsonl"
    path.write_text('{"image": "x", "pred": 1, "label": 1, "deep": ' + "[" * 100_000 + "\n")
    with pytest.raises(InputError, match=r"d\.jsonl, line 1 is nested too deeply"):
        read(path)
    monkeypatch.setattr(jsonfiles, "LONGEST_LINE", 100)
    path.write_text('{"image": "x", "pred": 1, "label": 1}\n{"image": "' + "y" * 200 + '"}\n')
    with pytest.raises(InputError, match=r"d\.jsonl, line 2 is longer than 100 characters"):
        read(path)
    monkeypatch.setattr(jsonfiles, "LARGEST_DOCUMENT", 10)
    with pytest.raises(InputError, match=r"holds more than 10 bytes of JSON"):
        jsonfiles.json_document(document(tmp_path / "l.json", list(range(100))))
