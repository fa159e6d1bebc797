"""The check of a submission: what holds, what does not, and the reasons."""

from __future__ import annotations

import copy
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.leaderboard.archives import archive, card, rewritten, rows, run, with_head, with_rows
from vbench.benchmarks.known_suites import expected
from vbench.benchmarks.t2v import RULES
from vbench.errors import Refused
from vbench.leaderboard.submissions.archive import Limits, read_archive
from vbench.leaderboard.submissions.pack import pack
from vbench.leaderboard.submissions.validate import Checked, check
from vbench.prompts.library import suite
from vbench.prompts.official import SUITE_SHA256
from vbench.runs.results import score_card
from vbench.runs.store import TOO_SHORT, Row
from vbench.sampling.manifest import SampleRecord, append_record

LIMITS = Limits(1 << 24, 100, 1 << 26, 200, 1 << 20)

Line = dict[str, Any]

ANOTHER = hashlib.sha256(b"another file").hexdigest()


def judged(content: bytes) -> Checked:
    return check(read_archive(content, LIMITS), "mini")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return archive(tmp_path_factory.mktemp("whole"))


def refused(content: bytes) -> str:
    with pytest.raises(Refused) as error:
        judged(content)
    return "\n".join(error.value.reasons)


def first_of(lines: list[Line], dimension: str) -> Line:
    return next(line for line in lines if line["dimension"] == dimension)


def test_a_whole_submission(whole: bytes) -> None:
    checked = judged(whole)
    assert (checked.format, checked.suite, checked.profile) == ("vbench", "mini", "official")
    assert checked.card == card()
    assert checked.apart == []
    assert {name: checked.scores[name].value for name in RULES} == score_card(rows()).scores


def test_a_stated_total_is_not_even_read(whole: bytes) -> None:
    assert "unknown field 'total'" in refused(with_head(whole, lambda head: head.update(total=0.99)))


ROWS: dict[str, tuple[Callable[[list[Line]], Any], str]] = {
    "a cosine of 323": (
        lambda lines: first_of(lines, "temporal_style").update(value=323.0),
        "temporal_style: 1 of 20 values are not in -1..1, such as 323 of",
    ),
    "why": (lambda lines: first_of(lines, "overall_consistency").update(value=-2.5), "a model without its weights"),
    "above one": (lambda lines: first_of(lines, "imaging_quality").update(value=66.1), "not in 0..1, such as 66.1"),
    "below zero": (lambda lines: first_of(lines, "scene").update(value=-0.1), "not in 0..1"),
    "infinite": (lambda lines: first_of(lines, "scene").update(value=float("inf")), "no JSON"),
    "not a number": (lambda lines: first_of(lines, "scene").update(value=float("nan")), "no JSON"),
    "text": (lambda lines: first_of(lines, "scene").update(value="1"), "value must not be '1'"),
    "half a truth": (lambda lines: first_of(lines, "human_action").update(value=0.5), "scores 0 or 1, found 0.5"),
    "weight": (lambda lines: first_of(lines, "motion_smoothness").update(weight=1000), "is 1000, it must be 1"),
    "weight of nothing": (lambda lines: first_of(lines, "scene").update(weight=0), "it must be 16"),
    "weight below": (lambda lines: first_of(lines, "scene").update(weight=-16), "it must be 16"),
    "no score": (lambda lines: first_of(lines, "scene").update(status="failed"), "another has neither"),
    "score without value": (lambda lines: first_of(lines, "scene").update(value=None), "has a value and a weight"),
    "unknown status": (lambda lines: first_of(lines, "scene").update(status="great"), "unknown status 'great'"),
    "unknown dimension": (
        lambda lines: first_of(lines, "scene").update(dimension="beauty"),
        "'beauty' is no dimension",
    ),
    "unknown prompt": (lambda lines: first_of(lines, "color").update(prompt="x", video="x-0.mp4"), "not in the suite"),
    "unknown category": (lambda lines: first_of(lines, "color").update(category="cats"), "content category 'cats'"),
    "another field": (lambda lines: lines[0].update(total=1), "expected an object with"),
    "a field less": (lambda lines: lines[0].clear(), "expected an object with"),
    "twice": (lambda lines: [*lines, lines[0]], "is there 2 times"),
    "one file twice": (
        lambda lines: [line.update(content="a" * 64) for line in lines if line["video"] in _videos(lines)[:2]] and None,
        "2 videos are the same file",
    ),
    "one name, two files": (lambda lines: first_of(lines, "imaging_quality").update(content="a" * 64), "one SHA-256"),
    "no digest": (lambda lines: [line.update(content="") for line in lines] and None, "must have one SHA-256"),
    "control character": (lambda lines: lines[0].update(video="\x1b[2J.mp4"), "no proper name"),
    "damage in hidden words": (lambda lines: lines[0].update(damage="a\u202eb"), "A mark of damage is no plain text"),
    "lone surrogate": (lambda lines: lines[0].update(prompt="\ud800"), "no proper name"),
    "NUL": (lambda lines: lines[0].update(prompt="a\0b"), "no proper name"),
    "a video less": (lambda lines: lines[1:], "is incomplete: 1[49] of [12][50] videos"),
    "a prompt less": (
        lambda lines: [line for line in lines if line["prompt"] != first_of(lines, "color")["prompt"]],
        "color is incomplete: 15 of 20 videos, 3 of 4 prompts",
    ),
    "one video too short": (
        lambda lines: first_of(lines, "subject_consistency").update(status=TOO_SHORT, value=None, weight=None),
        "subject_consistency is incomplete: 14 of 15 videos",
    ),
    "six samples": (
        lambda lines: [*lines, {**first_of(lines, "color"), "video": "six.mp4", "content": "b" * 64}],
        "6 videos of",
    ),
    "nothing": (lambda lines: [], "There are no scores"),
}


