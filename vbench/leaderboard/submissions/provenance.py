"""What a run recorded, checked against itself: dates, versions, checkpoints, samples, attached videos.

Nothing here proves that a run took place; a record that was made up has to be made up without a contradiction. What
remains the submitter's word is said as such.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from vbench.benchmarks.base import Benchmark
from vbench.benchmarks.t2v import FILTER_VERSION
from vbench.dimensions.profiles import profiles
from vbench.errors import Refused, UsageError, VBenchError
from vbench.files.strict_json import lines, unseen
from vbench.leaderboard.rewrap import is_readable
from vbench.leaderboard.submissions.findings import Findings
from vbench.leaderboard.submissions.model_card import ModelCard
from vbench.media.decode import VERSION as DECODING
from vbench.media.spans import video_of
from vbench.provenance import BETWEEN, NOT_RECORDED
from vbench.runs.store import Row
from vbench.sampling.manifest import SampleRecord, record_of
from vbench.weights.cards import is_published

SKEW = timedelta(days=1)
"""By which a clock, or a day somewhere on Earth, may be ahead of ours."""

FIRST_DAY = date(2023, 11, 29)
"""On which the benchmark was published: nothing was evaluated by it before."""

FEWEST_DIGITS = 8
"""Different hexadecimal digits of a digest; of 10^12 true ones, not one has fewer."""

WORD = "Not verified: the scores are the submitter's word; the board has not seen the videos."

_SHA256 = re.compile(r"[0-9a-f]{64}")

_VERSION = re.compile(r"\d[0-9A-Za-z.+!_-]{0,80}")

MOST_SAMPLES = 100_000


def check_dates(record: Mapping[str, Any], card: ModelCard, now: datetime, found: Findings) -> None:
    """Nothing begins tomorrow, before the benchmark was there, or after its end."""
    if card.date and date.fromisoformat(card.date) > (now + SKEW).date():
        found.reasons.append(f"card: date {card.date} has not come yet.")
    moments = {}
    for name in ("started", "ended"):
        value = record.get(name)
        if not value:
            found.unverified.append(f"Not recorded: when the run {name}.")
            continue
        moments[name] = moment = _moment(value)
        if moment is None:
            found.reasons.append(f"record: {name} {value!r:.60} is no time such as 2025-03-14T09:26:53+00:00.")
        elif moment > now + SKEW:
            found.reasons.append(f"record: {name} {value:.40} has not come yet.")
        elif moment.date() < FIRST_DAY:
            found.reasons.append(f"record: {name} {value:.40} is before the benchmark was published, {FIRST_DAY}.")
    started, ended = moments.get("started"), moments.get("ended")
    if started and ended and ended < started:
        found.reasons.append(f"record: the run ended {record['ended']:.40}, before it started {record['started']:.40}.")


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def check_versions(record: Mapping[str, Any], benchmark: Benchmark, found: Findings) -> None:
    """Versions look like versions, and what made the scores has those that this board ranks."""
    packages = record.get("packages", {})
    if not isinstance(packages, dict) or not all(
        isinstance(told, str) and all(one == NOT_RECORDED or _VERSION.fullmatch(one) for one in told.split(BETWEEN))
        for told in packages.values()
    ):
        found.reasons.append('record: packages must be an object of versions, such as {"numpy": "2.1.0"}.')
    elif NOT_RECORDED in packages.get("vbench-suite", NOT_RECORDED).split(BETWEEN):
        found.unverified.append("Not recorded: which version of vbench-suite evaluated.")
    ranked: dict[str, tuple[str, dict[str, int]]] = {
        "dimension_versions": ("dimensions", {spec.name: spec.version for spec in benchmark.specs}),
        "decoding_versions": ("the decoding", dict.fromkeys(benchmark.by_name, DECODING)),
        "filter_versions": ("the static filter", dict.fromkeys(benchmark.by_name, FILTER_VERSION)),
    }
    for field, (what, versions) in ranked.items():
        _check_versions_of(what, field, record.get(field, {}), versions, found)
    if not found.reasons and record.get("dimension_versions", {}).keys() - record.get("decoding_versions", {}).keys():
        found.unverified.append("Not recorded: which version of the decoding read the videos.")


def _check_versions_of(what: str, field: str, stated: Any, ranked: Mapping[str, int], found: Findings) -> None:
    if not isinstance(stated, dict) or not all(
        isinstance(version, int) and not isinstance(version, bool) and version > 0 for version in stated.values()
    ):
        found.reasons.append(f"record: {field} must be an object of whole numbers from 1.")
        return
    others = [
        f"{name} {version} instead of {ranked[name]}"
        for name, version in stated.items()
        if name in ranked and version != ranked[name]
    ]
    if others:
        found.apart.append(f"Scored by other versions of {what} than this board ranks: {', '.join(others)}.")


def check_missing_videos(record: Mapping[str, Any], partial: bool, found: Findings) -> None:
    """A run that missed videos is no whole one, whatever its rows say."""
    missing = record.get("missing_videos", [])
    if not isinstance(missing, list) or not all(isinstance(name, str) for name in missing):
        found.reasons.append("record: missing_videos must be a list of names.")
    elif missing and not partial:
        found.reasons.append(
            f"record: {len(missing)} videos were missing, such as {missing[0]!r:.100}. Sample them and evaluate again, "
            "or submit a part with --partial; it is not ranked."
        )


def checkpoints_of(benchmark: Benchmark) -> dict[str, tuple[str, ...]]:
    """Weights that each dimension of a benchmark reads in the official profile, and those of what it is fused with."""
    specs = benchmark.by_name
    return {
        name: (*rule.checkpoints, *(specs[rule.slow_fast.clip_to_clip].checkpoints if rule.slow_fast else ()))
        for name, rule in benchmark.rules.items()
    }


def check_checkpoints(
    record: Mapping[str, Any], dimensions: Iterable[str], benchmark: Benchmark, found: Findings
) -> None:
    """Digests are digests, the published ones where some are published, and none is missing."""
    stated = record.get("checkpoints")
    if not isinstance(stated, dict) or not all(isinstance(entry, dict) for entry in stated.values()):
        found.reasons.append("record: checkpoints must be an object of {file, sha256}.")
        return
    if (profile := profiles().get(str(record.get("profile")))) and profile.comparable:
        read = checkpoints_of(benchmark)
        wanted = dict.fromkeys(file for name in read if name in dimensions for file in read[name])
        if missing := [file for file in wanted if file not in stated]:
            found.apart.append(f"The run recorded no checkpoints for: {', '.join(missing)}.")
    unknown = []
    for name, entry in stated.items():
        sha256 = entry.get("sha256")
        if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256) or len(set(sha256)) < FEWEST_DIGITS:
            found.reasons.append(f"record: {sha256!r:.80} is no SHA-256 of the checkpoint {name:.60}.")
            continue
        try:
            published = is_published(name, sha256)
        except VBenchError:
            found.notes.append(f"Unknown checkpoint {name:.60}.")
            continue
        if published is False:
            found.apart.append(f"The checkpoint {name} is not the published file.")
        elif published is None:
            unknown.append(name)
    for sha256, count in Counter(str(entry.get("sha256")) for entry in stated.values()).items():
        if count > 1:
            found.reasons.append(f"record: {count} checkpoints cannot all have the SHA-256 {sha256:.80}.")
    if unknown:
        found.unverified.append(f"No digest is published to compare with: {', '.join(sorted(unknown))}.")


# Samples ---------------------------------------------------------------------------------------------------------


def check_samples(content: bytes, card: ModelCard, rows: Sequence[Row], benchmark: Benchmark, found: Findings) -> None:
    """Samples are those of the rows, of one generator, with the settings of the card."""
    samples = list(_samples(content))
    if not samples:
        found.reasons.append("samples.jsonl holds no sample.")
        return
    found.reasons += list(_other_videos(samples, rows))[:3]
    found.reasons += _other_settings(samples, card)
    _check_extenders(samples, card, found)
    generators = sorted({sample.generator for sample in samples} - {""})
    if len(generators) > 1:
        found.reasons.append(f"samples.jsonl is of {len(generators)} generators: {generators!r:.200}.")
    elif not generators:
        found.unverified.append("Not recorded: which generator the videos are of.")
    elif not _share_a_word(generators[0], f"{card.name} {card.version}"):
        said = f"samples.jsonl says the videos are of {generators[0]!r:.100}, the card names {card.name!r:.100}."
        found.flags.append(said)
        found.unverified.append(said)
    found.flags += _chosen(samples, max(map(benchmark.samples_of, benchmark.rules.values())))


def _samples(content: bytes) -> Iterator[SampleRecord]:
    for where, record in lines(content, "samples.jsonl", MOST_SAMPLES):
        try:
            yield record_of(record, where)
        except UsageError as error:
            raise Refused([str(error)]) from error


def _other_videos(samples: Sequence[SampleRecord], rows: Sequence[Row]) -> Iterator[str]:
    """Where samples and rows speak of different videos; a run may lie in a folder above its samples."""
    known = {sample.file: sample for sample in samples}
    for video, row in {video_of(row.video): row for row in rows}.items():
        sample = known.get(video) or known.get(video.rsplit("/", 1)[-1])
        if sample is None:
            yield f"samples.jsonl has no sample {video!r:.100}, which was scored: these are another run's samples."
        elif sample.prompt != row.prompt:
            yield f"samples.jsonl says that {video!r:.100} is of {sample.prompt!r:.100}, not of {row.prompt!r:.100}."
        elif sample.sha256 and row.sha256 and sample.sha256 != row.sha256:
            yield f"samples.jsonl has another SHA-256 of {video!r:.100} than scores.jsonl: these are other videos."


def _other_settings(samples: Sequence[SampleRecord], card: ModelCard) -> Iterator[str]:
    width, _, height = card.resolution.partition("x")
    said: dict[str, float | None] = {
        "width": float(width) if width else None, "height": float(height) if height else None, "fps": card.fps,
        "frames": card.frames, "steps": card.steps, "guidance": card.guidance,
    }  # fmt: skip
    for name, value in said.items():
        stated = [sample.settings.get(name) for sample in samples]
        others = [one for one in stated if one is not None and one != value]
        if value is not None and others:
            yield f"samples.jsonl: {name} {others[0]!r:.40}, the card says {value:g}."


def _check_extenders(samples: Sequence[SampleRecord], card: ModelCard, found: Findings) -> None:
    """Who extended the prompts must agree with the card."""
    if said := sorted({sample.extender for sample in samples} - {""}):
        if card.prompt_rewriting.casefold() == "none":
            found.reasons.append(f"card: prompt_rewriting is none, but samples.jsonl says {said[0]!r:.100}.")
        elif not unseen(said[0], lines=True):
            found.notes.append(f"Prompts were rewritten by {said[0]:.200}.")


def _share_a_word(first: str, second: str) -> bool:
    words = [set(re.findall(r"[a-z]+|\d+", text.casefold())) for text in (first, second)]
    letters = [re.sub(r"[^a-z0-9]", "", text.casefold()) for text in (first, second)]
    shared = {word for word in words[0] & words[1] if len(word) > 1}
    return bool(shared) or bool(letters[0] and (letters[0] in letters[1] or letters[1] in letters[0]))


def _chosen(samples: Sequence[SampleRecord], judged: int) -> Iterator[str]:
    """Signs that the best of more samples than are judged were kept: gaps in the numbering, seeds used twice."""
    indices = sorted({sample.index for sample in samples})
    if indices and indices[-1] >= judged:
        yield (
            f"Samples are numbered up to {indices[-1]}, where {judged} are judged from 0 to {judged - 1}: were the "
            "best of more kept?"
        )
    seeds: dict[str, list[int]] = defaultdict(list)
    for sample in samples:
        if sample.seed is not None:
            seeds[sample.prompt].append(sample.seed)
    if twice := [prompt for prompt, used in seeds.items() if len(set(used)) < len(used)]:
        yield f"{len(twice)} prompts have samples of one seed, such as {twice[0]!r:.100}."
    steps = [
        right - left for used in seeds.values() if len(used) > 1
        for left, right in zip(sorted(used), sorted(used)[1:], strict=False)
    ]  # fmt: skip
    if steps and max(steps) < 1000 and sum(step > 1 for step in steps) > len(steps) / 10:
        yield "Seeds that count up have gaps: were the best of more samples kept?"


# Attached videos -------------------------------------------------------------------------------------------------


def wrong_videos(media: Mapping[str, tuple[str, bytes]], contents: Mapping[str, str]) -> Iterator[str]:
    """Attached videos that are not the files that were scored.

    Args:
        media: name in the archive -> (prompt, content).
        contents: name of an attached video -> SHA-256 that its rows state, ``""`` where they state none.
    """
    for name, (_, content) in media.items():
        if name.startswith("videos/") and not is_readable(content):
            yield f"{name!r:.100} cannot be read as a video."
            continue
        stated = contents.get(name, "") if name.startswith("videos/") else ""
        if stated and (found := hashlib.sha256(content).hexdigest()) != stated:
            yield f"{name!r:.100} is not the video that was scored: its SHA-256 is {found}, the rows say {stated}."
