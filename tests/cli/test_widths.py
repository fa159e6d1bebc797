"""No name and no digit is cut, in whatever width a command prints: a narrow terminal, a wide one, a pipe."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

import vbench.cli
from tests.analysis.test_comparison import write_run
from tests.cli.test_help import COMMANDS, ROOT
from tests.footage import noise, write_text, write_video
from tests.leaderboard.people import levels, people, runs
from tests.simulated import simulated_rows, simulated_run
from vbench.analysis.preference import Judgement
from vbench.cli.table import Column, figures, print_table, prose

pytestmark = pytest.mark.slow

WIDE = 2000
"""Columns in which nothing is ever too long."""

DRIVER = """
import json, sys
from vbench.cli import main
for command in json.loads(sys.argv[1]):
    print("$ vbench", command, flush=True)
    sys.argv = ["vbench", *command.split()]
    try:
        main()
    except SystemExit as end:
        sys.stdout.flush()
        assert end.code in (None, 0, 1), command
"""
"""Commands one after the other in one process, as starting one takes seconds."""

FIRST = {"benchmark", "dimension", "name", "prompt", "video", "what"}
"""Headings of first columns, which rows that are listed do not repeat."""

LONG = "a_plug_in_with_a_dimension_of_a_very_long_name_that_fits_no_table"

PROMPT = "a_prompt_of_one_long_word_" * 4
BARS = (
    "evaluate videos --profile lite -d temporal_flickering -o run",
    f"generate -m synthetic --samples 1 --frames 4 --size 48x32 -o sampled --prompt {PROMPT}",
    "leaderboard rebuild",
)
"""What shows a bar where standard error is a terminal, which differs from one moment to the next."""

PRINTING = (
    "score base", "score base --partial", "score partial", "score partial --partial", "score long",
    "compare base new", "compare base new --format markdown", "compare base long --force --gate color>-50",
    "diff base new", "diff base partial", "diff base long",
    "check videos", "check videos --suite mini",
  "verify run videos --fraction 1", "dimensions", "dimensions --profile lite", "dimensions --benchmark video-quality",
    "benchmarks", "generators", "generators cogvideox-5b", "generators synthetic", "prompts list", "prompts show mini",
    "plan mini", "weights list", "weights path amt_s", "schema",
    "align -a human.jsonl --run lavie=lavie --run modelscope=modelscope --run cogvideo=cogvideo",
)  # fmt: skip
"""What prints names and figures; together with everything's help."""


def groups(group: object = ROOT, path: str = "") -> list[str]:
    below = getattr(group, "commands", {})
    return [path, *(one for name in below for one in groups(below[name], f"{path} {name}"))] if below else []


HELP = [f"{path} --help".strip() for path in (*groups(), *map(" ".join, COMMANDS))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs with all dimensions and categories, with a few, and with a name of any length; videos; judgements."""
    folder = tmp_path_factory.mktemp("widths")
    simulated_run(folder / "base", 1, samples=1)
    simulated_run(folder / "new", 2, samples=1, shift={"imaging_quality": -0.02})
    some = [row for row in simulated_rows(3, samples=1) if row.dimension in ("scene", "imaging_quality")]
    lacking = {"temporal_style": "ViCLIP is not there. Get it with: vbench weights download viclip_l"}
    write_run(folder / "partial", some, profile="lite", not_evaluated=lacking)
    write_run(folder / "long", [*some, *(row.__class__(**{**vars(row), "dimension": LONG}) for row in some)])
    write_video(
        folder / "videos" / "a clip whose name is that of a prompt of more than eighty characters-0.mp4", noise(4)
    )
    write_video(folder / "videos" / f"{LONG}{LONG}-0.mp4", noise(2, 64, 64))
    write_text(folder / "videos" / "no video-0.mp4")
    models = levels(("lavie", "modelscope", "cogvideo"))
    scored = runs(models, "scene", prompts=12, samples=2)
    for model in models:
        write_run(folder / model, scored[model])
    (folder / "human.jsonl").write_text("".join(f"{json.dumps(judged(one))}\n" for one in people(scored, 100.0)))
    return folder


@pytest.fixture(scope="module")
def printed(folder: Path) -> dict[int, str]:
    """What the commands print by columns; 0 is a pipe."""
    return {columns: everything(folder, columns) for columns in (80, 200, WIDE, 0)}


def judged(one: Judgement) -> dict[str, object]:
    """A judgement as a line of a file."""
    named = {name: getattr(one, name) for name in ("dimension", "prompt", "first", "second", "outcome")}
    return {**named, "first_video": one.videos[0], "second_video": one.videos[1]}


def everything(folder: Path, columns: int) -> str:
    """All that the commands print where a terminal has so many columns; 0: into a pipe."""
    call = [sys.executable, "-c", DRIVER, json.dumps([*BARS, *PRINTING, *HELP])]
    root = str(Path(vbench.__file__).parents[1])
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    environment |= {"PYTHONPATH": root, "TERM": "xterm", "VBENCH_CACHE_DIR": str(folder / "cache")}
    if not columns:
        done = subprocess.run(
            call, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert done.returncode == 0, done.stdout
        return done.stdout
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    process = subprocess.Popen(call, cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    written = b"".join(iter(lambda: read_some(ours), b""))
    assert process.wait() == 0, written[-2000:]
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", written.decode())


def read_some(terminal: int) -> bytes:
    try:
        return os.read(terminal, 2**16)
    except OSError:  # its other end is closed
        return b""


def words(text: str) -> dict[str, set[str]]:
    """The words that each command prints, lines and frames of tables aside."""
    commands = (part.partition("\n") for part in text.split("$ vbench ")[1:])
    bare = ((command.strip(), re.sub(r"[─━│╭╮╰╯█]+", " ", out)) for command, _, out in commands)
    return {command: {word.rstrip(",:") for word in out.split()} for command, out in bare}


@pytest.mark.parametrize("columns", [80, 200, 0], ids=["80 columns", "200 columns", "a pipe"])
def test_nothing_is_cut(printed: dict[int, str], columns: int) -> None:
    assert "…" not in printed[columns]
    whole, found = words(printed[WIDE]), words(printed[columns])
    assert list(found) == [*BARS, *PRINTING, *HELP]
    for command in PRINTING:
        assert whole[command] - found[command] <= FIRST, command


def test_tables_are_no_wider_than_the_terminal(printed: dict[int, str]) -> None:
    rules = [line for line in printed[80].splitlines() if line.startswith("───")]
    assert rules
    assert max(map(len, rules)) <= 80


def test_one_module_prints_tables() -> None:
    sources = {path.name: path.read_text() for path in Path(vbench.cli.__path__[0]).glob("*.py")}
    assert [name for name, text in sources.items() if "rich.table import Table" in text] == ["table.py"]


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_a_table_wraps_prose_and_splits_figures(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    print_table([Column("name"), *map(figures, map(str, range(20)))], [("a", *["0.1234"] * 20), (), ("", *["-"] * 20)])
    out = capsys.readouterr().out
    assert out.count("0.1234") == 20
    assert max(map(len, out.splitlines())) <= width
    print_table([Column("name"), prose("meaning")], [(LONG, "of no meaning, but in many words, 視頻生成, " * 3)])
    out = capsys.readouterr().out
    assert LONG in out
    assert out.count("meaning,") == 3
