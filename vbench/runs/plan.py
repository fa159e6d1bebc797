"""What a run will look at: which video answers which prompt, and which dimensions judge it.

Three modes, as in the reference: *standard* (a prompt suite, files named after its prompts), *category* (prompts of
one content category, any number of samples) and *custom* (own videos; prompts from the names, a file, or one given).
"""

from __future__ import annotations

import os
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from string import digits
from typing import Any

from vbench.benchmarks.base import Benchmark, DimensionSpec, Unit
from vbench.benchmarks.registry import benchmark_named, spec_of, specs_of
from vbench.benchmarks.score_card import in_protocol_order
from vbench.benchmarks.t2v import T2V
from vbench.errors import NothingToScore, UsageError
from vbench.files.json_file import read_json
from vbench.files.text import same_name
from vbench.media.spans import VERSION as CUT_VERSION
from vbench.media.spans import Span
from vbench.media.video import CONTAINERS, is_video, probe
from vbench.prompts.library import load_category, load_suite, pictures_of
from vbench.prompts.pictures import (
    Pictures,
    picture_folder,
    pictures_by_video,
    refuse_missing,
    with_pictures,
)
from vbench.prompts.sampling_plan import file_stems
from vbench.prompts.suite import Prompt, PromptSuite
from vbench.registry import unknown
from vbench.runs.discover import by_name, discover, is_frames
from vbench.runs.filtered_folder import kept
from vbench.sampling.manifest import SampleRecord, read_manifest
from vbench.sampling.record import read_sampling

STANDARD, CATEGORY, CUSTOM = "vbench_standard", "vbench_category", "custom_input"

MODES = (STANDARD, CATEGORY, CUSTOM)

SHORTEST_CUT = 100
"""Bytes from which on a name may be taken for a prompt that a file system cut."""


@dataclass(frozen=True)
class VideoTask:
    """One video with one prompt, and what is asked of it.

    Attributes:
        path: the file, or the folder of frames.
        video: the same relative to the plan's root, with forward slashes.
        prompt: what the video should show.
        dimensions: what judges it.
        sha256: of the video, once somebody has read it.
        picture: the same of the prompt's picture, where a dimension that is still to do looks at it.
        cache_keys: of the dimensions that are still to do, what identifies their results.
        spans: of a clip its own; of the first frames of a video's clips those of all; none where the whole video is
            looked at.
        group: name of the video, or of the scene, whose clips are compared with each other.
        clips: how many these are.
    """

    path: Path
    video: str
    prompt: Prompt
    dimensions: tuple[str, ...]
    sha256: str = ""
    picture: str = ""
    cache_keys: Mapping[str, str] = field(default_factory=dict)
    spans: tuple[Span, ...] = ()
    group: str = ""
    clips: int = 0

    @property
    def evaluated(self) -> tuple[str, ...]:
        """The dimensions that are needed for what is still to do."""
        return tuple(self.cache_keys)


@dataclass(frozen=True)
class Cutting:
    """How long videos become clips.

    Attributes:
        reencode: whether a clip's frames are compressed once more, as the reference does.
        scenes: whether the video is cut where a scene ends, before clips are cut.
    """

    reencode: bool = False
    scenes: bool = False

    def plain(self) -> dict[str, Any]:
        """As it stands in a run's record, and in what identifies a score."""
        return {"version": CUT_VERSION, **asdict(self)}

    @classmethod
    def recorded(cls, plain: Mapping[str, Any]) -> Cutting:
        """As a run's record says it."""
        return cls(plain["reencode"], plain["scenes"])


