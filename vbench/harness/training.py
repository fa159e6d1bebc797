"""Evaluate in a training loop: sample fixed prompts with fixed seeds, score the frames in memory, log the means.

    from vbench.harness.training import TrainingEvaluation, sampled_by

    evaluation = TrainingEvaluation(Scorer(["motion_smoothness"], device=accelerator.device), ["a red bus", "a cat"])
    for step, batch in enumerate(batches):
        ...
        if step % 500 == 0:
            evaluation(sampled_by(pipeline, num_inference_steps=25), step, accelerator)

Under accelerate all processes call it: each samples its share, and every process gets the means of all.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import torch
from torch import nn

from vbench.errors import VBenchError
from vbench.generators.frames import as_frames, seeded
from vbench.harness.means import mean
from vbench.media.decode import ASSUMED_FPS
from vbench.media.frames_in_memory import Frames
from vbench.prompts.sampling_plan import seed_of
from vbench.prompts.suite import Prompt
from vbench.runs.scorer import Scorer

if TYPE_CHECKING:
    from accelerate import Accelerator

Sample: TypeAlias = "Callable[[str, int], Frames]"
"""What makes a video: prompt and seed -> frames, of any form that a :class:`Scorer` takes."""


@dataclass(frozen=True)
class TrainingEvaluation:
    """The same samples again at every step that asks for them.

    Attributes:
        scorer: whose models are loaded; on the device of the process.
        prompts: what to sample; a :class:`~vbench.prompts.suite.Prompt` where a dimension needs facts.
        samples: of each prompt.
        seed: from which the seed of each sample follows, as in ``vbench generate --seed``.
        fps: frames per second of the videos.
        sharded: whether the processes share the samples; else the main process makes all of them, and the others wait.
        prefix: of the names under which the means are logged.

    >>> def still(prompt, seed):
    ...     return torch.full((8, 3, 64, 64), 128, dtype=torch.uint8)
    >>> evaluation = TrainingEvaluation(Scorer(["temporal_flickering"], profile="lite", device="cpu"), ["a wall"])
    >>> evaluation(still, step=0)
    {'temporal_flickering': 1.0}
    """

    scorer: Scorer
    prompts: Sequence[str | Prompt]
    samples: int = 1
    seed: int = 0
    fps: float = ASSUMED_FPS
    sharded: bool = True
    prefix: str = "vbench/"

    def __call__(self, sample: Sample, step: int, accelerator: Accelerator | None = None) -> dict[str, float]:
        """Sample, score and log.

        No gradient is recorded, and the generators of torch go on afterwards as if nothing had been drawn. A video that
        cannot be made or judged is left out with a warning: a model that diverges does not end its training here.

        Args:
            sample: makes a video; :func:`sampled_by` makes it of a pipeline.
            step: under which the means are logged.
            accelerator: of accelerate, called by all of its processes at the same step; without one nothing is logged.
                Beside the means, ``left_out/DIMENSION`` says how many samples one is not of, where there are any.

        Returns:
            Dimension -> mean over all samples, in the dimension's own unit, the same on every process; without those
            that no sample counts for.
        """
        found = []
        for prompt, index in self._share(accelerator):
            found.append(self._numbers(sample, prompt, index, step))  # a loop: a warning names the line of the caller
        if accelerator is not None:
            from accelerate.utils import gather_object

            found = gather_object(found)
        names = self.scorer.dimensions
        means = {name: mean(numbers[place] for numbers in found) for place, name in enumerate(names)}
        scores = {name: value for name, value in means.items() if value is not None}
        if accelerator is not None:
            left_out = {name: sum(not numbers[place][1] for numbers in found) for place, name in enumerate(names)}
            counts = {f"{self.prefix}left_out/{name}": float(count) for name, count in left_out.items() if count}
            accelerator.log({f"{self.prefix}{name}": value for name, value in scores.items()} | counts, step=step)
        return scores

    def _share(self, accelerator: Accelerator | None) -> list[tuple[Prompt, int]]:
        """The samples of this process."""
        given = [prompt if isinstance(prompt, Prompt) else Prompt(prompt) for prompt in self.prompts]
        every = [(prompt, index) for prompt in given for index in range(self.samples)]
        if accelerator is None:
            return every
        if self.sharded:
            return every[accelerator.process_index :: accelerator.num_processes]
        return every if accelerator.is_main_process else []

    def _numbers(self, sample: Sample, prompt: Prompt, index: int, step: int) -> list[tuple[float, float]]:
        """Value and weight by dimension; nothing counts nothing."""
        seed = seed_of(self.seed, prompt.text, index)
        try:
            with seeded(seed), torch.no_grad():
                scores, reasons = self.scorer.attempt(sample(prompt.text, seed), prompt, self.fps)
        except VBenchError as error:
            scores, reasons = {}, dict.fromkeys(self.scorer.dimensions, str(error))
        for name, reason in reasons.items():
            # the step in it, as Python tells the same text of one line of a program only once
            warnings.warn(f"step {step}: {prompt.text!r} is left out of {name}: {reason}", stacklevel=3)
        counted = [scores.get(name) for name in self.scorer.dimensions]
        return [(score.value, score.weight) if score else (0.0, 0.0) for score in counted]


def sampled_by(pipeline: Any, **arguments: Any) -> Sample:
    """What makes videos with a pipeline of diffusers.

    Its networks are in evaluation mode while it samples, and as they were afterwards. Noise is drawn on the CPU, as
    ``vbench generate`` draws it.

    Args:
        pipeline: made of the networks that are trained, unwrapped: ``accelerator.unwrap_model(transformer)``.
        **arguments: of its call, such as ``num_frames``, ``num_inference_steps`` or ``guidance_scale``.
    """
    from vbench.generators.diffusers.call import video_of

    def sample(prompt: str, seed: int) -> Frames:
        noise = torch.Generator("cpu").manual_seed(seed)
        with _in_evaluation_mode(pipeline):
            (video,) = video_of(pipeline(prompt=prompt, generator=noise, output_type="np", **arguments))
        return as_frames(video)

    return sample


@contextmanager
def _in_evaluation_mode(pipeline: Any) -> Iterator[None]:
    networks = [one for one in pipeline.components.values() if isinstance(one, nn.Module)]
    trained = [part for network in networks for part in network.modules() if part.training]
    for network in networks:
        network.eval()
    try:
        yield
    finally:
        for part in trained:
            part.training = True
