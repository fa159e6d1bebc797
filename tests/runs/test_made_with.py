"""A run's record tells of every score that it keeps, by whichever call it was made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests import toys
from tests.footage import noise, write_video
from vbench import provenance
from vbench.benchmarks.registry import implementation
from vbench.dimensions.backbones.base import Backbone
from vbench.dimensions.base import VideoScore
from vbench.errors import PluginError, UsageError
from vbench.media.decode import VERSION as DECODING
from vbench.prompts.suite import Prompt, PromptSuite
from vbench.runs.category_plan import category_plan
from vbench.runs.custom_plan import custom_plan
from vbench.runs.evaluate import evaluate
from vbench.runs.evaluators import Evaluators
from vbench.runs.plan import Plan
from vbench.runs.record import RunRecord, read_record
from vbench.runs.run import open_run
from vbench.runs.standard_plan import standard_plan
from vbench.sampling.manifest import NAME as MANIFEST
from vbench.sampling.manifest import SampleRecord, manifest_text

pytestmark = pytest.mark.usefixtures("toy_dimensions")


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    return write_video(tmp_path / "videos" / "clip-0.mp4", noise(4)).parent


@pytest.fixture
def weights(empty_cache: Path) -> Path:
    path = empty_cache / "amt_model/amt-s.pth"
    path.parent.mkdir(parents=True)
    torch.save({"a": torch.zeros(1)}, path)
    return path


def judged(videos: Path, *names: str) -> RunRecord:
    run = videos.parent / "run"
    evaluate(custom_plan(videos, names), Evaluators(toys.PROFILE, torch.device("cpu")), run)
    return read_record(run)


@pytest.fixture
def two_videos(tmp_path: Path) -> Path:
    for number in range(2):
        write_video(tmp_path / "videos" / f"clip-{number}.mp4", noise(4, seed=number))
    return tmp_path / "videos"


class Kilograms(toys.Weighing):
    """Another who weighs, with a setting."""

    def __init__(self, unit: str = "", **backbones: Backbone) -> None:
        super().__init__(**backbones)


def of_suite(videos: Path, name: str, samples: int = 1) -> Plan:
    both = ("brightness", "precise")
    suite = PromptSuite("lamps", (Prompt("clip", both), Prompt("a lamp", both)), "digest")
    return standard_plan(videos, suite, [name], samples=samples)


def of_category(videos: Path, name: str) -> Plan:
    return category_plan(videos, PromptSuite("lamps", (Prompt("clip"), Prompt("a lamp"))), [name])


def looked_at(plan: Plan) -> RunRecord:
    run = plan.root.parent / "run"
    evaluate(plan, Evaluators(toys.PROFILE, torch.device("cpu")), run)
    return read_record(run)


def in_kilograms(videos: Path, *names: str) -> RunRecord:
    run, options = videos.parent / "run", {"weighing": {"unit": "kg"}}
    evaluate(custom_plan(videos, names), Evaluators(toys.PROFILE, torch.device("cpu"), options), run)
    return read_record(run)


def raised(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setitem(toys.SPECS, name, replace(toys.SPECS[name], version=2))


def on_another_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """On another machine, with another PyTorch."""
    packages, machine = provenance.packages() | {"torch": "99.0"}, provenance.machine
    monkeypatch.setattr(provenance, "packages", lambda: packages)
    monkeypatch.setattr(provenance, "machine", lambda *asked: {**machine(*asked), "processor": "Another"})


def test_checkpoints_of_dimensions_that_an_earlier_call_judged_stay(videos: Path, weights: Path) -> None:
    first = judged(videos, "weighing")
    both = judged(videos, "brightness")
    assert both.checkpoints == first.checkpoints
    assert first.checkpoints.keys() == {"amt_s"}


def test_a_dimension_that_was_judged_by_an_older_version_keeps_it(
    videos: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged(videos, "brightness", "weighing")
    raised(monkeypatch, "weighing")
    assert judged(videos, "brightness").dimension_versions == {"brightness": 1, "weighing": 1}
    assert judged(videos, "weighing").dimension_versions == {"brightness": 1, "weighing": 2}


def test_scores_of_an_older_decoding_keep_its_version(videos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert judged(videos, "brightness").decoding_versions == {"brightness": DECODING}
    for module in ("continued", "cache_key"):
        monkeypatch.setattr(f"vbench.runs.{module}.DECODING", DECODING + 1)
    both = {"brightness": DECODING, "precise": DECODING + 1}
    assert judged(videos, "precise").decoding_versions == both
    assert judged(videos, "brightness").decoding_versions == dict.fromkeys(both, DECODING + 1)


def test_what_cannot_be_judged_now_keeps_what_it_was_judged_with(
    videos: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = judged(videos, "brightness", "weighing")
    weights.unlink()
    raised(monkeypatch, "weighing")
    now = judged(videos, "brightness", "weighing")
    assert "weighing" in now.not_evaluated
    assert now.checkpoints == first.checkpoints
    assert now.dimension_versions == {"brightness": 1, "weighing": 1}


@pytest.mark.parametrize("names", [("brightness", "precise"), ("precise",)])
def test_machines_and_packages_are_those_of_all_calls(
    videos: Path, names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = judged(videos, "brightness")
    on_another_day(monkeypatch)
    same = judged(videos, "brightness")  # computes nothing
    assert (same.packages, same.machine) == (first.packages, first.machine)
    for _ in range(2):  # the third call tells no more than the second
        now = judged(videos, *names)
        assert now.packages["torch"] == f"{first.packages['torch']}; 99.0"
        assert now.machine["processor"] == f"{first.machine['processor']}; Another"
        assert now.machine["device"] == "cpu"


def test_of_what_was_judged_anew_the_last_call_tells(videos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judged(videos, "brightness")
    on_another_day(monkeypatch)
    raised(monkeypatch, "brightness")
    now = judged(videos, "brightness")
    assert (now.packages["torch"], now.machine["processor"]) == ("99.0", "Another")


def test_a_run_has_one_file_of_each_checkpoint(videos: Path, weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toys.Brightness, "roles", ("scale",))
    judged(videos, "weighing")
    torch.save({"a": torch.ones(1)}, weights)
    with pytest.raises(UsageError, match="weighing was judged with another file of amt_s; name it, too"):
        judged(videos, "brightness")
    assert judged(videos, "brightness", "weighing").checkpoints["amt_s"]["sha256"]


def test_what_another_version_scored_does_not_count_where_a_call_was_interrupted(
    two_videos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged(two_videos, "brightness")
    before = open_run(two_videos.parent / "run").rows()
    with monkeypatch.context() as patched:
        raised(patched, "brightness")
        patched.setattr(toys, "note_call", interrupts)
        with pytest.raises(KeyboardInterrupt):
            judged(two_videos, "brightness")
        run = open_run(two_videos.parent / "run")
        assert (run.rows(), run.card.incomplete) == ([], ["brightness"])
    monkeypatch.setattr(toys, "note_call", interrupts)  # nothing is judged anew
    judged(two_videos, "brightness")
    assert open_run(two_videos.parent / "run").rows() == before


def test_a_call_that_was_interrupted_before_it_computed_anything_says_nothing_of_itself(
    two_videos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = judged(two_videos, "brightness")
    write_video(two_videos / "clip-2.mp4", noise(4, seed=2))
    on_another_day(monkeypatch)
    monkeypatch.setattr(toys, "note_call", interrupts)
    with pytest.raises(KeyboardInterrupt):
        judged(two_videos, "brightness")
    now = read_record(two_videos.parent / "run")
    assert (now.status, now.machine, now.packages) == ("interrupted", before.machine, before.packages)


def test_a_call_that_was_interrupted_while_it_looked_for_what_is_left_leaves_the_record_as_it_was(
    two_videos: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(toys, "Weighing", Kilograms)
    before = judged(two_videos, "weighing")
    monkeypatch.setattr("vbench.runs.outstanding.picture_of", interrupts)
    with pytest.raises(KeyboardInterrupt):
        in_kilograms(two_videos, "weighing")
    assert read_record(two_videos.parent / "run") == before


def interrupts(*asked: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("version", [1, 2])
def test_what_was_found_of_a_video_that_cannot_be_read_now_counts_if_it_was_judged_alike(
    two_videos: Path, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    judged(two_videos, "brightness")
    monkeypatch.setitem(toys.SPECS, "brightness", replace(toys.SPECS["brightness"], version=version))
    plan = custom_plan(two_videos, ["brightness"])
    (two_videos / "clip-1.mp4").unlink()
    evaluate(plan, Evaluators(toys.PROFILE, torch.device("cpu")), two_videos.parent / "run")
    states = {row.video: row.status for row in open_run(two_videos.parent / "run").rows()}
    assert states == {"clip-0.mp4": "scored", "clip-1.mp4": "scored" if version == 1 else "failed"}


def test_scores_of_what_a_video_was_before_do_not_count_beside_those_of_what_it_is(two_videos: Path) -> None:
    judged(two_videos, "brightness", "precise")
    write_video(two_videos / "clip-1.mp4", noise(4, seed=7))
    judged(two_videos, "brightness")
    card = open_run(two_videos.parent / "run").card
    assert {name: (one.videos, one.planned) for name, one in card.dimensions.items()} == {
        "brightness": (2, 2),
        "precise": (1, 2),
    }
    judged(two_videos, "precise")
    assert open_run(two_videos.parent / "run").is_whole


def test_a_dimension_keeps_the_options_that_its_scores_were_made_with(
    videos: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(toys, "Weighing", Kilograms)
    changed = {"weighing": {"unit": "kg"}}
    judged(videos, "weighing")
    assert in_kilograms(videos, "brightness").options == {}
    assert in_kilograms(videos, "weighing").options == changed
    weights.unlink()
    now = judged(videos, "brightness", "weighing")
    assert "weighing" in now.not_evaluated
    assert now.options == changed


@pytest.mark.parametrize("planned", [of_suite, of_category])
@pytest.mark.parametrize("file", ["a lamp-0.mp4", "lit.mp4"])
def test_a_video_that_came_later_is_missing_no_more(videos: Path, planned: Callable[..., Plan], file: str) -> None:
    listed = [SampleRecord("clip-0.mp4", "clip", 0)]
    (videos / MANIFEST).write_text(manifest_text(listed))
    for name in ("brightness", "precise"):
        missing = looked_at(planned(videos, name)).missing_videos
    assert len(missing) == 1
    (videos / MANIFEST).write_text(manifest_text([*listed, SampleRecord(file, "a lamp", 0)]))
    write_video(videos / ("a lamp-0.mp4" if planned is of_category else file), noise(4))
    for name in ("brightness", "precise"):
        missing = looked_at(planned(videos, name)).missing_videos
    assert missing == []


def test_a_run_has_fewer_samples_where_one_of_its_calls_looked_for_fewer(two_videos: Path) -> None:
    few = looked_at(of_suite(two_videos, "brightness", samples=2)).samples
    assert (few, looked_at(of_suite(two_videos, "precise", samples=5)).samples) == (2, 2)
    assert looked_at(of_suite(two_videos, "brightness", samples=5)).samples == 2  # which one it was is not known


def test_a_checkpoint_that_goes_while_it_is_in_use_ends_no_call(
    videos: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def score(*_: object) -> VideoScore:
        weights.unlink()
        return VideoScore(0.5)

    monkeypatch.setattr(toys.Weighing, "score", score)
    made = judged(videos, "weighing")
    assert made.status == "finished"
    assert made.checkpoints.keys() == {"amt_s"}


def test_a_class_and_its_specification_are_of_one_version(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = replace(toys.SPECS["weighing"], package="toys")
    monkeypatch.setattr(toys.Weighing, "version", 2)
    with pytest.raises(PluginError, match="its class says version 2 and its DimensionSpec 1, which is what counts"):
        implementation(spec)
    assert implementation(replace(spec, version=2)) is toys.Weighing
