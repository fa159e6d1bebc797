"""Shards of a run, scored by processes that know nothing of each other, make the run that one process makes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from tests.footage import noise, write_video
from tests.runs.test_choose_static import moving, still
from tests.schemas import checked
from vbench.errors import UsageError
from vbench.files import ours
from vbench.interface import evaluate
from vbench.runs.merge import _record, merge
from vbench.runs.record import FINISHED, INTERRUPTED, RunRecord, read_record, write_record
from vbench.runs.run import open_run
from vbench.runs.store import NOT_STATIC, Row
from vbench.sampling.manifest import NAME as MANIFEST

ROOT = Path(__file__).parents[2]

FLICKER, MOTION = "temporal_flickering", "motion_smoothness"

APART = {"started", "ended", "arguments"}
"""What differs between a merged run and one that was made in one go."""


def videos_and_suite(folder: Path) -> Path:
    """Prompts whose samples the static filter chooses among, and prompts of which samples are missing."""
    prompts = [{"prompt_en": text, "dimension": [FLICKER]} for text in ("a lamp", "a cup")]
    prompts += [{"prompt_en": f"scene {number}", "dimension": [MOTION]} for number in range(3)]
    prompts += [{"prompt_en": "never sampled", "dimension": [FLICKER]}]
    (folder / "suite.json").write_text(json.dumps(prompts))
    for index in range(7):
        write_video(folder / "videos" / f"a lamp-{index}.mp4", (moving if index == 1 else still)(index))
        write_video(folder / "videos" / f"a cup-{index}.mp4", (still if index == 3 else moving)(20 + index))
    for number in range(3):
        for index in range(5 - number):
            write_video(folder / "videos" / f"scene {number}-{index}.mp4", noise(4, seed=10 * number + index))
    return folder / "suite.json"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One whole run, and three shards of it by three processes at once."""
    folder = tmp_path_factory.mktemp("shards")
    suite = videos_and_suite(folder)
    common = [str(folder / "videos"), "--suite", str(suite), "--profile", "lite", "-d", FLICKER, "-d", MOTION]
    calls = [["--shard", f"{number}/3", "-o", str(folder / f"shard-{number}")] for number in (1, 2, 3)]
    command = [sys.executable, "-m", "vbench", "evaluate", *common, "--device", "cpu", "--progress", "none"]
    processes = [
        subprocess.Popen([*command, *call], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for call in calls
    ]
    evaluate(folder / "videos", **how(folder), output=folder / "whole")
    for number, process in enumerate(processes, 1):
        out, said = process.communicate(timeout=300)
        assert process.returncode == 1, said  # samples are missing
        assert f"Shard {number}/3. With all of them: vbench merge RUN... -o FOLDER" in out
    return folder


def how(folder: Path) -> dict[str, Any]:
    suite = folder / "suite.json"
    return {"suite": suite, "profile": "lite", "dimensions": [FLICKER, MOTION], "device": "cpu"}


def parts(folder: Path) -> list[Path]:
    return [folder / f"shard-{number}" for number in (3, 1, 2)]


def compared(run: Path) -> list[Row]:
    return [replace(row, seconds=0.0) for row in open_run(run).rows()]


def test_the_merged_run_is_the_whole_run_bit_for_bit(made: Path, tmp_path: Path) -> None:
    merged = merge(parts(made), tmp_path / "merged")
    assert (merged.missing, merged.unfinished) == ((), ())
    assert compared(tmp_path / "merged") == compared(made / "whole")
    assert any(row.status == NOT_STATIC for row in compared(tmp_path / "merged"))
    one, two = open_run(made / "whole"), open_run(tmp_path / "merged")
    assert one.card == two.card
    assert one.is_whole == two.is_whole
    for name in {part.name for part in fields(RunRecord)} - APART:
        assert getattr(one.record, name) == getattr(two.record, name), name
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_what_a_killed_merge_left_is_in_nobodys_way(made: Path, tmp_path: Path) -> None:
    (tmp_path / f".merged.{os.getpid()}").mkdir()  # in a container the command has the same number each time
    assert merge(parts(made), tmp_path / "merged").missing == ()


def test_a_shard_alone_is_not_whole_and_none_looked_at_what_another_did(made: Path) -> None:
    units = [{(row.video, row.dimension) for row in compared(run)} for run in parts(made)]
    assert sum(map(len, units)) == len(set.union(*units)) == len(compared(made / "whole"))
    for run in map(open_run, parts(made)):
        assert not run.is_whole
        assert run.card.incomplete


def test_a_missing_shard_is_named_and_the_same_call_without_shards_scores_it(made: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "vbench", "merge", *map(str, parts(made)[:2]), "-o", str(tmp_path / "m"), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert "missing: shard 2/3: the run is not whole" in done.stderr
    assert checked("merge", done.stdout)["missing_shards"] == ["2/3"]
    assert read_record(tmp_path / "m").status == INTERRUPTED
    assert not open_run(tmp_path / "m").is_whole
    run = evaluate(made / "videos", **how(made), output=tmp_path / "m")
    assert run.outcome is not None
    assert run.outcome.computed == len(compared(parts(made)[2]))
    assert compared(tmp_path / "m") == compared(made / "whole")
    assert run.record.status == FINISHED
    assert run.record.planned == read_record(made / "whole").planned


def test_an_interrupted_shard_is_named(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made / "shard-2", tmp_path / "two")
    record = read_record(tmp_path / "two")
    write_record(tmp_path / "two", replace(record, status=INTERRUPTED, unfinished=[FLICKER]))
    merged = merge([made / "shard-1", made / "shard-3", tmp_path / "two"], tmp_path / "merged")
    assert merged.unfinished == ("2/3",)
    assert read_record(tmp_path / "merged").unfinished == [FLICKER]


CHANGED: dict[str, tuple[dict[str, Any], str]] = {
    "suite": ({"suite": {"name": "other", "sha256": "1" * 64}}, "suite: name is 'other' and 'suite'"),
    "benchmark": ({"benchmark": "vbench-long"}, "benchmark is 'vbench-long' and 'vbench-t2v'"),
    "profile": ({"profile": "official"}, "profile is 'official' and 'lite'"),
    "version": ({"dimension_versions": {FLICKER: 99}}, f"dimension versions: {FLICKER} is 99"),
    "decoding": ({"decoding_versions": {FLICKER: 99}}, f"decoding versions: {FLICKER} is 99"),
    "filter": ({"filter_versions": {FLICKER: 99}}, f"filter versions: {FLICKER} is 99"),
    "checkpoint": ({"checkpoints": {"amt_s": {"sha256": "0"}}}, "checkpoints: amt_s is"),
    "package": ({"packages": {"torch": "1.0"}}, "packages: torch is '1.0'"),
    "folder": ({"folders": {FLICKER: "/elsewhere"}}, f"folders: {FLICKER} is '/elsewhere'"),
}


@pytest.mark.parametrize("what", CHANGED)
def test_shards_of_different_runs_are_refused(made: Path, tmp_path: Path, what: str) -> None:
    values, said = CHANGED[what]
    refused(made, tmp_path, values, said)


def test_shards_of_another_precision_device_plan_or_count_are_refused(made: Path, tmp_path: Path) -> None:
    record = read_record(made / "shard-2")
    refused(made, tmp_path / "1", {"machine": {**record.machine, "dtype": "float16"}}, "precision is 'float16'")
    refused(made, tmp_path / "2", {"machine": {**record.machine, "device": "cuda:1"}}, "device is 'cuda' and 'cpu'")
    refused(made, tmp_path / "3", {"shard": {**record.shard, "of": 4}}, "one is of 3 shards, the other of 4")
    changed = {**record.shard["plans"], MOTION: "0" * 64}
    refused(
        made, tmp_path / "4", {"shard": {**record.shard, "plans": changed}}, f"videos or prompts of {MOTION} changed"
    )


def test_shards_whose_videos_were_sampled_anew_between_them_are_refused(made: Path, tmp_path: Path) -> None:
    one, two = (shutil.copytree(made / f"shard-{number}", tmp_path / f"{number}") for number in (1, 2))
    (two / MANIFEST).write_text("sampled")
    for sampled in (None, "sampled before"):
        if sampled:
            (one / MANIFEST).write_text(sampled)
        with pytest.raises(UsageError, match=f"their {MANIFEST} differ: the videos were sampled anew between them"):
            merge([one, two], tmp_path / "merged")
    (one / MANIFEST).write_text("sampled")
    merge([one, two], tmp_path / "merged")
    assert (tmp_path / "merged" / MANIFEST).read_text() == "sampled"


def refused(made: Path, folder: Path, values: dict[str, Any], said: str) -> None:
    shutil.copytree(made / "shard-2", folder / "two")
    write_record(folder / "two", replace(read_record(folder / "two"), **values))
    with pytest.raises(UsageError, match="are no shards of one run") as error:
        merge([made / "shard-1", folder / "two"], folder / "merged")
    assert said in str(error.value)
    assert [path.name for path in folder.iterdir()] == ["two"]


def test_no_list_of_missing_videos_is_searched_for_each_of_them(made: Path) -> None:
    class NeverSearched(list[str]):
        def __contains__(self, name: object) -> bool:
            raise AssertionError

    records = [read_record(made / f"shard-{number}") for number in (1, 2, 3)]
    missing = ("b-0", "a-0", "c-0"), ("c-0", "b-0"), ("d-0", "c-0", "b-0")
    both = zip(records, missing, strict=True)
    told = [replace(record, missing_videos=NeverSearched(names)) for record, names in both]
    assert _record(told, lacking=False).missing_videos == ["b-0", "c-0"]


def test_the_same_shard_twice_a_whole_run_and_a_full_folder_are_refused(made: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="are both shard 1"):
        merge(
            [made / "shard-1", made / "shard-2", shutil.copytree(made / "shard-1", tmp_path / "copy")], tmp_path / "m"
        )
    with pytest.raises(UsageError, match="made without --shard"):
        merge([made / "shard-1", made / "whole"], tmp_path / "m")
    with pytest.raises(UsageError, match="is not empty"):
        merge(parts(made), made / "whole")
    assert not (tmp_path / "m").exists()


def test_rows_that_two_shards_have_are_refused(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made / "shard-1", tmp_path / "two")
    write_record(tmp_path / "two", read_record(made / "shard-2"))
    with pytest.raises(UsageError, match="which another shard has, too"):
        merge([made / "shard-1", tmp_path / "two"], tmp_path / "m")


def test_a_new_folder_may_be_the_one_where_one_stands_and_what_a_killed_merge_left_goes(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    left = tmp_path / ".merging-0"
    ours.claim(left)
    (left / "run.sqlite").touch()
    inode = tmp_path.stat().st_ino
    merge(parts(made), Path())
    assert tmp_path.stat().st_ino == inode  # filled, not replaced: it may be a volume of its own
    assert {path.name for path in tmp_path.iterdir()} == {"run.json", "run.sqlite", ours.LIST}
    assert compared(tmp_path) == compared(made / "whole")


KILLED = """
import os, sys
from pathlib import Path
from vbench.runs.merge import _record, merge

rename = Path.rename

def until_the_record(path, target):
    if path.name == "run.json":
        os._exit(9)
    return rename(path, target)

Path.rename = until_the_record
merge([Path(run) for run in sys.argv[2:]], Path(sys.argv[1]))
"""


def test_a_merge_that_was_killed_before_its_record_was_there_is_begun_again(made: Path, tmp_path: Path) -> None:
    output = tmp_path / "merged"
    command = [sys.executable, "-c", KILLED, str(output), *map(str, parts(made))]
    assert subprocess.run(command, check=False).returncode == 9
    assert (output / "run.sqlite").exists()
    (output / "notes.txt").touch()
    with pytest.raises(UsageError, match="is not empty"):
        merge(parts(made), output)
    (output / "notes.txt").unlink()
    merge(parts(made), output)
    assert {path.name for path in output.iterdir()} == {"run.json", "run.sqlite", ours.LIST}
    assert compared(output) == compared(made / "whole")


def test_a_shard_is_not_continued_as_another(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made / "shard-1", tmp_path / "one")
    for shard, said in (("2/3", "shard was 1/3 and is now 2/3"), ("", "shard was 1/3 and is now all of it")):
        with pytest.raises(UsageError, match=said):
            evaluate(made / "videos", **how(made), output=tmp_path / "one", shard=shard)
    again = evaluate(made / "videos", **how(made), output=tmp_path / "one", shard="1/3")
    assert again.outcome is not None
    assert again.outcome.computed == 0
    assert merge([tmp_path / "one", *parts(made)[::2]], tmp_path / "m").missing == ()
