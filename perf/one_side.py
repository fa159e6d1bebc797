"""One dimension of the reference or of ours on one video, timed; a process that ``perf/against_reference.py`` starts.

It prints a line of JSON: processor and wall seconds of each timed call, the score, and of ours how many operations a
call needs and how many a second a matrix product does, measured before the calls and after them. The side "reference"
imports nothing of ours: its ``vbench`` is the checkout that the caller put on the path.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

Order = dict[str, Any]

FILTER = "static_filter"
LOADS = "human_action"
"""Whose function in the reference loads the model, too: it is timed with two videos, and with one."""

LONG = 20
"""Processor seconds from which a first call is the one that counts, where nothing is counted in it."""

CALLED = {"aesthetic_quality": "laion_aesthetic", "imaging_quality": "technical_quality"}
"""What the reference calls with loaded models, where that is not named after the dimension."""


class Clock:
    """Calls a function several times, the first without timing unless it is long, and keeps what the others took.

    Args:
        repeat: how many calls are timed.
        beside: what the first call runs in.
    """

    def __init__(self, repeat: int, beside: AbstractContextManager[Any] | None = None) -> None:
        self.repeat, self.beside = repeat, beside
        self.processor: list[float] = []
        self.wall: list[float] = []

    def timed(self, work: Callable[[], Any]) -> Any:
        """What the last call gives."""
        with self.beside or nullcontext():
            result, *first = seconds_of(work)
        if self.beside is None and first[0] > LONG:
            self._keep(*first)
            return result
        for _ in range(1 if first[0] > LONG else self.repeat):
            result, *taken = seconds_of(work)
            self._keep(*taken)
        return result

    def second(self, work: Callable[[], Any], work_for_two: Callable[[], Any]) -> Any:
        """What the call with one video gives; the second video's time is kept."""
        result, *one = seconds_of(work)
        _, *two = seconds_of(work_for_two)
        self._keep(two[0] - one[0], two[1] - one[1])
        return result

    def _keep(self, processor: float, wall: float) -> None:
        self.processor.append(processor)
        self.wall.append(wall)


def seconds_of(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """What a call gives, its processor seconds and those of the clock."""
    processor, wall = time.process_time(), time.perf_counter()
    result = work()
    return result, time.process_time() - processor, time.perf_counter() - wall


def reference(order: Order, clock: Clock) -> float | None:
    """The reference's score; its own function is timed where its own ``compute_`` calls it.

    It is ``None`` where no object was found and the function divides by their number.
    """
    from vbench import utils

    name, cache = order["name"], Path(utils.CACHE_DIR)
    if name == FILTER:
        return reference_filter(order, clock, cache)
    stand_in_its_cache(order, cache)
    module = importlib.import_module(f"vbench.{name}")
    inner = CALLED.get(name, name)
    function = getattr(module, inner)

    def of_so_many(path: str, videos: list[str], device: torch.device) -> Any:
        return clock.second(lambda: function(path, videos, device), lambda: function(path, 2 * videos, device))

    def scored(*given: Any, **named: Any) -> Any:
        try:
            return function(*given, **named)
        except ZeroDivisionError:
            return None, []

    def called(*given: Any, **named: Any) -> Any:
        return clock.timed(lambda: scored(*given, **named))

    setattr(module, inner, of_so_many if name == LOADS else called)
    settings = utils.init_submodules([name], local=True)[name]
    entry = {"prompt_en": order["prompt"], "dimension": [name], "video_list": [order["video"]]}
    if order["facts"]:
        entry["auxiliary_info"] = order["facts"]
    with tempfile.TemporaryDirectory() as folder:
        info = Path(folder) / "info.json"
        info.write_text(json.dumps([entry]))
        score, _ = getattr(module, f"compute_{name}")(str(info), torch.device("cpu"), settings)
    return None if score is None else float(score)


def reference_filter(order: Order, clock: Clock, cache: Path) -> float:
    """Its verdict on a video, from the script beside its package."""
    module = importlib.import_module("static_filter")
    module.DEVICE = "cpu"
    model = cache / "raft_model" / "models" / "raft-things.pth"
    given = Namespace(model=str(model), small=False, mixed_precision=False, alternate_corr=False)
    judge = module.StaticFilter(given, "cpu")
    return float(clock.timed(lambda: judge.infer(order["video"])))


def stand_in_its_cache(order: Order, cache: Path) -> None:
    """Files that it would fetch, from where they are: DINO's code and weights, and the words of two tokenizers.

    BERT's weights are none: its networks get theirs from the checkpoint that it loads next.
    """
    import open_clip

    words = Path(open_clip.__file__).with_name("bpe_simple_vocab_16e6.txt.gz")
    places = {cache / "ViCLIP" / words.name: words}
    if order["dino"]:
        places[cache / "dino_model" / "facebookresearch_dino_main"] = Path(order["dino"])
    os.environ["TORCH_HOME"] = str(cache / "torch_hub")
    bert = Path("bert-base-uncased")  # a folder here goes before the hub's
    places[bert / "vocab.txt"] = Path(order["vocabulary"])
    bert.mkdir(exist_ok=True)
    torch.save({}, bert / "pytorch_model.bin")
    weights = cache / "dino_model" / "dino_vitbase16_pretrain.pth"
    places[cache / "torch_hub" / "hub" / "checkpoints" / weights.name] = weights
    for place, source in places.items():
        place.parent.mkdir(parents=True, exist_ok=True)
        if source.exists() and not place.exists():
            place.symlink_to(source.resolve())


def ours(order: Order, clock: Clock) -> float | None:
    """Our score of the same, ``None`` where no object was found."""
    from vbench.device import choose
    from vbench.dimensions.profiles import profile
    from vbench.dimensions.static_filter import StaticFilter
    from vbench.media.video import Video
    from vbench.prompts.suite import Prompt
    from vbench.runs.evaluators import Evaluators

    evaluators, path = Evaluators(profile("official"), choose("cpu")), Path(order["video"])
    if order["name"] == FILTER:
        judge = StaticFilter(evaluators.dimension("dynamic_degree").flow)
        return float(clock.timed(lambda: judge.is_static(Video(path))).static)
    dimension = evaluators.dimension(order["name"])
    prompt = Prompt(order["prompt"], facts=order["facts"])
    value = clock.timed(lambda: dimension.score(Video(path), prompt)).value
    return None if value is None else float(value)


def main() -> None:
    """Measure what the command line says."""
    side, order = sys.argv[1], json.loads(sys.argv[2])
    torch.set_num_threads(order["threads"])
    os.environ["VBENCH_CACHE_DIR"] = order["cache"]
    told = {"reference": told_of_reference, "ours": told_of_ours}[side](order)
    print(json.dumps(told))


def told_of_reference(order: Order) -> dict[str, Any]:
    """Seconds and score of the reference."""
    clock = Clock(order["repeat"])
    score = reference(order, clock)
    return {"processor": clock.processor, "wall": clock.wall, "score": score}


def told_of_ours(order: Order) -> dict[str, Any]:
    """Seconds and score of ours, operations of a call, and operations a second of matrix products around the calls."""
    from roofline import peak

    counter = FlopCounterMode(display=False)
    clock = Clock(order["repeat"], counter)
    before = peak(torch.device("cpu"))
    score = ours(order, clock)
    rate = (before + peak(torch.device("cpu"))) / 2
    told = {"processor": clock.processor, "wall": clock.wall, "score": score}
    return {**told, "operations": int(counter.get_total_flops()), "rate": rate}


if __name__ == "__main__":
    main()