@dataclass(frozen=True)
class Plan:
    """Everything that a run will look at.

    Attributes:
        root: folder of the videos.
        mode: one of :data:`MODES`.
        suite: name of the prompt suite, ``""`` without one.
        suite_digest: SHA-256 of the suite's file.
        dimensions: what was asked for, in the protocol's order.
        prompts: the prompts that these dimensions use.
        tasks: the videos that are there.
        missing: names of videos that the suite expects and that are not there.
        absent: dimension -> how many of its videos are not there.
        unexpected: videos that belong to no prompt.
        samples: videos a prompt that are judged; 0 where there is no number of them.
        filtered: dimensions whose prompts have more samples than are judged, of which the static filter chooses.
        benchmark: whose dimensions they are.
        tested: prompt -> all that the suite tests with it, whatever was asked for.
        cutting: how the videos were cut into clips; ``None`` where they were not.
        pictures: folder and ratio of the pictures that videos start from, where they are looked at.
        shard: which part of a whole plan this is, such as ``3/16``; ``""`` where it is all of it.
        whole: the plan that this is a shard of.
    """

    root: Path
    mode: str
    dimensions: tuple[str, ...]
    tasks: tuple[VideoTask, ...]
    prompts: tuple[Prompt, ...] = ()
    suite: str = ""
    suite_digest: str = ""
    missing: tuple[str, ...] = ()
    absent: Mapping[str, int] = field(default_factory=dict)
    unexpected: tuple[str, ...] = ()
    samples: int = 0
    filtered: tuple[str, ...] = ()
    benchmark: Benchmark = T2V
    tested: Mapping[str, frozenset[str]] = field(default_factory=dict)
    cutting: Cutting | None = None
    pictures: Pictures | None = None
    shard: str = ""
    whole: Plan | None = None

    @property
    def units(self) -> int:
        """Number of scores that the videos which are there can have."""
        return sum(len(task.dimensions) for task in self.tasks)

    @property
    def planned(self) -> dict[str, int]:
        """Dimension -> scores that a whole run has, those of missing videos and of other shards among them."""
        if self.whole:
            return self.whole.planned
        there = Counter(name for task in self.tasks for name in task.dimensions)
        counts = {name: there[name] + self.absent.get(name, 0) for name in self.dimensions}
        for name in self.filtered:  # as many as are judged, once it is known which
            counts[name] = self.samples * counts[name] // self.benchmark.rules[name].sampled
        return counts


def prompt_from_name(path: str | Path) -> str:
    """The prompt that a file name states: its stem without the sample's number.

    >>> prompt_from_name("videos/a red-haired cat-3.mp4")
    'a red-haired cat'
    """
    return re.sub(r"-\d+$", "", Path(path).stem)


def dimensions_asked(
    names: Sequence[str] | None, mode: str, benchmark: Benchmark = T2V, pictures: bool = False
) -> tuple[str, ...]:
    """Check and order the dimensions that were asked for; without any, those that the mode can judge.

    Args:
        names: that were asked for.
        mode: one of :data:`MODES`.
        benchmark: whose dimensions they are.
        pictures: whether own videos come with the pictures that they start from.

    Raises:
        UsageError: an unknown dimension, or one that the mode has no facts or pictures for.
        PluginError: one that another package brings, and that is broken.
    """
    without_facts = mode != STANDARD
    if not names:
        usual = [spec for spec in specs_of(benchmark).values() if not spec.judges]
        judged = [
            spec.name
            for spec in usual
            if not without_facts or (spec.free_prompts and not spec.needs and (pictures or not spec.needs_picture))
        ]
        return tuple(in_protocol_order(judged, benchmark))
    asked = in_protocol_order({spec_of(name, benchmark).name for name in names}, benchmark)
    unjudgeable = [name for name in asked if spec_of(name, benchmark).needs]
    if without_facts and unjudgeable:
        raise UsageError(
            f"{', '.join(unjudgeable)}: not for {mode}, as the prompts bring no facts to judge by. "
            "Use a prompt suite (--suite FILE), or leave them out."
        )
    unseen = [name for name in asked if spec_of(name, benchmark).needs_picture]
    if without_facts and unseen and not pictures:
        raise UsageError(
            f"{', '.join(unseen)}: not without the pictures that the videos start from. Name their folder "
            "(--images FOLDER, each named after its prompt), or leave them out."
        )
    return tuple(asked)


