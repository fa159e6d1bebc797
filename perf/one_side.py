"""One dimension of the reference or of ours on one video, timed; a process that ``perf/against_reference.py`` starts.

It prints a line of JSON: processor and wall seconds of each counted call, and the score. The side "reference" imports
nothing of ours: its ``vbench`` is the checkout that the caller put on the path.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

Order = dict[str, Any]

CALLED = {"aesthetic_quality": "laion_aesthetic", "imaging_quality": "technical_quality"}
"""What the reference calls with loaded models, where that is not named after the dimension."""


class Clock:
    """Calls a function several times, the first without counting, and keeps what the others took."""

    def __init__(self, repeat: int) -> None:
        self.repeat = repeat
        self.processor: list[float] = []
        self.wall: list[float] = []

    def timed(self, work: Callable[[], Any]) -> Any:
        """What the last call gives."""
        result = work()
        for _ in range(self.repeat):
            processor, wall = time.process_time(), time.perf_counter()
            result = work()
            self.processor.append(time.process_time() - processor)
            self.wall.append(time.perf_counter() - wall)
        return result


def reference(order: Order, clock: Clock) -> float:
    """The reference's score; its own function is timed where its own ``compute_`` calls it."""
    from vbench import utils

    name = order["name"]
    module = importlib.import_module(f"vbench.{name}")
    inner = CALLED.get(name, name)
    function = getattr(module, inner)
    setattr(module, inner, lambda *given, **named: clock.timed(lambda: function(*given, **named)))
    place = Path(utils.CACHE_DIR) / "dino_model" / "facebookresearch_dino_main"
    if name == "subject_consistency" and order["dino"] and not place.exists():
        place.symlink_to(Path(order["dino"]).resolve())  # where it would clone it to
    settings = utils.init_submodules([name], local=True)[name]
    entry = {"prompt_en": order["prompt"], "dimension": [name], "video_list": [order["video"]]}
    if order["facts"]:
        entry["auxiliary_info"] = order["facts"]
    with tempfile.TemporaryDirectory() as folder:
        info = Path(folder) / "info.json"
        info.write_text(json.dumps([entry]))
        score, _ = getattr(module, f"compute_{name}")(str(info), torch.device("cpu"), settings)
    return float(score)


def ours(order: Order, clock: Clock) -> float:
    """Our score of the same."""
    from vbench.device import choose
    from vbench.dimensions.profiles import profile
    from vbench.media.video import Video
    from vbench.prompts.suite import Prompt
    from vbench.runs.evaluators import Evaluators

    dimension = Evaluators(profile("official"), choose("cpu")).dimension(order["name"])
    prompt = Prompt(order["prompt"], facts=order["facts"])
    return float(clock.timed(lambda: dimension.score(Video(Path(order["video"])), prompt)).value)


def main() -> None:
    """Measure what the command line says."""
    side, order = sys.argv[1], json.loads(sys.argv[2])
    torch.set_num_threads(order["threads"])
    os.environ["VBENCH_CACHE_DIR"] = order["cache"]
    clock = Clock(order["repeat"])
    score = {"reference": reference, "ours": ours}[side](order, clock)
    print(json.dumps({"processor": clock.processor, "wall": clock.wall, "score": score}))


if __name__ == "__main__":
    main()
