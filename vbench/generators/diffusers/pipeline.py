"""Any diffusers pipeline that makes videos of prompts or images, or pictures of prompts.

A preset by name, or ``diffusers:REPO_OR_FOLDER``.

A sample's noise is drawn from a CPU generator with the sample's seed, so that a seed means the same on every device.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import groupby, islice
from typing import Any

import torch
from PIL import Image
from typing_extensions import override

from vbench.errors import UsageError
from vbench.generators.base import Delivery, Generator, Request, SamplingError, Settings
from vbench.generators.changes import Changes
from vbench.generators.cleaning import cleaned, refuse_emptied
from vbench.generators.diffusers.call import FPS, Call, pipeline_class, video_of
from vbench.generators.diffusers.checkpoint import Checkpoint, DiffusersOptions
from vbench.generators.diffusers.grids import frames_to_ask, grid
from vbench.generators.diffusers.preset import Preset
from vbench.generators.diffusers.presets import PRESETS
from vbench.generators.frames import as_frames, seeded
from vbench.generators.grid import check
from vbench.generators.pictures import fit_of, start_from
from vbench.generators.reading import listening
from vbench.generators.techniques.diffusers_hooks import TECHNIQUES, Technique
from vbench.media.clip import Clip

ALONE = {"LattePipeline": "it leaves out the padding of a single prompt, but attends to it in a batch"}
"""Pipelines that sample one video at a time -> why."""


class DiffusersGenerator(Generator[DiffusersOptions]):
    """A pipeline; its weights are loaded for the first video.

    ``PRESET`` samples a published model as published, ``PRESET:REPO_OR_FOLDER`` another checkpoint in the same way,
    and ``diffusers:REPO_OR_FOLDER`` anything with its pipeline's own defaults.

    Raises:
        UsageError: ``diffusers`` without a repository or folder.
    """

    options_type = DiffusersOptions

    def __init__(self, name: str, argument: str, options: DiffusersOptions) -> None:
        super().__init__(name, argument, options)
        self.preset = PRESETS.get(name.split(":")[0].split("+")[0])
        if not argument and self.preset is None:
            raise UsageError("Say which pipeline: diffusers:REPO_OR_FOLDER, or a preset (vbench generators).")
        self.checkpoint = Checkpoint(argument, self.preset, options)
        self.techniques: dict[str, Technique] = {}
        self.changes = Changes()

    @property
    @override
    def defaults(self) -> Settings:
        return self.preset.settings if self.preset else self._call.defaults

    @property
    @override
    def batch_size(self) -> int:
        return self.options.batch

    @property
    @override
    def provenance(self) -> dict[str, Any]:
        return self._provenance

    @property
    @override
    def takes_text(self) -> bool:
        return self._call.takes_prompt

    @override
    def change(self, changes: Changes) -> None:
        self.changes = changes
        self.checkpoint.preset = self.checkpoint.preset.changed(changes)

    @override
    def use(self, techniques: Sequence[str]) -> None:
        self.techniques = {name: TECHNIQUES[name]() for name in techniques}
        if {"freeu", "freeu-v2"} <= set(techniques):
            raise UsageError("freeu and freeu-v2 are two versions of one technique: take one of them.")

    @property
    @override
    def checkpoints(self) -> Sequence[str]:
        return self.checkpoint.cards

    @override
    def load(self) -> None:
        _ = self._pipeline

    @override
    def prepare(self, requests: Sequence[Request]) -> None:
        self._call.check(self.changes.arguments)
        self.checkpoint.check_kind()
        self._check_techniques(requests)
        for settings in {request.settings for request in requests}:
            self._check_settings(settings)
        self.checkpoint.check()
        self._check_images(requests)
        reason = ALONE.get(self.checkpoint.class_name)
        if reason and self.batch_size > 1:
            raise UsageError(f"{self.checkpoint.class_name} samples one video at a time, as {reason}: --option batch=1")

    @override
    def sample_all(self, requests: Sequence[Request]) -> Iterator[Delivery]:
        for _, alike in groupby(requests, key=lambda request: request.settings):
            places = iter(alike)
            while group := list(islice(places, self.batch_size)):
                yield from self._sample_group(self._pipeline, group)

    def _sample_group(self, pipeline: Any, group: Sequence[Request]) -> Iterator[Delivery]:
        """Answers to requests that are sampled together; a group that fails is sampled in halves, down to one."""
        try:
            answers = self._answers(pipeline, group)
        except Exception as error:  # a prompt, or a group too large for the memory, must not end the others
            reason = _reason(error)
        else:
            yield from answers
            return
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        if len(group) == 1:
            yield Delivery(group[0], None, reason)
            return
        middle = len(group) // 2
        yield from self._sample_group(pipeline, group[:middle])
        yield from self._sample_group(pipeline, group[middle:])

    def _answers(self, pipeline: Any, group: Sequence[Request]) -> list[Delivery]:
        """What comes of requests that are sampled together: nothing that a pipeline gives ends the others."""
        with listening() as heard:
            videos = self._sampled(pipeline, group)
        if len(videos) != len(group):
            raise SamplingError(f"the pipeline gave {len(videos)} videos, and {len(group)} were asked for")
        answers = []
        for request, video in zip(group, videos, strict=True):
            facts = {"image": self._picture(request)[1]} if request.image else None
            read = heard.of(cleaned(request.prompt) if self._cleans else request.prompt)
            answers.append(_delivery(request, video, facts, read, self._call.gives_pictures))
        return answers

    def _sampled(self, pipeline: Any, group: Sequence[Request]) -> Any:
        """``(T, H, W, 3)`` float in 0..1 for each request, ``None`` where the pipeline withheld it."""
        if self._cleans:
            for request in group:
                refuse_emptied(request.prompt)
        arguments = self._arguments(group)
        loops = [one for one in self.techniques.values() if type(one).call is not Technique.call]
        with seeded(group[0].seed):
            answer = loops[0].call(pipeline, arguments) if loops else pipeline(**arguments)
        videos = video_of(answer)
        withheld = getattr(answer, "nsfw_content_detected", None) or [False] * len(videos)
        return [None if hidden else video for video, hidden in zip(videos, withheld, strict=True)]

    def _arguments(self, group: Sequence[Request]) -> dict[str, Any]:
        """What the pipeline is called with: lists for a group, plain values for one request."""
        settings = group[0].settings
        named = {self._call.argument(name): value for name, value in settings.stated().items()}
        arguments = {name: value for name, value in named.items() if name}
        if (frames := self._call.argument("frames")) in arguments:
            arguments[frames] = frames_to_ask(self.checkpoint.class_name, arguments[frames], self._fixed)
        of_each: dict[str, list[Any]] = {
            "generator": [torch.Generator("cpu").manual_seed(request.seed) for request in group]
        }
        if self._call.takes_prompt:
            of_each["prompt"] = [self.checkpoint.preset.fed(request.prompt) for request in group]
        if "negative_prompt" in arguments:
            of_each["negative_prompt"] = [arguments["negative_prompt"]] * len(group)
        arguments |= {name: values if len(group) > 1 else values[0] for name, values in of_each.items()}
        if group[0].image:
            arguments["image"], _ = self._picture(group[0])
        return {**self._fixed, **arguments, "output_type": "np"}

    @cached_property
    def _call(self) -> Call:
        return Call(pipeline_class(self.checkpoint.class_name))

    @property
    def _fixed(self) -> dict[str, Any]:
        """What every call is given."""
        return {**self._call.extra, **self.checkpoint.preset.arguments}

    @property
    def _cleans(self) -> bool:
        """Whether the pipeline cleans prompts before it reads them."""
        return bool(self._fixed.get("clean_caption"))

    @cached_property
    def _pipeline(self) -> Any:
        pipeline = self.checkpoint.load()
        for technique in self.techniques.values():
            technique.install(pipeline)
        return pipeline

    @cached_property
    def _provenance(self) -> dict[str, Any]:
        """Taken once, before the weights are loaded: a run that is continued must find the same."""
        techniques = {name: technique.settings for name, technique in self.techniques.items()}
        template = self.checkpoint.preset.template
        told = {
            "arguments": self._fixed,
            "template": template if template != Preset.template else "",
            "techniques": techniques,
            "batch": self.batch_size,
            "fit": self._fit,
        }
        return {**self.checkpoint.provenance, **{name: value for name, value in told.items() if value}}

    def _check_settings(self, settings: Settings) -> None:
        """Refuse what the pipeline cannot sample, or would change without a word."""
        name = self.checkpoint.class_name
        axes = grid(name, self.checkpoint.config, self._fixed)
        if "freenoise" in self.techniques:
            axes.pop("frames")  # its windows are what the network sees
        check(name, settings, axes)

    def _check_techniques(self, requests: Sequence[Request]) -> None:
        scheduler = self.checkpoint.scheduler
        for frames in {request.settings.frames or 0 for request in requests}:
            obstacles = [one.obstacle(self._call.kind, frames) for one in self.techniques.values()]
            if any(obstacles):
                raise UsageError(" ".join(one[0].upper() + one[1:] for one in obstacles if one))
        for one in self.techniques.values():
            if scheduler is not None:
                one.check(scheduler)

    def _check_images(self, requests: Sequence[Request]) -> None:
        with_image = [request for request in requests if request.image]
        if self._call.needs_image and len(with_image) < len(requests):
            raise UsageError(f"{self.name} starts from an image: give a folder of them with --images.")
        if with_image and not self._call.takes_image:
            raise UsageError(f"{self.name} takes no image: leave out --images.")
        if with_image and self.batch_size > 1:
            raise UsageError("Models that start from an image sample one video at a time: --option batch=1")
        for request in with_image:
            self._picture(request)

    def _picture(self, request: Request) -> tuple[Image.Image, dict[str, str]]:
        """The picture that a request starts from, in the video's proportions, and what was done to it."""
        assert request.image
        return start_from(request.image, request.settings, self._fit)

    @property
    def _fit(self) -> str:
        """How pictures are fitted, ``""`` where there are none."""
        return fit_of(self.checkpoint.class_name, self.options.fit) if self._call.takes_image else ""


def _delivery(
    request: Request,
    video: Any,
    facts: Mapping[str, Any] | None,
    read: Mapping[str, Any] | None,
    is_picture: bool,
) -> Delivery:
    settings = request.settings
    if video is None:
        return Delivery(request, None, "the pipeline's safety checker withheld the picture")
    try:
        frames = as_frames(video)
    except SamplingError as error:
        return Delivery(request, None, str(error))
    asked = (settings.frames, settings.height, settings.width)
    got = frames.shape[:3]
    if any(want and want != has for want, has in zip(asked, got, strict=True)):
        reason = "asked for {} frames of {} x {}".format(*asked) + ", the model gave {} of {} x {}".format(*got)
        return Delivery(request, None, reason)
    return Delivery(request, Clip(frames, 0 if is_picture else settings.fps or FPS, facts), read=read)


def _reason(error: Exception) -> str:
    if isinstance(error, torch.cuda.OutOfMemoryError | MemoryError):
        return (
            "out of memory: try --option offload=model (or sequential), --option tiling=yes, a smaller --size or "
            "fewer --frames"
        )
    return str(error) if isinstance(error, SamplingError) else f"{type(error).__name__}: {error}"