def standard_plan(
    root: Path,
    suite: PromptSuite,
    dimensions: Sequence[str] | None = None,
    special: str = "",
    samples: int | None = None,
    benchmark: Benchmark = T2V,
    pictures: Pictures | None = None,
) -> Plan:
    """Find the samples of a suite: by the manifest where there is one, otherwise by their names.

    Names are ``<prompt><special>-<index>.<suffix>``, in one folder or in one folder per dimension; the sampling plan's
    names for prompts that no file can be named after, and names that a file system cut, are found too. Where a prompt
    whose videos are filtered has more samples than are judged, all that the protocol samples are looked for.

    Args:
        root: folder of the videos.
        suite: the prompts.
        dimensions: what judges them; by default all of the benchmark's that a prompt of the suite tests.
        special: what stands between prompt and index in the names.
        samples: videos a prompt; as many as the benchmark says of each dimension by default.
        benchmark: whose dimensions they are.
        pictures: that the videos start from, for dimensions that look at them.

    Raises:
        UsageError: the folder, its manifest or the dimensions cannot be used, or a picture is missing.
        NothingToScore: no prompt of the suite tests what was asked.
    """
    asked = dimensions_asked(dimensions, STANDARD, benchmark)
    known = {*specs_of(benchmark), *specs_of(T2V)}
    for name in sorted({name for prompt in suite for name in prompt.dimensions} - known):
        spec_of(name, benchmark)  # says which is the nearest
    if not dimensions:
        asked = tuple(name for name in asked if any(name in prompt.dimensions for prompt in suite))
    if pictures:
        suite = with_pictures(suite, pictures.folder)
    files = _files(root)
    manifest = read_manifest(root)
    specs = {name: spec_of(name, benchmark) for name in asked}
    find = _by_manifest(root, manifest) if manifest else _by_name(root, files, suite, special, specs)
    found: dict[tuple[Path, Prompt], list[str]] = defaultdict(list)
    missing: dict[str, None] = {}
    absent: Counter[str] = Counter()
    prompts = []
    judged_of = {name: samples or benchmark.samples_of(spec) for name, spec in specs.items()}
    if benchmark.unit is Unit.CLIP:  # the filter chooses among the clips of as many videos as are judged
        looked_for = judged_of
    else:
        looked_for = {name: _looked_for(spec, suite, judged_of[name], find) for name, spec in specs.items()}
    settled = {name: kept(root, spec.sampled, judged_of[name]) if spec.sampled else {} for name, spec in specs.items()}
    for prompt in suite:
        judged = [name for name in asked if specs[name].tested_by in prompt.dimensions]
        if judged:
            prompts.append(prompt)
        counts = {name: settled[name].get(prompt.text, looked_for[name]) for name in judged}
        for index in range(max(counts.values(), default=0)):
            for dimension in (name for name in judged if index < counts[name]):
                place = find(prompt.text, index, dimension)
                if place:
                    found[place, prompt].append(dimension)
                else:
                    missing[f"{prompt.text}{special}-{index}"] = None
                    absent[dimension] += 1
    if not prompts:
        raise _untested(suite, asked, benchmark)
    tasks = _tasks(root, found, benchmark)
    if pictures:
        looked_at = {name for name, spec in specs.items() if spec.needs_picture}
        refuse_missing((task.prompt for task in tasks if looked_at & set(task.dimensions)), pictures.folder)
    return Plan(
        root=root,
        mode=STANDARD,
        dimensions=asked,
        tasks=tasks,
        prompts=tuple(prompts),
        suite=suite.name,
        suite_digest=suite.digest,
        missing=tuple(missing),
        absent=absent,
        unexpected=_unexpected(root, files, found),
        samples=samples or benchmark.most_samples(specs.values()),
        filtered=tuple(name for name in asked if looked_for[name] > judged_of[name]),
        benchmark=benchmark,
        tested=tested_with(suite),
        pictures=pictures,
    )


