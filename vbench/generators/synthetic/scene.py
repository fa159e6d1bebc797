"""A prompt read as a scene: which things in which colours where, and how the camera moves.

Only the words that the prompt suites judge by are understood (objects, colours, relations, camera and pace); the rest
of a prompt and the seed decide what it leaves open. Nothing here knows of pixels.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import numpy as np

from vbench.prompts.library import DATA

COLORS: dict[str, tuple[float, float, float]] = {
    "red": (0.82, 0.12, 0.12),
    "orange": (0.93, 0.52, 0.10),
    "yellow": (0.93, 0.85, 0.16),
    "green": (0.16, 0.60, 0.22),
    "blue": (0.14, 0.28, 0.80),
    "purple": (0.50, 0.18, 0.66),
    "pink": (0.95, 0.55, 0.70),
    "black": (0.06, 0.06, 0.06),
    "white": (0.95, 0.95, 0.95),
}
"""Colour words of the suites -> RGB in 0..1."""

LEFT, RIGHT, ABOVE, BELOW = (-0.45, 0.0), (0.45, 0.0), (0.0, -0.24), (0.0, 0.24)
"""Where the first of two things stands; the second stands opposite. In heights from the middle, x to the right."""

RELATIONS = {
    r"left of": LEFT,
    r"right of": RIGHT,
    r"top of|above|over": ABOVE,
    r"bottom of|below|under|beneath": BELOW,
}

CAMERAS: dict[str, tuple[float, float, float]] = {
    r"pan(s|ning)? left": (-1.0, 0.0, 0.0),
    r"pan(s|ning)? right": (1.0, 0.0, 0.0),
    r"tilt(s|ing)? up": (0.0, -1.0, 0.0),
    r"tilt(s|ing)? down": (0.0, 1.0, 0.0),
    r"zoom(s|ing)? in": (0.0, 0.0, 1.0),
    r"zoom(s|ing)? out": (0.0, 0.0, -1.0),
}
"""Camera words -> direction to the right, downwards and inwards."""

STILL = r"\b(still|static|motionless|silent|quiet|frozen|nothing stirs|asleep)\b"
SLOW, FAST = r"slow motion|slowly", r"time-lapse|timelapse|racing|rushing|speeding|fast"


@dataclass(frozen=True)
class Thing:
    """Something in front of the camera.

    Attributes:
        name: the object's word, ``"subject"`` where the prompt names none that is known.
        color: RGB in 0..1.
        place: of its middle, in heights of the picture from the picture's middle, x to the right and y downwards.
        radius: in heights.
    """

    name: str
    color: tuple[float, float, float]
    place: tuple[float, float]
    radius: float


@dataclass(frozen=True)
class Scene:
    """What is to be rendered.

    Attributes:
        things: in the order of the prompt.
        camera: direction to the right, downwards and inwards.
        speed: of the camera, in heights a second (inwards: in e-foldings a second); 0 for a still scene.
        texture: seed of the backdrop and the surfaces.
    """

    things: tuple[Thing, ...]
    camera: tuple[float, float, float]
    speed: float
    texture: int

    def facts(self) -> dict[str, Any]:
        """The scene for a manifest."""
        return asdict(self)


def read_scene(prompt: str, seed: int) -> Scene:
    """The scene that a prompt describes.

    Args:
        prompt: English text.
        seed: decides what the prompt leaves open; the same prompt and seed give the same scene.
    """
    rng = np.random.default_rng(seed)
    text = prompt.lower()
    names = _objects_in(text)[:2] or ["subject"]
    places = _places(text, len(names))
    things = tuple(
        Thing(name, _color_of(name, text, rng), place, 0.24 if len(names) == 1 else 0.17)
        for name, place in zip(names, places, strict=True)
    )
    pace = 0.4 if re.search(SLOW, text) else 1.8 if re.search(FAST, text) else 1.0
    still = re.search(STILL, text) is not None
    speed = 0.0 if still else pace * float(rng.uniform(0.22, 0.4))
    return Scene(things, _camera_in(text, rng), speed, int(rng.integers(2**31)))


@cache
def _object_words() -> tuple[str, ...]:
    words = (DATA / "vocabulary" / "coco_objects.txt").read_text(encoding="utf-8").split("\n")
    return tuple(sorted((word for word in words if word and word not in COLORS), key=lambda word: -len(word)))


def _objects_in(text: str) -> list[str]:
    """Known objects in the order in which they are mentioned; longer words hide the shorter ones in them."""
    found: dict[int, str] = {}
    for word in _object_words():
        for match in re.finditer(rf"\b{re.escape(word)}(s|es)?\b", text):
            if not any(start <= match.start() < start + len(other) for start, other in found.items()):
                found[match.start()] = word
    return list(dict.fromkeys(found[start] for start in sorted(found)))


def _color_of(name: str, text: str, rng: np.random.Generator) -> tuple[float, float, float]:
    """The colour word before the object, any colour word for an only subject, or one by chance."""
    words = "|".join(COLORS)
    by_chance = tuple(float(part) for part in rng.uniform(0.15, 0.85, 3))
    match = re.search(rf"\b({words})\s+(?:\w+\s+)?{re.escape(name)}", text)
    if match is None and name == "subject":
        match = re.search(rf"\b({words})\b", text)
    return COLORS[match[1]] if match else (by_chance[0], by_chance[1], by_chance[2])


def _places(text: str, count: int) -> list[tuple[float, float]]:
    if count == 1:
        return [(0.0, 0.0)]
    side = next((place for words, place in RELATIONS.items() if re.search(rf"\b({words})\b", text)), LEFT)
    return [side, (-side[0], -side[1])]


def _camera_in(text: str, rng: np.random.Generator) -> tuple[float, float, float]:
    """The camera that the prompt asks for, otherwise a pan to either side."""
    either_side = (float(rng.choice([-1.0, 1.0])), 0.0, 0.0)
    return next((move for words, move in CAMERAS.items() if re.search(words, text)), either_side)
