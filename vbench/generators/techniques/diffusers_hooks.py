"""Techniques that change how a loaded diffusers pipeline samples, without training: FreeU, FreeInit, FreeNoise.

Where diffusers has the technique for the pipeline, it is switched on there; else it is ours, from
:mod:`~vbench.generators.techniques.freeu` and :mod:`~vbench.generators.techniques.freeinit`. Each technique can be
used with the others; the two versions of FreeU exclude each other.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from typing import Any, ClassVar

import torch
from diffusers.utils.torch_utils import randn_tensor
from torch import Tensor, nn
from typing_extensions import override

from vbench.errors import UsageError
from vbench.generators.techniques.freeinit import butterworth, mixed
from vbench.generators.techniques.freeu import (
    PUBLISHED,
    Scales,
    amplified_v1,
    amplified_v2,
    scaled_skip,
    stage_by_width,
)


class Technique:
    """One technique, for one pipeline: ask for the obstacle, install, then sample with :meth:`call`."""

    name: ClassVar[str]

    def obstacle(self, pipeline_class: type, frames: int) -> str:
        """Why it cannot be used, with what it could, ``""`` where it can; needs no weights.

        Args:
            pipeline_class: of diffusers.
            frames: that will be sampled.
        """
        raise NotImplementedError

    def check(self, scheduler: Any) -> None:
        """Refuse a scheduler that it cannot sample with; needs no weights.

        Raises:
            UsageError: the message says what could.
        """

    def install(self, pipeline: Any) -> None:
        """Switch it on, once for a loaded pipeline.

        Raises:
            UsageError: a part of this pipeline, such as its scheduler, does not fit.
        """
        raise NotImplementedError

    def call(self, pipeline: Any, arguments: Mapping[str, Any]) -> Any:
        """What the pipeline gives for these arguments; FreeInit alone has a way of its own."""
        return pipeline(**arguments)

    @property
    def settings(self) -> dict[str, Any]:
        """For a manifest; complete once it is installed."""
        raise NotImplementedError


class FreeU(Technique):
    """Version 1: by diffusers in the first two up blocks, where it can, else by us at the reference's widths.

    The factors are the authors' for the base model, which the width of its text features tells.
    """

    name = "freeu"
    version: ClassVar[int] = 1
    base_models: ClassVar[Mapping[int, str]] = {768: "SD1.5", 1024: "SD2.1", 2048: "SDXL"}

    def __init__(self) -> None:
        self._installed: dict[str, Any] = {}

    @override
    def obstacle(self, pipeline_class: type, frames: int) -> str:
        if "unet" in inspect.signature(pipeline_class).parameters:
            return ""
        return (
            f"{self.name} changes the skip connections of a U-Net, and {pipeline_class.__name__} has none; "
            "it works with AnimateDiffPipeline, TextToVideoSDPipeline, I2VGenXLPipeline and others that have a U-Net."
        )

    @override
    def install(self, pipeline: Any) -> None:
        base_model = self.base_models.get(pipeline.unet.config.cross_attention_dim, "SD1.5")
        scales = PUBLISHED[base_model]
        placement = self._switch_on(pipeline, scales)
        self._installed = {"placement": placement, "base_model": base_model, **asdict(scales)}

    def _switch_on(self, pipeline: Any, scales: Scales) -> str:
        if hasattr(pipeline, "enable_freeu"):
            pipeline.enable_freeu(**asdict(scales))
            return "up block"
        hook_decoder(pipeline.unet, scales, amplified_v1)
        return "width"

    @property
    @override
    def settings(self) -> dict[str, Any]:
        return {"version": self.version, **self._installed}


class FreeUV2(FreeU):
    """Version 2, that of the authors' README, at the reference's widths; diffusers does not have it."""

    name = "freeu-v2"
    version = 2

    def _switch_on(self, pipeline: Any, scales: Scales) -> str:
        hook_decoder(pipeline.unet, scales, amplified_v2)
        return "width"


def hook_decoder(unet: nn.Module, scales: Scales, amplified: Callable[[Tensor, float], Tensor]) -> None:
    """FreeU before the decoder's residual blocks whose backbone features are as wide as the middle, or half as wide.

    Args:
        unet: with ``mid_block`` and ``up_blocks`` that have ``resnets``, as all of diffusers' U-Nets.
        scales: of both stages.
        amplified: version of the amplification.
    """
    parts: Any = unet
    hidden = widest = _width(parts.mid_block.resnets[-1])
    for residual in (residual for block in parts.up_blocks for residual in block.resnets):
        stage = stage_by_width(hidden, widest)
        if stage is not None:
            b, s = scales.of(stage)
            hook = partial(_with_freeu, hidden=hidden, b=b, s=s, amplified=amplified)
            residual.register_forward_pre_hook(hook, with_kwargs=True)
        hidden = _width(residual)


def _width(residual: Any) -> int:
    return int(getattr(residual, "spatial_res_block", residual).out_channels)


def _with_freeu(
    residual: nn.Module,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    hidden: int,
    b: float,
    s: float,
    amplified: Callable[[Tensor, float], Tensor],
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a residual block; the first is backbone and skip features ``(B * F, hidden + C, H, W)``."""
    name, *_ = inspect.signature(residual.forward).parameters
    features = args[0] if args else kwargs[name]
    changed = torch.cat([amplified(features[:, :hidden], b), scaled_skip(features[:, hidden:], s)], dim=1)
    return (changed, *args[1:]), {key: value for key, value in kwargs.items() if key != name}


