"""From a path to frames, by the rules of docs/decoding.md: which stream, which way up, at which rate, in which order.

Pixels are those of the reference's decoders (tests/media/test_against_decoders.py compares them). What a decoder says
of the bytes is a :class:`~vbench.errors.VideoError`; what the system says of the file, which may be another the next
time, is :class:`~vbench.errors.Unavailable`.
"""

from __future__ import annotations

import errno
import os
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter
from PIL import Image, ImageOps, ImageSequence

from vbench.errors import Unavailable, VideoError
from vbench.files.special import kind_of
from vbench.media.picture import PICTURE_ERRORS, TooLarge, eight_bits, opened, said, too_large
from vbench.media.whole import ended_early

Frame = np.ndarray[Any, np.dtype[np.uint8]]

VERSION = 5
"""Raised when the same file gives other frames or another rate than before."""

CONTAINERS = (".mp4", ".mov", ".webm", ".mkv", ".avi", ".m4v", ".ts")
ANIMATIONS = (".gif", ".webp", ".apng")
STILLS = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
IMAGES = tuple(dict.fromkeys((*ANIMATIONS, *STILLS)))
SUFFIXES = (*CONTAINERS, *IMAGES)

MOVING = ("GIF", "PNG", "WEBP")
"""Kinds of images that can hold several frames one after the other (an MPO's second picture is none)."""

KINDS = (*MOVING, "JPEG", "BMP")
"""Kinds of images that are read, whatever a file is called: of Pillow's others some start programs, as EPS does."""

OF_OTHER_FILES = ("concat", "dash", "hls", "imf", "mlv", "rtsp", "sap", "sdp", "vobsub")
"""What FFmpeg tells by the beginning of a file, whatever its name, and plays from elsewhere: neither the digest nor the
size of such a file is that of what is seen."""

ASSUMED_FPS = 8.0
"""Frames per second of a still or of a folder of frames, which state none."""

SHORTEST_DELAY, USUAL_DELAY = 20, 100
"""Milliseconds: a shorter delay in an animation counts as the usual one, as in FFmpeg and browsers."""

OF_THE_MACHINE = (errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.EINTR)
"""Numbers of errors that tell of the machine as it is now, whatever the file holds."""

PIECE = 1 << 20
"""Bytes that are read at a time."""

TURNS = ((), ("cclock",), ("clock", "clock"), ("clock",))
"""What FFmpeg's filter ``transpose`` does one after the other for a quarter, a half and three quarters of a turn."""

RGB_AS_BGR = ("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p")
"""Kinds of pixels whose frames of even height FFmpeg makes rgb24 and bgr24 of alike, and the former sooner."""

ENOUGH = 5
"""Frames from which on a stream is taken for a film, whatever their number."""


@dataclass
class Health:
    """What a decoder noticed on its way through a whole file.

    Attributes:
        frames: how many came.
        stated: how many the container states that it shows; 0 where it states none.
        corrupt: the frames that the decoder flagged: it made up what it could not read.
        broken: packets that the container flagged: bytes of them are missing or wrong.
        lost: for each packet of which the decoder could make nothing, the frame that was to come next.
        cut: in which way the file is shorter than it says, ``""`` if it is not.
    """

    frames: int = 0
    stated: int = 0
    corrupt: list[int] = field(default_factory=list)
    broken: int = 0
    lost: list[int] = field(default_factory=list)
    cut: str = ""

    def damage(self) -> str:
        """What is wrong, for people; ``""`` where nothing is."""
        found = [f"{len(self.corrupt)} of {self.frames} frames are damaged"] if self.corrupt else []
        if self.broken and not self.corrupt:
            found.append(f"{self.broken} packets are damaged")
        if self.lost:
            found.append(f"{len(self.lost)} packets cannot be decoded")
        if self.stated and self.stated != self.frames:
            found.append(f"it states {self.stated} frames and gives {self.frames}")
        return ", ".join([*found, self.cut] if self.cut else found)

    def of(self, start: int, end: int) -> Health:
        """What was noticed on the way through the frames from ``start`` to before ``end``."""
        corrupt, lost = ([frame for frame in found if start <= frame < end] for found in (self.corrupt, self.lost))
        return Health(end - start, corrupt=corrupt, lost=lost)


@dataclass(frozen=True)
class VideoFacts:
    """What a file says of itself without being decoded.

    Attributes:
        frames: how many the container states that it shows; 0 where it states none.
        fps: frames per second, on average.
        height: in pixels, the right way up.
        width: in pixels, the right way up.
        codec: and pixel format, as FFmpeg names them (``h264 yuv420p``); ``""`` of pictures.
    """

    frames: int
    fps: float
    height: int
    width: int
    codec: str = field(default="", compare=False)

    def described(self) -> str:
        """The facts for people."""
        return f"{self.width}x{self.height}, {self.fps:g} fps, {self.frames or 'unknown number of'} frames"


