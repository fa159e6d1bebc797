"""What must be sampled: prompt, index, seed and file name of every video, by stated rules.

The seed of a sample depends on the base seed, the prompt and the index, and on nothing else: not on the order, the
number of samples, or the other prompts. A file is named ``<prompt>-<index>.mp4`` as in the reference wherever every
file system can hold that name; otherwise the name is changed, and the same rule finds it again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from vbench.prompts.suite import Prompt, PromptSuite

LONGEST_STEM = 240
"""Bytes of a file name that stand for a prompt; file systems hold 255 with the index and the suffix."""

_UNSAFE = re.compile(r'[\x00-\x1f<>:"/\\|?*]')


@dataclass(frozen=True)
class Sample:
    """One video that a model is to make.

    Attributes:
        prompt: what it should show.
        index: number of the sample, from 0.
        seed: of its noise, 0 to 2**31 - 1.
        file: name of the file.
    """

    prompt: Prompt
    index: int
    seed: int
    file: str


def seed_of(base: int, text: str, index: int) -> int:
    """The seed of a sample: the first 31 bits of the SHA-256 of base seed, index and prompt, a line each.

    >>> seed_of(0, "a cat", 0) == seed_of(0, "a cat", 0) != seed_of(0, "a cat", 1)
    True
    """
    digest = hashlib.sha256(f"{base}\n{index}\n{text}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def file_stems(texts: Iterable[str]) -> dict[str, str]:
    """A file name for each prompt, without index and suffix; distinct even where a file system folds case.

    The prompt itself where it can be a name. Otherwise what cannot stand in a name becomes ``_``, a long prompt is cut,
    and ``~`` with six characters of the prompt's digest keeps it apart.

    >>> file_stems(["a cat", "A cat", "50/50"])
    {'a cat': 'a cat', 'A cat': 'A cat~a7a837', '50/50': '50_50~8aa7a5'}
    """
    stems: dict[str, str] = {}
    taken: set[str] = set()
    for text in dict.fromkeys(texts):
        stem = _UNSAFE.sub("_", text).lstrip(" .")
        if stem != text or stem.casefold() in taken or len(stem.encode()) > LONGEST_STEM:
            mark = f"~{hashlib.sha256(text.encode()).hexdigest()[:6]}"
            stem = stem.encode()[: LONGEST_STEM - len(mark)].decode(errors="ignore") + mark
        taken.add(stem.casefold())
        stems[text] = stem
    return stems


def sampling_plan(
    suite: PromptSuite,
    dimensions: Collection[str] = (),
    samples: int = 5,
    more: Mapping[str, int] | None = None,
    seed: int = 0,
    suffix: str = ".mp4",
) -> Iterator[Sample]:
    """Every video that a suite asks for, each once, prompt by prompt.

    Args:
        suite: the prompts.
        dimensions: only prompts that test one of these; all by default.
        samples: videos a prompt.
        more: dimension -> videos a prompt of those that test it, such as those of which a filter keeps some.
        seed: base seed.
        suffix: of the files.
    """
    stems = file_stems(prompt.text for prompt in suite)
    for prompt, count in counted(suite, dimensions, samples, more):
        for index in range(count):
            file = f"{stems[prompt.text]}-{index}{suffix}"
            yield Sample(prompt, index, seed_of(seed, prompt.text, index), file)


def counted(
    suite: PromptSuite, dimensions: Collection[str] = (), samples: int = 5, more: Mapping[str, int] | None = None
) -> list[tuple[Prompt, int]]:
    """The prompts of :func:`sampling_plan`, each once, with the number of their videos."""
    wanted: dict[str, tuple[Prompt, int]] = {}
    for prompt in suite:
        if dimensions and not set(dimensions) & set(prompt.dimensions):
            continue
        counts = [count for name, count in (more or {}).items() if name in prompt.dimensions]
        count = max(counts, default=samples)
        first, most = wanted.get(prompt.text, (prompt, 0))
        wanted[prompt.text] = (first, max(most, count))
    return list(wanted.values())