def category_plan(
    root: Path, suite: PromptSuite, dimensions: Sequence[str] | None = None, benchmark: Benchmark = T2V
) -> Plan:
    """Match every file whose name starts with a prompt of the category; any number of samples.

    Raises:
        UsageError: the folder or the dimensions cannot be used.
    """
    asked = dimensions_asked(dimensions, CATEGORY, benchmark)
    files = _files(root)
    by_text = {same_name(prompt.text): prompt for prompt in reversed(suite.prompts)}
    lengths = sorted({len(text) for text in by_text}, reverse=True)
    found: dict[tuple[Path, Prompt], list[str]] = {}
    for path in files:
        name = same_name(path.stem)
        starts = (name[:length] for length in lengths if length <= len(name))
        prompt = next((by_text[start] for start in starts if start in by_text), None)
        if prompt:
            found[path, prompt] = list(asked)
    answered = {prompt.text for _, prompt in found}
    unanswered = tuple(prompt.text for prompt in suite if prompt.text not in answered)
    return Plan(
        root=root,
        mode=CATEGORY,
        dimensions=asked,
        tasks=_tasks(root, found, benchmark),
        prompts=tuple(suite),
        suite=suite.name,
        suite_digest=suite.digest,
        missing=unanswered,
        absent=dict.fromkeys(asked, len(unanswered)),
        unexpected=_unexpected(root, files, found),
        benchmark=benchmark,
    )


def custom_plan(
    videos: Path,
    dimensions: Sequence[str] | None = None,
    prompts: Mapping[str, str] | str | None = None,
    benchmark: Benchmark = T2V,
    images: Path | None = None,
) -> Plan:
    """Own videos: a file, a folder of files, or a folder of frames.

    Args:
        videos: the file or folder.
        dimensions: what judges them; by default all that need no facts.
        prompts: one prompt for all, or prompts by path relative to the folder; by default from the manifest, and
            from the names of what it does not list.
        benchmark: whose dimensions they are.
        images: folder of the pictures that they start from, each named after its prompt or its video.

    Raises:
        UsageError: the folder, the dimensions, the prompts or the pictures cannot be used.
    """
    asked = dimensions_asked(dimensions, CUSTOM, benchmark, pictures=images is not None)
    one = not videos.is_dir() or is_frames(videos)
    root = videos.parent if one else videos
    files = [_existing(videos)] if one else _files(root)
    texts = _custom_prompts(root, files, prompts)
    pictures = picture_folder(images) if images else None
    beside = pictures_by_video(texts, pictures.folder) if pictures else {}
    found = {(path, Prompt(text, asked, image=beside.get(path))): list(asked) for path, text in texts.items()}
    if pictures and any(spec_of(name, benchmark).needs_picture for name in asked):
        refuse_missing((prompt for _, prompt in found), pictures.folder)
    return Plan(
        root=root,
        mode=CUSTOM,
        dimensions=asked,
        tasks=_tasks(root, found, benchmark),
        prompts=tuple(dict.fromkeys(prompt for _, prompt in found)),
        benchmark=benchmark,
        pictures=pictures,
    )


def read_prompt_file(path: Path) -> dict[str, str]:
    """Read ``{path relative to the videos: prompt}``.

    Raises:
        UsageError: it cannot be read or is something else.
    """
    try:
        prompts = read_json(path)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read as a prompt file: {error}") from error
    if not isinstance(prompts, dict) or not all(isinstance(text, str) for text in prompts.values()):
        raise UsageError(f'{path} is not a prompt file: expected {{"video.mp4": "prompt", ...}}')
    return prompts


def tested_with(suite: PromptSuite) -> dict[str, frozenset[str]]:
    """Prompt -> all dimensions that a suite tests with it, in whichever of its entries."""
    tested: dict[str, frozenset[str]] = {}
    for prompt in suite:
        tested[prompt.text] = tested.get(prompt.text, frozenset()) | set(prompt.dimensions)
    return tested


Finder = Callable[[str, int, str], "Path | None"]
"""(prompt, index, dimension) -> its video, if there is one."""


def _looked_for(spec: DimensionSpec, suite: PromptSuite, samples: int, find: Finder) -> int:
    """Samples a prompt that are looked for: all that the static filter chooses from, once there is one to choose."""
    prompts = [prompt.text for prompt in suite if spec.tested_by in prompt.dimensions] if spec.sampled > samples else []
    more = any(find(text, index, spec.name) for text in prompts for index in range(samples, spec.sampled))
    return spec.sampled if more else samples


def _by_manifest(root: Path, records: Iterable[SampleRecord]) -> Finder:
    places: dict[tuple[str, int], list[Path]] = defaultdict(list)
    for record in records:
        places[same_name(record.prompt), record.index].append(root / record.file)

    def find(text: str, index: int, dimension: str) -> Path | None:
        there = [place for place in places[same_name(text), index] if place.exists()]
        return _only(there) if there else None

    return find


