from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from tests.footage import write_stills, write_text, write_video
from tests.runs.test_choose_static import moving, still
from vbench.dimensions.profiles import profile
from vbench.errors import UsageError, VideoError
from vbench.prompts.suite import Prompt, PromptSuite
from vbench.runs.evaluators import Evaluators
from vbench.runs.filtered_folder import RESULT
from vbench.runs.static_filter import (
    DIMENSION,
    LOG,
    filter_static,
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
def crew() -> Evaluators:
    return Evaluators(profile("lite"), torch.device("cpu"), filtered=(DIMENSION,))


def test_a_folder_of_frames_is_known_by_what_is_in_it(crew: Evaluators, tmp_path: Path) -> None:
    folder = tmp_path / "a lamp-0"
    write_stills(folder, still(0))
    assert logged(crew, "flow", tmp_path / LOG, 0)(folder)
    write_stills(folder, moving(0))
    assert not logged(crew, "flow", tmp_path / LOG, 0)(folder)
    folder.rename(tmp_path / "moved")
    assert not logged(crew, "flow", tmp_path / LOG, 0)(tmp_path / "moved")
    assert len((tmp_path / LOG).read_text().splitlines()) == 2


@pytest.mark.parametrize("left", ["", '{"vid', '{"video": "a lamp-0.mp4", "sha'])
def test_a_log_that_a_full_disk_cut_is_continued(crew: Evaluators, tmp_path: Path, left: str) -> None:
    (tmp_path / LOG).write_text(left)
    refuse_foreign(tmp_path)
    video = write_video(tmp_path / "a\u2028lamp-0.mp4", still(0))
    for _ in range(2):
        assert logged(crew, "flow", tmp_path / LOG, 0)(video)
    assert (tmp_path / LOG).read_text().endswith("}\n")
    assert (tmp_path / LOG).read_text().count("sha256") == 1


def test_a_video_that_cannot_be_read_is_a_finding(crew: Evaluators, tmp_path: Path) -> None:
    found = filter_static([tmp_path / "a lamp-0.mp4"], ["a lamp"], logged(crew, "flow", tmp_path / LOG, 0), 5, ignore)
    (reason,) = found.unjudged.values()
    assert reason.endswith("a lamp-0.mp4 cannot be read: No such file or directory")
