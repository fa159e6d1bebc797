"""The samples of a prompt suite: which video answers which prompt."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from string import digits

from vbench.benchmarks.base import Benchmark, DimensionSpec, Unit
from vbench.benchmarks.registry import spec_of, specs_of
from vbench.benchmarks.t2v import T2V
from vbench.errors import NothingToScore, UsageError
from vbench.files.text import same_name
from vbench.prompts.pictures import (
    Pictures,
    refuse_missing,
    with_pictures,
)
from vbench.prompts.sampling_plan import file_stems
from vbench.prompts.suite import Prompt, PromptSuite
from vbench.runs.dimensions_asked import dimensions_asked
from vbench.runs.discover import by_name
from vbench.runs.filtered_folder import kept
from vbench.runs.found_videos import tasks_of, unexpected_in, videos_in
from vbench.runs.plan import STANDARD, Plan
from vbench.sampling.manifest import SampleRecord, read_manifest

SHORTEST_CUT = 100
"""Bytes from which on a name may be taken for a prompt that a file system cut."""

Finder = Callable[[str, int, str], "Path | None"]
"""(prompt, index, dimension) -> its video, if there is one."""


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
    every = {**specs_of(T2V), **specs_of(benchmark)}
    for name in sorted({name for prompt in suite for name in prompt.dimensions} - every.keys()):
        spec_of(name, benchmark)  # says which is the nearest
    if not dimensions:
        asked = tuple(name for name in asked if any(name in prompt.dimensions for prompt in suite))
    if pictures:
        suite = with_pictures(suite, pictures.folder)
    files = videos_in(root)
    manifest = read_manifest(root)
    specs = {name: spec_of(name, benchmark) for name in asked}
    find = _by_manifest(root, manifest) if manifest else _by_name(root, files, suite, special, every)
    found: dict[tuple[Path, Prompt], list[str]] = defaultdict(list)
    missing: dict[str, None] = {}
    there: set[str] = set()
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
                place, name = find(prompt.text, index, dimension), f"{prompt.text}{special}-{index}"
                if place:
                    found[place, prompt].append(dimension)
                    there.add(name)
                else:
                    missing[name] = None
                    absent[dimension] += 1
    if not prompts:
        raise _untested(suite, asked, benchmark)
    tasks = tasks_of(root, found, benchmark)
    others = [(prompt, every[name]) for prompt in suite for name in prompt.dimensions if name not in asked]
    theirs = {(path, prompt) for prompt, spec in others for path in _answers(prompt, spec, samples, benchmark, find)}
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
        there=frozenset(there),
        absent=absent,
        unexpected=unexpected_in(root, files, {*found, *theirs}),
        samples=samples or benchmark.most_samples(specs.values()),
        filtered=tuple(name for name in asked if looked_for[name] > judged_of[name]),
        benchmark=benchmark,
        tested=tested_with(suite),
        pictures=pictures,
    )


def _looked_for(spec: DimensionSpec, suite: PromptSuite, samples: int, find: Finder) -> int:
    """Samples a prompt that are looked for: all that the static filter chooses from, once there is one to choose."""
    prompts = [prompt.text for prompt in suite if spec.tested_by in prompt.dimensions] if spec.sampled > samples else []
    more = any(find(text, index, spec.name) for text in prompts for index in range(samples, spec.sampled))
    return spec.sampled if more else samples


def _answers(
    prompt: Prompt, spec: DimensionSpec, samples: int | None, benchmark: Benchmark, find: Finder
) -> Iterator[Path]:
    """The videos of a prompt for a dimension that was not asked for."""
    for index in range(max(samples or benchmark.samples_of(spec), spec.sampled)):
        with suppress(UsageError):  # two answer it, which is told when it is asked for
            if path := find(prompt.text, index, spec.name):
                yield path


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


def tested_with(suite: PromptSuite) -> dict[str, frozenset[str]]:
    """Prompt -> all dimensions that a suite tests with it, in whichever of its entries."""
    tested: dict[str, frozenset[str]] = {}
    for prompt in suite:
        tested[prompt.text] = tested.get(prompt.text, frozenset()) | set(prompt.dimensions)
    return tested


def _untested(suite: PromptSuite, asked: Sequence[str], benchmark: Benchmark) -> NothingToScore:
    tested = dict.fromkeys(spec_of(name, benchmark).tested_by for name in asked)
    named = sorted({name for prompt in suite for name in prompt.dimensions})
    return NothingToScore(
        f"There is nothing to score. Asked: {', '.join(asked) or f'all of {benchmark.name}'}. None of the {len(suite)} "
        f"prompts of {suite.name} tests {' or '.join(tested) or 'any of them'}; they test "
        f"{', '.join(named) or 'nothing'}. "
        "Choose one of these, or name the dimension in the prompts."
    )
