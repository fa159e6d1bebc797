"""Whether the rows of a submission can be a run's: names, values, weights, formats, and nothing twice."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from vbench.benchmarks.base import Benchmark, Unit
from vbench.benchmarks.score_card import in_protocol_order
from vbench.files.strict_json import unseen
from vbench.leaderboard.submissions.findings import Findings
from vbench.leaderboard.submissions.model_card import ModelCard
from vbench.leaderboard.submissions.possible_rows import (
    unevenly_long,
    wrong_formats,
    wrong_lengths,
    wrong_values,
    wrong_weights,
)
from vbench.media.spans import seconds_of, video_of
from vbench.prompts.official import CATEGORY_SHA256
from vbench.runs.score_video import DAMAGE
from vbench.runs.store import SCORED, Row

LONGEST_NAME = 1000

_SHA256 = re.compile(r"[0-9a-f]{64}")


def check_rows(rows: Sequence[Row], ours: bool, card: ModelCard, benchmark: Benchmark, found: Findings) -> None:
    """Look at every row, and at all of them together.

    Args:
        rows: of the submission.
        ours: whether a run of ours wrote them, and not the reference.
        card: says length, size and rate of the videos.
        benchmark: by whose rules.
        found: is told.
    """
    for name, group in by_dimension(rows, benchmark).items():
        if rule := benchmark.rules.get(name):
            found.reasons += wrong_values(rule, group, ours)
            found.reasons += wrong_weights(rule, group, ours)
        else:
            found.reasons.append(f"{name!r:.60} is no dimension of the protocol.")
    if benchmark.unit is not Unit.CLIP and (clips := [row.video for row in rows if seconds_of(row.video)]):
        found.reasons.append(f"{clips[0]!r:.100} is a clip; {benchmark.name} judges whole videos.")
    found.reasons += _wrong_texts(rows)
    found.reasons += _copies(rows, ours)
    if ours:
        if any(row.status == SCORED and not row.format for row in rows):
            found.unverified.append("Not recorded: size, rate and number of frames of the videos.")
        found.reasons += wrong_lengths(rows, card.frames, benchmark)
        found.reasons += wrong_formats(rows, card.resolution, card.fps)
    found.apart += unevenly_long(rows, benchmark)


def by_dimension(rows: Sequence[Row], benchmark: Benchmark) -> dict[str, list[Row]]:
    """The rows of each dimension, in the protocol's order."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.dimension].append(row)
    return {name: found[name] for name in in_protocol_order(found, benchmark)}


def _wrong_texts(rows: Sequence[Row]) -> Iterator[str]:
    for text in sorted({text for row in rows for text in (row.video, row.prompt)}):
        if not text or len(text) > LONGEST_NAME or unseen(text):
            yield f"A video or prompt has no proper name: {text[:100]!r}."
    for text in sorted({str(row.details.get(DAMAGE, "")) for row in rows}):
        if len(text) > LONGEST_NAME or unseen(text):
            yield f"A mark of damage is no plain text: {text[:100]!r}."
    for category in sorted({row.category for row in rows} - {"", *CATEGORY_SHA256}):
        yield f"Unknown content category {category!r:.60}."


def _copies(rows: Sequence[Row], ours: bool) -> Iterator[str]:
    units = Counter((row.video, row.prompt, row.dimension) for row in rows)
    for (video, _, name), count in units.items():
        if count > 1:
            yield f"{name} of {video!r:.100} is there {count} times."
    prompts, contents, videos = defaultdict(set), defaultdict(set), defaultdict(set)
    for row in rows:
        prompts[row.video].add(row.prompt)
        contents[row.video].add(row.sha256)
        videos[row.sha256].add(video_of(row.video))
    for video, texts in prompts.items():
        if len(texts) > 1:
            yield f"{video!r:.100} is scored against {len(texts)} prompts."
    if not ours:
        return
    for video, digests in contents.items():
        if len(digests) > 1 or not _SHA256.fullmatch(min(digests)):
            yield f"{video!r:.100} must have one SHA-256, found {', '.join(sorted(digests))!r:.140}."
    for digest, names in videos.items():
        if len(names) > 1 and digest:
            first, second = sorted(names)[:2]
            yield f"{len(names)} videos are the same file: {first!r:.100} and {second!r:.100}."