def decode(path: Path, scale: tuple[int, int] | None = None, health: Health | None = None) -> Iterator[Frame]:
    """Every frame of a path as ``(H, W, 3)`` uint8 RGB.

    Args:
        path: a video, an animation, a still, or a folder of stills.
        scale: height and width to scale to: a container's frames while their stored format is converted, as decord
            does when it is asked for a size, stills bilinearly from RGB.
        health: is filled in on the way.

    Raises:
        Unavailable: the file is not there or could not be read.
        VideoError: it is no video, or its bytes cannot be decoded.
    """
    health = health or Health()
    if path.suffix.lower() in CONTAINERS and not path.is_dir():
        frames = _of_container(path, scale, health)
    else:
        images = (_still(still) for still in stills_of(path)) if path.is_dir() else _of_image(path, health)
        frames = (_scaled(frame, *scale) for frame in images) if scale else images
    shape = None
    for frame in frames:
        shape = shape or frame.shape
        if frame.shape != shape:
            raise VideoError(f"{path} changes its size at frame {health.frames}: {frame.shape[:2]} after {shape[:2]}")
        health.frames += 1
        yield frame
    if not health.frames:
        raise VideoError(f"{path} holds no frame")


def probe(path: Path) -> VideoFacts:
    """Open a file, read its header and decode its first frame.

    Raises:
        Unavailable: the file is not there or could not be read.
        VideoError: it cannot be opened, holds no video, is cut off, or its first frame does not decode.
    """
    of_container = path.suffix.lower() in CONTAINERS and not path.is_dir()
    first, stated, fps, codec = _first_of_container(path) if of_container else (next(decode(path)), *_stated(path), "")
    height, width = first.shape[:2]
    return VideoFacts(stated, fps, height, width, codec)


def packets(path: Path) -> int:
    """Number of frames that a container shows, counted without decoding one.

    Raises:
        Unavailable: the file is not there or could not be read.
        VideoError: it is no video.
    """
    with _container(path) as container:
        coming = container.demux(_best_stream(container, path))
        return sum(packet.size > 0 and not packet.is_discard for packet in coming)


def stills_of(folder: Path) -> list[Path]:
    """The stills of a folder, 2 before 10."""
    with _said_of(folder):
        return sorted((path for path in folder.iterdir() if _is_still(path)), key=lambda path: in_order(path.name))


def in_order(name: str) -> tuple[list[tuple[bool, int, str]], str]:
    """A key that sorts the numbers in names by their size, with or without leading zeros.

    >>> sorted(["10.png", "9.png", "frame 2.png", "frame 11.png", "001.png"], key=in_order)
    ['001.png', '9.png', '10.png', 'frame 2.png', 'frame 11.png']
    """
    parts = re.findall(r"([0-9]+)|([^0-9]+)", name)
    return [(not digits, int(digits or 0), text) for digits, text in parts], name


def is_moving(path: Path) -> bool:
    """Whether a file holds more than a still, judged by its name and, for an image, by its header."""
    suffix = path.suffix.lower()
    if suffix not in (*ANIMATIONS, ".png"):
        return suffix in CONTAINERS
    try:
        with _image(path) as image:
            return _moves(image)
    except VideoError:
        return suffix in (".gif", ".apng")


def is_picture(path: Path) -> bool:
    """Whether a path is one picture: a still, and neither a folder of them nor an animation."""
    return path.suffix.lower() in STILLS and not path.is_dir() and not is_moving(path)


def _is_still(path: Path) -> bool:
    return path.suffix.lower() in STILLS and not path.name.startswith(".")


@contextmanager
def _said_of(path: Path) -> Iterator[None]:
    """Tell what a decoder says of the bytes from what the system says of the file."""
    try:
        yield
    except VideoError:
        raise
    except OSError as error:
        if error.errno and not _is_of_the_bytes(error, path):
            raise Unavailable(f"{path} {_reason(path, error)}") from error
        raise VideoError(f"{path} cannot be decoded: {error.strerror or error}") from error
    except TooLarge as error:
        raise VideoError(f"{path} {error}") from error
    except Image.DecompressionBombError as error:
        raise VideoError(f"{path} is too large: {error}") from error
    except (av.error.FFmpegError, *PICTURE_ERRORS) as error:
        raise VideoError(f"{path} cannot be decoded: {getattr(error, 'strerror', None) or said(error)}") from error


