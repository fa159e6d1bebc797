"""Evaluate the parity clips through the public interface, as a user of the reference would call it."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from tests.parity.checkpoint_cache import KIT, write_checkpoint
from tests.parity.conftest import SEEDED_CACHE, clip
from vbench.crew import Crew
from vbench.profiles import profile


@dataclass(frozen=True)
class Evaluated:
    """What ``VBench.evaluate`` wrote: the aggregate and the result of each clip."""

    aggregate: float
    results: dict[str, dict[str, Any]]


def golden(dimension: str) -> dict[str, Any]:
    """The reference's figures; a missing file is an error, never a skip."""
    figures: dict[str, Any] = json.loads((KIT / "goldens" / f"{dimension}.json").read_text())
    return figures


@lru_cache(maxsize=None)
def evaluated(dimension: str, folder: Path) -> Evaluated:
    """Put the clips under their prompts, write a suite with the golden's facts, evaluate it in the standard mode."""
    import torch

    from vbench import VBench

    for name in Crew(profile("official"), torch.device("cpu")).checkpoints(dimension):
        if name in PUBLISHED_ELSEWHERE:
            continue
        write_checkpoint(name, SEEDED_CACHE)
    clips = golden(dimension)["clips"]
    videos = folder / "videos"
    videos.mkdir(parents=True)
    entries = []
    for name, figures in clips.items():
        shutil.copy(clip(name), videos / f"{figures['prompt']}-0.mp4")
        facts = figures.get("auxiliary_info", {})
        entries.append({"prompt_en": figures["prompt"], "dimension": [dimension], "auxiliary_info": facts})
    (folder / "suite.json").write_text(json.dumps(entries))
    VBench("cpu", folder / "suite.json", folder / "out").evaluate(videos, "parity", dimension_list=[dimension])
    written = json.loads((folder / "out" / "parity_eval_results.json").read_text())[dimension]
    by_prompt = {Path(video["video_path"]).name.removesuffix("-0.mp4"): video for video in written[1]}
    results = {name: by_prompt[figures["prompt"]] for name, figures in clips.items() if figures["prompt"] in by_prompt}
    return Evaluated(written[0], results)


PUBLISHED_ELSEWHERE = ("bert_vocabulary", "laion_aesthetic")
