"""Show-1's cascade: key frames, frames between them, larger windows of them, and the whole in latents."""

from __future__ import annotations

import torch
from PIL import Image
from torch import Tensor

from vbench.generators.base import Request, SamplingError
from vbench.generators.frames import as_frames, seeded
from vbench.generators.local_model import LoadOptions, noise
from vbench.generators.models.show_one import loading
from vbench.generators.models.show_one.cascade import Cascade
from vbench.generators.models.show_one.denoising import between, denoised, drawn_like, enlarged
from vbench.media.clip import Clip
from vbench.weights.cards import locate


class ShowOne:
    """The loaded cascade.

    As published, each stage draws its noise from the seed anew.

    Args:
        cascade: stages and sizes.
        options: where from and how.

    Raises:
        CheckpointError: a stage is not whole.
    """

    def __init__(self, cascade: Cascade, options: LoadOptions) -> None:
        self.cascade = cascade
        self.device, dtype = options.placed(cascade.dtype)
        self.dtype = dtype
        self.models = {
            name: loading.pixel_stage(stage.weights, options.checkpoints, self.device, dtype)
            for name, stage in cascade.stages.items()
            if name != "last"
        }
        keys, last = (locate(one.weights, options.checkpoints) for one in (cascade.keys_stage, cascade.last_stage))
        self.text = loading.text(keys, self.device, dtype)
        self.last = loading.last_stage(last, self.device, dtype)

    @torch.inference_mode()
    def sample(self, request: Request) -> Clip:
        """The clip of a request whose settings are all stated.

        Raises:
            SamplingError: the memory does not suffice, or the values are no picture.
        """
        try:
            text = torch.cat([self.text(""), self.text(request.prompt)])
            clip = self._larger(self._between(self._keys(request, text), request, text), request, text)
            return Clip(as_frames(self._last(clip, request)), request.settings.stated()["fps"])
        except torch.cuda.OutOfMemoryError as error:
            raise SamplingError("out of memory: all of Show-1's networks are on the device together") from error

    def _keys(self, request: Request, text: Tensor) -> Tensor:
        cascade, generator = self.cascade, noise(request)
        keys = ((request.settings.frames or 0) - 1) // cascade.gap + 1
        start = drawn_like(torch.empty(1, 3, keys, cascade.height, cascade.width, dtype=self.dtype), generator)
        return denoised(self.models["keys"], cascade.keys_stage, start.to(self.device), text, generator)

    def _between(self, keys: Tensor, request: Request, text: Tensor) -> Tensor:
        """Frames of every gap, from the same noise."""
        gap, count = self.cascade.gap, keys.shape[2]
        clip = keys.new_zeros(*keys.shape[:2], (count - 1) * gap + 1, *keys.shape[3:])
        for place in range(count - 1):
            beside = between((keys[:, :, place], keys[:, :, place + 1]), gap + 1)
            start = drawn_like(beside[:, :3], noise(request))
            made = denoised(
                self.models["between"], self.cascade.between_stage, start, text, noise(request), beside
            )  # fmt: skip
            clip[:, :, place * gap : (place + 1) * gap + 1] = made
        return clip

    def _larger(self, clip: Tensor, request: Request, text: Tensor) -> Tensor:
        """Window by window, each from the last frame of the one before; the first frame is made large by itself."""
        cascade, times = self.cascade, self.cascade.enlarged
        large = clip.new_zeros(*clip.shape[:3], *(times * side for side in clip.shape[3:]))
        first = self._enlarged("first", clip[:, :, :1], None, request, text)[:, :, 0]
        for place in range(0, clip.shape[2] - cascade.window + 1, cascade.window - 1):
            window = slice(place, place + cascade.window)
            large[:, :, window] = self._enlarged("larger", clip[:, :, window], first, request, text)
            first = large[:, :, place + cascade.window - 1]
        return large

    def _enlarged(self, name: str, clip: Tensor, first: Tensor | None, request: Request, text: Tensor) -> Tensor:
        model, stage, generator = self.models[name], self.cascade.stages[name], noise(request)
        times = self.cascade.enlarged
        shape = (*clip.shape[:3], *(times * side for side in clip.shape[3:]))
        start = drawn_like(clip.new_empty(shape), generator)
        beside, level = enlarged(model, stage, clip, times, generator, first)
        return denoised(model, stage, start, text, generator, beside, level)

    def _last(self, clip: Tensor, request: Request) -> Tensor:
        """``(F, H, W, 3)`` in 0..1; what comes in is rounded down to 256 levels, as published."""
        settings, stage = request.settings.stated(), self.cascade.last_stage
        levels = ((clip[0].float() / 2 + 0.5).clamp(0, 1) * 255).byte().permute(1, 2, 3, 0).cpu().numpy()
        size = settings["width"], settings["height"]
        frames = [Image.fromarray(frame).resize(size, Image.Resampling.BICUBIC) for frame in levels]
        with seeded(request.seed):
            answer = self.last(
                request.prompt,
                video=frames,
                negative_prompt=settings["negative_prompt"],
                strength=self.cascade.strength,
                num_inference_steps=stage.steps,
                guidance_scale=stage.guidance,
                generator=noise(request),
                output_type="np",
            )
        video: Tensor = answer.frames[0]
        return video