def _by_name(
    root: Path, files: Sequence[Path], suite: PromptSuite, special: str, specs: Mapping[str, DimensionSpec]
) -> Finder:
    stems = file_stems(prompt.text for prompt in suite)
    names = dict(by_name(root, files))
    for name, path in _whole_names(names, stems, special).items():
        names[name] = [*names.get(name, ()), path]
    numbered: dict[str, dict[str, list[Path]]] = defaultdict(dict)
    for name, paths in names.items():
        before = name.rstrip(digits)
        numbered[before][name[len(before) :]] = paths

    @cache
    def samples(text: str, folder: str) -> list[dict[str, list[Path]]]:
        """By number, under each name that a prompt's samples may have and some have."""
        tried = [f"{stem}{special}-" for stem in (text, stems[text])]
        places = [place for stem in tried for place in (stem, f"{folder}/{stem}")] + [f"{text}{special}/"]
        return [numbered[name] for name in dict.fromkeys(map(same_name, places)) if name in numbered]

    def find(text: str, index: int, dimension: str) -> Path | None:
        number = str(index)
        found = [path for of in samples(text, specs[dimension].stored_in) for path in of.get(number, ())]
        return _only(found) if found else None

    return find


def _only(candidates: Sequence[Path]) -> Path:
    if len(candidates) > 1:
        raise UsageError(
            f"{candidates[0]} and {candidates[1]} answer the same prompt with the same index: move one away."
        )
    return candidates[0]


def _whole_names(names: Mapping[str, Sequence[Path]], texts: Iterable[str], special: str) -> dict[str, Path]:
    """Names that a file system cut, made whole: the start of one prompt, and of no other."""
    whole = {}
    ordered = sorted(set(map(same_name, texts)))
    for name, paths in names.items():
        folder, _, stem = name.rpartition("/")
        cut, dash, index = stem.rpartition("-")
        if dash and index.isdigit() and len(cut.encode()) >= SHORTEST_CUT:
            first = bisect_left(ordered, cut)
            meant = [text for text in ordered[first : first + 2] if text.startswith(cut)]
            if len(meant) == 1 and meant[0] != cut:
                whole[f"{folder}/{meant[0]}{special}-{index}".lstrip("/")] = _only(paths)
    return whole


def _custom_prompts(root: Path, files: list[Path], prompts: Mapping[str, str] | str | None) -> dict[Path, str]:
    if not prompts:
        recorded = {_place(root, record.file): record.prompt for record in read_manifest(root)}
        return {path: recorded.get(_place(root, path)) or _prompt_of(root, path) for path in files}
    if isinstance(prompts, str):
        return dict.fromkeys(files, prompts)
    given = {_place(root, name): text for name, text in prompts.items()}
    without = [path.relative_to(root).as_posix() for path in files if _place(root, path) not in given]
    if without:
        raise UsageError(
            f"The prompt file has no prompt for {len(without)} of {len(files)} videos: {', '.join(without[:10])}"
            f"{', ...' if len(without) > 10 else ''}. Add them, or leave out --prompt-file."
        )
    return {path: given[_place(root, path)] for path in files}


def _place(root: Path, name: str | Path) -> str:
    """A path as paths are compared: by its name alone, as several links may lead to one file."""
    path = name if isinstance(name, Path) else Path(name)
    path = path if root in path.parents else root / path
    return same_name(os.path.normpath(str(path.absolute())))


def _prompt_of(root: Path, path: Path) -> str:
    """The prompt that a name states: its own, or its folder's where samples are numbered in one a prompt."""
    numbered = path.stem.isdigit() and path.parent != root
    return path.parent.name if numbered else prompt_from_name(path)


def _files(root: Path) -> list[Path]:
    """Videos in a folder and in the folders right below it, sorted; a folder of stills is one video."""
    if not root.is_dir():
        raise UsageError(f"{root} is not a folder of videos.")
    found = discover(root)
    if not found.videos:
        raise UsageError(
            f"{root} holds no videos (expected {', '.join(CONTAINERS)}, .gif or folders of stills).{found.why_not_read}"
        )
    return found.videos


