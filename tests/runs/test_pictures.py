"""Runs of image to video: each prompt's picture is found before anything runs, and is part of what a score is of."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import vbench
from tests.footage import noise, write_video
from vbench.benchmarks.registry import benchmark_named
from vbench.dimensions.base import VideoScore
from vbench.dimensions.profiles import profile
from vbench.errors import UsageError
from vbench.media.video import Video
from vbench.prompts.suite import Prompt
from vbench.runs.evaluators import Evaluators
from vbench.runs.run import Run
from vbench.runs.store import FAILED, SCORED
from vbench.runs.verify import HELD, MISSING, OTHER_EVALUATOR, verify

LITE: dict[str, Any] = {"benchmark": "vbench-i2v", "profile": "lite", "dimensions": ["i2v_subject"]}


def picture(path: Path, seed: int, size: tuple[int, int] = (64, 48)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    levels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
    Image.fromarray(levels).save(path)
    return path


@pytest.fixture
def material(tmp_path: Path) -> Path:
    """Two prompts that share a picture and one that has its own, with a video each, and the pictures in two ratios."""
    texts = {"a cat": "a cat.png", "a cat, camera zooms in": "a cat.png", "a dog": "a dog.png"}
    suite = [{"prompt_en": text, "dimension": ["i2v_subject"], "image_name": name} for text, name in texts.items()]
    (tmp_path / "suite.json").write_text(json.dumps(suite))
    for place, text in enumerate(texts):
        write_video(tmp_path / "videos" / f"{text}-0.mp4", noise(4, seed=place))
    for seed, name in enumerate(sorted(set(texts.values()))):
        picture(tmp_path / "pictures" / "crop" / "8-5" / name, seed)
        picture(tmp_path / "pictures" / "crop" / "1-1" / name, 10 + seed)
    return tmp_path


def score(material: Path, output: str = "run", **changed: Any) -> Run:
    asked = {**LITE, "suite": material / "suite.json", "images": material / "pictures", **changed}
    return vbench.evaluate(material / "videos", output=material / output, **asked)


def looked_at(run: Run) -> dict[str, str]:
    return {row.video: Path(row.details["image"]).parent.name for row in run.rows()}


def test_the_ratio_nearest_to_the_videos_is_taken_unless_one_is_named(material: Path) -> None:
    assert set(looked_at(score(material)).values()) == {"8-5"}  # the videos are 64x48
    assert set(looked_at(score(material, "square", ratio="1-1")).values()) == {"1-1"}


def test_an_unknown_ratio_is_refused_with_those_that_are_there(material: Path) -> None:
    with pytest.raises(UsageError, match=r"no pictures of the ratio '7-4'; there are: 1-1, 8-5"):
        score(material, ratio="7-4")
    with pytest.raises(UsageError, match="'square' is no ratio"):
        score(material, ratio="square")


def test_missing_pictures_are_named_before_anything_runs(material: Path) -> None:
    for ratio in ("1-1", "8-5"):
        (material / "pictures" / "crop" / ratio / "a dog.png").unlink()
    with pytest.raises(UsageError, match=r"lacks 1 of the pictures: a dog\.png\. Nothing was done"):
        score(material)
    assert not (material / "run").exists()
    (material / "videos" / "a dog-0.mp4").unlink()  # its picture is not asked for then
    assert len(score(material).rows()) == 2
    with pytest.raises(UsageError, match=r"not a folder of pictures. Name it with --images"):
        score(material, images=material / "nowhere")


def test_another_picture_is_another_score_and_the_same_one_elsewhere_is_not(material: Path) -> None:
    before = score(material).card.scores
    shutil.move(material / "pictures", material / "moved")
    moved = score(material, images=material / "moved")
    assert moved.outcome
    assert (moved.outcome.computed, moved.outcome.reused) == (0, 3)
    picture(material / "moved" / "crop" / "8-5" / "a dog.png", seed=99)
    changed = score(material, images=material / "moved")
    assert changed.outcome
    assert (changed.outcome.computed, changed.outcome.reused) == (1, 2)
    assert changed.card.scores != before


def test_scores_do_not_depend_on_workers_or_on_what_was_scored_before(
    material: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", str(torch.get_num_threads()))  # or each has its part, which last bits show
    alone = {row.video: row.value for row in score(material, "alone").rows()}
    held = material / "a dog-0.mp4"
    shutil.move(material / "videos" / held.name, held)
    assert len(score(material, "resumed").rows()) == 2
    shutil.move(held, material / "videos" / held.name)
    assert {row.video: row.value for row in score(material, "resumed").rows()} == alone
    assert {row.video: row.value for row in score(material, "shared", workers=2).rows()} == alone


def test_a_picture_that_changes_while_it_is_looked_at_gives_no_score(
    material: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = Evaluators.score

    def replaced(evaluators: Evaluators, name: str, video: Video, prompt: Prompt) -> VideoScore:
        assert prompt.image
        if prompt.text == "a dog":
            picture(prompt.image, seed=99)
        return judge(evaluators, name, video, prompt)

    monkeypatch.setattr(Evaluators, "score", replaced)
    rows = {row.prompt: row for row in score(material).rows()}
    assert rows["a cat"].status == SCORED
    assert (rows["a dog"].status, rows["a dog"].value) == (FAILED, None)
    assert rows["a dog"].reason == "the picture a dog.png changed while it was looked at"


def test_scores_of_pictures_are_made_again(material: Path) -> None:
    rows = score(material).rows()
    judges = Evaluators(profile("lite"), torch.device("cpu"), benchmark=benchmark_named("vbench-i2v"))

    def found(images: Path | None = None) -> dict[str, str]:
        said = verify(rows, material / "videos", judges, 2**28, images=images)
        return {one.row.prompt: one.verdict for one in said}

    assert set(found().values()) == {HELD}
    shutil.move(material / "pictures", material / "moved")
    assert set(found().values()) == {MISSING}
    assert set(found(material / "moved").values()) == {HELD}
    picture(material / "moved" / "crop" / "8-5" / "a dog.png", seed=99)
    assert found(material / "moved")["a dog"] == OTHER_EVALUATOR


def test_own_videos_with_own_pictures(material: Path) -> None:
    own = material / "own"
    for name in ("a cat.png", "b.png"):
        picture(own / name, seed=3)
    for name in ("a cat-0.mp4", "a cat-1.mp4", "b-0.mp4"):
        write_video(material / "mine" / name, noise(4, seed=len(name)))
    asked: dict[str, Any] = {"benchmark": "vbench-i2v", "profile": "lite", "mode": "custom_input", "images": own}
    asked["dimensions"] = ["i2v_subject"]
    run = vbench.evaluate(material / "mine", output=material / "custom", **asked)
    assert {row.video: Path(row.details["image"]).name for row in run.rows()} == {
        "a cat-0.mp4": "a cat.png", "a cat-1.mp4": "a cat.png", "b-0.mp4": "b.png",
    }  # fmt: skip
    prompts = dict.fromkeys(("a cat-0.mp4", "a cat-1.mp4", "b-0.mp4"), "a tale, camera pans left")
    asked["dimensions"] = ["i2v_subject", "camera_motion"]
    told = vbench.evaluate(material / "mine", output=material / "told", prompts=prompts, **asked)
    assert {row.prompt for row in told.rows()} == {"a tale, camera pans left"}
    assert set(told.card.scores) == {"i2v_subject", "camera_motion"}
    (own / "b.png").unlink()
    with pytest.raises(UsageError, match=r"lacks 1 of the pictures: b\.png"):
        vbench.evaluate(material / "mine", output=material / "lacking", **asked)
    without = {name: value for name, value in asked.items() if name != "images"}
    with pytest.raises(UsageError, match="i2v_subject: not without the pictures"):
        vbench.evaluate(material / "mine", **without)


def test_runs_against_other_pictures_say_so_when_they_are_compared(material: Path) -> None:
    first, wide, same = (score(material, **one) for one in (
        {"output": "first", "ratio": "1-1"}, {"output": "wide", "ratio": "8-5"}, {"output": "same", "ratio": "1-1"},
    ))  # fmt: skip
    told = "differ in the pictures that the videos start from: 3 of 3 prompts, as of 'a cat': 1-1/a cat.png against"
    assert told in vbench.compare(first, wide)[0].remarks[0]
    shutil.copy(material / "pictures/crop/8-5/a dog.png", material / "pictures/crop/1-1")
    assert not vbench.compare(first, same)[0].remarks
    now = score(material, output="now", ratio="1-1")
    assert "1 of 3 prompts, as of 'a dog': 1-1/a dog.png" in vbench.compare(first, now)[0].remarks[0]