def _videos(lines: list[Line]) -> list[str]:
    return list(dict.fromkeys(line["video"] for line in lines))


@pytest.mark.parametrize("kind", ROWS)
def test_rows_that_do_not_hold(whole: bytes, kind: str) -> None:
    change, reason = ROWS[kind]
    found = refused(with_rows(whole, change))
    assert re.search(reason, found), found


DAMAGE = "it states 16 frames and gives 10"


def damaged(made: list[Row]) -> list[Row]:
    """The rows with the mark that an evaluation leaves on a video that is damaged."""
    return [replace(row, details={"damage": DAMAGE}) if row.video == made[0].video else row for row in made]


def test_damaged_videos_are_told_and_looked_at_before_they_are_shown(tmp_path: Path) -> None:
    checked = judged(pack(run(tmp_path / "run", damaged(rows())), card()))
    (said,) = checked.flags
    assert re.fullmatch(rf"1 of \d+ videos are damaged files, such as '.*': {DAMAGE}\.", said)
    assert said in checked.notes
    assert {name: checked.scores[name].value for name in RULES} == score_card(rows()).scores


def test_an_older_archive_does_not_know_of_damage_and_says_so(whole: bytes) -> None:
    older = with_rows(with_head(whole, lambda head: head.update(format=2)), each_without("damage"))
    assert "Not recorded: which of the videos are damaged files." in judged(older).unverified
    assert "expected an object with" in refused(with_rows(whole, each_without("damage")))


def each_without(name: str) -> Callable[[list[Line]], list[Line]]:
    return lambda lines: [{key: value for key, value in line.items() if key != name} for line in lines]


HEADS: dict[str, tuple[Callable[[Line], Any], str]] = {
    "no record": (lambda head: head.pop("record"), "record is missing"),
    "another suite": (lambda head: head["record"]["suite"].update(sha256="ab"), "no prompt suite with the digest 'ab'"),
    "no suite": (lambda head: head["record"].pop("suite"), "no prompt suite"),
    "custom videos": (lambda head: head["record"].update(mode="custom_input"), "only a run of a whole suite"),
    "unfinished": (lambda head: head["record"].update(status="running"), "not finished"),
    "a newer run": (lambda head: head["record"].update(version=99), "version 99"),
    "another profile": (lambda head: head["record"].update(profile="mine"), "unknown profile 'mine'"),
    "checkpoints": (lambda head: head["record"].update(checkpoints=[]), "checkpoints must be"),
    "format": (lambda head: head.update(format=6), "format 6; this board reads 1 to 5"),
    "partial": (lambda head: head.update(partial="yes"), "partial must be"),
    "unseen": (lambda head: head["record"].update(packages={"numpy": "\u202e2.0"}), "unseen character U\\+202E"),
    "long": (lambda head: head["record"].update(packages={"numpy": "2" * 5000}), "a text of 5,000 characters"),
    "no card": (lambda head: head.pop("card"), "an object with a card"),
}


@pytest.mark.parametrize("kind", HEADS)
def test_records_that_do_not_hold(whole: bytes, kind: str) -> None:
    change, reason = HEADS[kind]
    found = refused(with_head(whole, change))
    assert re.search(reason, found), found


