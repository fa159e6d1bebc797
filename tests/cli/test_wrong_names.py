"""What is not there: alike for every command, exit status 2, in words without a number, and with the nearest name."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.analysis.test_comparison import write_run
from tests.analysis.test_statistics import run as simulated
from tests.footage import noise, write_video
from vbench.cli import main

pytestmark = pytest.mark.usefixtures("empty_cache")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_video(tmp_path / "videos" / "a-0.mp4", noise(4))
    write_run(tmp_path / "base", simulated(0, samples=1)[:20])
    return tmp_path


def refused(command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """What a command says that ends with exit status 2."""
    monkeypatch.setattr(sys, "argv", ["vbench", *command.split()])
    with pytest.raises(SystemExit) as exited:
        main()
    err = capsys.readouterr().err
    assert exited.value.code == 2, err
    assert "Errno" not in err
    return err


@pytest.mark.parametrize(
    "command",
    [
        "check none", "evaluate none", "score none", "compare none base", "compare base none", "diff none base",
        "verify none videos", "verify base none", "report none", "explain none a-0.mp4", "explain base none.mp4",
        "submit none --model-name x --organisation y", "filter-static none --suite mini", "plan none",
        "prompts show none", "align -a none.json --run a=base", "align -a none.json --run a=none",
        "generate -m synthetic --suite none.json -o out", "generate -m directory:none --suite mini -o out",
        "generate -m synthetic --prompt x --texts none.json -o out", "evaluate videos --prompt-file none.json",
        "generate -m synthetic --prompt x --images none -o out", "prompts fetch vbench-t2v --from none.json",
        "generate -m latte --prompt x -o out", "sensitivity -d motion_smoothness",
    ],
)  # fmt: skip
def test_what_does_not_exist_is_a_wrong_call(
    command: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = refused(command, monkeypatch, capsys)
    assert "none" in told or "vbench weights download" in told


@pytest.mark.parametrize(
    ("command", "meant"),
    [
        ("evaluate videos -d motion_smothness", "motion_smoothness"),
        ("evaluate videos --profile offical", "official"),
        ("evaluate videos --suite opn", "open"),
        ("evaluate videos --suite open --category aniaml", "animal"),
        ("evaluate videos --benchmark vbench-t2", "vbench-t2v"),
        ("evaluate videos --mode vbench_standrd", "vbench_standard"),
        ("plan mini --category foo", "food"),
        ("generate -m lattte --prompt x -o out", "latte"),
        ("generate -m latte+freinit --prompt x -o out", "freeinit"),
        ("generate -m latte --prompt x -o out --option dtyp=x", "dtype"),
        ("generators cogvideox-5", "cogvideox-5b"),
        ("weights path amts", "amt_s"),
        ("dimensions --profile lit", "lite"),
        ("score base --benchmark video-qualty", "video-quality"),
        ("prompts show mini -d colr", "color"),
        ("compare base base --gate colr>0", "color"),
    ],
)
def test_a_misspelt_name_is_answered_with_the_nearest(
    command: str, meant: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = refused(command, monkeypatch, capsys)
    assert meant in told.partition("Did you mean ")[2].partition("?")[0]