class FreeInit(Technique):
    """The published loop: 5 samplings, each from the low frequencies of the one before, Butterworth filter.

    AnimateDiff's pipelines have the loop in them, others are called anew for each iteration.
    """

    name = "freeinit"
    iterations: ClassVar[int] = 5
    order: ClassVar[int] = 4
    spatial_stop: ClassVar[float] = 0.25
    temporal_stop: ClassVar[float] = 0.25

    called_anew = ("TextToVideoSDPipeline", "LattePipeline", "I2VGenXLPipeline")
    """Pipelines that start from ``(B, C, F, H, W)`` noise alone, take it as ``latents`` and can give latents back."""

    @override
    def obstacle(self, pipeline_class: type, frames: int) -> str:
        if hasattr(pipeline_class, "enable_free_init"):
            return ""
        if any(kind.__name__ in self.called_anew for kind in pipeline_class.__mro__):
            return ""
        return (
            f"freeinit takes sampled latents back to noise, which {pipeline_class.__name__} has no place for; "
            f"it works with AnimateDiffPipeline, {', '.join(self.called_anew)}."
        )

    @override
    def install(self, pipeline: Any) -> None:
        self.check(pipeline.scheduler)
        if hasattr(pipeline, "enable_free_init"):
            pipeline.enable_free_init(
                num_iters=self.iterations,
                method="butterworth",
                order=self.order,
                spatial_stop_frequency=self.spatial_stop,
                temporal_stop_frequency=self.temporal_stop,
            )

    @override
    def call(self, pipeline: Any, arguments: Mapping[str, Any]) -> Any:
        if hasattr(pipeline, "enable_free_init"):
            return pipeline(**arguments)
        return self.loop(pipeline, arguments)

    def loop(self, pipeline: Any, arguments: Mapping[str, Any]) -> Any:
        """The iterations as calls of the pipeline; what is drawn comes from the generator in the arguments."""
        between = {**arguments, "output_type": "latent", "return_dict": False}
        with _initial_noise(pipeline) as drawn:
            (latents,) = pipeline(**between)
        for _ in range(self.iterations - 2):
            start = self._start(pipeline.scheduler, latents, drawn[0], arguments.get("generator"))
            (latents,) = pipeline(**{**between, "latents": start})
        start = self._start(pipeline.scheduler, latents, drawn[0], arguments.get("generator"))
        return pipeline(**{**arguments, "latents": start})

    def _start(self, scheduler: Any, latents: Tensor, initial: Tensor, generator: Any) -> Tensor:
        """Where the next iteration begins, ``(B, C, F, H, W)`` like the latents."""
        last = torch.full((len(latents),), scheduler.config.num_train_timesteps - 1, device=latents.device)
        diffused = scheduler.add_noise(latents, initial, last).float()
        fresh = randn_tensor(latents.shape, generator=generator, device=latents.device, dtype=torch.float32)
        frames, height, width = latents.shape[-3:]
        low_pass = butterworth((frames, height, width), self.spatial_stop, self.temporal_stop, self.order)
        return mixed(diffused, fresh, low_pass).to(latents.dtype)

    @override
    def check(self, scheduler: Any) -> None:
        """Whether it diffuses to the last timestep as the noise schedule says, and leaves something of the video.

        Multistep schedulers look timesteps up among those that they sample, and may not have the last one; others
        scale the noise beyond 1, or leave no signal at all.
        """
        if hasattr(scheduler, "add_noise") and hasattr(scheduler, "alphas_cumprod") and scheduler.init_noise_sigma == 1:
            scheduler.set_timesteps(10)
            last = torch.tensor([scheduler.config.num_train_timesteps - 1])
            signal = float(scheduler.add_noise(torch.ones(1), torch.zeros(1), last))
            if signal > 1e-3 and abs(signal - float(scheduler.alphas_cumprod[-1]) ** 0.5) < 1e-3:
                return
        raise UsageError(
            f"freeinit needs a scheduler that can take a video back to the last timestep and leaves a trace of it "
            f"there; {type(scheduler).__name__}, as it is set up here, does not. DDIMScheduler does."
        )

    @property
    @override
    def settings(self) -> dict[str, Any]:
        return {
            "iterations": self.iterations,
            "filter": "butterworth",
            "order": self.order,
            "spatial_stop": self.spatial_stop,
            "temporal_stop": self.temporal_stop,
        }