def test_all_reasons_are_given_at_once(whole: bytes) -> None:
    def spoil(lines: list[Line]) -> None:
        first_of(lines, "temporal_style").update(value=323.0)
        first_of(lines, "scene").update(weight=0)
        first_of(lines, "color").update(category="cats")

    assert len(refused(with_rows(whole, spoil)).splitlines()) == 3
    many = refused(with_rows(whole, lambda lines: [line.update(extra=1) for line in lines] and None)).splitlines()
    assert len(many) == 41
    assert many[-1].startswith("There are")


APART: dict[str, tuple[Callable[[Line], Any], str]] = {
    "lite": (lambda head: head["record"].update(profile="lite"), "lite profile is a proxy"),
    "options": (
        lambda head: head["record"].update(options={"imaging_quality": {"preprocessing": "shorter"}}),
        "outside the protocol",
    ),
    "another checkpoint": (
        lambda head: head["record"]["checkpoints"]["clip_vit_b_32"].update(sha256=ANOTHER),
        "clip_vit_b_32 is not the published file",
    ),
    "no checkpoint": (lambda head: head["record"].update(checkpoints={}), "recorded no checkpoints for: dino_vitb16"),
    "a checkpoint less": (lambda head: head["record"]["checkpoints"].pop("amt_s"), "no checkpoints for: amt_s."),
}


@pytest.mark.parametrize("kind", APART)
def test_what_cannot_be_ranked_stands_apart(whole: bytes, kind: str) -> None:
    change, reason = APART[kind]
    (found,) = judged(with_head(whole, change)).apart
    assert reason in found


def test_another_suite_than_the_boards_stands_apart(whole: bytes) -> None:
    (found,) = check(read_archive(whole, LIMITS), "vbench-t2v").apart
    assert found == "Another prompt suite: mini, this board ranks vbench-t2v."


def test_a_missing_dimension_is_missing_and_never_0(whole: bytes) -> None:
    checked = judged(with_rows(whole, lambda lines: [line for line in lines if line["dimension"] != "color"]))
    assert not {"color", "semantic", "total"} & checked.scores.keys()
    assert "quality" in checked.scores
    assert checked.apart == ["No Total: color has no score."]


def test_a_dimension_that_no_video_allows_is_missing(whole: bytes) -> None:
    def too_short(lines: list[Line]) -> None:
        for line in lines:
            if line["dimension"] == "motion_smoothness":
                line.update(status=TOO_SHORT, value=None, weight=None)

    checked = judged(with_rows(whole, too_short))
    assert "motion_smoothness has no score: its videos are too short." in checked.notes
    assert checked.apart == ["No Total: motion_smoothness has no score."]


def test_a_part_says_so_and_is_not_ranked(whole: bytes) -> None:
    part = with_rows(whole, lambda lines: lines[:-1])
    assert "--partial" in refused(part)
    checked = judged(with_head(part, lambda head: head.update(partial=True)))
    assert any("is incomplete" in reason for reason in checked.apart)


def test_the_static_filter_may_leave_fewer_videos(whole: bytes) -> None:
    def fewer(lines: list[Line]) -> list[Line]:
        dropped = first_of(lines, "temporal_flickering")
        return [line for line in lines if line is not dropped]

    assert "temporal_flickering is incomplete" in refused(with_rows(whole, fewer))  # nobody filtered
    claimed = with_head(with_rows(whole, fewer), lambda head: head["record"].update(filtered=["temporal_flickering"]))
    assert any("static filter looked at" in word for word in judged(claimed).unverified)

    def without_a_prompt(lines: list[Line]) -> list[Line]:
        dropped = first_of(lines, "temporal_flickering")
        lost = dropped["dimension"], dropped["prompt"]
        return [line for line in lines if (line["dimension"], line["prompt"]) != lost]

    claimed = with_head(
        with_rows(whole, without_a_prompt), lambda head: head["record"].update(filtered=["temporal_flickering"])
    )
    assert "temporal_flickering is incomplete" in refused(claimed)  # a filter leaves no prompt without a trace

    def filter_ran(lines: list[dict[str, Any]]) -> None:
        dropped = first_of(lines, "temporal_flickering")
        lines.remove(dropped)
        for index in range(5, 26):
            moves = {"video": f"{dropped['prompt']}-{index}.mp4", "status": "not_static", "value": None, "weight": None}
            lines.append({**dropped, **moves, "content": f"{index:064x}"})

    filtered = with_head(
        with_rows(whole, filter_ran), lambda head: head["record"].update(filtered=["temporal_flickering"])
    )
    checked = judged(filtered)
    assert checked.apart == []
    assert any("static filter kept no more" in note for note in checked.notes)


