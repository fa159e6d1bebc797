"""Videos of the prompts of one content category, any number of samples each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vbench.benchmarks.base import Benchmark
from vbench.benchmarks.t2v import T2V
from vbench.files.text import same_name
from vbench.prompts.suite import Prompt, PromptSuite
from vbench.runs.dimensions_asked import dimensions_asked
from vbench.runs.found_videos import tasks_of, unexpected_in, videos_in
from vbench.runs.plan import CATEGORY, Plan


def category_plan(
    root: Path, suite: PromptSuite, dimensions: Sequence[str] | None = None, benchmark: Benchmark = T2V
) -> Plan:
    """Match every file whose name starts with a prompt of the category; any number of samples.

    Raises:
        UsageError: the folder or the dimensions cannot be used.
    """
    asked = dimensions_asked(dimensions, CATEGORY, benchmark)
    files = videos_in(root)
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
        tasks=tasks_of(root, found, benchmark),
        prompts=tuple(suite),
        suite=suite.name,
        suite_digest=suite.digest,
        missing=unanswered,
        there=frozenset(answered),
        absent=dict.fromkeys(asked, len(unanswered)),
        unexpected=unexpected_in(root, files, found),
        benchmark=benchmark,
    )
