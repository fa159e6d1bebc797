"""The plan that the options of a command describe.

Three modes, as in the reference: *standard* (a prompt suite, files named after its prompts), *category* (prompts of
one content category, any number of samples) and *custom* (own videos; prompts from the names, a file, or one given).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vbench.benchmarks.registry import benchmark_named, spec_of
from vbench.errors import UsageError
from vbench.media.apart import once_apart
from vbench.media.video import probe
from vbench.prompts.library import load_category, load_suite, pictures_of
from vbench.prompts.pictures import (
    Pictures,
    picture_folder,
)
from vbench.prompts.suite import PromptSuite
from vbench.registry import unknown
from vbench.runs.category_plan import category_plan
from vbench.runs.custom_plan import custom_plan, read_prompt_file
from vbench.runs.dimensions_asked import dimensions_asked
from vbench.runs.found_videos import videos_in
from vbench.runs.plan import CATEGORY, CUSTOM, MODES, STANDARD, Plan
from vbench.runs.standard_plan import standard_plan
from vbench.sampling.record import read_sampling


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
    facts = once_apart(probe, videos_in(videos)[0])
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
