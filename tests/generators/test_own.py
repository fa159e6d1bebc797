"""The example of the documentation works as it stands, by way of an entry point."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from tests.documented import block
from vbench import registry
from vbench.generators.catalog import GENERATORS, build
from vbench.media.video import Video
from vbench.prompts.sampling_plan import sampling_plan
from vbench.prompts.suite import Prompt, PromptSuite
from vbench.sampling.generate import generate
from vbench.sampling.wanted import Wanted


def test_a_generator_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "noise.py").write_text(block("docs/generate.md", "class Noise"))
    monkeypatch.syspath_prepend(tmp_path)
    entry = EntryPoint("noise", "noise:Noise", GENERATORS.group)
    monkeypatch.setattr(registry, "entry_points", lambda group: [entry] if group == entry.group else [])
    for known in ("table", "plugged"):
        monkeypatch.delitem(GENERATORS.__dict__, known, raising=False)
    generator = build("noise")
    for known in ("table", "plugged"):
        monkeypatch.delitem(GENERATORS.__dict__, known)
    sys.modules.pop("noise")
    plan = list(sampling_plan(PromptSuite("own", (Prompt("a cat"),)), samples=2))
    outcome = generate(generator, Wanted(plan, {"name": None, "sha256": ""}), generator.defaults, tmp_path / "out")
    assert (outcome.made, outcome.failures) == (2, {})
    assert Video(tmp_path / "out" / "a cat-1.mp4").frame_count == 16
