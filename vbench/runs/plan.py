"""What a run will look at: which video answers which prompt, and which dimensions judge it.

Three modes, as in the reference: *standard* (a prompt suite, files named after its prompts), *category* (prompts of
one content category, any number of samples) and *custom* (own videos; prompts from the names, a file, or one given).
"""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vbench.benchmarks.score_card import RULES, in_protocol_order
from vbench.dimensions.profiles import DIMENSIONS
from vbench.errors import UsageError
from vbench.files.text import read_text
from vbench.media.video import CONTAINERS, is_video
from vbench.prompts.sampling_plan import SAMPLES, file_stems
from vbench.prompts.suite import Prompt, PromptSuite
from vbench.runs.discover import by_name, discover, is_frames, same_name
from vbench.sampling.manifest import SampleRecord, read_manifest

STANDARD, CATEGORY, CUSTOM = "vbench_standard", "vbench_category", "custom_input"

MODES = (STANDARD, CATEGORY, CUSTOM)

SHORTEST_CUT = 100
"""Bytes from which on a name may be taken for a prompt that a file system cut."""

NEED_FACTS = (
    "object_class",
    "multiple_objects",
    "scene",
    "scene_corrected",
    "appearance_style",
    "color",
    "spatial_relationship",
)
"""Dimensions that need facts which only a prompt suite has."""

NEED_LABELS = ("human_action",)
"""Dimensions whose prompts must name a class; of no use for free prompts unless asked for."""

ON_REQUEST = {"imaging_quality_by_metric": "imaging_quality", "scene_corrected": "scene"}
"""Dimensions outside the protocol, never evaluated unless named -> the one whose prompts and videos they judge."""

SHARED_FOLDERS = {
    "background_consistency": "scene",
    "aesthetic_quality": "overall_consistency",
    "imaging_quality": "overall_consistency",
    "imaging_quality_by_metric": "overall_consistency",
    "scene_corrected": "scene",
    "motion_smoothness": "subject_consistency",
    "dynamic_degree": "subject_consistency",
}
"""Folder of a dimension's videos where each prompt file has its own; other dimensions have their own name's."""


