"""What a folder of samples is to hold: the sampling plan with its texts and images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from vbench.benchmarks.base import Benchmark
from vbench.benchmarks.registry import benchmark_named, spec_of
from vbench.benchmarks.t2v import T2V
from vbench.errors import UsageError
from vbench.files.json_file import read_json
from vbench.prompts.library import load_category, load_suite, pictures_of
from vbench.prompts.pictures import Pictures, picture_folder, refuse_missing, with_pictures
from vbench.prompts.sampling_plan import Sample, counted, sampling_plan
from vbench.prompts.suite import Prompt, PromptSuite, refuse_unusable

MOST = 1_000_000
"""Videos of a plan, each of which takes a kilobyte of memory from the first to the last."""


@dataclass(frozen=True)
class Wanted:
    """What a folder of samples is to hold.

    Attributes:
        samples: the sampling plan.
        suite: what it was made from, as ``evaluate`` takes it again: name, digest, category, dimensions, samples.
        seed: base seed.
        texts: prompt -> what is fed to the model instead.
        extender: who wrote these texts.
        images: prompt -> the image to start from.
        benchmark: name of the benchmark that it is for.
        pictures: folder and ratio of the images.
        skipped: what of the suite is not sampled, and why.
    """

    samples: Sequence[Sample]
    suite: Mapping[str, Any]
    seed: int = 0
    texts: Mapping[str, str] = field(default_factory=dict)
    extender: str = ""
    images: Mapping[str, Path] = field(default_factory=dict)
    benchmark: str = T2V.name
    pictures: Pictures | None = None
    skipped: str = ""


def wanted_samples(
    *,
    suite: str | Path | None = None,
    prompts: Sequence[str] | None = None,
    dimensions: Sequence[str] | None = None,
    category: str | None = None,
    samples: int | None = None,
    static_samples: int | None = None,
    seed: int = 0,
    benchmark: str | None = None,
) -> Wanted:
    """The samples that are asked for.

    Args:
        suite: name or file of a prompt suite; by default the benchmark's own, where a benchmark is named.
        prompts: texts instead of a suite.
        dimensions: only prompts that test one of these.
        category: the prompts of a content category instead.
        samples: videos a prompt; the benchmark's number by default.
        static_samples: videos a prompt of the dimensions whose videos are filtered.
        seed: base seed.
        benchmark: name; text to video by default.

    Raises:
        UsageError: unknown names, options that exclude each other, or more than :data:`MOST` videos.
    """
    chosen = benchmark_named(benchmark)
    name = str(suite) if suite else chosen.suite or None if benchmark and not prompts else None
    found = _suite(name, prompts, category)
    asked = [spec_of(one, chosen).name for one in dimensions or ()]
    of = asked or (list(chosen.rules) if benchmark and not (prompts or category) else [])
    more = more_samples(chosen, static_samples) | ({} if samples else own_samples(chosen))
    each = samples or chosen.samples
    total = sum(count for _, count in counted(found, of, each, more))
    if total > MOST:
        raise UsageError(
            f"That is {total} videos, and a folder holds a plan of at most {MOST}. Ask for fewer --samples, or for a "
            "--category or --dimension in a folder of its own."
        )
    plan = list(sampling_plan(found, of, each, more, seed))
    judged = samples or (None if own_samples(chosen) else chosen.samples)
    known_as = str(Path(name).resolve()) if name and Path(name).is_file() else name
    asked_for = {
        "name": known_as, "sha256": found.digest, "category": category, "dimensions": asked, "samples": judged,
    }  # fmt: skip
    return Wanted(plan, asked_for, seed, benchmark=chosen.name)


def own_samples(benchmark: Benchmark) -> dict[str, int]:
    """Dimension -> videos a prompt, where that is not the benchmark's number."""
    return {spec.name: spec.samples for spec in benchmark.specs if spec.samples}


def more_samples(benchmark: Benchmark, count: int | None) -> dict[str, int]:
    """So many videos a prompt for the dimensions whose videos are filtered."""
    return {spec.name: count for spec in benchmark.specs if spec.sampled and count}


def with_material(wanted: Wanted, texts: Mapping[str, str], extender: str) -> Wanted:
    """The same with the texts to feed.

    Raises:
        UsageError: no prompt has a text, or a text is none.
    """
    prompts = {sample.prompt.text for sample in wanted.samples}
    if texts and not prompts & set(texts):
        raise UsageError(
            f"The texts are of other prompts, such as {next(iter(texts))!r}: expected some of these prompts, such as "
            f"{min(prompts, default='')!r}."
        )
    for prompt, text in texts.items():
        refuse_unusable(text, f"The text of {prompt!r}")
    return replace(wanted, texts=texts, extender=extender)


def with_images(
    wanted: Wanted, images: Path | None = None, ratio: str = "", size: tuple[int, int] | None = None
) -> Wanted:
    """The same with the pictures to start from, where a folder or the suite names any.

    Args:
        wanted: the samples.
        images: folder of the pictures, by ratio or named after the prompts; the suite's own by default.
        ratio: which; by default the nearest to ``size``.
        size: height and width of the videos.

    Raises:
        UsageError: the folder is none, or lacks pictures; all of them are named.
    """
    prompts = tuple(dict.fromkeys(sample.prompt for sample in wanted.samples))
    if not images and not any(prompt.image for prompt in prompts):
        if ratio:
            raise UsageError("--ratio chooses among pictures, and these prompts name none: add --images FOLDER.")
        return wanted
    pictures = picture_folder(images or pictures_of(str(wanted.suite["name"])), ratio, size)
    found = with_pictures(PromptSuite("", prompts), pictures.folder)
    refuse_missing(found, pictures.folder)
    paths = {prompt.text: prompt.image for prompt in found if prompt.image}
    return replace(wanted, images=paths, pictures=pictures)


def without_words(wanted: Wanted, benchmark: Benchmark) -> Wanted:
    """The same for a model that takes no text: without prompts whose every test is of what they ask in words."""
    in_words = {spec.name for spec in benchmark.specs if spec.asked_in_words}
    kept = [one for one in wanted.samples if not one.prompt.dimensions or {*one.prompt.dimensions} - in_words]
    left_out = len(wanted.samples) - len(kept)
    if not left_out:
        return wanted
    asked = wanted.suite["dimensions"] or list(benchmark.rules)
    names = [name for name in asked if name in in_words]
    said = (
        f"{left_out} videos are not sampled: the model takes no text, and their prompts ask in words for what "
        f"{', '.join(names)} judges."
    )
    suite = {**wanted.suite, "dimensions": [name for name in asked if name not in in_words]}
    return replace(wanted, samples=kept, suite=suite, skipped=said)


def read_texts(path: Path) -> Mapping[str, str]:
    """Prompts with the texts that are fed instead, from a JSON file.

    Raises:
        UsageError: it cannot be read, or holds something else.
    """
    try:
        texts = read_json(path)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        raise UsageError(f'{path} must hold {{"prompt": "extended text", ...}}.')
    return texts


def _suite(name: str | None, prompts: Sequence[str] | None, category: str | None) -> PromptSuite:
    if prompts:
        if name or category:
            raise UsageError("--prompt and --suite exclude each other.")
        for text in prompts:
            refuse_unusable(text, "--prompt")
        return PromptSuite("", tuple(Prompt(text) for text in prompts))
    if not name:
        raise UsageError("Say what to sample: --suite open (or mini, vbench-t2v, a JSON file), or --prompt TEXT.")
    return load_category(name, category) if category else load_suite(name)
