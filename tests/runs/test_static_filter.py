from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.footage import noise, write_stills, write_text, write_video
from tests.runs.test_choose_static import still
from vbench.dimensions.profiles import profile
from vbench.errors import UsageError, VideoError
from vbench.prompts.suite import Prompt, PromptSuite
from vbench.runs import static_filter
from vbench.runs.evaluators import Evaluators
from vbench.runs.filtered_folder import RESULT
from vbench.runs.static_filter import (
    DIMENSION,
    LOG,
    Judge,
    filter_static,
    is_static,
    logged,
    prompts_of_list,
    prompts_of_suite,
    refuse_foreign,
    videos_in,
    write_filtered,
)


def ignore(path: Path) -> None:
    pass


def test_names_are_sorted_as_strings_and_five_are_kept(tmp_path: Path) -> None:
    for index in (0, 1, 2, 3, 10, 11):
        (tmp_path / f"a lamp-{index}.mp4").touch()
    looked: list[str] = []

    def judge(path: Path) -> bool:
        looked.append(path.stem)
        return path.stem != "a lamp-1"

    found = filter_static(videos_in(tmp_path), ["a lamp"], judge, 3, ignore)
    assert [path.stem for path in found.static["a lamp"]] == ["a lamp-0", "a lamp-10", "a lamp-11"]
    assert looked == ["a lamp-0", "a lamp-1", "a lamp-10", "a lamp-11"]
    assert found.short == {"a lamp": 3}


def test_other_prompts_are_passed_over_and_bad_files_are_findings(tmp_path: Path) -> None:
    for name in ("a lamp-0", "a dog-0"):
        (tmp_path / f"{name}.mp4").touch()

    def judge(path: Path) -> bool:
        raise VideoError("cut off")

    found = filter_static(videos_in(tmp_path), ["a lamp"], judge, None, ignore)
    assert found.static == {"a lamp": []}
    assert [(path.name, reason) for path, reason in found.unjudged.items()] == [("a lamp-0.mp4", "cut off")]


def test_copies_are_numbered_anew(tmp_path: Path) -> None:
    paths = [write_video(tmp_path / "videos" / f"a lamp-{index}.mp4") for index in (7, 9)]
    found = filter_static(paths, ["a lamp", "a cup"], lambda path: True, 5, ignore)
    target = write_filtered(found, tmp_path / "out")
    assert sorted(path.name for path in target.iterdir()) == ["a lamp-0.mp4", "a lamp-1.mp4"]
    assert (target / "a lamp-1.mp4").read_bytes() == paths[1].read_bytes()
    written = json.loads((tmp_path / "out" / RESULT).read_text())
    assert written["a lamp"] == {"static_count": 2, "static_path": [str(path) for path in paths], "looked_at": 2}
    assert written["a cup"]["static_count"] == 0


def test_folders_of_frames_are_copied_and_replaced(tmp_path: Path) -> None:
    folder = write_stills(tmp_path / "videos" / "a lamp-7")
    for _ in range(2):
        found = filter_static(videos_in(folder.parent), ["a lamp"], lambda path: True, 5, ignore)
        target = write_filtered(found, tmp_path / "out")
    assert sorted(path.name for path in (target / "a lamp-0").iterdir()) == sorted(
        path.name for path in folder.iterdir()
    )
    for _ in range(2):
        write_filtered(filter_static([], ["a lamp"], lambda path: True, 5, ignore), tmp_path / "out")
    assert list(target.iterdir()) == []


def test_prompts_of_a_suite_and_of_a_list(tmp_path: Path) -> None:
    suite = PromptSuite("s", (Prompt("a lamp", ("temporal_flickering",)), Prompt("a cup", ("color",))))
    assert prompts_of_suite(suite, "temporal_flickering") == ["a lamp"]
    file = tmp_path / "list.json"
    file.write_text('["a lamp-3.mp4"]')
    assert prompts_of_list(file) == ["a lamp"]
    with pytest.raises(UsageError, match="JSON list of file names"):
        prompts_of_list(write_text(tmp_path / "no.json"))
    with pytest.raises(UsageError, match="no videos"):
        videos_in(tmp_path)


@pytest.fixture
def judge(tmp_path: Path) -> Callable[[], Judge]:
    """What each call of the command asks, with the log of the calls before."""
    evaluators = Evaluators(profile("lite"), torch.device("cpu"), filtered=(DIMENSION,))
    return lambda: logged(lambda path: is_static(evaluators, path, 2**30), evaluators, tmp_path / LOG)


def logged_lines(tmp_path: Path) -> int:
    return len((tmp_path / LOG).read_text(encoding="utf-8").splitlines())


def test_a_verdict_is_of_the_frames_that_a_folder_has_now(tmp_path: Path, judge: Callable[[], Judge]) -> None:
    stills = write_stills(tmp_path / "a lamp-0", np.repeat(noise(1), 6, axis=0))
    assert judge()(stills)
    write_stills(tmp_path / "a lamp-0", noise(6))
    assert not judge()(stills)
    assert not judge()(stills.rename(tmp_path / "moved"))
    assert logged_lines(tmp_path) == 2


@pytest.mark.parametrize("version", ["DECODING", "of the rules"])
def test_a_verdict_of_another_version_is_made_again(
    tmp_path: Path, judge: Callable[[], Judge], monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    video = write_video(tmp_path / "a lamp-0.mp4", noise(4))
    judge()(video)
    judge()(video)
    assert logged_lines(tmp_path) == 1
    if version == "DECODING":
        monkeypatch.setattr(static_filter, "DECODING", 99)
    else:
        monkeypatch.setattr("vbench.runs.evaluators.FILTER_VERSION", 99)
    judge()(video)
    assert logged_lines(tmp_path) == 2


def test_a_video_that_went_is_a_finding_and_a_line_cut_within_a_letter_is_none(
    tmp_path: Path, judge: Callable[[], Judge]
) -> None:
    video = write_video(tmp_path / "ein Käfer-0.mp4", noise(4))
    judge()(video)
    with (tmp_path / LOG).open("ab") as file:
        file.write(b'{"video": "ein K\xc3')
    found = filter_static([video, tmp_path / "gone-0.mp4"], ["ein Käfer", "gone"], judge(), None, ignore)
    assert "No such file" in found.unjudged[tmp_path / "gone-0.mp4"]
    assert found.looked_at["ein Käfer"] == 1


@pytest.mark.parametrize("left", ["", '{"vid', '{"video": "a lamp-0.mp4", "sha'])
def test_a_log_that_a_full_disk_cut_is_continued(tmp_path: Path, judge: Callable[[], Judge], left: str) -> None:
    (tmp_path / LOG).write_text(left)
    refuse_foreign(tmp_path)
    video = write_video(tmp_path / "a\u2028lamp-0.mp4", still(0))
    for _ in range(2):
        assert judge()(video)
    assert (tmp_path / LOG).read_text().endswith("}\n")
    assert (tmp_path / LOG).read_text().count("sha256") == 1