def _is_of_the_bytes(error: OSError, path: Path) -> bool:
    """Whether FFmpeg gives a number of the system's for what it has read: the file can be read from end to end."""
    if not isinstance(error, av.error.FFmpegError) or error.errno in OF_THE_MACHINE:
        return False
    try:
        with path.open("rb") as file:
            while file.read(PIECE):
                pass
    except OSError:
        return False
    return True


def _reason(path: Path, error: OSError) -> str:
    if not isinstance(error, FileNotFoundError):
        return f"could not be read: {error.strerror}"
    return "is a link to nothing" if path.is_symlink() else "does not exist"


@contextmanager
def _container(path: Path) -> Iterator[Any]:
    """An open container; ``file:`` keeps a colon in a name from being read as a protocol."""
    with _said_of(path):
        if kind := kind_of(path):
            raise VideoError(f"{path} is {kind} and no file")
        with av.open(f"file:{os.fspath(path)}", metadata_errors="replace") as container:
            if container.format.name in OF_OTHER_FILES:
                raise VideoError(f"{path} names other files ({container.format.name}), whose frames are not its own")
            yield container


def _of_container(path: Path, scale: tuple[int, int] | None, health: Health) -> Iterator[Frame]:
    """All frames, and what is wrong with each no later than it comes."""
    with _container(path) as container:
        stream = _whole_stream(container, path)
        health.stated, health.cut = _shown(stream), ended_early(path)
        convert, count = _Converter(stream, scale), 0
        for packet, frames in _by_one_thread(container, stream):
            health.broken += packet.is_corrupt
            if frames is None:
                health.lost.append(count)
            for frame in frames or ():
                if frame.is_corrupt:
                    health.corrupt.append(count)
                count += 1
                yield convert(frame)


def _first_of_container(path: Path) -> tuple[Frame, int, float, str]:
    """The first frame, the number of frames (0 if unknown) and average rate that are stated, and the codec."""
    with _container(path) as container:
        stream = _whole_stream(container, path)
        context, rate = stream.codec_context, stream.average_rate or stream.guessed_rate
        for _, frames in _by_one_thread(container, stream):
            for frame in frames or ():
                if not rate:
                    raise VideoError(f"{path} states no frame rate")
                codec = " ".join(filter(None, (context.name, context.pix_fmt)))
                return _Converter(stream)(frame), _shown(stream), float(rate), codec
        raise VideoError(f"{path} holds no frame")


def _by_one_thread(container: Any, stream: Any) -> Iterator[tuple[Any, list[av.VideoFrame] | None]]:
    """Each packet and what a decoder of one thread makes of it: the same each time, on every machine.

    Of several threads one may read a frame before what is damaged in it was made up by another, or tell of a frame
    that is still worked on; so the same damaged file gives other pixels and findings now and then.
    """
    stream.codec_context.thread_count = 1
    for packet in container.demux(stream):
        yield packet, _decoded(packet)


def _decoded(packet: Any) -> list[av.VideoFrame] | None:
    """The frames that are done with this packet; ``None`` if nothing can be made of it."""
    try:
        return list(packet.decode())
    except av.error.InvalidDataError:
        return None


def _best_stream(container: Any, path: Path) -> Any:
    """The film, as decord chooses it: no cover picture, rather many frames than few, then the highest bit rate."""

    def rank(stream: Any) -> tuple[bool, int, int]:
        cover = bool(stream.disposition & av.stream.Disposition.attached_pic)
        return not cover, min(stream.frames or ENOUGH, ENOUGH), stream.codec_context.bit_rate or 0

    if not container.streams.video:
        raise VideoError(f"{path} holds no video stream")
    known = [stream for stream in container.streams.video if stream.codec_context]
    if not known:
        raise VideoError(
            f"{path} is compressed in a way that this FFmpeg cannot decode, or its header is damaged; "
            "ffprobe tells which codec it names. Encode it again, as H.264 in an MP4, say."
        )
    stream = max(known, key=rank)  # of equals the first
    if large := too_large(stream.codec_context.width, stream.codec_context.height):
        raise VideoError(f"{path} {large}")
    return stream


def _whole_stream(container: Any, path: Path) -> Any:
    stream = _best_stream(container, path)
    if "mp4" in container.format.name:
        _refuse_if_cut_off(stream, path)
    return stream


def _shown(stream: Any) -> int:
    """Number of frames that is stated, less those that an edit list hides, as of a clip trimmed without encoding.

    FFmpeg marks these in its index. Where a whole group of pictures is hidden it has none of them there, as it has none
    that damaged tables lack: such frames stay stated, so that they are told of.
    """
    return stream.frames - sum(entry.is_discard for entry in stream.index_entries) if stream.frames else 0


