"""One video of a story: every shot is sampled, then every transition from a shot's end to the next one's beginning.

The parts are folders as ``vbench generate`` makes them, ``shots`` and ``transitions``, with manifests of their own, so
that a story that was interrupted goes on at the part where it was. Between them lie the frames that transitions start
from and end with (``pictures``). The video is encoded from the parts as they are stored; frames that a transition was
given are the shots' own, and stand in the video once. ``story.json`` says of every part where it stands in the video.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from vbench import provenance
from vbench.errors import UsageError
from vbench.files.atomic import replace_whole, write_atomically
from vbench.files.digest import digest
from vbench.files.json_file import plain_json
from vbench.files.lock import alone_in
from vbench.generators.base import Generator, Request, Settings
from vbench.generators.catalog import built
from vbench.generators.recipe import Recipe
from vbench.media.encode import write_frames
from vbench.media.flaws import looked
from vbench.media.picture import PICTURE_ERRORS, opened
from vbench.media.video import STILLS, Video
from vbench.progress import Progress
from vbench.prompts.sampling_plan import Sample, file_stems, seed_of
from vbench.prompts.suite import Prompt
from vbench.sampling.generate import Sampled, generate, set_aside
from vbench.sampling.manifest import SampleRecord, read_manifest
from vbench.sampling.record import RECORD, read_sampling
from vbench.sampling.story_file import Scene, Story
from vbench.sampling.wanted import Wanted

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAME = "story.json"

VERSION = 1

PICTURES = "pictures"

GROWING = ".story.partial"
"""Where the video grows; a title may be as long as a name of a file can be."""

PIXELS = {"height": 512, "width": 512}
"""Of the pictures with which transitions are looked at before there are shots, where no size is stated."""

SLACK = 0.01
"""Share of a rate by which parts may differ."""


@dataclass
class Told:
    """How a story ended.

    Attributes:
        folder: of the story.
        video: the story, ``None`` where a part could not be made.
        made: parts that this call sampled.
        kept: parts that were there before.
        failures: part -> why it could not be made.
        frames: of the video.
        fps: of the video, in frames per second.
    """

    folder: Path
    video: Path | None = None
    made: int = 0
    kept: int = 0
    failures: dict[str, str] = field(default_factory=dict)
    frames: int = 0
    fps: float = 0.0


@dataclass(frozen=True)
class Part:
    """A stretch of the video.

    Attributes:
        part: ``shots`` or ``transitions``.
        scene: number of the scene, or of the one that it leads away from.
        record: of the part's file.
        taken: the frames of the file that are in the video, from the first to before the last.
        at: frame of the video at which it begins.
    """

    part: str
    scene: int
    record: SampleRecord
    taken: tuple[int, int]
    at: int


def tell(
    story: Story, folder: Path, settings: Mapping[str, Any], seed: int = 0, progress: Progress | None = None
) -> Told:
    """Sample the parts of a story that are not there yet, and join them.

    Args:
        story: scenes and players.
        folder: where parts and video lie; made if it is not there, continued if it is.
        settings: of all parts, over those of the story file: ``height``, ``width`` and ``fps``.
        seed: base seed.
        progress: told of every part.

    Raises:
        UsageError: the folder holds something else, a player cannot play its role, or parts do not fit together.
        CheckpointError: a checkpoint is not what it should be.
    """
    listener, told = progress or Progress(), Told(folder)
    _refuse_another(folder, story)
    taken = _look_ahead(story, settings)
    if not (folder / NAME).is_file():
        _write(folder, {"version": VERSION, "status": "running", "title": story.title, "digest": story.digest})
    shots = _shots(story, seed)
    done = _sampled("shots", story, shots, settings, folder, listener)
    if _failed(told, "shots", done):
        return told
    records = _in_order(folder / "shots", shots)
    if len(records) > 1:
        ways = _with_pictures(_ways(story, seed), records, taken, folder)
        if _failed(told, "transitions", _sampled("transitions", story, ways, settings, folder, listener)):
            return told
        between = _in_order(folder / "transitions", ways)
    else:
        between = []
    with alone_in(folder):
        return _joined(story, folder, _parts(records, between, taken), told)


def _refuse_another(folder: Path, story: Story) -> None:
    """Refuse a folder of something else than this story."""
    before = _read(folder)
    if before and before.get("digest") != story.digest:
        raise UsageError(f"{folder} holds another story, or other scenes of it: choose another folder for this one.")
    if not before and any((folder / name).exists() for name in (RECORD, PICTURES, _file(story))):
        raise UsageError(f"{folder} holds something else than a story: choose another folder.")


def _look_ahead(story: Story, settings: Mapping[str, Any]) -> tuple[int, int]:
    """Refuse what cannot work before anything is loaded, as far as it can be told without shots.

    Returns:
        How many frames a transition is given at its beginning and at its end.
    """
    shots, ways = (built(story.players[role]) for role in ("shots", "transitions"))
    for_shots = chosen("shots", shots, story, settings)
    shots.prepare([_request(one, for_shots) for one in _shots(story).samples])
    if len(story.scenes) == 1:
        return 0, 0
    if not ways.takes_pictures:
        raise UsageError(f"{ways.name} starts from no picture, and a transition does from the end of a shot.")
    for_ways = chosen("transitions", ways, story, settings)
    one, other = shots.delivers(for_shots).fps, ways.delivers(for_ways).fps
    if one and other and abs(one / other - 1) > SLACK:
        raise UsageError(
            f"{shots.name} samples {one:g} frames a second and {ways.name} {other:g}: give both one rate with --fps, "
            "or both the same enhancers."
        )
    with tempfile.TemporaryDirectory() as temporary:
        size = {name: for_shots.stated().get(name, side) for name, side in PIXELS.items()}
        blank = Image.new("RGB", (size["width"], size["height"]))
        for name in _names("1", ways.given_frames):
            blank.save(Path(temporary, name))
        first = Path(temporary, "1.png")
        ways.prepare([_request(one, for_ways, first) for one in _ways(story).samples])
    return ways.given_frames


def chosen(role: str, generator: Generator[Any], story: Story, settings: Mapping[str, Any]) -> Settings:
    """The settings that a role is sampled with: the player's own, the story file's, then those of the call.

    Transitions are as large as shots, unless something else is said.
    """
    own, given = story.players[role].settings, {name: value for name, value in settings.items() if value is not None}
    size: dict[str, Any] = {}
    if role == "transitions":
        shots = built(story.players["shots"])
        stated = chosen("shots", shots, story, settings)
        size = {name: getattr(stated, name) for name in PIXELS if getattr(generator.defaults, name) is not None}
    return generator.defaults.with_given(**{**size, **own, **given})


def _request(sample: Sample, settings: Settings, image: Path | None = None) -> Request:
    return Request(sample.prompt.text, sample.index, sample.seed, settings, sample.file, image or sample.prompt.image)


def _plan(scenes: Sequence[Scene], seed: int, story: Story, pictures: bool) -> Wanted:
    """What a folder of parts is to hold.

    Parts of the same prompt are told apart by their index; where they start from pictures, which are known by prompt,
    by a number behind the prompt, too.
    """
    prompts = [one.prompt for one in scenes]
    plain = not pictures or len(set(prompts)) == len(prompts)
    names = prompts if plain else [f"{one} ({number})" for number, one in enumerate(prompts, 1)]
    stems = file_stems(names)
    samples = [
        Sample(
            Prompt(name, image=scene.image),
            number,
            seed_of(seed, scene.prompt, number) if scene.seed is None else scene.seed,
            f"{number + 1:02d} {stems[name]}.mp4",
        )
        for number, (name, scene) in enumerate(zip(names, scenes, strict=True))
    ]
    suite: dict[str, Any] = {"name": None, "sha256": story.digest, "category": None, "dimensions": [], "samples": 1}
    images = {one.prompt.text: one.prompt.image for one in samples if one.prompt.image}
    return Wanted(samples, suite, seed, dict(zip(names, prompts, strict=True)), images=images)


def _shots(story: Story, seed: int = 0) -> Wanted:
    return _plan(story.scenes, seed, story, any(one.image for one in story.scenes))


def _ways(story: Story, seed: int = 0) -> Wanted:
    """The transitions, each of the number of the scene that it leads away from."""
    scenes = [Scene(one.transition, one.transition_seed) for one in story.scenes[:-1]]
    return _plan(scenes, seed, story, pictures=True)


def _sampled(
    role: str, story: Story, wanted: Wanted, settings: Mapping[str, Any], folder: Path, progress: Progress
) -> Sampled:
    """The parts of a role; its player is let go of afterwards, so that two need not be in memory at once."""
    player = built(story.players[role])
    return generate(player, wanted, chosen(role, player, story, settings), folder / role, progress)


def _failed(told: Told, role: str, done: Sampled) -> bool:
    told.made += done.made
    told.kept += done.kept
    told.failures |= {f"{role}/{file}": reason for file, reason in done.failures.items()}
    return bool(done.failures)


def _in_order(folder: Path, wanted: Wanted) -> list[SampleRecord]:
    """The records of the parts."""
    records = {(one.prompt, one.index): one for one in read_manifest(folder)}
    return [records[sample.prompt.text, sample.index] for sample in wanted.samples]


def _with_pictures(ways: Wanted, shots: Sequence[SampleRecord], given: tuple[int, int], folder: Path) -> Wanted:
    """The transitions with the frames between which they lead; one whose frames are other ones now is sampled anew."""
    pictures = folder / PICTURES
    pictures.mkdir(parents=True, exist_ok=True)
    images = {}
    for number, (sample, (before, after)) in enumerate(zip(ways.samples, pairwise(shots), strict=True), 1):
        first, last = given
        frames = [*_frames(folder / "shots" / before.file, range(-first, 0))] if first else []
        frames += _frames(folder / "shots" / after.file, range(last)) if last else []
        names = _names(f"{number:02d}", given)
        shown = {pictures / name: frame for name, frame in zip(names, frames, strict=True)}
        if not all(_shows(path, frame) for path, frame in shown.items()):
            set_aside(
                folder / "transitions", [sample.file]
            )  # before its pictures are there, and it looks as if of them
            for path, frame in shown.items():
                _store(path, frame)
        images[sample.prompt.text] = (pictures / names[0]).resolve()
    return replace(ways, images=images)


def _names(stem: str, given: tuple[int, int]) -> list[str]:
    """The files of given frames, as :attr:`~vbench.generators.base.Generator.given_frames` has them.

    >>> _names("01", (2, 1))
    ['01.png', '01-2.png', '01-last.png']
    """
    ends = ((stem, given[0]), (f"{stem}-last", given[1]))
    return [f"{name}{f'-{one}' if one > 1 else ''}.png" for name, count in ends for one in range(1, count + 1)]


def _frames(video: Path, numbers: range) -> list[NDArray[np.uint8]]:
    """Frames of a video, those before 0 counted from its end."""
    source = Video(video)
    total = source.frame_count
    if len(numbers) > total:
        raise UsageError(f"{video} has {total} frames, and a transition is given {len(numbers)}.")
    wanted = [number % total for number in numbers]
    return list(source.frames(wanted).permute(0, 2, 3, 1).numpy())


def _shows(path: Path, frame: NDArray[np.uint8]) -> bool:
    """Whether a picture is there, is whole and shows a frame."""
    try:
        with path.open("rb") as file, opened(file) as there:
            return np.array_equal(np.asarray(there.convert("RGB")), frame)
    except PICTURE_ERRORS:
        return False


def _store(path: Path, frame: NDArray[np.uint8]) -> None:
    """Put a frame into its place, whole or not at all."""
    content = io.BytesIO()
    Image.fromarray(frame).save(content, format="PNG")
    replace_whole(path, content.getvalue())


def _parts(shots: Sequence[SampleRecord], ways: Sequence[SampleRecord], given: tuple[int, int]) -> list[Part]:
    """Shots and transitions in turn, and which frames of each are taken.

    Raises:
        UsageError: they differ in size or rate, or are pictures.
    """
    parts, at = [], 0
    for number, shot in enumerate(shots):
        turn = [("shots", shot, (0, _count(shot)))]
        turn += [("transitions", ways[number], _between(ways[number], given))] if number < len(ways) else []
        for role, record, taken in turn:
            parts.append(Part(role, number + 1, record, taken, at))
            at += max(taken[1] - taken[0], 0)
    first = dict(shots[0].measured or {})
    if Path(shots[0].file).suffix in STILLS:
        raise UsageError(f"shots/{shots[0].file} is a picture, and a story is made of videos.")
    for part in parts:
        here = dict(part.record.measured or {})
        same = all(here[side] == first[side] for side in PIXELS) and abs(here["fps"] / first["fps"] - 1) <= SLACK
        if not same:
            raise UsageError(
                f"{part.part}/{part.record.file} has {here['width']}x{here['height']} pixels at {here['fps']:g} frames "
                f"a second, the first shot {first['width']}x{first['height']} at {first['fps']:g}: give both roles one "
                "--size and --fps, and the same enhancers."
            )
    return parts


def _count(record: SampleRecord) -> int:
    return int((record.measured or {})["frames"])


def _between(record: SampleRecord, given: tuple[int, int]) -> tuple[int, int]:
    """The frames of a transition that are its own; an enhancer may have put more between those that were sampled."""
    came, sampled = _count(record), int(record.settings.get("frames") or _count(record))
    stretch = (came - 1) / (sampled - 1) if sampled > 1 else 1.0
    first, last = (round((count - 1) * stretch) + 1 if count else 0 for count in given)
    return first, max(came - last, first)


def _joined(story: Story, folder: Path, parts: Sequence[Part], told: Told) -> Told:
    """The video and its record; both are kept where they are as they would be."""
    video, fps = folder / _file(story), float((parts[0].record.measured or {})["fps"])
    made_of = [
        {"part": one.part, "scene": one.scene, "at": one.at, "taken": list(one.taken), **asdict(one.record),
         "file": f"{one.part}/{one.record.file}"}
        for one in parts
    ]  # fmt: skip
    made_of = json.loads(json.dumps(made_of))
    before = _read(folder)
    as_it_was = before.get("parts") == made_of
    joined = as_it_was and video.is_file() and before.get("sha256") == digest(video)
    if not joined:
        growing = folder / GROWING
        write_frames(_shown(folder, parts), fps, growing)
        set_aside(folder, [video.name])
        growing.replace(video)
    look = looked(_shown(folder, parts))
    record = {
        "version": VERSION,
        "status": "finished",
        "title": story.title,
        "file": video.name,
        "sha256": digest(video),
        "digest": story.digest,
        "frames": look.frames,
        "fps": fps,
        "flaws": look.flaws,
        "ended": before["ended"] if as_it_was else provenance.now(),
        "scenes": [{**asdict(one), "image": one.image.name if one.image else None} for one in story.scenes],
        "players": {role: _played(folder / role, story.players[role]) for role in ("shots", "transitions")},
        "parts": made_of,
        "packages": before["packages"] if joined else _packages(folder),
    }
    _write(folder, record)
    told.video, told.frames, told.fps = video, look.frames, fps
    return told


def _played(folder: Path, recipe: Recipe) -> dict[str, Any] | None:
    """The model of a role, its settings and its provenance; ``None`` of a role that had nothing to do."""
    record = read_sampling(folder)
    if record is None:
        return None
    return {"model": recipe.model, **{name: record[name] for name in ("seed", "settings", "provenance", "model_file")}}


def _packages(folder: Path) -> dict[str, Any]:
    """With what the parts were sampled, and they are joined now."""
    sampled = [read_sampling(folder / role) or {} for role in ("shots", "transitions")]
    return provenance.together([*(one.get("packages", {}) for one in sampled), provenance.packages()])


def _read(folder: Path) -> dict[str, Any]:
    """The record of a story, empty where there is none.

    Raises:
        UsageError: it cannot be read.
    """
    path = folder / NAME
    if not path.is_file():
        return {}
    try:
        record: dict[str, Any] = plain_json(path.read_text(encoding="utf-8"))
        newer = record["version"] > VERSION
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{path} is no record of a story ({error}): move it away, or choose another folder."
        ) from error
    if newer:
        raise UsageError(f"{path} was written by a newer vbench (version {record['version']}).")
    return record


def _write(folder: Path, record: Mapping[str, Any]) -> None:
    write_atomically(folder / NAME, json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def _shown(folder: Path, parts: Sequence[Part]) -> Iterator[NDArray[np.uint8]]:
    """The frames of the video."""
    for one in parts:
        numbers = iter(range(_count(one.record)))
        for batch in Video(folder / one.part / one.record.file, budget=0).batches():
            for frame in batch.permute(0, 2, 3, 1).numpy():
                if one.taken[0] <= next(numbers) < one.taken[1]:
                    yield frame


def _file(story: Story) -> str:
    """Name of the video."""
    return f"{file_stems([story.title])[story.title]}.mp4"
