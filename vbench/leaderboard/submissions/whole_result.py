"""Whether a result is whole: every prompt of the suite with as many videos as the benchmark judges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from vbench.benchmarks.base import Benchmark, Counts, DimensionSpec
from vbench.benchmarks.known_suites import Expected
from vbench.leaderboard.submissions.findings import Findings
from vbench.leaderboard.submissions.known_run import OWN_VIDEOS
from vbench.leaderboard.submissions.sound_rows import by_dimension
from vbench.media.spans import video_of
from vbench.prompts.digests import normal, prompt_digest
from vbench.runs.store import NOT_STATIC, SCORED, Row


def check_whole(
    rows: Sequence[Row],
    suite: Expected,
    ours: bool,
    partial: bool,
    filtered: Sequence[str],
    benchmark: Benchmark,
    found: Findings,
) -> None:
    """Look for what is missing, and for what nobody asked for.

    Args:
        rows: of the submission.
        suite: what the benchmark asks for.
        ours: whether a run of ours wrote them, and not the reference.
        partial: whether it says that it is a part; it stands apart then, and is not refused.
        filtered: dimensions whose videos the static filter chose.
        benchmark: by whose rules.
        found: is told.
    """
    for name, group in by_dimension(rows, benchmark).items():
        if not any(row.status == SCORED for row in group):
            statuses = ", ".join(sorted({row.status.replace("_", " ") for row in group}))
            found.notes.append(f"{name} has no score: its videos are {statuses}.")
            continue
        if suite.name == OWN_VIDEOS:
            continue
        of_videos = _one_a_video(group)
        samples = benchmark.samples_of(benchmark.rules[name])
        found.reasons += _strange_prompts(name, of_videos, suite, samples)
        gaps = list(_gaps(benchmark.rules[name], of_videos, suite, ours, filtered, samples, found))
        (found.apart if partial else found.reasons).extend(gaps)
    if found.reasons and not partial and any("incomplete" in reason for reason in found.reasons):
        found.reasons.append("A result that is meant to be a part is submitted with --partial; it is not ranked.")


def _one_a_video(rows: Sequence[Row]) -> list[Row]:
    """A row for each video: of its clips one without a score, where there is any."""
    kept: dict[tuple[str, str], Row] = {}
    for row in rows:
        place = video_of(row.video), row.prompt
        if place not in kept or row.status != SCORED:
            kept[place] = row
    return list(kept.values())


def _strange_prompts(name: str, rows: Sequence[Row], suite: Expected, samples: int) -> Iterator[str]:
    """Prompts and samples that the suite does not ask for; no partial result has them either."""
    texts = {row.prompt for row in rows}
    known = suite.prompts.get(name, frozenset())
    if strange := sorted(text for text in texts if prompt_digest(text) not in known):
        yield f"{name}: {len(strange)} prompts are not in the suite {suite.name}, such as {strange[0]!r:.100}."
    elif len(texts) > len({normal(text) for text in texts}):
        yield f"{name}: two of the prompts are one of the suite {suite.name}, written in two ways."
    judged = Counter(normal(row.prompt) for row in rows if row.status != NOT_STATIC)
    prompt, most = judged.most_common(1)[0]
    if most > samples:
        yield f"{name}: {most} videos of {prompt!r:.100}; {samples} are judged."


def _gaps(
    rule: DimensionSpec,
    rows: Sequence[Row],
    suite: Expected,
    ours: bool,
    filtered: Sequence[str],
    samples: int,
    found: Findings,
) -> Iterator[str]:
    """What a whole result would have.

    The static filter may keep fewer videos of a prompt if it looked at all that were sampled, and the reference, which
    does not say whether it ran, leaves videos out of ``color`` in which it sees no colour.
    """
    scored = Counter(row.prompt for row in rows if row.status == SCORED)
    name = rule.name
    prompts, videos = suite.count(name), sum(scored.values())
    if videos == prompts * samples:
        return
    counted = f"{videos} of {prompts * samples} videos, {len(scored)} of {prompts} prompts"
    if name in filtered and _filtered_whole(rule, rows, prompts, samples, found):
        found.notes.append(f"{name} is of {counted}: the static filter kept no more.")
    elif rule.sampled and len(scored) == prompts and not ours:
        found.notes.append(f"{name} is of {counted}: the file does not say whether the static filter kept no more.")
    elif rule.counts is Counts.FOUND and not ours:
        found.notes.append(f"{name} is of {counted}: the file leaves out videos in which no colour was seen.")
    else:
        yield f"{name} is incomplete: {counted} have a score."


def _filtered_whole(rule: DimensionSpec, rows: Sequence[Row], prompts: int, samples: int, found: Findings) -> bool:
    """Whether every prompt has as many static videos as are judged, or all its samples were looked at.

    A filter that ran apart leaves no rows of what it passed over: then the submitter's word is taken, and that is said.
    """
    looked_at, kept = Counter(row.prompt for row in rows), Counter(row.prompt for row in rows if row.status == SCORED)
    moved = Counter(row.prompt for row in rows if row.status == NOT_STATIC)
    if not moved and len(kept) == prompts:
        found.unverified.append(f"{rule.name}: that the static filter looked at the samples which are not there.")
        return True
    settled = [
        text for text, count in looked_at.items()
        if kept[text] + moved[text] == count and (kept[text] == samples or count == rule.sampled)
    ]  # fmt: skip
    return bool(rule.sampled) and len(settled) == prompts
