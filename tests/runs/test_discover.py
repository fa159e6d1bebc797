"""Every file of a folder is accounted for, and the right ones are judged."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from PIL import Image

from tests.counted import assert_linear, instructions
from tests.footage import noise, write_gif, write_stills, write_video
from tests.media.odd_containers import animated
from vbench.errors import UsageError
from vbench.media.video import Video
from vbench.prompts.suite import Prompt, PromptSuite
from vbench.runs.category_plan import category_plan
from vbench.runs.custom_plan import custom_plan
from vbench.runs.discover import discover
from vbench.runs.plan import default_output
from vbench.runs.standard_plan import standard_plan
from vbench.sampling.manifest import SampleRecord, append_record

CASES = Path(__file__).parents[1] / "media" / "cases"


def still(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(noise(1)[0]).save(path)
    return path


def kinds(folder: Path) -> dict[str, str]:
    return {one.path.relative_to(folder).as_posix(): one.why or one.kind for one in discover(folder).found}


def all_files(folder: Path) -> int:
    return sum(len(names) for _, _, names in os.walk(folder))


def test_a_clip_beats_the_still_beside_it() -> None:
    assert kinds(CASES / "comfy_png") == {"a cat-0.mp4": "videos", "a cat-0.png": "a still beside a cat-0.mp4"}
    (task,) = custom_plan(CASES / "comfy_png").tasks
    assert task.video == "a cat-0.mp4"


def test_a_picture_makes_no_video_of_a_folder_of_clips() -> None:
    found = discover(CASES / "dim_folder_png")
    assert [path.name for path in found.videos] == [f"a cat-{index}.mp4" for index in range(5)]
    assert found.described() == "6 files: 5 videos, 1 not read"
    suite = PromptSuite("s", (Prompt("a cat", ("temporal_flickering",)),))
    assert len(standard_plan(CASES / "dim_folder_png", suite).tasks) == 5


@pytest.mark.parametrize("place", ["frames/{}.jpg", "picture {}.jpg"])
def test_a_picture_costs_as_much_among_many(tmp_path: Path, place: str) -> None:
    """In a folder of frames, and above a folder of videos."""

    def looked_at(count: int) -> int:
        root = tmp_path / str(count)
        for number in range(count):
            for name in (place.format(number), f"below/{number}.mp4"):
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).touch()
        return instructions(lambda: discover(root))

    assert_linear(looked_at)


def test_the_counts_are_those_of_the_folder(tmp_path: Path) -> None:
    write_video(tmp_path / "a-0.mp4")
    write_video(tmp_path / "b-0.ts")
    write_gif(tmp_path / "c-0.gif")
    animated(tmp_path / "d-0.webp", [100] * 4, lossless=True)
    animated(tmp_path / "e-0.apng", [100] * 4, format="png")
    animated(tmp_path / "f-0.png", [100] * 4)
    write_stills(tmp_path / "g-0")
    (tmp_path / "g-0" / "notes.txt").write_text("x")
    still(tmp_path / "preview.png")
    write_video(tmp_path / "scene" / "h-0.mp4")
    write_stills(tmp_path / "scene" / "i-0")
    write_video(tmp_path / "deep" / "down" / "j-0.mp4")
    write_video(tmp_path / ".hidden.mp4")
    write_video(tmp_path / ".hidden" / "k-0.mp4")
    for name in ("samples.jsonl", "list.txt", "README", "l-0.wmv"):
        (tmp_path / name).write_text("")
    found = discover(tmp_path)
    assert sum(found.counts().values()) == all_files(tmp_path)
    assert kinds(tmp_path) == {
        "a-0.mp4": "videos",
        "b-0.ts": "videos",
        "c-0.gif": "videos",
        "d-0.webp": "videos",
        "e-0.apng": "videos",
        "f-0.png": "videos",
        "g-0": "frames",
        "g-0/notes.txt": "no kind that is read (.txt)",
        "preview.png": "a still among videos",
        "scene/h-0.mp4": "videos",
        "scene/i-0": "frames",
        "deep/down/j-0.mp4": "too deep: only folders right below are looked into",
        ".hidden.mp4": "hidden",
        ".hidden/k-0.mp4": "in a hidden folder",
        "samples.jsonl": "a list of vbench's own",
        "list.txt": "no kind that is read (.txt)",
        "README": "no kind that is read (no suffix)",
        "l-0.wmv": "no kind that is read (.wmv)",
    }
    assert {one.path.name for one in found.not_read if one.is_media} == {
        "preview.png", "j-0.mp4", ".hidden.mp4", "k-0.mp4", "l-0.wmv",
    }  # fmt: skip
    assert {task.video for task in custom_plan(tmp_path).tasks} == {
        name for name, kind in kinds(tmp_path).items() if kind in ("videos", "frames")
    }


def test_pictures_alone_are_judged(tmp_path: Path) -> None:
    still(tmp_path / "a red cup-0.png")
    assert kinds(tmp_path) == {"a red cup-0.png": "stills"}


def test_a_folder_within_numbered_stills_does_not_make_each_a_video(tmp_path: Path) -> None:
    write_stills(tmp_path / "a-0")
    still(tmp_path / "a-0" / "thumbnails" / "0.png")
    assert kinds(tmp_path) == {"a-0": "frames", "a-0/thumbnails/0.png": "among frames"}
    assert Video(tmp_path / "a-0").frame_count == 8


@pytest.mark.parametrize("suffix", ["webp", "png"])
def test_numbered_animations_are_videos_and_no_frames(tmp_path: Path, suffix: str) -> None:
    for index in range(2):
        (tmp_path / "a cat").mkdir(exist_ok=True)
        animated(tmp_path / "a cat" / f"{index}.{suffix}", [100] * 4)
    found = {f"a cat/{index}.{suffix}": "videos" for index in range(2)}
    assert kinds(tmp_path) == found
    assert {task.video: task.prompt.text for task in custom_plan(tmp_path).tasks} == dict.fromkeys(found, "a cat")
    assert [task.path.name for task in custom_plan(tmp_path / "a cat").tasks] == [
        f"{index}.{suffix}" for index in (0, 1)
    ]


def test_what_is_no_file_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_video(tmp_path / "a-0.mp4")
    os.mkfifo(tmp_path / "b-0.mp4")
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("c-0.mp4")
        (tmp_path / "d-0.mp4").symlink_to("/dev/zero")
        (tmp_path / "loop").symlink_to(tmp_path)
        assert kinds(tmp_path) == {
            "a-0.mp4": "videos",
            "b-0.mp4": "a pipe",
            "c-0.mp4": "a socket",
            "d-0.mp4": "a device",
            "loop": "a link to a folder that it lies in",
        }


def test_a_name_that_is_not_utf_8_is_told(tmp_path: Path) -> None:
    shutil.copy(write_video(tmp_path / "a-0.mp4"), tmp_path / os.fsdecode(b"caf\xc3-0.mp4"))
    assert sorted(one.why or one.kind for one in discover(tmp_path).found) == [
        "its name is not UTF-8: rename it",
        "videos",
    ]


def test_a_name_that_only_the_locale_cannot_read_is_told_apart(tmp_path: Path) -> None:
    write_video(tmp_path / "café-0.mp4")
    script = (
        "import sys; from pathlib import Path; from vbench.runs.discover import discover; "
        "print([one.why for one in discover(Path(sys.argv[1])).found])"
    )
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    told = subprocess.run([sys.executable, "-c", script, tmp_path], env=environment, capture_output=True, text=True)
    assert "set PYTHONUTF8=1" in told.stdout or told.stdout.strip() == "['']", told.stderr  # other systems read it


def test_two_videos_for_one_place_are_refused(tmp_path: Path) -> None:
    suite = PromptSuite("s", (Prompt("a cat", ("subject_consistency",)),))
    write_video(tmp_path / "a cat-0.mp4")
    write_video(tmp_path / "a cat-0.webm")
    with pytest.raises(UsageError, match=r"a cat-0\.mp4 and .*a cat-0\.webm"):
        standard_plan(tmp_path, suite)


@pytest.mark.parametrize("other", ["subject_consistency/a cat-0.mp4", "a cat/0.mp4"])
def test_a_name_in_the_root_and_in_a_folder_is_refused_with_both(tmp_path: Path, other: str) -> None:
    suite = PromptSuite("s", (Prompt("a cat", ("subject_consistency",)),))
    write_video(tmp_path / "a cat-0.mp4")
    write_video(tmp_path / other)
    with pytest.raises(UsageError, match=rf"a cat-0\.mp4 and .*{other}.*move one away"):
        standard_plan(tmp_path, suite)


def test_two_samples_of_one_place_in_a_manifest_are_refused_with_both(tmp_path: Path) -> None:
    suite = PromptSuite("s", (Prompt("a cat", ("subject_consistency",)),))
    for name in ("one.mp4", "two.mp4"):
        append_record(tmp_path, SampleRecord(write_video(tmp_path / name).name, "a cat"))
    with pytest.raises(UsageError, match=r"one\.mp4 and .*two\.mp4 answer the same prompt"):
        standard_plan(tmp_path, suite)
    (tmp_path / "one.mp4").unlink()
    assert [task.video for task in standard_plan(tmp_path, suite).tasks] == ["two.mp4"]


def test_names_are_compared_as_people_read_them(tmp_path: Path) -> None:
    text = "a café at night"
    write_video(tmp_path / f"{unicodedata.normalize('NFD', text)}-0.mp4")
    suite = PromptSuite("s", (Prompt(text, ("subject_consistency",), category="c"),))
    assert len(standard_plan(tmp_path, suite, samples=1).tasks) == 1
    assert len(category_plan(tmp_path, suite, ["subject_consistency"]).tasks) == 1
    (task,) = custom_plan(tmp_path, None, {f"{text}-0.mp4": "another"}).tasks
    assert task.prompt.text == "another"


def test_a_folder_a_prompt_gives_its_name(tmp_path: Path) -> None:
    for index in range(2):
        write_video(tmp_path / "a cat" / f"{index}.mp4")
    assert {task.prompt.text for task in custom_plan(tmp_path).tasks} == {"a cat"}
    suite = PromptSuite("s", (Prompt("a cat", ("subject_consistency",)),))
    assert [task.video for task in standard_plan(tmp_path, suite).tasks] == ["a cat/0.mp4", "a cat/1.mp4"]


def test_links_to_one_file_keep_their_own_prompts(tmp_path: Path) -> None:
    blob = write_video(tmp_path / "blobs" / "0a1b.mp4")
    names = ("a cat-0.mp4", "a dog-0.mp4")
    for name in names:
        (tmp_path / "snapshot").mkdir(exist_ok=True)
        (tmp_path / "snapshot" / name).symlink_to(blob)
    given = {name: name.upper() for name in names}
    found = custom_plan(tmp_path / "snapshot", None, given).tasks
    assert {task.video: task.prompt.text for task in found} == given


def test_versions_in_a_folders_name_are_kept_apart(tmp_path: Path) -> None:
    for name in ("model-1.3", "model-1.5"):
        write_video(tmp_path / name / "a-0.mp4")
    assert len({default_output(tmp_path / name, "lite") for name in ("model-1.3", "model-1.5")}) == 2
