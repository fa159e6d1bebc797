"""What README prints is what the commands print, and its install line is whole."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")

FENCED = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)

PRINTED = [block for language, block in FENCED if not language]

SCREEN = 32
"""Lines of a first screen."""

NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")

LAST_PLACES = 6
"""Units of a figure's last place by which another processor may differ; counts must be the same."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The folder of a demonstration, and what it printed."""
    folder = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        [sys.executable, "-m", "vbench", "demo", "--no-open"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "VBENCH_CACHE_DIR": str(folder / "no-weights"), "COLUMNS": "80"},
        capture_output=True,
        text=True,
        timeout=1200,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return folder / "demo-output", [line.rstrip() for line in done.stdout.splitlines()]


def form(line: str) -> str:
    """The line without its figures and the length of its rules."""
    return re.sub(r"─+", "─", NUMBER.sub("#", line.rstrip()))


def other_figures(shown: str, printed: str) -> Iterator[str]:
    for one, other in zip(NUMBER.findall(shown), NUMBER.findall(printed), strict=True):
        decimals = len(one.partition(".")[2])
        if abs(float(one) - float(other)) > (LAST_PLACES * 10**-decimals if decimals else 0):
            yield f"README has {one} where {other} is printed: {printed}"


@pytest.mark.parametrize("block", PRINTED, ids=[block.splitlines()[0][:40] for block in PRINTED])
def test_what_is_shown_is_what_is_printed(block: str, demo: tuple[Path, list[str]]) -> None:
    shown, printed = block.splitlines(), demo[1]
    forms = [form(line) for line in printed]
    wanted = [form(line) for line in shown]
    places = [place for place in range(len(forms)) if forms[place : place + len(wanted)] == wanted]
    assert places, f"the demonstration prints nothing of this form:\n{block}"
    found = [[*_differences(shown, printed[place:])] for place in places]
    assert [] in found, min(found, key=len)


def _differences(shown: list[str], printed: list[str]) -> Iterator[str]:
    for one, other in zip(shown, printed, strict=False):
        yield from other_figures(one, other)


def test_the_demonstration_leaves_a_report_and_says_what_all_sixteen_need(demo: tuple[Path, list[str]]) -> None:
    folder, printed = demo
    text = "\n".join(printed)
    assert (folder / "report.html").stat().st_size > 100_000
    assert (folder / "explained" / "index.html").is_file()
    assert (folder / "report.html").resolve().as_uri() in text
    table = text.partition("Sixteen dimensions")[2].partition("Get what is needed")[0].splitlines()[3:-1]
    rows = {line.split()[0]: line.split() for line in table if line}
    assert len(rows) == 16
    assert rows["object_class"][1:] == ["-", "-", "-", "grit_b"]
    assert re.fullmatch(r"0\.\d{4}", rows["imaging_quality"][3])  # of real footage
    assert "nothing: it is here" in " ".join(rows["temporal_flickering"])
    assert "vbench evaluate YOUR_VIDEOS" in text.partition("What to do next")[2]


def test_the_first_screen_has_a_command_and_a_picture() -> None:
    first = "\n".join(README.splitlines()[:SCREEN])
    assert re.search(r"^make demo", first, re.MULTILINE)
    (picture,) = re.findall(r"!\[[^]]*\]\(([^)]*)\)", first)
    assert (ROOT / picture).is_file()


def test_the_install_line_is_of_this_checkout() -> None:
    (constraints, extra) = re.findall(r'pip install -c (\S+) -e "\.\[(\w+)\]"', README)[0]
    assert (ROOT / constraints).is_file()
    assert re.search(rf"^{extra} = \[", (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert not re.search(r"pip install \"?vbench-suite", README)  # not on the index yet
