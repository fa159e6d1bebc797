"""A story: its file, its parts, and the video that they are joined to."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from typer.testing import CliRunner, Result

from tests.generators.models.lavie import tiny
from tests.generators.tiny_pipelines import stable_diffusion
from tests.schemas import checked
from vbench import provenance
from vbench.cli import app
from vbench.errors import UsageError
from vbench.generators.models.inflated_sd.unet import UNet
from vbench.generators.models.lavie import base
from vbench.generators.models.seine import model
from vbench.media.video import Video, probe
from vbench.sampling.manifest import read_manifest
from vbench.sampling.story_file import read_story

SEA = """
title: A day at sea
shots: {model: synthetic, settings: {frames: 4}}
transitions: {model: "synthetic:jerk=0.5", settings: {frames: 3}}
scenes:
  - a red bus
  - {prompt: a cat, seed: 7, transition: {prompt: a dog, seed: 9}}
  - a red bus
"""


@pytest.fixture
def sea(tmp_path: Path) -> Path:
    """A story whose parts are rendered in a moment."""
    path = tmp_path / "sea.yaml"
    path.write_text(SEA)
    return path


def told(story: Path, out: Path, *more: str) -> Result:
    asked = ["generate", "--story", str(story), "-o", str(out), "--size", "48x32", "--progress", "none", *more]
    return CliRunner().invoke(app, asked)


def record(out: Path) -> Any:
    return json.loads((out / "story.json").read_text())


def frames(path: Path) -> NDArray[np.uint8]:
    return np.concatenate([batch.permute(0, 2, 3, 1).numpy() for batch in Video(path).batches()])


def test_shots_and_transitions_are_one_video_and_the_parts_are_kept(sea: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = told(sea, out)
    assert result.exit_code == 0, result.output
    assert "5 parts sampled, 0 failed." in result.output
    found, story = probe(out / "A day at sea.mp4"), checked("story.json", record(out))
    assert (found.frames, found.height, found.width, found.fps) == (3 * 4 + 2 * 2, 32, 48, 8)
    parts = [(one["part"], one["scene"], one["at"], one["taken"]) for one in story["parts"]]
    assert parts == [
        ("shots", 1, 0, [0, 4]), ("transitions", 1, 4, [1, 3]), ("shots", 2, 6, [0, 4]),
        ("transitions", 2, 10, [1, 3]), ("shots", 3, 12, [0, 4]),
    ]  # fmt: skip
    whole = frames(out / "A day at sea.mp4").astype(int)
    for one in story["parts"]:
        start, stop = one["taken"]
        part = frames(out / one["file"])[start:stop].astype(int)
        assert np.abs(whole[one["at"] : one["at"] + stop - start] - part).mean() < 4, one["file"]
    assert [one["text"] for one in story["parts"]] == ["a red bus", "smooth transition", "a cat", "a dog", "a red bus"]
    assert [one["seed"] for one in story["parts"]][2:4] == [7, 9]
    assert story["parts"][0]["sha256"] != story["parts"][4]["sha256"], "the same prompt has another seed elsewhere"
    assert story["players"]["transitions"]["model"] == "synthetic:jerk=0.5"
    last = frames(out / "shots/02 a cat.mp4")[-1]
    with Image.open(out / "pictures/02.png") as picture:
        assert np.array_equal(np.asarray(picture), last), "a transition starts from the end of the shot before it"


def test_it_goes_on_at_the_part_where_it_was_and_makes_the_same(sea: Path, tmp_path: Path) -> None:
    whole, again = tmp_path / "whole", tmp_path / "again"
    for out in (whole, again):
        assert told(sea, out).exit_code == 0
    (again / "A day at sea.mp4").unlink()
    (again / "transitions/02 a dog.mp4").unlink()
    (again / "story.json").write_text(
        json.dumps({name: record(again)[name] for name in ("version", "title", "digest")})
    )
    result = told(sea, again, "--json")
    assert checked("generate", result.output) == {
        "folder": str(again), "video": str(again / "A day at sea.mp4"), "frames": 16, "fps": 8.0, "made": 1, "kept": 4,
        "failures": {},
    }  # fmt: skip
    assert (whole / "A day at sea.mp4").read_bytes() == (again / "A day at sea.mp4").read_bytes()
    before = record(whole)
    assert "5 were there before" in told(sea, whole).output
    assert record(whole) == before


def test_packages_are_those_that_parts_and_video_were_made_with(
    sea: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    assert told(sea, out).exit_code == 0
    first = record(out)["packages"]
    newer = provenance.packages() | {"av": "99.0"}
    monkeypatch.setattr(provenance, "packages", lambda: newer)
    assert told(sea, out).exit_code == 0
    assert record(out)["packages"] == first  # nothing was made
    (out / "A day at sea.mp4").unlink()
    assert told(sea, out).exit_code == 0
    assert record(out)["packages"]["av"] == f"{first['av']}; 99.0"


def test_a_transition_is_made_anew_whose_shot_is_another_now(sea: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert told(sea, out).exit_code == 0
    old = {one.file: one.sha256 for one in read_manifest(out / "transitions")}
    Image.new("RGB", (48, 32), "red").save(out / "pictures/01.png")
    (out / "A day at sea.mp4").write_bytes(b"somebody's")
    result = told(sea, out)
    assert "1 parts sampled, 4 were there before" in result.output
    assert {one.file: one.sha256 for one in read_manifest(out / "transitions")} == old
    assert [path.read_bytes() for path in out.glob(".damaged/*/*.mp4")] == [b"somebody's"], "nothing is written over"
    assert len(list(out.glob("transitions/.damaged/*/*.mp4"))) == 1


def test_another_story_is_refused_and_so_is_a_folder_of_something_else(sea: Path, tmp_path: Path) -> None:
    assert told(sea, tmp_path / "out").exit_code == 0
    sea.write_text(SEA.replace("a cat", "a cow"))
    assert "holds another story" in str(told(sea, tmp_path / "out").exception)
    (tmp_path / "other").mkdir()
    (tmp_path / "other/sampling.json").write_text("{}")
    assert "holds something else than a story" in str(told(sea, tmp_path / "other").exception)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("scenes: []", "must have scenes: a list"),
        ("scenes: [3]", "scene 1 must be a prompt or a table with one, found 3"),
        ("scenes: [{text: a}]", "'text'"),
        ("scenes: [{prompt: a, seed: -1}]", "a seed is 0 to 2147483647, found -1"),
        ("scenes: [{prompt: a, image: gone.png}]", "there is no picture"),
        ("scenes: [a, {prompt: b, transition: c}]", "the last scene has a transition"),
        ("scenes: [{prompt: a, transition: 3}, b]", "a transition must be a prompt or a table"),
        ("scenes: [a, b]\nshots: [lavie]", "shots must be a model's name or a table"),
        ("scenes: [a, b]\ntitle: 3", "the title must be a text"),
        ("scenes: [a, b]\nplayers: lavie", "'players'"),
    ],
)
def test_what_is_no_story_is_refused(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "story.yaml"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        read_story(path)
    assert message in str(caught.value)


def test_seine_and_lavie_play_by_default_and_options_go_to_both_or_one(tmp_path: Path) -> None:
    path = tmp_path / "story.toml"
    path.write_text('scenes = ["a", "b"]')
    story = read_story(path, options=["device=cpu", "shots:scheduler=ddim", "transitions:given=2"])
    assert (story.title, [one.transition for one in story.scenes]) == ("story", ["smooth transition"] * 2)
    said = {role: (one.model, one.of("").options) for role, one in story.players.items()}
    assert said == {
        "shots": ("lavie", ("device=cpu", "scheduler=ddim")),
        "transitions": ("seine", ("task=transition", "device=cpu", "given=2")),
    }
    (tmp_path / "mine.yaml").write_text("{model: synthetic, settings: {frames: 3}}")
    path.write_text('scenes = ["a", "b"]\nshots = "mine.yaml"')
    assert read_story(path, {"transitions": "latte"}).players["shots"].settings == {"frames": 3}
    assert read_story(path, {"transitions": "latte"}).players["transitions"].model == "latte"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--model", "latte"), "With --story --model cannot be"),
        (("--prompt", "a cat", "--frames", "3"), "With --story --prompt, --frames cannot be"),
        (("--transitions", "directory:videos"), "starts from no picture"),
        (("--transitions", "lavie", "--option", "transitions:checkpoints=."), "weights download lavie_base"),
        (("--option", "transitions:wobble=1"), "has no option 'wobble=1'"),
    ],
)
def test_what_cannot_play_is_refused_before_anything_is_sampled(
    more: tuple[str, ...], message: str, sea: Path, tmp_path: Path
) -> None:
    result = told(sea, tmp_path / "out", *more)
    assert message in str(result.exception)
    assert not (tmp_path / "out").exists()


def test_without_a_story_shots_mean_nothing(tmp_path: Path) -> None:
    asked = ["generate", "--prompt", "a", "-o", str(tmp_path / "out"), "--shots", "lavie"]
    assert "or a story: --story FILE" in str(CliRunner().invoke(app, asked).exception)


def test_parts_of_other_rates_are_refused_before_anything_is_sampled(sea: Path, tmp_path: Path) -> None:
    sea.write_text(SEA.replace("settings: {frames: 3}", "settings: {frames: 3, fps: 12}"))
    result = told(sea, tmp_path / "out")
    assert "synthetic samples 8 frames a second and synthetic:jerk=0.5 12" in str(result.exception)
    assert told(sea, tmp_path / "out", "--fps", "10").exit_code == 0


def test_a_part_that_cannot_be_made_is_told_and_the_rest_waits(tmp_path: Path) -> None:
    path = tmp_path / "story.yaml"
    path.write_text("{scenes: [a, b], shots: 'command:false', transitions: synthetic}")
    result = told(path, tmp_path / "out", "--fps", "8", "--json")
    assert result.exit_code == 3, result.output
    assert sorted(json.loads(result.stdout)["failures"]) == ["shots/01 a.mp4", "shots/02 b.mp4"]


def test_one_scene_is_a_story_without_transitions(tmp_path: Path) -> None:
    path = tmp_path / "story.yaml"
    path.write_text("{scenes: [a cat], shots: {model: synthetic, settings: {frames: 4}}}")
    assert told(path, tmp_path / "out").exit_code == 0
    assert [one["part"] for one in record(tmp_path / "out")["parts"]] == ["shots"]
    assert not (tmp_path / "out/transitions").exists()


def test_a_title_and_a_prompt_can_be_of_any_length(tmp_path: Path) -> None:
    story, out, words = tmp_path / "one.yaml", tmp_path / "out", "a red bus " * 40
    story.write_text(f"title: {words}\nshots: synthetic\nscenes: [{words}]\n")
    result = told(story, out)
    assert result.exit_code == 0, result.exception
    assert (out / record(out)["file"]).is_file()
    assert not list(out.glob(".*"))


def test_pictures_are_no_story(tmp_path: Path) -> None:
    stable_diffusion().save_pretrained(tmp_path / "pictures")
    path = tmp_path / "story.yaml"
    shots = f"{{model: 'diffusers:{tmp_path / 'pictures'}', settings: {{steps: 2}}}}"
    path.write_text(f"{{scenes: [a cat], shots: {shots}}}")
    asked = ["generate", "--story", str(path), "-o", str(tmp_path / "out"), "--size", "16x16", "--progress", "none"]
    assert "is a picture, and a story is made of videos" in str(CliRunner().invoke(app, asked).exception)


def test_a_scene_can_start_from_a_picture(tmp_path: Path) -> None:
    Image.new("RGB", (48, 32), "blue").save(tmp_path / "sea.png")
    path = tmp_path / "story.yaml"
    path.write_text(
        "{shots: {model: synthetic, settings: {frames: 2}}, transitions: {model: synthetic, settings: {frames: 2}},"
        " scenes: [{prompt: a boat, image: sea.png}, a boat]}"
    )
    assert told(path, tmp_path / "out").exit_code == 0
    first, second = read_manifest(tmp_path / "out/shots")
    assert (first.prompt, first.text, first.settings["picture"]) == ("a boat (1)", "a boat", "sea.png")
    assert (second.prompt, "picture" in second.settings) == ("a boat (2)", False)


@pytest.mark.parametrize("given", [1, 2])
def test_lavies_shots_are_joined_by_seines_transitions(
    given: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = replace(tiny.BASE, in_channels=9)
    monkeypatch.setattr(base, "BASE", tiny.BASE)
    monkeypatch.setattr(model, "ARCHITECTURE", small)
    torch.manual_seed(0)
    torch.save(UNet(tiny.BASE).state_dict(), tmp_path / "lavie_base.pt")
    torch.save({"ema": UNet(small).state_dict()}, tmp_path / "seine.pt")
    tiny.companion(tmp_path / "stable-diffusion-v1-4", levels=4)
    path = tmp_path / "story.yaml"
    few = "settings: {frames: 5, steps: 2}"
    path.write_text(f"{{scenes: [a bus, a cat], shots: {{model: lavie, {few}}}, transitions: {{model: seine, {few}}}}}")
    more = ("--option", f"checkpoints={tmp_path}", "--option", "device=cpu", "--option", f"transitions:given={given}")
    result = told(path, tmp_path / "out", *more)
    assert result.exit_code == 0, result.output
    story = record(tmp_path / "out")
    assert [one["taken"] for one in story["parts"]] == [[0, 5], [given, 5 - given], [0, 5]]
    assert story["players"]["transitions"]["provenance"]["task"] == "transition"
    (way,) = read_manifest(tmp_path / "out/transitions")
    assert way.text == "smooth transition"
    assert [one["file"] for one in way.settings["images"]] == {
        1: ["01.png", "01-last.png"], 2: ["01.png", "01-2.png", "01-last.png", "01-last-2.png"],
    }[given]  # fmt: skip
    assert (way.settings["height"], way.settings["width"]) == (32, 48), "a transition is as large as the shots"
