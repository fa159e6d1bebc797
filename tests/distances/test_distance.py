"""From two folders to a figure: what it is of, what is computed once, and what is refused."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import vbench
from tests.distances.conftest import COUNT, FRAMES, Measured
from tests.distances.moving_colours import NAME, MovingColours, Narrow
from tests.footage import noise, write_text, write_truncated, write_video
from vbench import provenance
from vbench.distances.distance import Bench, protocol_for, reference_of
from vbench.distances.frechet import frechet, moments
from vbench.distances.metrics import metric_named
from vbench.distances.reference import content_of_reference, read_reference
from vbench.distances.result import Change, Distance, compare, read_results, text_of
from vbench.distances.store import NAME as STORE
from vbench.errors import MissingCheckpoint, NothingToScore, UsageError
from vbench.progress import Progress
from vbench.worker import Worker


def features(folder: Path, frames: int = 16) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """What the small network says of the first frames of each video."""
    windows = [noise(FRAMES, 32, 48, seed=seed)[:frames] for seed in range(COUNT)]
    if folder.name == "made":
        windows = [noise(FRAMES, 32, 48, seed=7 * index + 50)[:frames] // 2 for index in range(COUNT)]
    look = MovingColours().look
    return np.concatenate(
        [
            look(torch.from_numpy(one.copy()).permute(0, 3, 1, 2)[None], "bilinear")["features"].numpy()
            for one in windows
        ]
    )


def test_the_figure_is_that_of_the_windows(measured: Measured, videos: Path) -> None:
    found = measured()
    sides = [moments(features(videos / name), 1) for name in ("real", "made")]
    assert found.value == pytest.approx(frechet(*sides).distance, rel=1e-9)
    assert found.real is not None
    assert (found.real["videos"], found.real["windows"]) == (COUNT, COUNT)
    assert found.protocol["network"] == NAME
    assert found.interval is None
    shorter = measured(frames=9)
    assert shorter.generated["windows"] == 2 * COUNT
    assert shorter.value != found.value


def test_videos_are_looked_at_once(
    measured: Measured, videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log"
    log.touch()
    monkeypatch.setenv("TOY_LOG", str(log))
    first = measured()
    assert len(log.read_text().splitlines()) == 2 * COUNT
    assert measured("kvd").value != first.value
    assert measured(divisor="n").value < first.value
    assert measured().value == first.value
    assert len(log.read_text().splitlines()) == 2 * COUNT
    shutil.copytree(videos / "made", tmp_path / "made")
    (tmp_path / "made" / "3.mp4").rename(tmp_path / "made" / "called otherwise.mp4")
    write_video(tmp_path / "made" / "new.mp4", noise(16, 32, 48, seed=3))
    measured(made=tmp_path / "made")
    assert len(log.read_text().splitlines()) == 2 * COUNT + 1
    measured(stride_generated=1, frames=4, start_generated="first", start_real="first")
    assert len(log.read_text().splitlines()) == 4 * COUNT + 1


def test_a_figure_says_where_the_features_came_from_that_were_stored(
    measured: Measured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = measured()
    packages, machine = provenance.packages() | {"torch": "99.0"}, provenance.machine
    monkeypatch.setattr(provenance, "packages", lambda: packages)
    monkeypatch.setattr(provenance, "machine", lambda *asked: {**machine(*asked), "processor": "Another"})
    again = measured()
    assert again.packages["torch"] == f"{first.packages['torch']}; 99.0"
    assert again.machine["processor"] == f"{first.machine['processor']}; Another"
    with closing(sqlite3.connect(tmp_path / "store" / STORE)) as store, store:
        store.execute("DROP TABLE made")  # as earlier versions left it
    assert measured().packages["torch"] == "99.0"


def test_a_call_reads_all_its_files_in_one_process(
    videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = 0

    def begin(worker: Worker[Any, Any, Any]) -> None:
        nonlocal started
        started += 1
        usual(worker)

    usual = Worker._begin
    monkeypatch.setattr(Worker, "_begin", begin)
    settings = {"network": NAME}
    vbench.distance(
        videos / "real", videos / "made", settings=settings, features=tmp_path / "store", draws=0, device="cpu"
    )
    assert started == 1


def test_a_network_looks_strictly(measured: Measured, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    def look(self: MovingColours, windows: torch.Tensor, resizing: str) -> dict[str, torch.Tensor]:
        seen.append(torch.backends.cudnn.allow_tf32)
        return usual(self, windows, resizing)

    usual = MovingColours.look
    monkeypatch.setattr(MovingColours, "look", look)
    measured()
    assert set(seen) == {False}


def test_an_interval_and_what_the_number_of_videos_adds(measured: Measured) -> None:
    found = measured(draws=20)
    assert found.interval is not None
    assert found.interval[0] <= found.value <= found.interval[1]
    assert [part["generated"] for part in found.parts] == [2, 5, 10]
    assert found.parts[-1]["value"] == found.value
    assert found.itself is not None
    assert found.itself["real"] == COUNT // 2


def test_scores_need_no_real_side(measured: Measured) -> None:
    found = measured("isv", real=None, splits=2)
    assert found.value >= 1
    assert found.real is None
    assert not found.lower_better
    assert any("by C3D of UCF101" in note for note in found.notes)
    with pytest.raises(UsageError, match="10 samples cannot be divided into 11 splits"):
        measured("isv", real=None, splits=11)


@pytest.mark.parametrize("metric", ["gaussian-mmd", "quadratic-mmd"])
def test_other_kernels(measured: Measured, metric: str) -> None:
    assert measured(metric).value > 0


# Bad input -------------------------------------------------------------------------------------------------------


def test_a_set_against_itself_is_at_no_distance_and_has_no_kernel_distance(measured: Measured, videos: Path) -> None:
    found = measured(made=videos / "real")
    assert 0 <= found.value < 1e-9
    assert f"{COUNT} videos are in both sets." in found.notes
    with pytest.raises(UsageError, match="10 videos are in both sets: kvd leaves out what a video has in common"):
        measured("kvd", made=videos / "real")


def test_one_video_is_no_distribution(measured: Measured, tmp_path: Path) -> None:
    write_video(tmp_path / "one" / "a.mp4", noise(40, 32, 48))
    with pytest.raises(UsageError, match=r"One video is no distribution: .*one has 1 generated video"):
        measured(made=tmp_path / "one")


def test_what_is_known_to_be_unfit_is_refused_before_a_network_looks(measured: Measured, tmp_path: Path) -> None:
    write_video(tmp_path / "one" / "a.mp4", noise(40, 32, 48))
    for index in range(2):
        write_video(tmp_path / "small" / f"{index}.mp4", noise(16, 16, 16, seed=index))
        write_video(tmp_path / "short" / f"{index}.mp4", noise(3, 32, 48, seed=index))
    for name, said in (
        ("nowhere", "does not exist"), ("one", "1 generated video that"), ("small", "several sizes"),
        ("short", "2 are shorter than"),
    ):  # fmt: skip
        with pytest.raises((UsageError, NothingToScore), match=said):
            measured(made=tmp_path / name)
    with pytest.raises(UsageError, match="1 real video that"):
        measured(real=tmp_path / "one")
    assert not (tmp_path / "store").exists()


def test_features_that_never_differ_are_refused(measured: Measured, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"All 10 windows of the 10 generated videos .* have the same features"):
        measured(network="blank")
    for name in ("a", "b"):
        write_video(tmp_path / "same" / f"{name}.mp4", noise(16, 32, 48))
    with pytest.raises(UsageError, match="have the same features"):
        measured(made=tmp_path / "same")


def test_features_that_are_no_numbers_are_refused_by_name(measured: Measured) -> None:
    with pytest.raises(NothingToScore, match=r"0\.mp4 \(broken gives features of it that are not finite\)"):
        measured(network="broken")


def test_a_device_without_room_sees_fewer_windows_at_once(measured: Measured, monkeypatch: pytest.MonkeyPatch) -> None:
    assert measured(network="narrow_colours").value == measured().value
    monkeypatch.setattr(Narrow, "room", 0)
    with pytest.raises(NothingToScore, match="has no room for narrow_colours with one frame at a time"):
        measured(network="narrow_colours", frames=8)


def test_videos_that_are_too_short_are_left_out_or_named(measured: Measured, videos: Path, tmp_path: Path) -> None:
    shutil.copytree(videos / "made", tmp_path / "made")
    write_video(tmp_path / "made" / "short.mp4", noise(15, 32, 48))
    found = measured(made=tmp_path / "made")
    assert found.generated["too_short"] == {"short.mp4": 15}
    assert "1 generated videos are too short for a window and were left out." in found.notes
    with pytest.raises(
        NothingToScore, match=r"11 are shorter than the 16 frames x stride 2 of a window: 0\.mp4 \(20 fr"
    ):
        measured(made=tmp_path / "made", stride_generated=2)


def test_frames_of_several_sizes_are_refused_unless_they_get_one(
    measured: Measured, videos: Path, tmp_path: Path
) -> None:
    shutil.copytree(videos / "made", tmp_path / "made")
    write_video(tmp_path / "made" / "large.mp4", noise(16, 64, 64))
    with pytest.raises(
        UsageError, match=r"made holds frames of several sizes \(48x32, 64x64\).*--set fit=crop-lanczos"
    ):
        measured(made=tmp_path / "made")
    assert measured(made=tmp_path / "made", fit="crop-lanczos", size=16).generated["videos"] == COUNT + 1
    for index in range(2):
        write_video(tmp_path / "small" / f"{index}.mp4", noise(16, 16, 16, seed=index))
    with pytest.raises(UsageError, match=r"The two sides have frames of several sizes \(16x16, 48x32\)"):
        measured(made=tmp_path / "small")


def test_what_cannot_be_read_is_told_and_the_rest_goes_on(measured: Measured, videos: Path, tmp_path: Path) -> None:
    shutil.copytree(videos / "made", tmp_path / "made")
    write_text(tmp_path / "made" / "text.mp4")
    write_truncated(write_video(tmp_path / "made" / "cut.mp4", noise(16, 32, 48)), 0.3)
    found = measured(made=tmp_path / "made")
    assert set(found.generated["unreadable"]) == {"text.mp4", "cut.mp4"}
    assert found.value == measured().value


def test_a_folder_without_videos_and_one_that_is_not_there(measured: Measured, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(NothingToScore, match="empty has no video to compare; it holds none"):
        measured(made=tmp_path / "empty")
    with pytest.raises(UsageError, match="does not exist"):
        measured(made=tmp_path / "nowhere")


def test_fewer_videos_than_a_protocol_asks_for_are_used_once(measured: Measured) -> None:
    found = measured(samples_generated=2048, samples_real=5)
    assert found.real is not None
    assert (found.real["videos"], found.real["beyond"]) == (5, 5)
    assert "2,048 generated videos are asked for and 10 were used, each once." in found.notes


def test_a_network_without_its_file_says_what_gets_it(measured: Measured, empty_cache: Path) -> None:
    with pytest.raises(MissingCheckpoint, match="vbench weights download i3d_kinetics_400"):
        measured(network="i3d_kinetics_400")


def test_a_store_of_something_else_is_left_as_it_is(measured: Measured, tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    with sqlite3.connect(tmp_path / "store" / STORE) as other:
        other.execute("CREATE TABLE mine (x)")
    with pytest.raises(UsageError, match="is a database of something else"):
        measured()


# Results ---------------------------------------------------------------------------------------------------------


def test_results_of_one_protocol_compare_and_of_two_are_refused(
    measured: Measured, videos: Path, tmp_path: Path
) -> None:
    first = measured(draws=20)
    path = tmp_path / "result.json"
    path.write_text(text_of([first]))
    (read,) = read_results(path)
    assert read.plain() == json.loads(json.dumps(first.plain()))
    change = compare(read, replace(first, value=first.value + 1, interval=[first.value + 0.9, first.value + 1.1]))
    assert change.change == pytest.approx(1)
    assert compare(read, first).verdict(lower_better=True) == "noise"
    for other, named in (
        (measured(stride_real=1, frames=8, seed=3), "frames 16 and 8; seed 0 and 3"),
        (measured("kvd"), "metric fvd and kvd"),
        (measured(samples_real=9), "samples_real 0 and 9"),
        (measured(real=videos / "made", made=videos / "real"), r"real videos \(10 and 10, not the same\)"),
    ):
        with pytest.raises(UsageError, match=f"cannot be compared: they differ in {named}"):
            compare(read, other)
    file = {"i3d": {"file": "a.pt", "sha256": "1" * 64, "published": True}}
    other_file = {"i3d": {"file": "a.pt", "sha256": "2" * 64, "published": True}}
    with pytest.raises(UsageError, match="file of i3d 111111111111 and 222222222222"):
        compare(
            replace(first, network={"name": "i3d", "checkpoints": file}),
            replace(first, network={"name": "i3d", "checkpoints": other_file}),
        )
    now = dict(first.network["versions"])
    with pytest.raises(UsageError, match=r"version of decoding 4 and \d"):
        compare(of_versions(first, now | {"decoding": 4}), first)
    assert not compare(first, first).caution
    assert "does not tell by which versions" in compare(of_versions(first, {}), first).caution


def of_versions(found: Distance, versions: dict[str, int]) -> Distance:
    return replace(found, network={**found.network, "versions": versions})


def test_a_change_is_beyond_noise_or_not() -> None:
    assert Change(10, 8, -3, -1).verdict(lower_better=True) == "better"
    assert Change(10, 8, -3, -1).verdict(lower_better=False) == "worse"
    assert Change(10, 9.9, -3, 2).verdict(lower_better=True) == "noise"
    assert Change(10, 8, None, None).verdict(lower_better=True) == "unknown"


@pytest.mark.parametrize(
    ("text", "said"),
    [("{}", "does not say 'vbench distances'"), ("nonsense", "no file of distances"),
     ('{"kind": "vbench distances", "version": 9, "results": []}', "written by a newer vbench"),
     ('{"kind": "vbench distances", "version": 1, "results": [{"metric": "fvd"}]}', "is not whole")],
)  # fmt: skip
def test_what_is_no_result_is_told(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(UsageError, match=said):
        read_results(tmp_path / "x.json")


# References ------------------------------------------------------------------------------------------------------


@pytest.fixture
def exported(videos: Path, tmp_path: Path) -> Path:
    """The real set, written for others."""
    bench = Bench(tmp_path / "elsewhere", torch.device("cpu"), Progress())
    protocol = protocol_for(None, "free", {"network": NAME})
    path = tmp_path / "real.npz"
    path.write_bytes(content_of_reference(reference_of(metric_named("fvd"), protocol, videos / "real", bench)))
    return path


def test_a_distance_to_a_reference_is_that_to_the_videos(measured: Measured, exported: Path, videos: Path) -> None:
    found, direct = measured(real=exported, draws=10), measured(draws=10)
    assert found.value == direct.value
    assert found.real is not None
    assert direct.real is not None
    assert found.real["digest"] == direct.real["digest"]
    assert "folder" not in found.real
    assert found.itself is None
    assert compare(direct, found).change == 0
    assert protocol_for(exported, None, {}).digest == found.protocol["digest"]
    by_call = vbench.distance(exported, videos / "made", features=exported.parent / "store", draws=0, device="cpu")
    assert by_call.value == direct.value


def test_a_reference_of_another_protocol_is_refused(measured: Measured, exported: Path) -> None:
    with pytest.raises(
        UsageError, match=r"real\.npz is the reference of another protocol; they differ in frames 16 and 8"
    ):
        measured(real=exported, frames=8)
    with pytest.raises(UsageError, match="kvd needs the real videos themselves"):
        measured("kvd", real=exported)


def test_a_reference_tells_the_versions_of_its_features(measured: Measured, exported: Path) -> None:
    assert not any("by which versions" in note for note in measured(real=exported).notes)
    read = read_reference(exported)
    for versions, path in (({}, exported.parent / "untold.npz"), ({"features": 1}, exported.parent / "older.npz")):
        path.write_bytes(content_of_reference(replace(read, network={**read.network, "versions": versions})))
    assert any("by which versions" in note for note in measured(real=exported.parent / "untold.npz").notes)
    with pytest.raises(UsageError, match=r"they differ in version of features 1 and \d"):
        measured(real=exported.parent / "older.npz")


def test_a_damaged_or_foreign_reference_is_refused(exported: Path, tmp_path: Path) -> None:
    arrays = dict(np.load(exported))
    np.savez(tmp_path / "changed.npz", **{**arrays, "mean": arrays["mean"] + 1e-9})
    np.savez(tmp_path / "foreign.npz", mu=np.zeros(3), sigma=np.eye(3))
    np.savez(tmp_path / "pickled.npz", about=np.array([{"a": 1}], dtype=object))
    (tmp_path / "cut.npz").write_bytes(exported.read_bytes()[:200])
    for name, said in (
        ("changed", "is damaged"), ("foreign", "do not say by which protocol"), ("pickled", "no reference of vbench"),
        ("cut", "no reference of vbench"), ("not there", "no reference of vbench"),
    ):  # fmt: skip
        with pytest.raises(UsageError, match=said):
            read_reference(tmp_path / f"{name}.npz")


def test_the_same_set_gives_the_same_bytes(exported: Path, videos: Path, tmp_path: Path) -> None:
    bench = Bench(tmp_path / "third", torch.device("cpu"), Progress())
    again = reference_of(metric_named("fvd"), protocol_for(None, "free", {"network": NAME}), videos / "real", bench)
    assert content_of_reference(again) == exported.read_bytes()
    with pytest.raises(UsageError, match="kvd needs the videos themselves"):
        reference_of(metric_named("kvd"), protocol_for(None, "free", {"network": NAME}), videos / "real", bench)
