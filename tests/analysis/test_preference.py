"""What people said: reading it, and who wins how often."""

from __future__ import annotations

import csv
import json
import math
import random
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vbench.analysis.annotations import read_annotations, read_scores
from vbench.analysis.preference import PRIOR, Judgement, bradley_terry, interval_of, strengths_of, win_ratios
from vbench.errors import UsageError

ENTRY: dict[str, Any] = {
    "prompt_en": "a red cup",
    "question_en": "Which cup is redder?",
    "videos": {"a": "https://example.org/a/a%20red%20cup-0.mp4", "b": "https://example.org/b/a%20red%20cup-0.gif"},
    "human_anno": {"a": {"b": 1, "c": 0.5}, "b": {"c": 0}},
}


def write(path: Path, entries: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(entries), encoding="utf-8")
    return path


def test_win_ratios_by_hand() -> None:
    said = [("a", "b", 1.0), ("c", "a", 0.5), ("b", "c", 0.0), ("a", "b", 0.0)]
    found = win_ratios(Judgement("color", a + b, a, b, outcome) for a, b, outcome in said)
    assert {model: ratio.score for model, ratio in found.items()} == {"a": 1.5 / 3, "b": 1 / 3, "c": 1.5 / 2}
    assert all(0 <= ratio.low <= ratio.score <= ratio.high <= 1 for ratio in found.values())
    assert win_ratios([]) == {}


def test_chances_by_hand() -> None:
    said = [("a", "b", 1.0), ("b", "a", 0.0), ("a", "b", 0.5), ("b", "a", 0.5), ("a", "c", 1.0), ("c", "a", 0.0),
            ("a", "c", 1.0), ("c", "a", 1.0), ("b", "c", 0.5), ("c", "b", 0.5)]  # fmt: skip
    found = bradley_terry((Judgement("color", a + b, a, b, outcome) for a, b, outcome in said), draws=20)
    # a has 3 of 4 against b and 3 of 4 against c, and these are even: so a beats either by its share of wins
    chance = (3 + PRIOR) / (4 + 2 * PRIOR)
    other = ((1 - chance) + 0.5) / 2
    assert {model: one.score for model, one in found.items()} == pytest.approx(
        {"a": chance, "b": other, "c": other}, abs=1e-6
    )
    assert all(0 <= one.low <= one.score <= one.high <= 1 for one in found.values())
    assert bradley_terry([]) == {}


@pytest.mark.parametrize("wins", [0, 1, 100])
def test_who_only_won_has_the_odds_of_the_wins_and_the_prior(wins: int) -> None:
    strengths = strengths_of(np.array([[0.0, wins], [0.0, 0.0]]))
    assert strengths[0] - strengths[1] == pytest.approx(math.log((wins + PRIOR) / PRIOR), abs=1e-6)
    assert strengths.sum() == pytest.approx(0.0, abs=1e-9)


def test_draws_of_three_prompts_are_widened_by_students_quantile_of_two_degrees() -> None:
    found = interval_of(np.array([0.5] + [0.45, 0.55] * 500), prompts=3)
    assert [found.low, found.high] == pytest.approx([0.5 - 0.05 * 4.3027 / 1.96, 0.5 + 0.05 * 4.3027 / 1.96], abs=1e-4)


judgements = st.lists(
    st.builds(
        lambda prompt, pair, outcome: Judgement("scene", prompt, pair[0], pair[1], outcome),
        st.sampled_from("pqrs"),
        st.sampled_from([("a", "b"), ("b", "a"), ("c", "a"), ("b", "c")]),
        st.sampled_from([0.0, 0.5, 1.0]),
    ),
    min_size=1,
    max_size=30,
)


