"""Results that were made up, sent to a real server: each is refused, or waits with what is strange about it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.footage import write_video
from tests.leaderboard.archives import archive, card, rewritten, rows, run, with_head, with_rows, with_videos
from tests.leaderboard.conftest import ADMIN, Server, new_database, start_server
from tests.simulated import BINARY
from vbench.benchmarks.base import Counts
from vbench.benchmarks.t2v import RULES
from vbench.leaderboard.submissions.likeness import CONTINUOUS
from vbench.leaderboard.submissions.model_card import TEAM
from vbench.leaderboard.submissions.pack import pack
from vbench.leaderboard.submissions.possible_rows import BY_LENGTH
from vbench.leaderboard.views.published_figures import published_entries
from vbench.sampling.manifest import SampleRecord, append_record

pytestmark = pytest.mark.slow

Line = dict[str, Any]
Forge = Callable[[Path], bytes]

CYRILLIC_A = "\N{CYRILLIC SMALL LETTER A}"

VEO = next(entry for entry in published_entries() if entry.card.name == "Veo 3")


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A private board: whoever is not suspicious is published at once."""
    folder = tmp_path_factory.mktemp("forgeries")
    started = start_server(folder, new_database(request, folder), published_at_once="everybody")
    yield started
    started.kill()


def sent(server: Server, content: bytes) -> httpx.Response:
    return httpx.post(f"{server.url}/api/submissions", content=content, timeout=120)


def changed(change: Callable[[list[Line]], Any], seed: int = 40, **about: Any) -> Forge:
    return lambda folder: with_rows(archive(folder, seed, **about), change)


def recorded(change: Callable[[Line], Any]) -> Forge:
    return lambda folder: with_head(archive(folder, 41), change)


def each(values: Callable[[Line], dict[str, Any]], of: Callable[[Line], bool]) -> Callable[[list[Line]], None]:
    def change(lines: list[Line]) -> None:
        for line in lines:
            if of(line):
                line.update(values(line))

    return change


def is_of(*dimensions: str) -> Callable[[Line], bool]:
    return lambda line: line["dimension"] in dimensions


def heavy(frames: int) -> Callable[[list[Line]], None]:
    """Each prompt's best video is said to be so long that the others do not count."""

    def change(lines: list[Line]) -> None:
        best = {line["video"] for line in lines if line["video"].endswith("-0.mp4")}
        for line in lines:
            if line["video"] in best:
                line["format"] = line["format"].replace("16 frames", f"{frames} frames")
                counts = RULES[line["dimension"]].counts
                if counts in BY_LENGTH:
                    line["weight"] = frames - (counts is Counts.PAIRS)

    return change


def samples(of: int = 42, **changes: Any) -> Forge:
    """A run with a manifest, in which something is changed."""

    def forge(folder: Path) -> bytes:
        made = run(folder / f"run-{of}", rows(of))
        for place, row in enumerate({row.video: row for row in rows(of)}.values()):
            record = SampleRecord(
                row.video, row.prompt, place % 5, seed=place, generator="model-1", sha256=row.sha256,
                settings={"width": 512, "height": 512, "fps": 8.0, "frames": 16, "steps": 50},
            )  # fmt: skip
            given = {name: value(record) if callable(value) else value for name, value in changes.items()}
            append_record(made, replace(record, **given))
        return pack(made, card())

    return forge


def other_video(folder: Path) -> bytes:
    video = write_video(folder / "v.mp4").read_bytes()
    name = rows(43)[0].video
    content = with_videos(archive(folder, 43), {name: video})
    stem = name.removesuffix(".mp4")
    return rewritten(content, lambda files: {**files, f"videos/{stem}.mp4": video + b"\0\0\0\x08free"})