def _existing(path: Path) -> Path:
    if not path.exists():
        raise UsageError(f"{path} does not exist.")
    if not is_video(path):
        raise UsageError(f"{path} is not a video (expected {', '.join(CONTAINERS)}, .gif or a folder of stills).")
    return path


def _tasks(
    root: Path, found: Mapping[tuple[Path, Prompt], Iterable[str]], benchmark: Benchmark
) -> tuple[VideoTask, ...]:
    return tuple(
        VideoTask(path, path.relative_to(root).as_posix(), prompt, tuple(in_protocol_order(set(dimensions), benchmark)))
        for (path, prompt), dimensions in found.items()
    )


def _unexpected(root: Path, files: list[Path], found: Iterable[tuple[Path, Prompt]]) -> tuple[str, ...]:
    used = {path for path, _ in found}
    return tuple(path.relative_to(root).as_posix() for path in files if path not in used)


def make_plan(
    videos: Path,
    dimensions: Sequence[str] | None = None,
    mode: str = "auto",
    suite: str | None = None,
    prompt: str | Mapping[str, str] | None = None,
    prompt_file: Path | None = None,
    category: str | None = None,
    extra: Sequence[str] = (),
    special: str = "",
    benchmark: str | None = None,
    images: Path | None = None,
    ratio: str = "",
) -> Plan:
    """The plan that the options of a command describe.

    Args:
        videos: a video, or the folder of the videos.
        dimensions: what judges them; by default what the folder was sampled for, or all that the mode can judge.
        mode: one of :data:`MODES`, or ``auto`` to go by the other options.
        suite: name or file of a prompt suite.
        prompt: one for all videos, or prompts by video.
        prompt_file: prompts by video, as JSON.
        category: content category of the suite; of the one that the folder was sampled for where none is named.
        extra: dimensions beside those that are named or the default.
        special: what stands between prompt and index in the names of files.
        benchmark: name; by default the one that the folder was sampled for, or text to video.
        images: folder of the pictures that videos start from; by default the one that they were sampled with, or the
            benchmark's own in the cache.
        ratio: of the pictures, such as ``16-9``; by default the one that was sampled with, or the nearest to the
            videos.

    Raises:
        UsageError: options that exclude each other, or input that cannot be used.
    """
    prompt = None if prompt == "None" else prompt  # the reference's default, spelled out in its scripts
    sampled = read_sampling(videos) if videos.is_dir() else None
    chosen = benchmark_named(benchmark or (sampled["benchmark"] if sampled else None))
    samples = None
    if not (suite or prompt or prompt_file):
        same = sampled is not None and sampled["suite"]["name"] and chosen.name == sampled["benchmark"]
        if sampled and same and (mode == "auto" or (category and mode != CUSTOM)):
            asked = _unchanged(sampled["suite"], videos)
            suite, category, samples = asked["name"], category or asked["category"], asked["samples"]
            dimensions = dimensions or asked["dimensions"]
        elif benchmark and mode != CUSTOM:
            suite = chosen.suite or None
    if mode not in ("auto", *MODES):
        raise unknown("mode", mode, ["auto", *MODES])
    answered = _suite_of(mode, suite, category)
    if mode == "auto":
        mode = _usual_mode(answered, category)
    if prompt and prompt_file:
        raise UsageError("--prompt and --prompt-file exclude each other.")
    if (prompt or prompt_file) and mode != CUSTOM:
        raise UsageError("--prompt and --prompt-file belong to the custom mode: add --mode custom_input.")
    if not videos.exists():
        raise UsageError(f"{videos} does not exist.")
    if extra:
        dimensions = [*(dimensions or dimensions_asked(None, mode, chosen, pictures=images is not None)), *extra]
    if answered is None:
        prompts = read_prompt_file(prompt_file) if prompt_file else prompt
        return custom_plan(videos, dimensions, prompts, chosen, images)
    if mode == CATEGORY:
        return category_plan(videos, answered, dimensions, chosen)
    tested = {name for one in answered for name in one.dimensions}
    judging = [spec_of(name, chosen) for name in dimensions_asked(dimensions, STANDARD, chosen)]
    looked_at = images or any(spec.needs_picture and spec.tested_by in tested for spec in judging)
    pictures = _pictures(videos, str(suite), images, ratio) if looked_at else None
    return standard_plan(videos, answered, dimensions, special, samples, chosen, pictures)


