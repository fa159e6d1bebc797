"""A scene to frames: textured shapes before a textured backdrop, seen by a moving camera.

Every pixel is computed from where it looks in the scene, so that movement is exact to a fraction of a pixel and the
same scene gives the same frames at any frame rate.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

from vbench.generators.synthetic.dials import Dials
from vbench.generators.synthetic.scene import Scene, Thing

Array = NDArray[np.float64]
Distance = Callable[[Array, Array], Array]

TEXTURE = 512
"""Side of a texture in pixels; it repeats."""

SWAY = 0.03
"""How far things move about their place, in heights."""

FLICKER, JERK, BLUR, TURN, LOOP = 0.25, 1.8, 0.02, 0.6, 0.75
"""Full dials: standard deviation of the gain; frames by which one is early or late; radius in heights; half turns;
share of the clip that the first turn of a loop leaves to the others."""


def disc(x: Array, y: Array) -> Array:
    """Signed distance to the unit disc."""
    return np.hypot(x, y) - 1


def box(x: Array, y: Array) -> Array:
    """Signed distance to a box of the disc's area, from outside its corners measured along the axes."""
    return np.maximum(np.abs(x), np.abs(y)) - 0.886


def diamond(x: Array, y: Array) -> Array:
    """Signed distance to a square on its corner."""
    return (np.abs(x) + np.abs(y) - 1.253) / math.sqrt(2)


def capsule(x: Array, y: Array) -> Array:
    """Signed distance to an upright capsule."""
    return np.hypot(x, y - np.clip(y, -0.7, 0.7)) - 0.62


SHAPES: tuple[Distance, ...] = (disc, box, diamond, capsule)


@dataclass(frozen=True)
class View:
    """The camera at one moment: what it is aimed at, and how many heights of the scene a height of the picture is."""

    x: float
    y: float
    scale: float


def render(
    scene: Scene, dials: Dials, frames: int, height: int, width: int, fps: float, seed: int
) -> Iterator[NDArray[np.uint8]]:
    """Frames of a scene.

    Args:
        scene: what to show.
        dials: with which defects.
        frames: how many.
        height: in pixels.
        width: in pixels.
        fps: frames a second of the scene.
        seed: of the defects' noise.

    Yields:
        ``(height, width, 3)`` uint8.
    """
    backdrop = texture(scene.texture)

    def seen(moment: float, drift: float) -> Array:
        return _picture(scene, backdrop, moment, drift, height, width)

    yield from _filmed(seen, dials, frames, height, fps, seed)


def animate(
    start: NDArray[np.uint8], scene: Scene, dials: Dials, frames: int, height: int, width: int, fps: float, seed: int
) -> Iterator[NDArray[np.uint8]]:
    """Frames of a picture that a camera moves over as a scene's does; its edges are mirrors.

    The first frame is the picture itself, its middle in the frame's shape. What drifts becomes its own negative.

    Args:
        start: ``(H, W, 3)`` uint8.
        scene: whose camera and speed hold.
        dials: with which defects.
        frames: how many.
        height: in pixels.
        width: in pixels.
        fps: frames a second.
        seed: of the defects' noise.

    Yields:
        ``(height, width, 3)`` uint8.
    """
    surface = _fitted(start, height, width)

    def seen(moment: float, drift: float) -> Array:
        x, y = _looked_at(_view(scene, moment), height, width)
        rows, columns = y * height + (height - 1) / 2, x * height + (width - 1) / 2
        picture = _between(surface, _mirrored(rows, height), _mirrored(columns, width))
        return (1 - drift) * picture + drift * (1 - picture)

    yield from _filmed(seen, dials, frames, height, fps, seed)