def test_who_has_no_suite_is_told_what_the_board_takes(whole: bytes) -> None:
    own = with_head(whole, lambda head: head["record"].update(suite={"name": "", "sha256": ""}, mode="custom_input"))
    said = refused(own)
    assert "The run is of no prompt suite" in said
    assert "takes runs of suites that it knows: vbench-t2v, " in said
    assert "evaluate them with --suite NAME" in said


def test_nothing_but_failures_is_no_result(whole: bytes) -> None:
    def fail(lines: list[Line]) -> None:
        for line in lines:
            line.update(status="unreadable", value=None, weight=None)

    assert "no dimension has a video that counts" in refused(with_rows(whole, fail))


def test_a_colour_that_was_never_seen_counts_as_judged(whole: bytes) -> None:
    checked = judged(with_rows(whole, lambda lines: first_of(lines, "color").update(value=0.0, weight=0)))
    assert checked.apart == []


def test_who_rewrote_the_prompts_must_agree(tmp_path: Path) -> None:
    folder = run(tmp_path / "run")
    for row in {row.video: row for row in rows()}.values():
        append_record(folder, SampleRecord(row.video, row.prompt, extender="Some LLM"))
    reason = "card: prompt_rewriting is none, but samples.jsonl says 'Some LLM'."
    assert refused(pack(folder, card())) == reason
    assert "Prompts were rewritten by Some LLM." in judged(pack(folder, card(prompt_rewriting="Some LLM"))).notes


def test_what_a_card_does_not_state_is_noted(tmp_path: Path) -> None:
    checked = judged(archive(tmp_path, steps=None, prompt_rewriting=""))
    assert "Settings not stated: steps, prompt rewriting." in checked.notes


def test_an_archive_has_no_private_paths(tmp_path: Path) -> None:
    missing = {"color": "no weights at /home/somebody/.cache/vbench/grit.pth"}
    content = pack(run(tmp_path / "run", not_evaluated=missing), card())
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        assert all(b"somebody" not in opened.read(name) for name in opened.namelist())
    assert "somebody" not in json.dumps(dict(judged(content).provenance))


def _without(files: dict[str, bytes], name: str) -> dict[str, bytes]:
    return {other: content for other, content in files.items() if other != name}


def test_neither_scores_nor_results(whole: bytes) -> None:
    assert "no scores per video" in refused(rewritten(whole, lambda files: _without(files, "scores.jsonl")))
    assert "no model card" in refused(rewritten(whole, lambda files: _without(files, "submission.json")))


def test_the_official_suite_is_known_without_its_prompts(empty_cache: Path) -> None:
    official = expected(SUITE_SHA256)
    assert official is not None
    ours = expected(suite("open", empty_cache).digest)
    assert ours is not None
    names = official.prompts.keys()
    assert names == RULES.keys()
    assert {name: official.count(name) for name in names} == {name: ours.count(name) for name in names}


def test_prompts_of_the_official_suite_are_checked_by_their_digests(tmp_path: Path, empty_cache: Path) -> None:
    record = {"suite": {"name": "vbench-t2v", "sha256": SUITE_SHA256}}
    made = [row for row in rows() if row.dimension == "color"]
    with pytest.raises(Refused, match=r"color: 4 prompts are not in the suite vbench-t2v, such as") as error:
        judged(pack(run(tmp_path / "foreign", made, **record), card()))
    assert "color is incomplete: 20 of 425 videos, 4 of 85 prompts" in str(error.value.reasons)
    true = [replace(row, prompt="a red bicycle", video=f"a red bicycle-{n}.mp4") for n, row in enumerate(made[:5])]
    assert judged(pack(run(tmp_path / "true", true, **record), card(), partial=True)).suite == "vbench-t2v"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_change_is_refused_with_a_reason_or_holds(whole: bytes, data: st.DataObject) -> None:
    """No value in any place of the head or of a row makes the check fail otherwise than by refusing."""
    value = data.draw(JSON)

    def in_head(head: Line) -> None:
        place = data.draw(st.sampled_from([head, head["card"], head["record"], head["record"]["suite"]]))
        place[data.draw(st.sampled_from(sorted(place)))] = copy.deepcopy(value)

    def in_rows(lines: list[Line]) -> None:
        line = lines[data.draw(st.integers(0, len(lines) - 1))]
        line[data.draw(st.sampled_from(sorted(line)))] = value

    changed = with_head(whole, in_head) if data.draw(st.booleans()) else with_rows(whole, in_rows)
    try:
        judged(changed)
    except Refused as error:
        assert all(error.reasons)
