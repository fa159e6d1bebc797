"""What ``import vbench`` gives."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import vbench
from tests.footage import noise, write_video
from vbench.benchmarks.t2v import RULES
from vbench.dimensions.profiles import profile
from vbench.errors import NothingToScore, UsageError
from vbench.runs.evaluators import Evaluators


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("videos")
    for index in range(3):
        write_video(folder / f"a {('cat', 'dog', 'bus')[index]}-0.mp4", noise(seed=index))
    return folder


def test_every_name_is_there_and_none_loads_torch_by_itself() -> None:
    assert all(getattr(vbench, name) is not None for name in vbench.__all__)
    heavy = "{'torch', 'numpy', 'av'}"
    check = f"import sys, vbench; vbench.__version__; vbench.evaluate; print({heavy} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"
    with pytest.raises(AttributeError, match="no attribute 'evaluat'"):
        vbench.evaluat  # noqa: B018


def test_a_run_from_videos_to_a_table(videos: Path, tmp_path: Path) -> None:
    run = vbench.evaluate(videos, dimensions=["temporal_flickering"], profile="lite", output=tmp_path / "run")
    assert run.outcome is not None
    assert run.outcome.computed == 3
    assert set(run.card.scores) == {"temporal_flickering"}
    assert run.record.profile == "lite"
    table = run.to_pandas()
    assert list(table["prompt"]) == ["a bus", "a cat", "a dog"]
    assert run.card.scores["temporal_flickering"] == pytest.approx(table["value"].mean())
    again = vbench.evaluate(videos, dimensions=["temporal_flickering"], profile="lite", output=tmp_path / "run")
    assert again.outcome is not None
    assert (again.outcome.computed, again.outcome.reused) == (0, 3)
    assert vbench.open_run(tmp_path / "run").rows() == run.rows()


def test_precisions_of_clip_are_recorded_and_never_mixed(videos: Path, tmp_path: Path) -> None:
    asked = {"dimensions": ["temporal_flickering"], "output": tmp_path / "run"}
    run = vbench.evaluate(videos, clip_precision="float16", **asked)  # type: ignore[arg-type]
    assert (run.record.profile, run.record.comparable) == ("official-clip-float16", True)
    with pytest.raises(UsageError, match="profile was 'official-clip-float16' and is now 'official'"):
        vbench.evaluate(videos, **asked)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="is for the official profile, found --profile lite"):
        vbench.evaluate(videos, profile="lite", clip_precision="float16", **asked)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"no precision of CLIP named 'float61'\. Did you mean float16"):
        vbench.evaluate(videos, clip_precision="float61", **asked)  # type: ignore[arg-type]


def test_the_precision_of_clip_is_part_of_what_identifies_a_score() -> None:
    single, half = (Evaluators(profile(name), torch.device("cpu")) for name in ("official", "official-clip-float16"))
    moved = [name for name in RULES if single.roles(name) != half.roles(name)]
    assert moved == ["background_consistency", "aesthetic_quality", "appearance_style"]
    assert all(half.checkpoints(name) == single.checkpoints(name) for name in RULES)


def test_fast_precision_is_for_cuda_and_the_official_profile(videos: Path, tmp_path: Path) -> None:
    asked = {"dimensions": ["temporal_flickering"], "device": "cpu", "output": tmp_path / "run"}
    with pytest.raises(UsageError, match="computes in TF32, which CUDA devices have alone; found cpu"):
        vbench.evaluate(videos, precision="fast", **asked)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="--precision fast is for the official profile, found --profile lite"):
        vbench.evaluate(videos, precision="fast", profile="lite", **asked)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="exclude each other"):
        vbench.evaluate(videos, precision="fast", clip_precision="float16", **asked)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"no precision named 'fastest'\. Did you mean fast"):
        vbench.evaluate(videos, precision="fastest", **asked)  # type: ignore[arg-type]
    assert not (tmp_path / "run").exists()


def test_a_fast_run_is_neither_continued_in_strict_nor_compared_with_one(videos: Path, tmp_path: Path) -> None:
    asked = {"dimensions": ["temporal_flickering"], "device": "cpu"}
    vbench.evaluate(videos, output=tmp_path / "strict", **asked)  # type: ignore[arg-type]
    fast = tmp_path / "fast"
    shutil.copytree(tmp_path / "strict", fast)
    record = json.loads((fast / "run.json").read_text())
    (fast / "run.json").write_text(json.dumps(record | {"profile": "official-fast"}))  # as a GPU would have made it
    with pytest.raises(UsageError, match="profile was 'official-fast' and is now 'official'"):
        vbench.evaluate(videos, output=fast, **asked)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"cannot be compared: .*profile"):
        vbench.compare(tmp_path / "strict", fast)


def test_fast_precision_is_part_of_what_identifies_a_score() -> None:
    strict, fast = (Evaluators(profile(name), torch.device("cuda")) for name in ("official", "official-fast"))
    kept = [name for name in RULES if strict.roles(name) == fast.roles(name)]
    of_regions = ["object_class", "multiple_objects", "color", "spatial_relationship"]
    assert sorted(kept) == sorted(["temporal_flickering", "imaging_quality", "scene", *of_regions])
    assert all(fast.checkpoints(name) == strict.checkpoints(name) for name in RULES)


def test_runs_compare(videos: Path, tmp_path: Path) -> None:
    asked = {"dimensions": ["temporal_flickering"], "profile": "lite"}
    one = vbench.evaluate(videos, output=tmp_path / "one", **asked)  # type: ignore[arg-type]
    two = vbench.evaluate(videos, output=tmp_path / "two", **asked)  # type: ignore[arg-type]
    (comparison,) = vbench.compare(one, tmp_path / "two")
    assert comparison.name == two.folder.name
    assert comparison.differences["temporal_flickering"].change == 0


def test_prompts_of_ones_own(videos: Path, tmp_path: Path) -> None:
    told = {"a cat-0.mp4": "a tabby cat", "a dog-0.mp4": "a dog", "a bus-0.mp4": "a bus"}
    run = vbench.evaluate(
        videos, dimensions=["temporal_flickering"], profile="lite", prompts=told, output=tmp_path / "run"
    )
    assert {row.prompt for row in run.rows()} == set(told.values())


def test_samples_are_made_and_kept(tmp_path: Path) -> None:
    asked = {"prompts": ["a red bus"], "samples": 1, "settings": {"frames": 4, "width": 64, "height": 48}}
    first = vbench.generate("synthetic", tmp_path / "videos", **asked)  # type: ignore[arg-type]
    again = vbench.generate("synthetic", tmp_path / "videos", **asked)  # type: ignore[arg-type]
    assert (first.made, again.made, again.kept) == (1, 0, 1)


def test_an_unknown_keyword_names_the_closest(videos: Path) -> None:
    with pytest.raises(UsageError, match=r"no keyword named 'dimension' of evaluate\(\)\. Did you mean dimensions"):
        vbench.evaluate(videos, dimension=["scene"])  # type: ignore[call-arg]
    with pytest.raises(UsageError, match="Did you mean samples"):
        vbench.generate("synthetic", "out", sample=3)  # type: ignore[call-arg]


def test_wrong_input_is_told(videos: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        vbench.evaluate(tmp_path / "nowhere", profile="lite")
    with pytest.raises(UsageError, match="motion_smoothness"):
        vbench.evaluate(videos, dimensions=["motion_smothness"], profile="lite")
    with pytest.raises(UsageError, match="no run"):
        vbench.open_run(tmp_path)
    with pytest.raises(NothingToScore):
        vbench.evaluate(videos, suite="mini", profile="lite", output=tmp_path / "none")