def _suite_of(mode: str, suite: str | None, category: str | None) -> PromptSuite | None:
    """The prompts that the videos answer; ``None`` where they are own ones."""
    if mode == CUSTOM or (mode == "auto" and not (suite or category)):
        return None
    return load_category(suite, category) if category or mode == CATEGORY else load_suite(suite)


def _usual_mode(suite: PromptSuite | None, category: str | None) -> str:
    """By what the prompts are for: those of a suite name the dimensions that they test, those of a list none."""
    if suite is None:
        return CUSTOM
    return CATEGORY if category and not any(prompt.dimensions for prompt in suite) else STANDARD


def _pictures(videos: Path, suite: str, images: Path | None, ratio: str) -> Pictures:
    """The pictures that videos were sampled with; otherwise those of a folder, in the ratio nearest to theirs."""
    sampled = read_sampling(videos) if videos.is_dir() else None
    used = (sampled or {}).get("pictures")
    if used and not images and not ratio:
        return Pictures(Path(used["folder"]), used["ratio"])
    facts = probe(_files(videos)[0])
    return picture_folder(images or pictures_of(suite), ratio, (facts.height, facts.width))


def _unchanged(suite: dict[str, Any], videos: Path) -> dict[str, Any]:
    """What a folder was sampled for: suite, category, dimensions and samples a prompt.

    Raises:
        UsageError: the suite is no longer what it was.
    """
    now = load_category(suite["name"], suite["category"]) if suite["category"] else load_suite(suite["name"])
    if now.digest != suite["sha256"]:
        raise UsageError(
            f"{videos} was sampled for the suite {suite['name']}, which has changed since. "
            "Name the suite that holds: --suite FILE."
        )
    return suite


def default_output(videos: Path, profile: str, benchmark: Benchmark = T2V, shard: str = "") -> Path:
    """A folder named after videos, benchmark, profile and shard, so that the same call finds its run again."""
    of = "" if benchmark is T2V else f"-{benchmark.name}"
    part = f"-shard-{shard.replace('/', '-of-')}" if shard else ""
    whole = videos.resolve()
    return Path("vbench-runs") / f"{whole.name if whole.is_dir() else whole.stem}{of}-{profile}{part}"


def why_nothing(plan: Plan) -> str:
    """Why a plan has not a single score to make: what was asked, which prompts could answer, and what is left."""
    if not plan.dimensions:
        return (
            f"There is nothing to score: every dimension of {plan.benchmark.name} needs facts, and the prompts of "
            f"{plan.mode} bring none. Use a prompt suite (--suite FILE)."
        )
    prompts = ", ".join(repr(prompt.text) for prompt in plan.prompts[:3])
    others = plan.unexpected
    there = f"{len(others)} of other names, such as {others[0]!r}" if others else "no other videos"
    return (
        f"There is nothing to score. Asked: {', '.join(plan.dimensions)}. {_counted(plan.prompts)} it, such as "
        f"{prompts}; of the {len(plan.missing)} videos that they want, such as {plan.missing[0]!r}, none is in "
        f"{plan.root}. Found there: {there}."
    )


def _untested(suite: PromptSuite, asked: Sequence[str], benchmark: Benchmark) -> NothingToScore:
    tested = dict.fromkeys(spec_of(name, benchmark).tested_by for name in asked)
    named = sorted({name for prompt in suite for name in prompt.dimensions})
    return NothingToScore(
        f"There is nothing to score. Asked: {', '.join(asked) or f'all of {benchmark.name}'}. None of the {len(suite)} "
        f"prompts of {suite.name} tests {' or '.join(tested) or 'any of them'}; they test "
        f"{', '.join(named) or 'nothing'}. "
        "Choose one of these, or name the dimension in the prompts."
    )


def _counted(prompts: Sequence[Prompt]) -> str:
    return "1 prompt tests" if len(prompts) == 1 else f"{len(prompts)} prompts test"