@settings(deadline=None, max_examples=50)
@given(judgements, st.randoms())
def test_neither_order_nor_direction_matters(said: list[Judgement], chance: random.Random) -> None:
    turned = [
        Judgement(one.dimension, one.prompt, one.second, one.first, 1 - one.outcome) if chance.random() < 0.5 else one
        for one in said
    ]
    chance.shuffle(turned)
    assert win_ratios(turned, draws=50) == win_ratios(said, draws=50)


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng, hits = np.random.default_rng(0), 0
    for repetition in range(200):
        likely = rng.beta(6, 4, 80)  # prompts differ; the mean is 0.6
        said = [
            Judgement("scene", str(number), "a", "b", float(rng.random() < likely[number]))
            for number in range(80)
            for _ in range(5)
        ]
        found = win_ratios(said, seed=repetition, draws=400)["a"]
        hits += found.low <= 0.6 <= found.high
    assert 0.9 <= hits / 200 <= 0.99


def test_the_seed_decides() -> None:
    said = [Judgement("scene", str(number), "a", "b", float(number % 3 == 0)) for number in range(30)]
    assert win_ratios(said, seed=1, draws=50) == win_ratios(said, seed=1, draws=50)
    assert win_ratios(said, seed=1, draws=50) != win_ratios(said, seed=2, draws=50)


def test_the_references_form(tmp_path: Path) -> None:
    write(tmp_path / "color.json", [ENTRY, ENTRY])
    write(tmp_path / "overall.json", [{**ENTRY, "human_anno": {"b": {"a": 1.0}}}])
    write(tmp_path / ".hidden.json", "no list")
    (tmp_path / "read.me").write_text("nothing to read")
    first, *_ = found = read_annotations(tmp_path)
    assert first == Judgement(
        "color", "a red cup", "a", "b", 1.0, (ENTRY["videos"]["a"], ENTRY["videos"]["b"])
    )  # fmt: skip
    assert [one.dimension for one in found] == ["color"] * 6 + [""]
    assert [(one.first, one.second, one.outcome) for one in found[:3]] == [
        ("a", "b", 1),
        ("a", "c", 0.5),
        ("b", "c", 0),
    ]
    assert (found[-1].first, found[-1].second, found[-1].outcome) == ("a", "b", 0)
    assert found[1].videos == (ENTRY["videos"]["a"], "")


def test_both_directions_are_one_judgement(tmp_path: Path) -> None:
    both = {"a": {"b": 1, "c": 0.5}, "b": {"a": 0, "c": 0}, "c": {"a": 0.5, "b": 1}}
    one = read_annotations(write(tmp_path / "one" / "color.json", [ENTRY]))
    assert read_annotations(write(tmp_path / "two" / "color.json", [{**ENTRY, "human_anno": both}])) == one
    against = write(tmp_path / "color.json", [ENTRY, {**ENTRY, "human_anno": {"a": {"b": 1}, "b": {"a": 1}}}])
    with pytest.raises(UsageError, match=r"color\.json, entry 2: human_anno contradicts itself about 'b' and 'a'"):
        read_annotations(against)