@contextmanager
def _initial_noise(pipeline: Any) -> Iterator[list[Tensor]]:
    """The noise that a pipeline starts from, in a list that its call fills."""
    prepare, drawn = pipeline.prepare_latents, list[Tensor]()

    def noted(*args: Any, **kwargs: Any) -> Tensor:
        latents: Tensor = prepare(*args, **kwargs)
        drawn.append(latents)
        return latents

    pipeline.prepare_latents = noted
    try:
        yield drawn
    finally:
        del pipeline.prepare_latents


class FreeNoise(Technique):
    """Diffusers' FreeNoise: windows of 16 frames, stride 4, pyramid weights, shuffled noise.

    It wants a deterministic sampler, such as DDIM with eta 0, which is the pipelines' default.
    """

    name = "freenoise"
    window: ClassVar[int] = 16
    stride: ClassVar[int] = 4

    @override
    def obstacle(self, pipeline_class: type, frames: int) -> str:
        if not hasattr(pipeline_class, "enable_free_noise"):
            return (
                f"freenoise changes AnimateDiff's temporal attention, and {pipeline_class.__name__} has none; "
                "it works with AnimateDiffPipeline."
            )
        if frames <= self.window:
            return (
                f"freenoise is for videos of more than {self.window} frames and changes nothing at {frames}; "
                "ask for more frames, 64 as published, or leave it out."
            )
        return ""

    @override
    def install(self, pipeline: Any) -> None:
        pipeline.enable_free_noise(context_length=self.window, context_stride=self.stride)

    @property
    @override
    def settings(self) -> dict[str, Any]:
        return {
            "context_length": self.window,
            "context_stride": self.stride,
            "weighting_scheme": "pyramid",
            "noise_type": "shuffle_context",
        }


TECHNIQUES: dict[str, Callable[[], Technique]] = {kind.name: kind for kind in (FreeU, FreeUV2, FreeInit, FreeNoise)}
"""Technique by name; a new one for each pipeline."""