@dataclass(frozen=True)
class Visit:
    """One video with one prompt, and what is asked of it.

    Attributes:
        path: the file, or the folder of frames.
        video: the same relative to the plan's root, with forward slashes.
        prompt: what the video should show.
        dimensions: what judges it.
    """

    path: Path
    video: str
    prompt: Prompt
    dimensions: tuple[str, ...]


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
        visits: what there is.
        missing: names of videos that the suite expects and that are not there.
        unexpected: videos that belong to no prompt.
        samples: videos a prompt that were looked for.
    """

    root: Path
    mode: str
    dimensions: tuple[str, ...]
    visits: tuple[Visit, ...]
    prompts: tuple[Prompt, ...] = ()
    suite: str = ""
    suite_digest: str = ""
    missing: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    samples: int = SAMPLES

    @property
    def units(self) -> int:
        """Number of scores that a whole run has."""
        return sum(len(visit.dimensions) for visit in self.visits)


def prompt_from_name(path: str | Path) -> str:
    """The prompt that a file name states: its stem without the sample's number.

    >>> prompt_from_name("videos/a red-haired cat-3.mp4")
    'a red-haired cat'
    """
    return re.sub(r"-\d+$", "", Path(path).stem)


def dimensions_asked(names: Sequence[str] | None, mode: str) -> tuple[str, ...]:
    """Check and order the dimensions that were asked for; without any, the protocol's that the mode can judge.

    Raises:
        UsageError: an unknown dimension, or one that the mode has no facts for.
    """
    without_facts = mode != STANDARD
    if not names:
        left_out = (*ON_REQUEST, *((*NEED_FACTS, *NEED_LABELS) if without_facts else ()))
        return tuple(name for name in in_protocol_order(DIMENSIONS.names()) if name not in left_out)
    asked = in_protocol_order({DIMENSIONS.known(name) for name in names})
    unjudgeable = [name for name in asked if name in NEED_FACTS]
    if without_facts and unjudgeable:
        raise UsageError(
            f"{', '.join(unjudgeable)}: not for {mode}, as the prompts bring no facts to judge by. "
            "Use a prompt suite (--suite FILE), or leave them out."
        )
    return tuple(asked)


def standard_plan(
    root: Path, suite: PromptSuite, dimensions: Sequence[str] | None = None, special: str = "", samples: int = SAMPLES
) -> Plan:
    """Find the samples of a suite: by the manifest where there is one, otherwise by their names.

    Names are ``<prompt><special>-<index>.<suffix>``, in one folder or in one folder per dimension; the sampling plan's
    names for prompts that no file can be named after, and names that a file system cut, are found too.

    Raises:
        UsageError: the folder, its manifest or the dimensions cannot be used.
    """
    asked = dimensions_asked(dimensions, STANDARD)
    for name in {name for prompt in suite for name in prompt.dimensions} - set(RULES):
        DIMENSIONS.known(name)
    if not dimensions:
        asked = tuple(name for name in asked if any(name in prompt.dimensions for prompt in suite))
    files = _files(root)
    manifest = read_manifest(root)
    find = _by_manifest(root, manifest) if manifest else _by_name(root, files, suite, special)
    visits: dict[tuple[Path, Prompt], list[str]] = defaultdict(list)
    missing: dict[str, None] = {}
    prompts = []
    for prompt in suite:
        judged = [name for name in asked if ON_REQUEST.get(name, name) in prompt.dimensions]
        if judged:
            prompts.append(prompt)
        for index in range(samples):
            for dimension in judged:
                place = find(prompt.text, index, dimension)
                if place:
                    visits[place, prompt].append(dimension)
                else:
                    missing[f"{prompt.text}{special}-{index}"] = None
    return Plan(
        root=root,
        mode=STANDARD,
        dimensions=asked,
        visits=_visits(root, visits),
        prompts=tuple(prompts),
        suite=suite.name,
        suite_digest=suite.digest,
        missing=tuple(missing),
        unexpected=_unexpected(root, files, visits),
        samples=samples,
    )


def category_plan(root: Path, suite: PromptSuite, dimensions: Sequence[str] | None = None) -> Plan:
    """Match every file whose name starts with a prompt of the category; any number of samples.

    Raises:
        UsageError: the folder or the dimensions cannot be used.
    """
    asked = dimensions_asked(dimensions, CATEGORY)
    files = _files(root)
    longest_first = sorted(suite, key=lambda prompt: -len(prompt.text))
    visits: dict[tuple[Path, Prompt], list[str]] = {}
    for path in files:
        name = same_name(path.stem)
        prompt = next((prompt for prompt in longest_first if name.startswith(same_name(prompt.text))), None)
        if prompt:
            visits[path, prompt] = list(asked)
    answered = {prompt.text for _, prompt in visits}
    return Plan(
        root=root,
        mode=CATEGORY,
        dimensions=asked,
        visits=_visits(root, visits),
        prompts=tuple(suite),
        suite=suite.name,
        suite_digest=suite.digest,
        missing=tuple(prompt.text for prompt in suite if prompt.text not in answered),
        unexpected=_unexpected(root, files, visits),
    )


def custom_plan(
    videos: Path, dimensions: Sequence[str] | None = None, prompts: Mapping[str, str] | str | None = None
) -> Plan:
    """Own videos: a file, a folder of files, or a folder of frames.

    Args:
        videos: the file or folder.
        dimensions: what judges them; by default all that need no facts.
        prompts: one prompt for all, or prompts by path relative to the folder; by default from the manifest, and
            from the names of what it does not list.

    Raises:
        UsageError: the folder, the dimensions or the prompts cannot be used.
    """
    asked = dimensions_asked(dimensions, CUSTOM)
    one = not videos.is_dir() or is_frames(videos)
    root = videos.parent if one else videos
    files = [_existing(videos)] if one else _files(root)
    texts = _custom_prompts(root, files, prompts)
    visits = {(path, Prompt(text, asked)): list(asked) for path, text in texts.items()}
    return Plan(
        root=root,
        mode=CUSTOM,
        dimensions=asked,
        visits=_visits(root, visits),
        prompts=tuple(dict.fromkeys(prompt for _, prompt in visits)),
    )


def read_prompt_file(path: Path) -> dict[str, str]:
    """Read ``{path relative to the videos: prompt}``.

    Raises:
        UsageError: it cannot be read or is something else.
    """
    try:
        prompts = json.loads(read_text(path))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read as a prompt file: {error}") from error
    if not isinstance(prompts, dict) or not all(isinstance(text, str) for text in prompts.values()):
        raise UsageError(f'{path} is not a prompt file: expected {{"video.mp4": "prompt", ...}}')
    return prompts


Finder = Callable[[str, int, str], "Path | None"]
"""(prompt, index, dimension) -> its video, if there is one."""


def _by_manifest(root: Path, records: Iterable[SampleRecord]) -> Finder:
    places = {(same_name(record.prompt), record.index): root / record.file for record in records}

    def find(text: str, index: int, dimension: str) -> Path | None:
        place = places.get((same_name(text), index))
        return place if place and place.exists() else None

    return find


def _by_name(root: Path, files: Sequence[Path], suite: PromptSuite, special: str) -> Finder:
    stems = file_stems(prompt.text for prompt in suite)
    names = dict(by_name(root, files))
    names.update({name: [path] for name, path in _whole_names(names, stems, special).items()})

    def find(text: str, index: int, dimension: str) -> Path | None:
        folder = SHARED_FOLDERS.get(dimension, dimension)
        tried = [f"{stem}{special}-{index}" for stem in (text, stems[text])]
        places = [place for stem in tried for place in (stem, f"{folder}/{stem}")] + [f"{text}{special}/{index}"]
        return next((_only(names[name]) for place in places if (name := same_name(place)) in names), None)

    return find


def _only(candidates: Sequence[Path]) -> Path:
    if len(candidates) > 1:
        raise UsageError(
            f"{candidates[0]} and {candidates[1].name} answer the same prompt with the same index: move one away."
        )
    return candidates[0]


def _whole_names(names: Mapping[str, Sequence[Path]], texts: Iterable[str], special: str) -> dict[str, Path]:
    """Names that a file system cut, made whole: the start of one prompt, and of no other."""
    whole = {}
    for name, paths in names.items():
        folder, _, stem = name.rpartition("/")
        cut, dash, index = stem.rpartition("-")
        if dash and index.isdigit() and len(cut.encode()) >= SHORTEST_CUT:
            meant = [text for text in map(same_name, texts) if text.startswith(cut)]
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
    path = Path(name) if root in Path(name).parents else root / name
    return same_name(os.path.normpath(path.absolute()))


def _prompt_of(root: Path, path: Path) -> str:
    """The prompt that a name states: its own, or its folder's where samples are numbered in one a prompt."""
    numbered = path.stem.isdigit() and path.parent != root
    return path.parent.name if numbered else prompt_from_name(path)