@pytest.mark.parametrize("form", ["votes.csv", "votes.jsonl", "votes.json"])
def test_plain_forms(tmp_path: Path, form: str) -> None:
    entries: list[dict[str, Any]] = [
        {"dimension": "color", "prompt": 'a "red" cup,\nfull', "first": "a", "second": "b", "outcome": 1, "who": "x"},
        {"dimension": "", "prompt": "a cup", "first": "b", "second": "a", "outcome": 0.5, "first_video": "a cup-3.mp4"},
    ]
    path = tmp_path / form
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, dict.fromkeys(name for entry in entries for name in entry))
            writer.writeheader()
            writer.writerows(entries)
    elif path.suffix == ".jsonl":
        path.write_text("\n".join(map(json.dumps, entries)) + "\n")
    else:
        write(path, entries)
    assert read_annotations(path) == [
        Judgement("color", 'a "red" cup,\nfull', "a", "b", 1.0),
        Judgement("", "a cup", "b", "a", 0.5, ("a cup-3.mp4", "")),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", r"color\.json: not JSON"),
        ("{}", "expected a list of entries, found a dict"),
        ("[1]", "entry 1: expected an object, found a int"),
        ("[{}]", "entry 1: neither human_anno, .* nor outcome"),
        ([ENTRY, {**ENTRY, "prompt_en": ""}], "entry 2: prompt_en must be a text, found ''"),
        ([{**ENTRY, "human_anno": {"a": {"b": 2}}}], r"entry 1, human_anno\['a'\]\['b'\]: an outcome is 1, 0.5 or 0"),
        ([{**ENTRY, "human_anno": {"a": {"b": True}}}], "an outcome is 1, 0.5 or 0, found True"),
        ([{**ENTRY, "human_anno": {"a": {"b": None}}}], "an outcome is 1, 0.5 or 0, found None"),
        ('[{"prompt_en": "p", "human_anno": {"a": {"b": NaN}}}]', "an outcome is 1, 0.5 or 0, found nan"),
        ([{**ENTRY, "human_anno": {"a": {"a": 0.5}}}], "entry 1: 'a' is compared with itself"),
        ([{**ENTRY, "human_anno": {"a": 1}}], "expected videos"),
        ([{**ENTRY, "videos": ["a.mp4"]}], "expected videos"),
        ([{"prompt": "p", "first": "a", "second": "b", "outcome": 1}], "dimension is missing; leave it empty"),
        ([{"dimension": "", "prompt": "p", "first": "a", "outcome": 1}], "second must be a text, found None"),
        ([{**ENTRY, "human_anno": {}}], "holds no annotations"),
        ([{**ENTRY, "human_anno": {"a": {"b": 10**400}}}], "an outcome is 1, 0.5 or 0, found 1000"),
        ("[" * 100_000, r"color\.json: not JSON"),
        (b"\xff\xff", "cannot be read"),
    ],
)
def test_broken_files(tmp_path: Path, content: Any, message: str) -> None:
    path = tmp_path / "color.json"
    text = content if isinstance(content, str | bytes) else json.dumps(content)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UsageError, match=message):
        read_annotations(path)


def test_no_files(tmp_path: Path) -> None:
    (tmp_path / "votes.xlsx").write_text("")
    for path, message in (
        (tmp_path, "holds no annotations"),
        (tmp_path / "votes.xlsx", "is none of"),
        (tmp_path / "no.csv", "cannot be read"),
    ):
        with pytest.raises(UsageError, match=message):
            read_annotations(path)
    (tmp_path / "votes.csv").write_text("prompt,dimension,first,second,outcome\na cup,color,a,b,1\na cup,color,a,b,2\n")
    with pytest.raises(UsageError, match=r"votes\.csv, line 3: an outcome is"):
        read_annotations(tmp_path)
    (tmp_path / "votes.csv").write_text(f"prompt,dimension,first,second,outcome\n{'cup' * 50_000},color,a,b,1\n")
    with pytest.raises(UsageError, match=r"votes\.csv, line 2: not CSV"):
        read_annotations(tmp_path)


def test_scores(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text("model,dimension,score\na,color,0.5\na,total,0.8\nb,color,-1e-3\n")
    assert read_scores(path) == {"a": {"color": 0.5, "total": 0.8}, "b": {"color": -0.001}}
    for line, message in (
        ("a,color,0.6", "line 5: 'a' has a second score of 'color'"),
        ("b,scene,n/a", "must be a num"),
        ("b,scene,1e999", "must be a num"),
    ):
        (tmp_path / "broken.csv").write_text(path.read_text() + line + "\n")
        with pytest.raises(UsageError, match=message):
            read_scores(tmp_path / "broken.csv")


def test_many_models_and_prompts_take_no_table_of_all_pairs_with_every_prompt() -> None:
    models, prompts = 200, 900
    said = [
        Judgement("", f"prompt {number % prompts}", f"m{number % models}", f"m{(number + 1) % models}", 1.0)
        for number in range(prompts)
    ]
    bradley_terry(said[:2], draws=1)  # what it needs is loaded
    tracemalloc.start()
    chances = bradley_terry(said, draws=1)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(chances) == models
    assert most < 8 * models * models * prompts / 10
