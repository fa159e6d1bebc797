"""A row to cite says which score it is, whatever somebody typed."""

from __future__ import annotations

from dataclasses import replace

from tests.leaderboard.archives import card
from vbench.analysis.statistics import Figure
from vbench.benchmarks.t2v import RULES, T2V
from vbench.leaderboard.submissions.validate import OURS
from vbench.leaderboard.views.board_row import BoardRow
from vbench.leaderboard.views.citable import bibtex, block
from vbench.leaderboard.views.published_figures import published_entries

PLACE = "https://board.example.org/model?id=7"

SCORES = {**dict.fromkeys(RULES, Figure(0.5)), "total": Figure(0.8123, 0.81, 0.815)}

ROW = BoardRow("7", OURS, "published", card(), T2V.name, "vbench-t2v", "official", scores=SCORES, sha256="ab" * 32)


def test_the_block_says_which_score_it_is_in_80_columns() -> None:
    told = block(replace(ROW, apart=("Another prompt suite: mine, " + "this board ranks vbench-t2v. " * 4,)), PLACE)
    assert max(map(len, told.splitlines())) <= 80
    facts = {line[:24].strip(): line[24:] for line in told.splitlines() if line[:24].strip()}
    assert facts["Model"] == "Model 1.0"
    assert facts["Generated from"] == "the prompts"
    assert facts["Videos"] == "512x512, 16 frames, 8 fps"
    assert facts["Total"] == "0.8123  0.8100 to 0.8150"
    assert facts["Scores"] == "16 of 16 dimensions"
    assert facts["Source"] == "archive, sha256 abababababab"
    assert facts["Exception"].startswith("Another prompt suite")
    assert facts["Address"] == PLACE


def test_what_is_not_stated_is_said_so_and_what_was_rewritten() -> None:
    bare = replace(ROW.card, resolution="", fps=None, frames=None, precision="", prompt_rewriting="GPT")
    told = block(replace(ROW, card=bare, scores={}), PLACE)
    assert "Videos                  not stated" in told
    assert "Generated from          prompts rewritten by GPT" in told
    assert "Scores                  0 of 16 dimensions" in told
    assert "Total                   none" in told


def test_every_published_figure_can_be_cited_with_its_source() -> None:
    for row in published_entries():
        assert "Source" in block(row, PLACE)
        assert bibtex(row, PLACE).count("{") == bibtex(row, PLACE).count("}")


def test_what_somebody_typed_ends_no_field_of_bibtex() -> None:
    told = bibtex(replace(ROW, card=card("A} , evil = {x_1 \\input{y}")), PLACE)
    assert "title = {A , evil = x\\_1 inputy 1.0 on " in told
    assert "Total 81.23, archive sha256 abababababab" in told