def _refuse_if_cut_off(stream: Any, path: Path) -> None:
    """An MP4's own index that points behind the end of the file tells a truncated copy."""
    size = path.stat().st_size
    beyond = sum(entry.pos + entry.size > size for entry in stream.index_entries)
    if beyond:
        raise VideoError(f"{path} is cut off: {beyond} of its {len(stream.index_entries)} frames lie behind its end")


class _Converter:
    """Decoded frames to RGB, the right way up.

    Args:
        stream: where the frames come from.
        scale: height and width to scale to on the way.
    """

    def __init__(self, stream: Any, scale: tuple[int, int] | None = None) -> None:
        self.stream, self.scale, self._reformatter = stream, scale, VideoReformatter()
        self._filter: Callable[[av.VideoFrame], Frame] | None = None

    def __call__(self, frame: av.VideoFrame) -> Frame:
        """``(H, W, 3)`` uint8."""
        turns = round(frame.rotation / 90) % 4  # counter-clockwise; other angles are left as they are
        turns = turns if abs(frame.rotation) % 90 == 0 else 0
        if self.scale or frame.interlaced_frame:
            self._filter = self._filter or self._filtered(turns)
            return self._filter(frame)
        if frame.format.name in RGB_AS_BGR and frame.height % 2 == 0:
            rgb = self._reformatted(frame, "rgb24")
        else:
            rgb = self._reformatted(frame, "bgr24")[..., ::-1]  # what OpenCV asks for, rounded otherwise than rgb24
        return np.ascontiguousarray(np.rot90(rgb, turns))

    def _reformatted(self, frame: av.VideoFrame, form: str) -> Frame:
        # one thread: of more, each frame starts its own
        rgb = self._reformatter.reformat(frame, format=form, interpolation=Interpolation.BICUBIC, threads=1)
        return np.asarray(rgb.to_ndarray(), dtype=np.uint8)

    def _filtered(self, turns: int) -> Callable[[av.VideoFrame], Frame]:
        """The way of decord: turned first, then scaled, then RGB."""
        graph = av.filter.Graph()
        chain = [graph.add_buffer(template=self.stream), *(graph.add("transpose", turn) for turn in TURNS[turns])]
        if self.scale:
            height, width = self.scale
            chain.append(graph.add("scale", f"{width}:{height}:flags=bilinear"))
        graph.link_nodes(*chain, graph.add("format", "rgb24"), graph.add("buffersink")).configure()

        def convert(frame: av.VideoFrame) -> Frame:
            graph.push(frame)
            return np.ascontiguousarray(graph.pull().to_ndarray(), dtype=np.uint8)

        return convert


@contextmanager
def _image(path: Path) -> Iterator[Image.Image]:
    with _said_of(path):
        if kind := kind_of(path):
            raise VideoError(f"{path} is {kind} and no file")
        if path.suffix.lower() not in IMAGES:
            raise VideoError(f"{path} is not a video: expected {', '.join(SUFFIXES)} or a folder of stills")
        with path.open("rb") as file:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of pixels, of which there is a limit of our own, and of odd tags
                image = opened(file, KINDS)
            yield image


def _moves(image: Image.Image) -> bool:
    return image.format in MOVING and getattr(image, "n_frames", 1) > 1


def _of_image(path: Path, health: Health) -> Iterator[Frame]:
    with _image(path) as image:
        health.cut = ended_early(path)
        if not _moves(image):
            yield _rgb(_upright(image))
            return
        health.stated = getattr(image, "n_frames", 1)
        for frame in ImageSequence.Iterator(image):
            yield _rgb(frame)


def _still(path: Path) -> Frame:
    with _image(path) as image:
        return _rgb(_upright(image))


def _upright(image: Image.Image) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # damaged tags turn nothing
        return ImageOps.exif_transpose(image)


def _rgb(image: Image.Image) -> Frame:
    """RGB of 8 bits; of 16-bit grey the upper 8, as OpenCV takes them."""
    return np.array(eight_bits(image).convert("RGB"))


def _scaled(frame: Frame, height: int, width: int) -> Frame:
    return np.array(Image.fromarray(frame).resize((width, height), Image.Resampling.BILINEAR))


def _stated(path: Path) -> tuple[int, float]:
    """Number of frames and average rate of an animation, a still or a folder of stills."""
    if path.is_dir():
        return len(stills_of(path)), ASSUMED_FPS
    with _image(path) as image:
        if not _moves(image):
            return 1, ASSUMED_FPS
        delays = [_delay(frame) for frame in ImageSequence.Iterator(image)]
        return len(delays), 1000 * len(delays) / sum(delays)


def _delay(frame: Image.Image) -> float:
    frame.load()  # only then is a WebP's delay that of this frame
    milliseconds = float(frame.info.get("duration") or 0)
    return milliseconds if milliseconds >= SHORTEST_DELAY else USUAL_DELAY
