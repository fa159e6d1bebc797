"""What a folder of samples is to hold: the sampling plan with its texts and images."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from vbench.benchmarks.base import Benchmark
from vbench.benchmarks.registry import benchmark_named, spec_of
from vbench.benchmarks.t2v import T2V
from vbench.errors import UsageError
from vbench.files.text import read_text
from vbench.media.video import STILLS
from vbench.prompts.library import load_category, load_suite
from vbench.prompts.sampling_plan import Sample, sampling_plan
from vbench.prompts.suite import Prompt, PromptSuite


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
    """

    samples: Sequence[Sample]
    suite: Mapping[str, Any]
    seed: int = 0
    texts: Mapping[str, str] = field(default_factory=dict)
    extender: str = ""
    images: Mapping[str, Path] = field(default_factory=dict)
    benchmark: str = T2V.name


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
        UsageError: unknown names, or options that exclude each other.
    """
    chosen = benchmark_named(benchmark)
    name = str(suite) if suite else chosen.suite or None if benchmark and not prompts else None
    found = _suite(name, prompts, category)
    asked = [spec_of(one, chosen).name for one in dimensions or ()]
    of = asked or (list(chosen.rules) if benchmark and not (prompts or category) else [])
    more = more_samples(chosen, static_samples) | ({} if samples else own_samples(chosen))
    plan = list(sampling_plan(found, of, samples or chosen.samples, more, seed))
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


def with_material(wanted: Wanted, images: Path | None, texts: Mapping[str, str], extender: str) -> Wanted:
    """The same with the images to start from and the texts to feed.

    Raises:
        UsageError: the folder is none, or has no image for a prompt.
    """
    if images and not images.is_dir():
        raise UsageError(f"{images} is not a folder of images.")
    found = images_of(images, wanted.samples) if images else {}
    return replace(wanted, images=found, texts=texts, extender=extender)


def images_of(folder: Path, samples: Sequence[Sample]) -> dict[str, Path]:
    """The image of each prompt in a folder: a file named after the prompt.

    Raises:
        UsageError: a prompt has none.
    """
    stems = {path.stem: path for path in sorted(folder.iterdir()) if path.suffix.lower() in STILLS}
    texts = dict.fromkeys(sample.prompt.text for sample in samples)
    without = [text for text in texts if text not in stems]
    if without:
        raise UsageError(
            f"{folder} has no image for {without[0]!r} ({len(without)} in all): expected PROMPT.png or .jpg."
        )
    return {text: stems[text] for text in texts}


def read_texts(path: Path) -> Mapping[str, str]:
    """Prompts with the texts that are fed instead, from a JSON file.

    Raises:
        UsageError: it cannot be read, or holds something else.
    """
    try:
        texts = json.loads(read_text(path))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        raise UsageError(f'{path} must hold {{"prompt": "extended text", ...}}.')
    return texts


def _suite(name: str | None, prompts: Sequence[str] | None, category: str | None) -> PromptSuite:
    if prompts:
        if name or category:
            raise UsageError("--prompt and --suite exclude each other.")
        return PromptSuite("", tuple(Prompt(text) for text in prompts))
    if not name:
        raise UsageError("Say what to sample: --suite open (or mini, vbench-t2v, a JSON file), or --prompt TEXT.")
    return load_category(name, category) if category else load_suite(name)
