"""A run says what its scores are scores of."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.footage import noise, write_video
from tests.schemas import checked
from vbench.cli import main
from vbench.interface import evaluate, generate
from vbench.reports.citation import bibtex, block, citation, methods
from vbench.runs.run import Run

SMALL = {"frames": 4, "width": 64, "height": 48}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("cited")
    texts = {"a red bus": "a very red bus, cinematic"}
    generate("synthetic", folder / "videos", prompts=["a red bus", "a cat"], samples=2, settings=SMALL, texts=texts,
             extender="a writer")  # fmt: skip
    return evaluate(folder / "videos", output=folder / "run", dimensions=["temporal_flickering"], profile="lite")


def test_the_facts_are_those_of_the_run(run: Run) -> None:
    facts = citation(run)
    assert facts["model"] == "synthetic"
    assert facts["text"]["generated_from"].startswith(
        "other text than the prompt for 2 of 4 videos, written by a writer"
    )
    assert facts["seeds"] == "recorded for 4 of 4 videos"
    assert list(facts["videos"]["formats"]) == ["64x48, 8 fps, 4 frames, h264 yuv420p"]
    found = facts["scores"]["temporal_flickering"]
    assert found["score"] == run.card.scores["temporal_flickering"]
    assert found["interval"][0] <= found["score"] <= found["interval"][1]
    assert any("lite" in one for one in facts["exceptions"])


def test_the_digest_is_of_the_facts_and_holds_for_another_reading(run: Run, tmp_path: Path) -> None:
    first = citation(run)
    assert citation(Run(run.folder)) == first
    write_video(tmp_path / "videos" / "a cat-0.mp4", noise(4))
    other = evaluate(tmp_path / "videos", output=tmp_path / "run", dimensions=["temporal_flickering"], profile="lite")
    assert citation(other)["digest"] != first["digest"]
    assert citation(other)["text"]["generated_from"] == "not recorded"


def test_the_block_reads_at_80_columns_and_the_paragraph_names_what_differs(run: Run) -> None:
    facts = citation(run)
    assert max(map(len, block(facts).splitlines())) <= 80
    assert "not comparable with the published leaderboard" in methods(facts)
    assert facts["digest"][:12] in bibtex(facts)


def test_the_command_prints_the_same_and_says_by_its_status_whether_the_run_is_whole(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for options, status in (((), 0), (("--json",), 0), (("--methods", "--bibtex"), 0)):
        monkeypatch.setattr(sys, "argv", ["vbench", "card", str(run.folder), *options])
        with pytest.raises(SystemExit) as exited:
            main()
        out = capsys.readouterr().out
        assert (exited.value.code or 0) == status
        if options == ("--json",):
            assert checked("card", out) == citation(run)
        else:
            assert ("@software" in out) == bool(options)
