"""Every block that the docs tell a reader to type is run, here or by the test that its mark names, or says why not."""

from __future__ import annotations

import ast
import json
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.core import TyperGroup

import vbench
from tests.documented import PAGES, ROOT, Block, blocks, parted, run
from vbench.cli import app

COMMAND = typer.main.get_group(app)

TOLD = [one for page in PAGES for one in blocks(page) if one.is_told]

MARK = re.compile(r"run by (tests/\S+\.py)::(\w+)|made by docs/\S+\.py|not run: \S.*")

PROMPTS = ("a red cup", "Two swans courting on a calm river", "Three horses rolling in the snow")
"""The first is asked for by its name; the others are of the suite ``open``, among its animals."""

Names = dict[str, object]


def at(one: Block) -> str:
    return f"{one.page}:{one.line}"


@pytest.mark.parametrize("one", TOLD, ids=at)
def test_it_is_run_or_says_why_not(one: Block) -> None:
    if not one.mark:
        assert one.page in PREPARED, "mark it, as tests/documented.py says, or prepare its page below"
        return
    found = MARK.fullmatch(one.mark)
    assert found, f"not a mark: {one.mark}"
    if found[1]:
        test = (ROOT / found[1]).read_text(encoding="utf-8")
        assert f"def {found[2]}(" in test
        assert Path(one.page).name in test
    for named in re.findall(r"(?:tests|docs|perf)/[\w./-]*\w", one.mark):
        assert (ROOT / named).exists(), named


def test_no_page_is_prepared_for_nothing() -> None:
    assert {one.page for one in TOLD if not one.mark} == set(PREPARED)


@pytest.mark.parametrize("one", [one for one in TOLD if one.language == "python"], ids=at)
def test_it_is_python(one: Block) -> None:
    ast.parse(one.code)


@pytest.mark.parametrize("one", [one for one in TOLD if one.language != "python"], ids=at)
def test_its_commands_are_there(one: Block) -> None:
    for words in one.commands:
        if "vbench" in words:
            parse(words[words.index("vbench") + 1 :])
        if extra := re.search(r"install .*\[(\w+)\]", " ".join(words)):
            assert re.search(rf"^{extra[1]} = \[", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
        if words[0] == "make":
            assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
        for word in words:
            if re.match(r"(tests|perf|deploy|docs)/", word):
                assert (ROOT / word).exists(), word


def test_every_command_is_used_somewhere() -> None:
    """A reader who searches the docs for a command finds it, in a block or in a sentence."""
    typed = {name for page in PAGES for name in re.findall(r"vbench ([\w-]+)", page.read_text(encoding="utf-8"))}
    assert {name for name, command in COMMAND.commands.items() if not command.hidden} <= typed


ABRIDGED = ("MissingParameter", "BadOptionUsage")
"""What may be wrong with a command in a sentence: it is not whole."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_in_sentences_are_there(page: Path) -> None:
    sentences = re.sub(r"^ *```.*?^ *```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for said in re.findall(r"`(vbench [^`]+)`", sentences):
        for words in parted(" ".join(said.split())):
            if words[0] == "vbench":
                try:
                    parse(words[1:])
                except Exception as error:
                    assert type(error).__name__ in ABRIDGED, f"{said}: {error}"


def parse(words: list[str]) -> None:
    """Read the words behind ``vbench`` as the command line does, without doing anything."""
    command: Any = COMMAND
    name = "vbench"
    while isinstance(command, TyperGroup) and words and words[0] in command.commands:
        name, *words = words
        command = command.commands[name]
    if "..." in words:  # for what the line before has
        words.remove("...")
        assert set(words) & {option for one in command.params for option in one.opts}
    elif words or not isinstance(command, TyperGroup):
        with suppress(typer.Exit):  # --version has said all
            command.make_context(name, words)


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small videos of two models, of the same prompts."""
    folder = tmp_path_factory.mktemp("sampled")
    for name, model in {"first": "synthetic", "second": "synthetic:flicker=1"}.items():
        small = {"frames": 4, "width": 64, "height": 48}
        vbench.generate(model, folder / name, prompts=PROMPTS, samples=1, settings=small)
    return folder


def folders(*names: str) -> Callable[[Path], Names]:
    """What lays videos into the working folder: of one model into the first, of the other into the rest."""

    def prepare(sampled: Path) -> Names:
        for number, name in enumerate(names):
            shutil.copytree(sampled / ("second" if number else "first"), name)
        return {}

    return prepare


def readme(sampled: Path) -> Names:
    folders("base", "new", "videos/mine")(sampled)
    return {"frames": np.random.default_rng(0).integers(0, 256, (8, 3, 208, 256), dtype=np.uint8)}


def evaluated(**runs: str) -> Callable[[Path], Names]:
    """What lays ``videos`` and ``others`` into the working folder, and makes runs of them."""

    def prepare(sampled: Path) -> Names:
        folders("videos", "others")(sampled)
        for folder, videos in runs.items():
            vbench.evaluate(videos, dimensions=["temporal_flickering"], output=folder)
        return {}

    return prepare


COMPARED = {"runs/base": "videos", "runs/new": "others", "runs/a": "videos", "runs/b": "others"}


def recipes(sampled: Path) -> Names:
    evaluated(**{"runs/base": "videos", "runs/lora": "others"})(sampled)
    for number in range(100):
        shutil.copy("videos/a red cup-0.mp4", f"videos/cup {number}-0.mp4")
    return {}


def suite_file(sampled: Path) -> Names:
    Path("VBench_full_info.json").write_text(json.dumps([{"prompt_en": "a cat", "dimension": ["temporal_flickering"]}]))
    return {}


PREPARED: dict[str, Callable[[Path], Names]] = {
    "README.md": readme,
    "docs/cite.md": evaluated(**{"runs/mine": "videos"}),
    "docs/compare.md": evaluated(**COMPARED),
    "docs/evaluate.md": folders("videos"),
    "docs/install.md": folders(),
    "docs/prompts.md": folders(),
    "docs/python.md": suite_file,
    "docs/recipes.md": recipes,
    "docs/report.md": evaluated(**{"vbench-runs/step-20k": "videos"}),
}
"""Page -> what lays its files into the working folder, and gives the names that its Python finds."""


@pytest.mark.parametrize("page", PREPARED)
def test_the_page_runs(page: str, sampled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("GENERATE", "EVALUATE"):
        monkeypatch.setenv(f"VBENCH_{name}_PROGRESS", "none")
    monkeypatch.setenv("VBENCH_EVALUATE_DIMENSION", "temporal_flickering")  # its official score needs no weights
    monkeypatch.setenv("VBENCH_CACHE_DIR", str(tmp_path / "cache"))
    names = PREPARED[page](sampled)
    for one in blocks(ROOT / page):
        if one.is_told and not one.mark:
            if one.language == "python":
                exec(compile(one.code, at(one), "exec"), names)
            else:
                run(one.commands, monkeypatch)