REFUSED: dict[str, tuple[Forge, str]] = {
    "all ones": (
        changed(each(lambda _: {"value": 1.0}, lambda _: True)),
        "motion_smoothness: the score 1.0000 is above",
    ),
    "above what is perfect": (
        changed(each(lambda _: {"value": 0.4}, is_of("temporal_style"))),
        "temporal_style: the score 0.4000 is above 0.364",
    ),
    "a share of no frames": (
        changed(each(lambda _: {"value": 0.99}, is_of("object_class"))),
        "score is hits in 16 frames, found 0.99",
    ),
    "a start in 2099": (
        recorded(lambda head: head["record"].update(started="2099-01-01T00:00:00+00:00")),
        "has not come yet",
    ),
    "an end before the start": (
        recorded(lambda head: head["record"].update(ended="2025-03-14T00:00:00+00:00")),
        "before it started",
    ),
    "a start before the benchmark": (
        recorded(lambda head: head["record"].update(started="1999-01-01")),
        "before the benchmark was published",
    ),
    "no time": (recorded(lambda head: head["record"].update(started="yesterday")), "'yesterday' is no time such as"),
    "a model of tomorrow": (recorded(lambda head: head["card"].update(date="2099-01-01")), "date 2099-01-01 has not"),
    "no version": (recorded(lambda head: head["record"].update(packages={"numpy": "x"})), "an object of versions"),
    "no version of a dimension": (
        recorded(lambda head: head["record"].update(dimension_versions={"scene": "new"})),
        "whole numbers from 1",
    ),
    "digests 000...1": (
        recorded(
            lambda head: [
                entry.update(sha256=f"{place:064d}")
                for place, entry in enumerate(head["record"]["checkpoints"].values())
            ]
        ),
        "0001' is no SHA-256 of the checkpoint",
    ),
    "one digest for all": (
        recorded(
            lambda head: [
                entry.update(sha256=hashlib.sha256(b"x").hexdigest())
                for entry in head["record"]["checkpoints"].values()
            ]
        ),
        "checkpoints cannot all have the SHA-256",
    ),
    "other prompts": (
        changed(each(lambda line: {"prompt": f"easy {line['prompt']}"}, is_of(*RULES))),
        "prompts are not in the suite",
    ),
    "a prompt in two spellings": (
        changed(each(lambda line: {"prompt": line["prompt"] + " "}, lambda line: line["video"].endswith("-4.mp4"))),
        "is one of the suite mini, written in two ways|two of the prompts are one",
    ),
    "50 missing videos": (
        recorded(lambda head: head["record"].update(missing_videos=[f"{n}.mp4" for n in range(50)])),
        "50 videos were missing, such as '0.mp4'",
    ),
    "weights of 100000 to 1": (changed(heavy(100_000)), "has 100,000 frames, the card says 16"),
    "weights that are of no length": (
        changed(each(lambda _: {"weight": 90_000}, is_of("subject_consistency"))),
        "a weight does not follow from them",
    ),
    "another size than the card's": (
        changed(each(lambda line: {"format": line["format"].replace("512x512", "64x64")}, lambda _: True)),
        "is 64x64, the card says 512x512",
    ),
    "another rate than the card's": (
        changed(each(lambda line: {"format": line["format"].replace("8 fps", "60 fps")}, lambda _: True)),
        "has 60 fps, the card says 8",
    ),
    "samples of another model": (samples(sha256="ab" * 32), "has another SHA-256 of"),
    "samples of other videos": (samples(file=lambda record: f"other {record.file}"), "these are another run's samples"),
    "samples of other prompts": (samples(prompt="a cat"), "is of 'a cat', not of"),
    "samples of other settings": (
        samples(settings={"width": 1024, "height": 512}),
        r"samples.jsonl: width 1024, the card says 512",
    ),
    "samples whose settings are no numbers": (samples(settings={"fps": [8]}), r"samples.jsonl: fps \[8\], the card"),
    "samples of two generators": (samples(generator=lambda record: f"model-{record.index}"), "is of 5 generators"),
    "a video that was not scored": (other_video, "is not the video that was scored"),
    "no video": (
        lambda folder: with_videos(archive(folder, 44), {rows(44)[0].video: b"\0\0\0\x18ftypisom"}),
        "cannot be read as a video",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_is_refused(server: Server, kind: str, tmp_path: Path) -> None:
    forge, reason = REFUSED[kind]
    answer = sent(server, forge(tmp_path))
    assert answer.status_code == 422, answer.text
    assert re.search(reason, " ".join(answer.json()["reasons"])), answer.json()["reasons"]


def published_means(lines: list[Line]) -> None:
    for line in lines:
        if line["dimension"] in CONTINUOUS:
            line["value"] = VEO.value(line["dimension"])


WAITING: dict[str, tuple[Forge, tuple[str, ...]]] = {
    "published means under a look-alike's name": (
        changed(published_means, 50, name="V\N{CYRILLIC SMALL LETTER IE}o 3"),
        (
            "all 20 videos score 0.6381",
            "9 of its scores are those that are published of Veo 3",
            r"The name 'V\\u0435o 3' looks like 'Veo 3'",
        ),
    ),
    "the team's name": (
        lambda folder: archive(
            folder, 51, "Claimed", sampled_by=TEAM, evaluated_by="VBench Te\N{CYRILLIC SMALL LETTER A}m"
        ),
        ("says sampled by VBench Team", "says evaluated by VBench Team"),
    ),
    "no difference between samples": (
        changed(
            each(lambda line: {"value": 0.5 + len(line["prompt"]) / 1000}, is_of("aesthetic_quality")), 52, name="Flat"
        ),
        ("aesthetic_quality: the samples of a prompt all score the same",),
    ),
    "the best of many": (samples(53, index=lambda record: 3 * record.index), ("numbered up to 12",)),
    "one seed": (samples(54, seed=1), ("have samples of one seed",)),
    "samples of a generator of another name": (samples(55, generator="wan"), ("videos are of 'wan'",)),
}


@pytest.mark.parametrize("kind", WAITING)
def test_what_is_strange_waits_with_its_reason(server: Server, kind: str, tmp_path: Path) -> None:
    forge, reasons = WAITING[kind]
    answer = sent(server, with_head(forge(tmp_path), lambda head: head["card"].update(version=kind)))
    assert answer.status_code == 201, answer.text
    assert answer.json()["state"] == "pending"
    admin = {"Authorization": f"Bearer {ADMIN}"}
    queue = httpx.get(f"{server.url}/api/queue", headers=admin).json()["pending"]
    (flags,) = (waiting["flags"] for waiting in queue if waiting["id"] == answer.json()["id"])
    for reason in reasons:
        assert any(re.search(reason, flag) for flag in flags), flags


def test_an_honest_result_is_published_at_once_on_a_private_board(server: Server, tmp_path: Path) -> None:
    for content in (archive(tmp_path, 60, "Honest"), samples(61)(tmp_path)):
        answer = sent(server, content)
        assert answer.json()["state"] == "published", answer.text
    assert httpx.get(f"{server.url}/api/queue").status_code == 401


def test_what_was_not_verified_is_said_on_the_row(server: Server, tmp_path: Path) -> None:
    number = sent(server, archive(tmp_path, 62, "Said")).json()["id"]
    row = httpx.get(f"{server.url}/api/submissions/{number}").json()
    assert any("the submitter's word" in sentence for sentence in row["unverified"])
    assert any("dino_vitb16" in sentence for sentence in row["unverified"])
    assert any("no samples.jsonl" in sentence for sentence in row["unverified"])


def test_longer_videos_do_not_outweigh_shorter_ones_in_a_ranked_result(tmp_path: Path, server: Server) -> None:
    content = with_head(changed(heavy(40), 63, name="Uneven")(tmp_path), lambda head: head["card"].update(frames=None))
    content = with_head(content, lambda head: head["card"].update(seconds=None))
    row = sent(server, content).json()["entry"]
    assert any("at most 2 times the frames of the shortest" in reason for reason in row["apart"])


def test_only_an_admin_certifies(server: Server, tmp_path: Path) -> None:
    receipt = sent(server, archive(tmp_path, 64, "To be marked", sampled_by=TEAM, evaluated_by=TEAM)).json()
    assert receipt["entry"]["certification"] == ""
    address = f"{server.url}/api/submissions/{receipt['id']}/certify/gold"
    for token, status in (("", 401), (receipt["withdraw_token"], 403), (ADMIN, 200)):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        assert httpx.post(address, headers=headers).status_code == status
    admin = {"Authorization": f"Bearer {ADMIN}"}
    assert httpx.post(address.replace("gold", "platinum"), headers=admin).status_code == 422
    seen = httpx.get(f"{server.url}/api/submissions/{receipt['id']}", headers=admin).json()
    assert seen["certification"] == "gold"
    assert json.loads(httpx.post(address.replace("gold", "none"), headers=admin).text)["certification"] == ""


def test_a_truth_value_is_one(tmp_path: Path, server: Server) -> None:
    for name in BINARY:
        answer = sent(server, changed(each(lambda _: {"value": 0.7243}, is_of(name)))(tmp_path))
        assert "a video scores 0 or 1" in answer.text
