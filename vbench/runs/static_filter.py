"""The static filter: which sampled videos temporal flickering may judge.

Flicker can only be told from motion where nothing should move, so the protocol samples 25 videos a prompt and
keeps the first five that are static. Verdicts are logged as they are made, so an interrupted filter continues.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vbench.benchmarks.t2v import T2V
from vbench.errors import NotApplicable, TooShort, Unavailable, UsageError, VideoError
from vbench.files import ours
from vbench.files.digest import content_of
from vbench.files.json_file import plain_json, read_json
from vbench.media.apart import Apart
from vbench.media.decode import VERSION as DECODING
from vbench.media.video import Video
from vbench.prompts.suite import PromptSuite
from vbench.runs.custom_plan import prompt_from_name
from vbench.runs.discover import discover
from vbench.runs.filtered_folder import CHOSEN_BY, RESULT, VIDEOS
from vbench.runs.workers import computing

if TYPE_CHECKING:
    import torch

    from vbench.runs.evaluators import Evaluators

DIMENSION = next(spec.name for spec in T2V.specs if spec.sampled)
"""Whose videos are filtered."""

KEEP = T2V.samples
"""Static videos per prompt that the protocol asks for."""

LOG = "verdicts.jsonl"

OPENING = '{"video": "'
"""How a log begins, or a part of this where the first line was cut."""

Judge = Callable[[Path], bool]
"""Whether the video of a path is static."""


@dataclass
class Filtered:
    """What the filter found.

    Attributes:
        static: the static videos of each prompt, in the order of their names.
        looked_at: how many videos of each prompt were judged.
        unjudged: path -> reason, for videos that could not be judged.
    """

    static: dict[str, list[Path]]
    looked_at: Counter[str] = field(default_factory=Counter)
    unjudged: dict[Path, str] = field(default_factory=dict)

    @property
    def short(self) -> dict[str, int]:
        """Prompts with fewer static videos than the protocol asks for, with their number."""
        return {prompt: len(paths) for prompt, paths in self.static.items() if len(paths) < KEEP}


def prompts_of_suite(suite: PromptSuite, dimension: str) -> list[str]:
    """The prompts that test a dimension whose videos are filtered."""
    return [prompt.text for prompt in suite if dimension in prompt.dimensions]


def prompts_of_list(file: Path) -> list[str]:
    """The prompts of a JSON list of file names.

    Raises:
        UsageError: it is not a list of names.
    """
    try:
        names = read_json(file)
    except (OSError, ValueError) as error:
        raise UsageError(f"{file} cannot be read as a JSON list of file names: {error}") from error
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise UsageError(f'{file} is not a JSON list of file names: expected ["a prompt-0.mp4", ...]')
    return [prompt_from_name(name) for name in names]


def videos_in(folder: Path) -> list[Path]:
    """The videos of a folder in the order of their names as strings (-0, -1, -10, -2), as the reference takes them.

    Raises:
        UsageError: there are none.
    """
    found = discover(folder)
    paths = [path for path in found.videos if path.parent == folder]
    if not paths:
        raise UsageError(f"{folder} holds no videos to filter.{found.why_not_read}")
    return paths


def filter_static(
    paths: Iterable[Path], prompts: Iterable[str], judge: Judge, keep: int | None, watch: Callable[[Path], object]
) -> Filtered:
    """Judge videos until each prompt has enough static ones.

    Args:
        paths: the videos, in the order in which they may be chosen.
        prompts: prompts that are wanted; videos of others are passed over.
        judge: whether a video is static.
        keep: static videos per prompt after which the rest is not looked at; ``None`` looks at all.
        watch: told of each video that was looked at or passed over.
    """
    found = Filtered({prompt: [] for prompt in prompts})
    for path in paths:
        static = found.static.get(prompt_from_name(path))
        if static is not None and (keep is None or len(static) < keep):
            try:
                stands_still = judge(path)
                found.looked_at[prompt_from_name(path)] += 1
                if stands_still:
                    static.append(path)
            except (VideoError, TooShort, NotApplicable) as error:
                found.unjudged[path] = str(error)
        watch(path)
    return found


@contextmanager
def judged_apart(evaluators: Evaluators, budget: int) -> Iterator[Judge]:
    """A judge in a process of its own, so that a video that ends it is one that could not be judged.

    Args:
        evaluators: who judges, of :data:`DIMENSION`'s videos those that are static only.
        budget: bytes of decoded frames to keep.

    Raises:
        VBenchError: the judge's models cannot be had.
    """
    import torch

    held = partial(_held, evaluators)
    with Apart(computing(held, evaluators.device, torch.get_num_threads())) as apart:
        apart.get_ready()
        yield lambda path: apart(is_static, path, budget)


def _held(evaluators: Evaluators, device: torch.device) -> tuple[Evaluators]:
    evaluators.dimension(DIMENSION)
    return (evaluators,)


def is_static(evaluators: Evaluators, path: Path, budget: int) -> bool:
    """Whether a video is static; arguments as :func:`judged_apart`.

    Raises:
        VBenchError: it cannot be judged.
    """
    return evaluators.static_verdict(DIMENSION, Video(path, budget)).static


def logged(look: Judge, evaluators: Evaluators, log: Path) -> Judge:
    """A judge that remembers: a video whose content was judged before in the same way is not looked at again.

    Args:
        look: who judges what was not judged before.
        evaluators: by what.
        log: JSON lines, appended after each verdict.
    """
    signature = {"decoding": DECODING, **evaluators.signature(DIMENSION)}
    identity = hashlib.sha256(json.dumps(signature, sort_keys=True).encode()).hexdigest()
    text = _text(log)
    entries = map(_entry, text.split("\n"))
    verdicts = {str(one["sha256"]): bool(one["static"]) for one in entries if one.get("judge") == identity}
    cut = bool(text) and not text.endswith("\n")

    def judge(path: Path) -> bool:
        nonlocal cut
        try:
            content = content_of(path)
        except OSError as error:
            raise Unavailable(f"{path} cannot be read: {error.strerror}") from error
        if content not in verdicts:
            verdicts[content] = look(path)
            log.parent.mkdir(parents=True, exist_ok=True)
            with log.open("a", encoding="utf-8") as file:
                entry = {"video": path.name, "sha256": content, "judge": identity, "static": verdicts[content]}
                file.write("\n" * cut + json.dumps(entry, ensure_ascii=False) + "\n")
            cut = False
        return verdicts[content]

    return judge


def _text(log: Path) -> str:
    """What a log holds; ``""`` where there is none, or a full disk let nothing be written."""
    return log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""


def _entry(line: str) -> dict[str, object]:
    try:
        entry = plain_json(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}


def refuse_foreign(output: Path) -> None:
    """Ask before the work whether the result can be put there.

    Raises:
        UsageError: files are there that no filter left: what lies beside the copies would be scored with them.
    """
    ours.refuse_foreign(output / RESULT)
    if strangers := ours.foreign_files(output / VIDEOS, listed_in=output):
        raise UsageError(f"{strangers[0]} was not left by a filter: move it away, or choose another folder.")
    log = output / LOG
    text = _text(log)
    if not text.startswith(OPENING[: len(text)]):
        raise UsageError(f"{log} holds no verdicts of a filter: move it away, or choose another folder.")


def _copy(video: Path, named: Path, output: Path) -> None:
    """A video under another name, with its suffix; of a folder of frames, all of them."""
    if not video.is_dir():
        ours.write(named.with_name(named.name + video.suffix), video.read_bytes(), listed_in=output)
        return
    for still in sorted(path for path in video.iterdir() if path.is_file()):
        ours.write(named / still.name, still.read_bytes(), listed_in=output)


def write_filtered(found: Filtered, output: Path, judge: Mapping[str, Any] | None = None) -> Path:
    """Copy the static videos as ``<prompt>-0``, ``-1``, ... and write the reference's JSON; returns their folder.

    Args:
        found: what the filter found.
        output: folder of the copies' folder and of the JSON.
        judge: who judged, as :func:`~vbench.runs.filtered_folder.judge_of` says; nothing is said where it is not known.

    Raises:
        UsageError: as :func:`refuse_foreign`.
    """
    target = output / VIDEOS
    refuse_foreign(output)
    target.mkdir(parents=True, exist_ok=True)
    ours.remove_own(target, listed_in=output)
    for prompt, paths in found.static.items():
        for index, path in enumerate(paths):
            _copy(path, target / f"{prompt}-{index}", output)
    summary = {
        prompt: {
            "static_count": len(paths),
            "static_path": [str(path) for path in paths],
            "looked_at": found.looked_at[prompt],
            **({CHOSEN_BY: dict(judge)} if judge else {}),
        }
        for prompt, paths in found.static.items()
    }
    ours.write(output / RESULT, json.dumps(summary, indent=2, ensure_ascii=False) + "\n")
    return target
