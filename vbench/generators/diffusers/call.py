"""What the call of a diffusers pipeline takes, read from its signature."""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Collection, Mapping, Sequence
from importlib.util import find_spec
from itertools import takewhile
from typing import Any, Union, get_args, get_origin, get_type_hints

import diffusers
from diffusers.utils.outputs import BaseOutput

from vbench.errors import UsageError
from vbench.generators.base import SamplingError, Settings
from vbench.generators.diffusers import modular
from vbench.generators.diffusers.presets import PRESETS
from vbench.registry import unknown

ARGUMENTS = {
    "frames": ("num_frames", "video_length", "frames"),
    "height": ("height",),
    "width": ("width",),
    "fps": ("fps", "frame_rate"),
    "steps": ("num_inference_steps",),
    "guidance": ("guidance_scale",),
    "negative_prompt": ("negative_prompt",),
}
"""Setting -> how pipelines call it."""

GIVEN = {"self", "prompt", "image", *(name for names in ARGUMENTS.values() for name in names)}
"""Arguments that a request can answer."""

ELSEWHERE = {
    **{name: f"--{setting.replace('_', '-')}" for setting, names in ARGUMENTS.items() for name in names},
    "height": "--size",
    "width": "--size",
    "prompt": "--prompt or --texts",
    "image": "--images",
    "generator": "--seed",
}
"""Arguments that another option gives -> that option."""

OURS = (
    "self", "output_type", "return_dict", "callback", "callback_steps", "callback_on_step_end",
    "callback_on_step_end_tensor_inputs", "num_videos_per_prompt", "num_images_per_prompt",
)  # fmt: skip
"""Arguments that say how an answer is given; the adapter's own."""

VIDEOS = ("frames", "video", "videos")
"""How outputs call the videos in them."""

FROM_IMAGES = ("ImageToVideo", "Image2Video", "VideoToWorld", "I2V", "Img2Img", "I2I", "Inpaint", "Upscale", "Edit")
"""In the names of pipelines that cannot start without an image."""

ALIKE = 3
"""Letters that the names of a modular pipeline and its sister begin with at least, as ``Wan``."""

FPS = 8.0
"""Of a video whose model says nothing of its rate."""


def pipeline_class(name: str) -> type:
    """The class in diffusers.

    Raises:
        UsageError: there is none, or it makes neither videos of prompts or images nor pictures of prompts.
    """
    kind = getattr(diffusers, name, None)
    if not isinstance(kind, type):
        raise UsageError(f"diffusers {diffusers.__version__} has no {name}; a newer version may have.")
    call = Call(kind)
    if not call.gives_videos and not call.gives_pictures:
        raise UsageError(
            f"{name} returns neither video nor pictures. Take a pipeline that does: vbench generators lists some."
        )
    lacks = call.lacks or (["image"] if call.gives_pictures and call.needs_image else [])
    if lacks:
        raise UsageError(
            f"{name} needs {', '.join(lacks)}, which a prompt suite does not have. Sample it with your own program: "
            "--model command:PROGRAM."
        )
    return kind


def _returns(kind: type, names: Collection[str]) -> bool:
    """Whether a module of the class knows an output with a field of these names."""
    return any(
        isinstance(one, type) and issubclass(one, BaseOutput) and set(names) & set(_fields(one))
        for base in kind.__mro__
        if base is not diffusers.DiffusionPipeline  # whose module has one of each
        for one in vars(sys.modules[base.__module__]).values()
    )


def _fields(output: type) -> Collection[str]:
    found: Collection[str] = getattr(output, "__dataclass_fields__", ())
    return found


def video_of(answer: Any) -> Any:
    """The videos in what a pipeline gives, ``(N, T, H, W, 3)``; of a picture, one frame.

    Raises:
        SamplingError: it holds none.
    """
    if (pictures := getattr(answer, "images", None)) is not None:
        return [picture[None] for picture in pictures]
    videos = next((found for name in VIDEOS if (found := getattr(answer, name, None)) is not None), None)
    if videos is None:
        raise SamplingError(f"the pipeline gave no video: a {type(answer).__name__} without {', '.join(VIDEOS)}")
    return [videos] if getattr(videos, "ndim", 5) == 4 else videos