def _files(root: Path) -> list[Path]:
    """Videos in a folder and in the folders right below it, sorted; a folder of stills is one video."""
    if not root.is_dir():
        raise UsageError(f"{root} is not a folder of videos.")
    found = discover(root).videos
    if not found:
        raise UsageError(f"{root} holds no videos (expected {', '.join(CONTAINERS)}, .gif or folders of stills).")
    return found


def _existing(path: Path) -> Path:
    if not path.exists():
        raise UsageError(f"{path} does not exist.")
    if not is_video(path):
        raise UsageError(f"{path} is not a video (expected {', '.join(CONTAINERS)}, .gif or a folder of stills).")
    return path


def _visits(root: Path, visits: Mapping[tuple[Path, Prompt], Iterable[str]]) -> tuple[Visit, ...]:
    return tuple(
        Visit(path, path.relative_to(root).as_posix(), prompt, tuple(in_protocol_order(set(dimensions))))
        for (path, prompt), dimensions in visits.items()
    )


def _unexpected(root: Path, files: list[Path], visits: Iterable[tuple[Path, Prompt]]) -> tuple[str, ...]:
    used = {path for path, _ in visits}
    return tuple(path.relative_to(root).as_posix() for path in files if path not in used)


def make_plan(
    videos: Path,
    dimensions: Sequence[str] | None,
    mode: str,
    suite: str | None,
    prompt: str | None,
    prompt_file: Path | None,
    category: str | None,
    extra: Sequence[str] = (),
    special: str = "",
) -> Plan:
    """The plan that the options describe.

    ``extra`` are dimensions beside those that are named or the default, ``special`` stands between prompt and index
    in the names of files.

    Raises:
        UsageError: options that exclude each other, or input that cannot be used.
    """
    from vbench.prompts.library import load_category, load_suite
    from vbench.runs import plan as plans

    prompt = None if prompt == "None" else prompt  # the reference's default, spelled out in its scripts
    samples = SAMPLES
    if mode == "auto" and not (suite or category or prompt or prompt_file):
        suite, category, sampled_for, samples = _as_sampled(videos)
        dimensions = dimensions or sampled_for
    if mode == "auto":
        mode = plans.CATEGORY if category else plans.STANDARD if suite else plans.CUSTOM
    if prompt and prompt_file:
        raise UsageError("--prompt and --prompt-file exclude each other.")
    if (prompt or prompt_file) and mode != plans.CUSTOM:
        raise UsageError("--prompt and --prompt-file belong to the custom mode: add --mode custom_input.")
    if not videos.exists():
        raise UsageError(f"{videos} does not exist.")
    if extra:
        dimensions = [*(dimensions or plans.dimensions_asked(None, mode)), *extra]
    if mode == plans.CUSTOM:
        return plans.custom_plan(videos, dimensions, plans.read_prompt_file(prompt_file) if prompt_file else prompt)
    if mode == plans.CATEGORY:
        return plans.category_plan(videos, load_category(suite, category), dimensions)
    if mode == plans.STANDARD:
        return plans.standard_plan(videos, load_suite(suite), dimensions, special, samples)
    raise UsageError(f"There is no mode {mode!r}. Known: auto, {', '.join(plans.MODES)}.")


def _as_sampled(videos: Path) -> tuple[str | None, str | None, Sequence[str], int]:
    """Suite, category, dimensions and samples a prompt that a folder was sampled for; nothing where nobody knows.

    Raises:
        UsageError: the suite is no longer what it was.
    """
    from vbench.prompts.library import load_category, load_suite
    from vbench.sampling.generate import read_sampling

    record = read_sampling(videos) if videos.is_dir() else None
    if record is None or not record["suite"]["name"]:
        return None, None, (), SAMPLES
    suite = record["suite"]
    now = load_category(suite["name"], suite["category"]) if suite["category"] else load_suite(suite["name"])
    if now.digest != suite["sha256"]:
        raise UsageError(
            f"{videos} was sampled for the suite {suite['name']}, which has changed since. "
            "Name the suite that holds: --suite FILE."
        )
    return suite["name"], suite["category"], suite["dimensions"], suite["samples"]


def default_output(videos: Path, profile: str) -> Path:
    """A folder named after the videos and the profile, so that the same call finds its run again."""
    whole = videos.resolve()
    return Path("vbench-runs") / f"{whole.name if whole.is_dir() else whole.stem}-{profile}"