def _filmed(
    seen: Callable[[float, float], Array], dials: Dials, frames: int, height: int, fps: float, seed: int
) -> Iterator[NDArray[np.uint8]]:
    """What is seen at each moment, in seconds, and how far it has drifted by then, with the defects of a camera."""
    rng = np.random.default_rng(seed)
    gains = 1 + FLICKER * dials.flicker * rng.standard_normal(frames)
    lateness = JERK * dials.jerk * rng.uniform(-1, 1, frames) / fps
    for index in range(frames):
        moment = _reached((index / fps + float(lateness[index])) * (1 - dials.stillness), frames / fps, dials)
        course = index / max(1, frames - 1)
        drift = max(dials.subject_drift * course, dials.cut if 2 * index >= frames else 0.0)
        picture = turned(seen(moment, drift), TURN * dials.color_shift * course) * gains[index]
        yield _blurred((255 * picture.clip(0, 1) + 0.5).astype(np.uint8), BLUR * dials.blur * height)


def _reached(moment: float, length: float, dials: Dials) -> float:
    """The moment of the scene that is shown at a moment of a clip, both in seconds: it stops, or starts over."""
    moment = min(moment, (1 - dials.freeze) * length) if dials.freeze else moment
    return moment % (length * (1 - LOOP * dials.loop)) if dials.loop else moment


def _fitted(start: NDArray[np.uint8], height: int, width: int) -> Array:
    """The middle of a picture in a shape, scaled to a size: ``(height, width, 3)`` in 0..1."""
    fitted = ImageOps.fit(Image.fromarray(start), (width, height), Image.Resampling.LANCZOS)
    return np.asarray(fitted, np.float64) / 255


def _mirrored(places: Array, length: int) -> Array:
    """Places beyond either end, as if the end were a mirror."""
    there: Array = np.abs(places) % (2 * (length - 1))
    mirrored: Array = np.minimum(there, 2 * (length - 1) - there)
    return mirrored


@lru_cache(maxsize=8)
def texture(seed: int) -> Array:
    """``(TEXTURE, TEXTURE, 3)`` in 0..1: noise whose amplitude falls with the frequency as in natural images.

    Source: Field, "Relations between the statistics of natural images and the response properties of cortical cells",
    1987.
    """
    rng = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(TEXTURE)[:, None], np.fft.rfftfreq(TEXTURE)[None])
    frequency[0, 0] = np.inf
    amplitude = 1 / frequency**1.2
    shared, *own = (_noise(amplitude, rng) for _ in range(4))
    tint = rng.uniform(0.3, 0.7, 3)
    layers = [tint[place] + 0.16 * shared + 0.06 * layer for place, layer in enumerate(own)]
    return np.stack(layers, axis=-1).clip(0, 1)


def turned(picture: Array, amount: float) -> Array:
    """The picture with its colours turned about the grey axis, by half a turn for an amount of 1."""
    if not amount:
        return picture
    cos, sin = math.cos(math.pi * amount), math.sin(math.pi * amount)
    one_third, root = (1 - cos) / 3, sin / math.sqrt(3)
    matrix = np.array([
        [cos + one_third, one_third - root, one_third + root],
        [one_third + root, cos + one_third, one_third - root],
        [one_third - root, one_third + root, cos + one_third],
    ])  # fmt: skip
    rotated: Array = picture @ matrix.T
    return rotated


def _noise(amplitude: Array, rng: np.random.Generator) -> Array:
    phases = np.exp(2j * np.pi * rng.random(amplitude.shape))
    noise = np.fft.irfft2(amplitude * phases, s=(TEXTURE, TEXTURE))
    scaled: Array = noise / noise.std()
    return scaled


def _view(scene: Scene, moment: float) -> View:
    right, down, inwards = scene.camera
    way = scene.speed * moment
    return View(right * way, down * way, math.exp(-0.5 * inwards * way))


def _looked_at(view: View, height: int, width: int) -> tuple[Array, Array]:
    """Where in the scene each pixel looks, in heights from its middle: ``(1, width)`` and ``(height, 1)``."""
    rows, columns = (axis.astype(np.float64) for axis in np.ogrid[0:height, 0:width])
    x = ((columns - (width - 1) / 2) / height) * view.scale + view.x
    y = ((rows - (height - 1) / 2) / height) * view.scale + view.y
    return x, y


