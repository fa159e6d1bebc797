"""What the table shows, without a page: selected score, filters, order, places, and who ties with whom."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.leaderboard.archives import card, rows, run
from tests.leaderboard.exhibits import whole_rows
from vbench.analysis.influence import interval_of, surely_apart, weights_of
from vbench.analysis.prompt_table import table
from vbench.analysis.statistics import Figure, beyond_noise, compare, compare_tables, intervals
from vbench.benchmarks.registry import benchmark_named
from vbench.benchmarks.score_card import TOTAL
from vbench.benchmarks.t2v import QUALITY, RULES, SEMANTIC, T2V
from vbench.leaderboard.board import Board
from vbench.leaderboard.comparisons import Comparisons
from vbench.leaderboard.db.tables import Pair
from vbench.leaderboard.settings import Settings
from vbench.leaderboard.submissions.pack import pack
from vbench.leaderboard.submissions.validate import OURS
from vbench.leaderboard.views.board_row import FIGURE, RANKED, BoardRow
from vbench.leaderboard.views.published_figures import published_entries
from vbench.leaderboard.views.ranking import (
    KINDS,
    MODEL,
    SELECTED,
    SOURCE,
    Ranking,
    View,
    columns_of,
    groups,
    selected_score,
)  # fmt: skip
from vbench.leaderboard.views.ranking import rows as lines

PUBLISHED = [found for found in published_entries() if found.benchmark == T2V.name]

SCORES = columns_of(T2V)


def entry(number: int, total: float | None, name: str = "Model", **changes: object) -> BoardRow:
    scores = {} if total is None else {TOTAL: Figure(total, total - 0.01, total + 0.01, 9)}
    values: dict[str, object] = {
        "id": str(number), "format": OURS, "state": "published", "card": card(name, version=str(number)),
        "benchmark": T2V.name, "suite": "official", "profile": "official", "scores": scores,
    }  # fmt: skip
    return BoardRow(**{**values, **changes})  # type: ignore[arg-type]


def names(entries: list[BoardRow], view: View) -> list[str]:
    return [line.entry.card.name for line in lines(entries, view)]


def test_everything_ticked_is_the_total_and_a_side_is_that_side() -> None:
    for found in PUBLISHED:
        raw = {name: found.scores[name].value for name in RULES if name in found.scores}
        if found.missing:
            assert selected_score(raw, RULES) is None
            continue
        assert selected_score(raw, RULES) == pytest.approx(found.value(TOTAL), abs=1e-12)
        for side in (QUALITY, SEMANTIC):
            assert selected_score(raw, T2V.of_part(side)) == pytest.approx(found.value(side), abs=1e-12)
        assert selected_score(raw, ["scene"]) == pytest.approx(found.normalised("scene"))


def test_a_selection_weighs_as_the_protocol_does() -> None:
    raw = {"dynamic_degree": 0.4, "aesthetic_quality": 0.7, "color": 0.9, "scene": 0.4111}
    quality, semantic = (0.5 * 0.4 + 0.7) / 1.5, (0.9 + 0.5) / 2
    assert selected_score(raw, raw) == pytest.approx((4 * quality + semantic) / 5)
    assert selected_score(raw, ["dynamic_degree", "aesthetic_quality"]) == pytest.approx(quality)
    assert selected_score(raw, ["color", "scene"]) == pytest.approx(semantic)
    assert selected_score(raw, []) is None
    assert selected_score(raw, ["color", "human_action"]) is None


def test_the_address_says_the_view_and_survives_nonsense() -> None:
    rng = random.Random(0)
    assert View().to_query() == ""
    for _ in range(300):
        ticked = tuple(name for name in RULES if rng.random() < 0.5)
        view = View(
            ticked=ticked,
            search=rng.choice(["", "wan 2.1", "&=?<b>", "ä,b"]),
            kinds=tuple(kind for kind in KINDS if rng.random() < 0.5),
            suites=rng.choice([None, (), ("official",), ("mini", "open")]),
            sort=rng.choice([name for name in (MODEL, SOURCE, *SCORES) if name not in RULES or name in ticked]),
            descending=rng.random() < 0.5,
        )
        assert View.from_query(view.to_query()) == view
    assert View.from_query("sort=-nothing&ticked=x&kinds=y&suites=&z=1") == View(ticked=(), kinds=())
    assert View.from_query("ticked=scene&sort=-color") == View(ticked=("scene",))


def test_search_and_filters() -> None:
    entries = [
        entry(1, 0.8, "Wan"), entry(2, 0.7, "Sora", suite="mini", apart=("Another suite",)), *PUBLISHED,
    ]  # fmt: skip
    assert set(names(entries, View())) == {"Wan", "Sora", *(found.card.name for found in PUBLISHED)}
    assert names(entries, View(search="WAN some")) == ["Wan"]
    assert names(entries, View(search="nobody has this")) == []
    assert names(entries, View(kinds=(OURS,))) == ["Wan", "Sora"]
    assert set(names(entries, View(kinds=(FIGURE,)))) == {found.card.name for found in PUBLISHED}
    assert names(entries, View(suites=("mini",))) == ["Sora"]
    assert names(entries, View(suites=())) == []


def test_order_places_and_missing_scores() -> None:
    entries = [
        entry(1, 0.7, "b"), entry(2, 0.8, "a"), entry(3, None, "none"), entry(4, 0.7, "tie"),
        entry(5, 0.9, "best, but apart", apart=("Another suite",)),
    ]  # fmt: skip
    assert names(entries, View()) == ["a", "tie", "b", "none", "best, but apart"]
    assert [line.place for line in lines(entries, View())] == [1, 2, 2, None, None]
    assert names(entries, View(descending=False)) == ["tie", "b", "a", "none", "best, but apart"]
    assert names(entries, View(sort=MODEL, descending=False)) == ["a", "b", "none", "tie", "best, but apart"]
    (found,) = lines(entries, View(search="tie"))
    assert found.place == 2
    for column in SCORES:
        ordered = [line for line in lines(list(PUBLISHED), View(sort=column)) if line.entry.kind == RANKED]
        values = [line.scores[column].value for line in ordered if column in line.scores]
        assert values == sorted(values, reverse=True)
        assert [column in line.scores for line in ordered] == sorted([column in line.scores for line in ordered])[::-1]


def test_a_header_turns_the_order_round() -> None:
    view = View()
    assert view.sorted_by(TOTAL) == View(descending=False)
    assert view.sorted_by("scene") == View(sort="scene")
    assert view.sorted_by(MODEL) == View(sort=MODEL, descending=False)


def test_only_ticked_dimensions_are_columns() -> None:
    view = View(ticked=("scene",))
    assert view.columns == (TOTAL, QUALITY, SEMANTIC, SELECTED, "scene")
    (found, *_) = lines(list(PUBLISHED), view)
    assert "color" not in found.scores
    assert found.scores[SELECTED].value == pytest.approx(found.entry.normalised("scene"))


def test_groups_are_of_one_suite_and_profile_and_never_of_published_figures() -> None:
    entries = [
        entry(1, 0.80), entry(2, 0.79), entry(3, 0.70), entry(4, 0.795, suite="mini", apart=("Another suite",)),
        entry(5, 0.796, profile="lite", apart=("A proxy",)), entry(6, None), *PUBLISHED,
    ]  # fmt: skip
    asked = []

    def settled(first: BoardRow, second: BoardRow, column: str) -> bool:
        asked.append((first.id, second.id, column))
        return "3" in (first.id, second.id)

    assert groups(entries, TOTAL, settled) == {"1": "a", "2": "a"}
    assert {name for pair in asked for name in pair} == {"1", "2", "3", TOTAL}
    assert groups(entries[:3], TOTAL, lambda *_: True) == {}
    assert set(groups(entries[:3], TOTAL, lambda *_: False).values()) == {"a"}


def test_benchmarks_never_share_a_ranking() -> None:
    every = [*published_entries(), entry(1, 0.99, "Best"), entry(2, 0.5, "Other", benchmark="mlperf-wan22")]
    for name in ("vbench-t2v", "vbench-i2v", "vbench-long", "mlperf-wan22"):
        ranking = Ranking(benchmark_named(name), every)
        found = ranking.lines(View(name))
        assert {line.entry.benchmark for line in found} == {name}
        assert min(line.place or 0 for line in found if line.place) == 1
        assert View.from_query(View(name).to_query()) == View(name)
    assert Ranking(benchmark_named("vbench-trustworthiness"), every).lines(View("vbench-trustworthiness")) == []


def test_pages_of_a_view() -> None:
    ranking = Ranking(T2V, [entry(number, number / 100, f"m{number}") for number in range(1, 91)])
    pages = [ranking.listing(View(page=page)) for page in (1, 2, 3, 9)]
    assert [len(found.lines) for found in pages] == [40, 40, 10, 10]
    assert {(found.count, found.pages, found.best[TOTAL]) for found in pages} == {(90, 3, 0.9)}
    assert [line.place for found in pages[:3] for line in found.lines] == list(range(1, 91))
    assert ranking.place(ranking.entries[0], TOTAL) == 90
    assert View.from_query("page=0") == View.from_query("page=x") == View()
    assert View(page=3).sorted_by("scene").page == 1


def test_every_suite_is_no_choice_of_suites() -> None:
    ranking = Ranking(T2V, [entry(1, 0.5), entry(2, 0.4, suite="mini")])
    assert ranking.usual(View(suites=("mini", "official", "gone"))) == View()
    assert ranking.usual(View(suites=("mini",))).suites == ("mini",)
    assert ranking.usual(View(suites=())).suites == ()


def test_choices_are_few_however_many_rows_there_are() -> None:
    cards = [card(f"m{number}", licence="MIT" if number < 9 else f"own {number}") for number in range(90)]
    ranking = Ranking(T2V, [entry(number, 0.5, card=one) for number, one in enumerate(cards, 1)])
    assert len(ranking.choices("licence")) == 50
    assert "MIT" in ranking.choices("licence")


def test_search_asks_what_a_card_says() -> None:
    cards = {
        "slow": card("slow", steps=100, licence="MIT", prompt_rewriting="GPT-4"), "fast": card("fast", steps=8),
        "silent": card("silent", steps=None, sampler="DDIM"),
    }  # fmt: skip
    entries = [entry(number, 0.5, name, card=one) for number, (name, one) in enumerate(cards.items(), 1)]
    asked = {
        "steps>50": {"slow"}, "steps<=8": {"fast"}, "licence:mit": {"slow"}, "gpt-4": {"slow"}, "ddim": {"silent"},
        "steps>many": set(), "steps>1 fast": {"fast"}, "plain:x": set(),
    }  # fmt: skip
    for words, expected in asked.items():
        assert set(names(entries, View(search=words))) == expected, words
    assert names(entries, View(where=(("prompt_rewriting", "GPT-4"),))) == ["slow"]
    assert names(entries, View(sort="steps")) == ["slow", "fast", "silent"]
    view = View(where=(("licence", "MIT"),), facts=("sampler", "steps"), page=2)
    assert View.from_query(view.to_query()) == view


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Board]:
    board = Board(Settings(database=f"sqlite:///{tmp_path}/board.sqlite", suite="mini"))
    for number, shift in enumerate((0.0, 0.0, -0.3)):
        folder = run(tmp_path / f"run-{number}", rows(number, shift))
        board.submit(pack(folder, card(f"Model {number}")), local=True)
    yield board
    board.close()


def test_submissions_are_told_apart_by_their_videos(filled: Board) -> None:
    comparisons = Comparisons(filled)
    entries, snapshot = filled.entries(), filled.snapshot()
    found = None
    while found is None:
        found = comparisons.letters(snapshot.ranking(T2V.name), TOTAL, snapshot.revision)
    by_name = {entry.card.name: found.get(entry.id) for entry in entries}
    assert by_name["Model 0"] == by_name["Model 1"] == "a"
    assert by_name["Model 2"] is None
    first, second = (entry for entry in entries if entry.card.name in ("Model 0", "Model 2"))
    there, back = comparisons.between(first, second), comparisons.between(second, first)
    assert there.keys() == back.keys() == {*RULES, QUALITY, SEMANTIC, TOTAL}
    assert there[TOTAL].change == pytest.approx(-back[TOTAL].change)
    assert comparisons.settled(first, second, TOTAL) == comparisons.settled(second, first, TOTAL)
    assert comparisons.between(first, PUBLISHED[0]) == {}
    comparisons.close()


def test_pairs_are_kept_in_the_database(filled: Board) -> None:
    first, second, _ = (entry for entry in filled.entries() if entry.format == OURS)
    one, other = Comparisons(filled), Comparisons(filled)
    computed = one.between(first, second)
    assert one.settled(first, second, TOTAL) == computed[TOTAL].is_significant()
    with filled.database.reading() as session:
        kept = session.scalars(select(Pair)).one()
        assert kept.differences is not None
    assert other.between(first, second) == computed == compare(filled.rows(int(first.id)), filled.rows(int(second.id)))
    revision = filled.snapshot().revision
    assert one.letters(filled.snapshot().ranking(T2V.name), TOTAL, revision) is None or revision
    one.close()
    other.close()


def test_what_is_surely_apart_is_beyond_noise_by_draws_too() -> None:
    runs = [table(list(whole_rows(seed, shift))) for seed, shift in ((0, 0.0), (1, 0.0), (2, -0.05))]
    sure = {}
    for first, second in combinations(range(len(runs)), 2):
        drawn = beyond_noise(runs[first], runs[second])
        for name in (TOTAL, QUALITY, "imaging_quality"):
            sure[first, second, name] = surely_apart(runs[first], runs[second], weights_of(T2V, name))
            assert not sure[first, second, name] or drawn[name]
    assert drawn == {name: one.is_significant() for name, one in compare_tables(runs[1], runs[2]).items()}
    assert sure[0, 2, TOTAL]
    assert not sure[0, 1, TOTAL]


def test_a_selection_of_ones_own_has_an_interval_like_that_of_draws() -> None:
    simulated = list(whole_rows(4))
    run, drawn = table(simulated), intervals(simulated)
    for name in (TOTAL, QUALITY, "imaging_quality"):
        found = interval_of(run, weights_of(T2V, name))
        assert found is not None
        assert found.high - found.low == pytest.approx((drawn[name].high - drawn[name].low), rel=0.15)
    assert interval_of(run, {}) is None


def test_the_selected_score_has_an_interval_where_it_is_another_score(filled: Board) -> None:
    (found, *_) = [line for line in lines(filled.entries(), View()) if line.entry.format == OURS]
    assert found.scores[SELECTED] == dataclasses.replace(found.entry.scores[TOTAL], value=found.scores[SELECTED].value)
    (found, *_) = [line for line in lines(filled.entries(), View(ticked=("scene",))) if line.entry.format == OURS]
    low, high = found.scores[SELECTED].low, found.scores[SELECTED].high
    assert low is not None
    assert high is not None
    assert low < found.scores[SELECTED].value < high
    (found, *_) = [
        line for line in lines(filled.entries(), View(ticked=("color", "scene"))) if line.entry.format == OURS
    ]
    assert found.scores[SELECTED].low is None
