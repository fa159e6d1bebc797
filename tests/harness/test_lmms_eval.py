"""The task of lmms-eval: rows and answers of its shapes become the numbers of ``vbench evaluate``."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.footage import noise, write_video
from vbench.benchmarks.t2v import T2V
from vbench.harness.lmms_eval import TASKS, process_results, scored, share
from vbench.interface import evaluate

NAME, OTHER = "temporal_flickering", "imaging_quality"

NEEDS_MORE = "human_action"
"""The lite profile has no backbone for it."""

PROMPTS = ["a wave", "a wall"]

TASK = TASKS / "vbench_scored.yaml"


@pytest.fixture(autouse=True)
def on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VBENCH_EVALUATE_PROFILE", "lite")
    monkeypatch.setenv("VBENCH_EVALUATE_DEVICE", "cpu")


def row(prompt: str, index: int) -> dict[str, Any]:
    """As in the dataset lmms-lab-eval/VBench."""
    facts = [{"source_record_id": 3, "dimensions": ["color"], "value": {"color": {"color": "red"}}}]
    return {
        "id": f"vbench-{index}", "suite": "vbench", "prompt": prompt, "sample_index": index, "seed": 7,
        "dimensions": [NAME, OTHER, NEEDS_MORE, "not_ours"], "auxiliary_info": json.dumps(facts),
    }  # fmt: skip


ROWS = [row(prompt, index) for prompt in PROMPTS for index in range(2)]


def answered(folder: Path) -> list[str]:
    """Videos under the names that the diffusers models of lmms-eval give them."""
    places = [folder / "vbench" / f"{one['prompt']}-{one['sample_index']}.mp4" for one in ROWS]
    return [str(write_video(place, noise(3, 112, 208, number))) for number, place in enumerate(places)]


def expected(folder: Path) -> dict[str, float]:
    run = evaluate(folder / "vbench", dimensions=[NAME, OTHER], profile="lite", device="cpu", output=folder / "run")
    return dict(run.card.scores)


def test_scores_are_those_of_the_command(tmp_path: Path) -> None:
    found = [process_results(doc, [video]) for doc, video in zip(ROWS, answered(tmp_path), strict=True)]
    assert {name: scored([one[name] for one in found]) for name in (NAME, OTHER)} == expected(tmp_path)
    assert scored([one[NAME] for one in found]) == expected(tmp_path)[NAME], "a second time"
    assert found[0].keys() == {"generated", NAME, OTHER, NEEDS_MORE}
    with pytest.warns(UserWarning, match="human_action has no score"):
        assert scored([one[NEEDS_MORE] for one in found]) is None
    assert found[0][NAME]["facts"] == {"color": {"color": "red"}}
    assert json.loads(json.dumps(found)) == found


def test_a_video_that_did_not_come_is_told_and_left_out(tmp_path: Path) -> None:
    videos = [*answered(tmp_path)[:-1], "[GENERATION_FAILED] out of memory"]
    found = [process_results(doc, [video]) for doc, video in zip(ROWS, videos, strict=True)]
    assert found[-1] == process_results(ROWS[0], []) == {"generated": 0.0}
    assert share([one["generated"] for one in found]) == 0.75
    (tmp_path / "vbench" / "a wall-1.mp4").unlink()
    assert scored([one[NAME] for one in found[:-1]]) == expected(tmp_path)[NAME]


def test_a_video_of_an_earlier_call_is_no_sample_of_this_one(tmp_path: Path) -> None:
    found = [process_results(doc, [video])[NAME] for doc, video in zip(ROWS, answered(tmp_path), strict=True)]
    without_the_last = scored(found[:-1])
    assert scored(found) != without_the_last
    assert scored(found[:-1]) == without_the_last


def test_the_task_names_every_dimension_and_functions_that_exist() -> None:
    class Loader(yaml.SafeLoader):  # type: ignore[misc]
        pass

    def function(loader: Any, node: Any) -> Any:
        module, _, name = loader.construct_scalar(node).rpartition(".")
        return getattr(importlib.import_module(module), name)

    Loader.add_constructor("!function", function)
    task = yaml.load(TASK.read_text(encoding="utf-8"), Loader)
    names = [metric["metric"] for metric in task["metric_list"]]
    assert names == ["generated", *(spec.name for spec in T2V.specs if not spec.judges)]
    assert {metric["aggregation"] for metric in task["metric_list"]} == {share, scored}
    assert task["process_results"] is process_results


def test_lmms_eval_itself_runs_the_task(tmp_path: Path) -> None:
    """Only where lmms-eval is installed; it is in no extra, as it needs more than forty packages."""
    evaluator = pytest.importorskip("lmms_eval.evaluator")
    model, tasks = importlib.import_module("lmms_eval.api.model"), importlib.import_module("lmms_eval.tasks")
    videos = answered(tmp_path)

    def generate_until(_: Any, requests: list[Any]) -> list[str]:
        return [videos[request.args[3]] for request in requests]

    others = dict.fromkeys(("loglikelihood", "generate_until_multi_round"))
    made = type("Made", (model.lmms,), {"is_simple": True, "generate_until": generate_until, **others})
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(one) + "\n" for one in ROWS))
    local = f"dataset_path: json\ndataset_kwargs:\n  data_files:\n    test: {tmp_path / 'rows.jsonl'}\n"
    published = "dataset_path: lmms-lab-eval/VBench\ndataset_name: vbench\n"
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "vbench_scored.yaml").write_text(TASK.read_text(encoding="utf-8").replace(published, local))
    manager = tasks.TaskManager("WARNING", include_path=str(tmp_path / "tasks"), include_defaults=False)
    told = evaluator.simple_evaluate(made(), tasks=["vbench_scored"], task_manager=manager, bootstrap_iters=0)
    results = told["results"]["vbench_scored"]
    assert {name: results[f"{name},none"] for name in (NAME, OTHER)} == expected(tmp_path)
    assert (results["generated,none"], results[f"{NEEDS_MORE},none"]) == (1.0, None)