def _picture(scene: Scene, backdrop: Array, moment: float, drift: float, height: int, width: int) -> Array:
    view = _view(scene, moment)
    x, y = _looked_at(view, height, width)
    picture = _looked_up(backdrop, x, y)
    for number, thing in enumerate(scene.things):
        picture = _with(picture, thing, number, scene, view, moment, drift, x, y)
    return picture


def _with(
    picture: Array, thing: Thing, number: int, scene: Scene, view: View, moment: float, drift: float, x: Array, y: Array
) -> Array:
    """The picture with a thing before it; it keeps pace with a pan."""
    moving = SWAY if scene.speed else 0.0
    middle_x = view.x + thing.place[0] + moving * math.sin(2.1 * moment + number)
    middle_y = view.y + thing.place[1] + moving * math.sin(1.3 * moment + 2 * number)
    local_x, local_y = (x - middle_x) / thing.radius, (y - middle_y) / thing.radius
    now, later = _shapes(thing.name)
    distance = (1 - drift) * now(local_x, local_y) + drift * later(1.6 * local_x, 1.6 * local_y)
    pixel = view.scale / (thing.radius * picture.shape[0])
    covers = (0.5 - distance / pixel).clip(0, 1)[..., None]
    rows, columns = _extent(covers.any((1, 2))), _extent(covers.any((0, 2)))
    under, cover = picture[rows, columns], covers[rows, columns]
    surface = texture(scene.texture + 1 + number)
    grain = _looked_up(surface, 0.3 * local_x[:, columns], 0.3 * local_y[rows]).mean(-1, keepdims=True) - 0.5
    color = (1 - drift) * np.array(thing.color) + drift * (1 - np.array(thing.color))
    mixed = picture.copy()
    mixed[rows, columns] = under * (1 - cover) + (color + 0.7 * grain).clip(0, 1) * cover
    return mixed


def _extent(there: NDArray[np.bool_]) -> slice:
    """From the first to the last place where something is.

    >>> _extent(np.array([False, True, False, True]))
    slice(1, 4, None)
    """
    places = np.flatnonzero(there)
    return slice(int(places[0]), int(places[-1]) + 1) if len(places) else slice(0)


def _shapes(name: str) -> tuple[Distance, Distance]:
    """The shape of a word, and what it becomes when it drifts."""
    place = hashlib.sha256(name.encode()).digest()[0] % len(SHAPES)
    return SHAPES[place], SHAPES[(place + 2) % len(SHAPES)]


def _looked_up(surface: Array, x: Array, y: Array) -> Array:
    """A repeating texture at places given in heights."""
    return _between(surface, (y * TEXTURE / 2) % TEXTURE, (x * TEXTURE / 2) % TEXTURE)


def _between(surface: Array, rows: Array, columns: Array) -> Array:
    """A surface at places inside it, interpolated between its pixels; beyond its last ones come the first.

    Rows and columns are broadcast against each other.
    """
    height, width = surface.shape[:2]
    top, left = np.floor(rows).astype(int), np.floor(columns).astype(int)
    down, right = (rows - top)[..., None], (columns - left)[..., None]
    top, left = top % height, left % width
    under, beside = (top + 1) % height, (left + 1) % width
    upper = surface[top, left] * (1 - right) + surface[top, beside] * right
    lower = surface[under, left] * (1 - right) + surface[under, beside] * right
    mixed: Array = upper * (1 - down) + lower * down
    return mixed


def _blurred(frame: NDArray[np.uint8], radius: float) -> NDArray[np.uint8]:
    if not radius:
        return frame
    return np.asarray(Image.fromarray(frame).filter(ImageFilter.GaussianBlur(radius)))