class Call:
    """The signature of a pipeline's ``__call__``, or what the blocks of a modular one take.

    Args:
        kind: class of the pipeline.
    """

    def __init__(self, kind: type) -> None:
        self.kind = kind
        self.modular = modular.is_modular(kind)
        self.parameters: dict[str, inspect.Parameter] = (
            modular.parameters(kind) if self.modular else dict(inspect.signature(kind.__call__).parameters)
        )

    def check(self, arguments: Mapping[str, Any], elsewhere: Mapping[str, str] = ELSEWHERE) -> None:
        """Refuse what the pipeline is not called with, or with a value of another type.

        Args:
            arguments: by name.
            elsewhere: names that another option gives -> that option.

        Raises:
            UsageError: with the closest names, or with what is expected.
        """
        takes = [name for name in self.parameters if name not in elsewhere and name not in OURS]
        kinds = {name: one.annotation for name, one in self.parameters.items()} if self.modular else _types(self.kind)
        for name, value in arguments.items():
            if name in elsewhere and name in self.parameters:
                raise UsageError(f"{name} is given by {elsewhere[name]}, not by --set.")
            if name not in takes:
                raise unknown("argument", name, takes, f" of the call of {self.kind.__name__}")
            expected = kinds.get(name, Any)
            if not _fits(value, expected) and value != self.parameters[name].default:
                raise UsageError(f"{name} of {self.kind.__name__} is {_described(expected)}, found {value!r}.")

    def argument(self, setting: str) -> str:
        """The name that a setting has here, ``""`` where there is no such thing."""
        return next((name for name in ARGUMENTS[setting] if name in self.parameters), "")

    @property
    def gives_videos(self) -> bool:
        """Whether it makes videos."""
        return modular.output(self.kind) == "videos" if self.modular else _returns(self.kind, VIDEOS)

    @property
    def gives_pictures(self) -> bool:
        """Whether it makes pictures, and no videos."""
        if self.modular:
            return modular.output(self.kind) == "images"
        return not self.gives_videos and self.takes_prompt and _returns(self.kind, ("images",))

    @property
    def takes_prompt(self) -> bool:
        """Whether there is a prompt at all."""
        return "prompt" in self.parameters

    @property
    def takes_image(self) -> bool:
        """Whether it can start from an image."""
        return "image" in self.parameters

    @property
    def needs_image(self) -> bool:
        """Whether it cannot start without one; some that cannot have a default all the same, and say so by name."""
        if not self.takes_image:
            return False
        by_name = any(word in self.kind.__name__ for word in FROM_IMAGES)
        return by_name or self.parameters["image"].default is inspect.Parameter.empty

    @property
    def lacks(self) -> list[str]:
        """What must be given and no request has: a video, controls."""
        required = [
            name
            for name, one in self.parameters.items()
            if one.default is one.empty and one.kind is one.POSITIONAL_OR_KEYWORD and name not in GIVEN
        ]
        of_videos = "video" in self.parameters and not (self.argument("frames") and self.takes_prompt)
        return required or (["video"] if of_videos else [])

    @property
    def extra(self) -> dict[str, Any]:
        """Whether prompts are cleaned, where they are by default; pipelines leave it out without these packages."""
        cleans = self.parameters.get("clean_caption")
        if cleans is None or cleans.default is not True:
            return {}
        return {"clean_caption": bool(find_spec("bs4") and find_spec("ftfy"))}

    @property
    def defaults(self) -> Settings:
        """The signature's own defaults; what it leaves open, as the first preset of this class has it.

        A modular pipeline has no preset: there it is the one whose name begins most like its own.
        """
        published = _published(self.kind.__name__, self.modular)
        found: dict[str, Any] = {setting: self._default(setting) for setting in ARGUMENTS}
        for setting, value in found.items():
            if value is None and (self.argument(setting) or (setting == "fps" and self.gives_videos)):
                found[setting] = getattr(published, setting)
        if self.argument("negative_prompt") and not found["negative_prompt"]:
            found["negative_prompt"] = self._built_in_negative_prompt
        return Settings(**found | {"fps": float(found["fps"] or FPS) if self.gives_videos else None})

    def _default(self, setting: str) -> Any:
        name = self.argument(setting)
        if not name or setting == "negative_prompt":
            return None
        default = self.parameters[name].default
        return None if default is inspect.Parameter.empty else default

    @property
    def _built_in_negative_prompt(self) -> str:
        return getattr(sys.modules[self.kind.__module__], "DEFAULT_NEGATIVE_PROMPT", "")


def _alike(one: str, other: str) -> int:
    """How many letters two names begin alike with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _published(name: str, similar: bool) -> Settings:
    """The protocol of a pipeline's first preset, nothing where there is none."""
    if not similar:
        return next((preset.settings for preset in PRESETS.values() if preset.pipeline == name), Settings())
    alike = {preset.pipeline: _alike(preset.pipeline, name) for preset in PRESETS.values()}
    nearest = max(alike, key=lambda pipeline: alike[pipeline])
    return _published(nearest, similar=False) if alike[nearest] >= ALIKE else Settings()


def _types(kind: Any) -> dict[str, Any]:
    """Argument -> its type, for those that can be read."""
    try:
        return get_type_hints(kind.__call__)
    except (NameError, TypeError, AttributeError):
        return {}


def _fits(value: Any, kind: Any) -> bool:
    """Whether a value of JSON is of a type; what lists and tables hold is not looked at."""
    origin = get_origin(kind) or kind
    if origin in (Union, types.UnionType):
        return any(_fits(value, one) for one in get_args(kind))
    if origin in (Any, object):
        return True
    if origin in (int, float) and isinstance(value, bool):
        return False
    plain: dict[Any, tuple[type, ...]] = {float: (int, float), tuple: (list,), Sequence: (list,), Mapping: (dict,)}
    return isinstance(origin, type) and isinstance(value, plain.get(origin, (origin,)))


def _described(kind: Any) -> str:
    """A type in words.

    >>> _described(float | None), _described(list[int]), _described(bool)
    ('float | None', 'list[int]', 'bool')
    """
    return kind.__name__ if isinstance(kind, type) and not get_args(kind) else str(kind)
