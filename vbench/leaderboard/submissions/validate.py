"""The check of a submission: a pure function of its files. No total is believed; all reasons against it are given.

A dimension without any score is missing, and there is no Total then. A dimension that is there must be whole (every
prompt of the suite, five samples each), unless the submission says that it is partial; then it is shown apart.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from vbench.analysis.interval import Interval
from vbench.analysis.statistics import Figure, category_intervals, intervals
from vbench.benchmarks.base import Benchmark, Counts, DimensionSpec, Unit, Values
from vbench.benchmarks.known_suites import Expected, expected, suite_of
from vbench.benchmarks.registry import benchmark_named, is_sensitive
from vbench.benchmarks.score_card import TOTAL, in_protocol_order
from vbench.benchmarks.t2v import T2V
from vbench.compat.read_result_files import read_results
from vbench.dimensions.base import VERDICT
from vbench.dimensions.profiles import profiles
from vbench.errors import Refused, VBenchError
from vbench.files.strict_json import bad_texts, lines, loads, unseen
from vbench.leaderboard.submissions.archive import names_like
from vbench.leaderboard.submissions.findings import Findings
from vbench.leaderboard.submissions.model_card import ModelCard, read_card
from vbench.leaderboard.submissions.possible_rows import (
    above_everything,
    unevenly_long,
    wrong_formats,
    wrong_lengths,
    wrong_values,
    wrong_weights,
)
from vbench.leaderboard.submissions.provenance import (
    WORD,
    check_checkpoints,
    check_dates,
    check_missing_videos,
    check_samples,
    check_versions,
    wrong_videos,
)
from vbench.media.spans import seconds_of, video_of
from vbench.prompts.digests import normal, prompt_digest
from vbench.prompts.library import SHIPPED, load_suite
from vbench.prompts.official import CATEGORY_SHA256, SUITE_FILES
from vbench.runs.plan import CUSTOM, PUBLISHED_CUTTING, STANDARD
from vbench.runs.record import RECORD_VERSION
from vbench.runs.results import score_card
from vbench.runs.score_video import DAMAGE
from vbench.runs.store import NOT_STATIC, SCORED, Row

CHECK_VERSION = 7
"""Raised whenever the check or the formulas change; stored with every verdict."""

FORMAT = 4
"""Of ``submission.json``; 1 had no format of the videos in its scores, before 3 no mark of damaged ones, before 4 none
of those that the static filter chose."""

OURS, REFERENCE = "vbench", "reference"

MOST_ROWS, LONGEST_NAME = 100_000, 1000

_SHA256 = re.compile(r"[0-9a-f]{64}")

SINCE = {"format": 2, "damage": 3, "static": 4}
"""Fields of a row -> the first format that has them."""

_FIELDS: dict[str, tuple[type, ...]] = {
    "video": (str,),
    "prompt": (str,),
    "dimension": (str,),
    "status": (str,),
    "value": (int, float, type(None)),
    "weight": (int, float, type(None)),
    "category": (str,),
    "content": (str,),
    "format": (str,),
    "damage": (str,),
    "static": (str,),
}

CHOSEN = "chosen"
"""Mark of a video that the static filter chose; others have none."""

OWN_VIDEOS = "own videos"
"""Suite of a benchmark that has no prompts: each model answers its own."""


@dataclass(frozen=True)
class Checked:
    """A submission that holds.

    Attributes:
        format: ``vbench`` or ``reference``.
        card: the model card.
        benchmark: name of the one by whose rules it is scored.
        suite: name of the prompt suite.
        profile: which backbones looked.
        provenance: what the run recorded.
        rows: the scores per video.
        rows_sha256: digest of the scores, the same for a copy under other file names.
        scores: by dimension, and the sides where they are complete.
        by_category: the same by content category.
        notes: what a reader should know.
        apart: why it cannot be ranked.
        unverified: what is the submitter's word alone; every reader is told.
        flags: what looks strange; whoever publishes is told.
        media: frames and videos: name -> (prompt, content).
    """

    format: str
    card: ModelCard
    benchmark: str
    suite: str
    profile: str
    provenance: Mapping[str, Any]
    rows: Sequence[Row]
    rows_sha256: str
    scores: Mapping[str, Figure]
    by_category: Mapping[str, Mapping[str, Figure]]
    notes: Sequence[str] = ()
    apart: Sequence[str] = ()
    unverified: Sequence[str] = ()
    flags: Sequence[str] = ()
    media: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)


def check(
    files: Mapping[str, bytes],
    ranked_suite: str,
    card: ModelCard | None = None,
    now: datetime | None = None,
    edited: bool = False,
) -> Checked:
    """What a submission is worth.

    Args:
        files: of the archive, by name.
        ranked_suite: the suite whose results the board ranks.
        card: where the archive has none.
        now: the time, before which everything must have happened; by default that of the clock.
        edited: whether the card comes before the one in the archive.

    Raises:
        Refused: it does not hold; with the reasons.
    """
    found, now = Findings(), now or datetime.now(UTC)
    head = _head(files, found) if "submission.json" in files else {}
    found.settle()
    if "card" in head and not (edited and card):
        card = read_card(head["card"])
    if card is None:
        raise Refused(["There is no model card: submission.json is missing. Make the archive with: vbench submit"])
    results = {name: files[name] for name in names_like(files, "*_eval_results.json")}
    record: dict[str, Any] = {}
    partial = bool(head.get("partial"))
    if "scores.jsonl" in files:
        form, record = OURS, _record(head)
        benchmark = _benchmark(record)
        suite = _check_record(record, benchmark, found)
        if not benchmark.suite and suite.name == OWN_VIDEOS:
            found.notes.append("Of videos of its own: no other row answers the same prompts.")
        rows = _read_rows(files["scores.jsonl"], head["format"], found)
        pictures = names_like(files, "frames/*.jpg") + names_like(files, "videos/*.mp4")
        if pictures and is_sensitive({row.dimension for row in rows}, benchmark):
            found.reasons.append(
                f"{benchmark.name}: frames and videos of it are not shown: none may be in the archive."
            )
        check_missing_videos(record, partial, found)
        check_versions(record, found)
    elif results:
        form, benchmark = REFERENCE, T2V
        rows, notes = read_results(results)
        suite = suite_of((row.dimension, row.prompt) for row in rows)
        found.notes += notes
    else:
        raise Refused(["There are no scores per video: neither scores.jsonl nor *_eval_results.json is there."])
    found.unverified.append(WORD)
    check_dates(record, card, now, found)
    found.settle()
    _check_rows(rows, form, card, benchmark, found)
    found.settle()
    filtered = record.get("filtered")
    _check_complete(rows, suite, form, partial, filtered if isinstance(filtered, list) else [], benchmark, found)
    media = dict(_media(files, {video_of(row.video): row.prompt for row in rows}, found))
    contents = {f"videos/{stem_of(video_of(row.video))}.mp4": row.sha256 for row in rows}
    found.reasons += wrong_videos(media, contents)
    if form == OURS:
        check_checkpoints(record, {row.dimension for row in rows if row.status == SCORED}, benchmark, found)
    if "samples.jsonl" in files:
        check_samples(files["samples.jsonl"], card, rows, benchmark, found)
    elif form == OURS:
        found.unverified.append("Not recorded: which text and seed each video was sampled with (no samples.jsonl).")
    found.settle()
    if not (scores := _figures(rows, benchmark)):
        raise Refused(["There are no scores: no dimension has a video that counts."])
    found.reasons += above_everything(scores, benchmark)
    found.settle()
    if suite.name != (ranked := _ranked(benchmark, ranked_suite)):
        found.apart.append(f"Another prompt suite: {suite.name}, this board ranks {ranked}.")
    if missing := [name for name in benchmark.rules if name not in scores]:
        whole = "No Total" if benchmark.has_total else "Not whole"
        found.apart.append(f"{whole}: {', '.join(missing)} {'has' if len(missing) == 1 else 'have'} no score.")
    if card.unstated:
        found.notes.append(f"Settings not stated: {', '.join(name.replace('_', ' ') for name in card.unstated)}.")
    return Checked(
        form, card, benchmark.name, suite.name, record.get("profile", "official"), record, rows,
        _rows_digest(rows, card, benchmark), scores, _figures_by_category(rows, benchmark), found.notes,
        found.apart, found.unverified, found.flags, media,
    )  # fmt: skip


def check_record(record: Mapping[str, Any]) -> Findings:
    """What the record of a run says by itself, without its scores: ``run.json``, as it lies in the run's folder.

    Raises:
        Refused: nothing more can be said of it; with the reasons.
    """
    found, benchmark = Findings(), _benchmark(record)
    _check_record(record, benchmark, found)
    check_missing_videos(record, False, found)
    check_versions(record, found)
    return found


# The files -------------------------------------------------------------------------------------------------------


def _head(files: Mapping[str, bytes], found: Findings) -> dict[str, Any]:
    head = loads(files["submission.json"], "submission.json")
    if not isinstance(head, dict) or not isinstance(head.get("card"), dict):
        raise Refused(["submission.json must be an object with a card."])
    if head.get("format") not in range(1, FORMAT + 1) or isinstance(head["format"], bool | float):
        found.reasons.append(f"submission.json: format {head.get('format')!r:.20}; this board reads 1 to {FORMAT}.")
    if unknown := sorted(head.keys() - {"format", "card", "record", "partial"}):
        found.reasons.append(f"submission.json: unknown field {unknown[0]!r:.60}.")
    if not isinstance(head.get("partial", False), bool):
        found.reasons.append("submission.json: partial must be true or false.")
    found.reasons += bad_texts(head.get("record"), "submission.json")
    return head


def _read_rows(content: bytes, form: int, found: Findings) -> list[Row]:
    rows = []
    for where, values in lines(content, "scores.jsonl", MOST_ROWS):
        if isinstance(values, dict):
            for name, since in SINCE.items():
                if form < since:
                    values.setdefault(name, "")
        if wrong := _wrong_fields(values):
            found.reasons.append(f"{where}: {wrong}.")
        else:
            damage, static = values.pop("damage"), values.pop("static")
            details: dict[str, Any] = {DAMAGE: damage} if damage else {}
            details |= {VERDICT: {}} if static == CHOSEN else {}
            rows.append(Row(cache_key="", sha256=values.pop("content"), details=details, **values))
        if found.full:
            break
    if form < SINCE["damage"]:
        found.unverified.append("Not recorded: which of the videos are damaged files.")
    _tell_damage(rows, found)
    return rows


def _tell_damage(rows: Sequence[Row], found: Findings) -> None:
    """Where videos are damaged, or cut, and decode all the same, readers are told, and somebody looks first."""
    damaged = {row.video: str(row.details[DAMAGE]) for row in rows if DAMAGE in row.details}
    if damaged:
        video, damage = min(damaged.items())
        videos = len({row.video for row in rows})
        said = f"{len(damaged)} of {videos} videos are damaged files, such as {video!r:.100}: {damage:.200}."
        found.notes.append(said)
        found.flags.append(said)


def _wrong_fields(values: Any) -> str:
    if not isinstance(values, dict) or values.keys() != _FIELDS.keys():
        return f"expected an object with {', '.join(_FIELDS)}"
    for name, kinds in _FIELDS.items():
        if not isinstance(values[name], kinds) or isinstance(values[name], bool):
            return f"{name} must not be {values[name]!r:.40}"
    return ""


def _media(
    files: Mapping[str, bytes], prompts: Mapping[str, str], found: Findings
) -> Iterator[tuple[str, tuple[str, bytes]]]:
    """Frames and videos with the prompts that they answer; each is named after a video of the run."""
    stems = {stem_of(video): prompt for video, prompt in prompts.items()}
    for kind in ("frames/*.jpg", "videos/*.mp4"):
        for name in names_like(files, kind):
            stem = name.split("/", 1)[1].rsplit(".", 1)[0]
            if stem in stems:
                yield name, (stems[stem], files[name])
            else:
                found.reasons.append(f"{name!r:.200} belongs to no video of the run.")


def stem_of(video: str) -> str:
    """Name of a video's frames and copies in an archive, without folder and suffix.

    >>> stem_of("scene/a beach-0.mp4")
    'scene_a beach-0'
    """
    return re.sub(r"\.[^.]*$", "", video).replace("/", "_")


# The record ------------------------------------------------------------------------------------------------------


def _record(head: Mapping[str, Any]) -> dict[str, Any]:
    record = head.get("record")
    if not isinstance(record, dict):
        raise Refused(["submission.json: record is missing: scores come with the provenance of their run."])
    return record


def _benchmark(record: Mapping[str, Any]) -> Benchmark:
    """The benchmark of a run; runs of older versions are of text to video."""
    name = record.get("benchmark", T2V.name)
    try:
        return benchmark_named(str(name))
    except VBenchError as error:
        raise Refused([f"record: this board knows no benchmark {name!r:.80}."]) from error


def _known_suite(stated: Any, benchmark: Benchmark) -> Expected:
    """The suite of a run by its digest.

    Raises:
        Refused: there is none that the board knows; with what it takes.
    """
    digest = stated.get("sha256") if isinstance(stated, dict) else None
    suite = expected(digest, benchmark) if isinstance(digest, str) else None
    if suite is not None:
        return suite
    what = f"record: this board knows no prompt suite with the digest {digest!r:.80}."
    if not digest:
        what = "The run is of no prompt suite: nothing says which other runs it compares with."
    takes = f"The board takes runs of suites that it knows: {', '.join([*SUITE_FILES, *SHIPPED])}."
    how = "Name the videos after the prompts of one (vbench plan --suite NAME) and evaluate them with --suite NAME."
    raise Refused([f"{what} {takes} {how}"])


def _ranked(benchmark: Benchmark, of_t2v: str) -> str:
    """Name of the suite whose results are ranked in a benchmark's board: its own, or the board's for that of T2V."""
    if benchmark.suite in ("", T2V.suite):
        return of_t2v if benchmark.suite else OWN_VIDEOS
    return benchmark.suite if benchmark.suite in (*SUITE_FILES, *SHIPPED) else load_suite(benchmark.suite).name


def _check_record(record: Mapping[str, Any], benchmark: Benchmark, found: Findings) -> Expected:
    """Compare a run's provenance with what the board knows, and name its suite."""
    version, mode, status = (record.get(name) for name in ("version", "mode", "status"))
    if not isinstance(version, int) or version > RECORD_VERSION:
        found.reasons.append(f"record: version {version!r:.20}; this board reads up to {RECORD_VERSION}.")
    own = not benchmark.suite and mode == CUSTOM
    if mode != STANDARD and not own:
        found.reasons.append(f"record: mode {mode!r:.40}; only a run of a whole suite ({STANDARD}) can be compared.")
    if status != "finished":
        found.reasons.append(f"record: the run is {status!r:.20}, not finished. Continue it with: vbench evaluate")
    suite = Expected(OWN_VIDEOS, {}) if own else _known_suite(record.get("suite"), benchmark)
    profile = record.get("profile")
    if not isinstance(profile, str) or profile not in profiles():
        found.reasons.append(f"record: unknown profile {profile!r:.40}; known are {', '.join(profiles())}.")
    elif not profiles()[profile].comparable:
        found.apart.append(f"The {profile} profile is a proxy: its scores compare with no other profile's.")
    if options := record.get("options"):
        found.apart.append(f"Settings outside the protocol: {json.dumps(options, ensure_ascii=False):.200}.")
    if benchmark.unit is Unit.CLIP and (cutting := record.get("cutting")) != PUBLISHED_CUTTING.plain():
        said, wanted = (
            json.dumps(one, ensure_ascii=False, sort_keys=True) for one in (cutting, PUBLISHED_CUTTING.plain())
        )
        found.apart.append(f"Clips cut in another way than this board ranks: {said:.200}, not {wanted}.")
    return suite


# The rows --------------------------------------------------------------------------------------------------------


def _check_rows(rows: Sequence[Row], form: str, card: ModelCard, benchmark: Benchmark, found: Findings) -> None:
    by_dimension: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_dimension[row.dimension].append(row)
    for name in in_protocol_order(by_dimension, benchmark):
        if rule := benchmark.rules.get(name):
            found.reasons += wrong_values(rule, by_dimension[name], form == OURS)
            found.reasons += wrong_weights(rule, by_dimension[name], form == OURS)
        else:
            found.reasons.append(f"{name!r:.60} is no dimension of the protocol.")
    if benchmark.unit is not Unit.CLIP and (clips := [row.video for row in rows if seconds_of(row.video)]):
        found.reasons.append(f"{clips[0]!r:.100} is a clip; {benchmark.name} judges whole videos.")
    found.reasons += _wrong_texts(rows)
    found.reasons += _copies(rows, form)
    if form == OURS:
        if any(row.status == SCORED and not row.format for row in rows):
            found.unverified.append("Not recorded: size, rate and number of frames of the videos.")
        found.reasons += wrong_lengths(rows, card.frames, benchmark)
        found.reasons += wrong_formats(rows, card.resolution, card.fps)
    found.apart += unevenly_long(rows, benchmark)


def _wrong_texts(rows: Sequence[Row]) -> Iterator[str]:
    for text in sorted({text for row in rows for text in (row.video, row.prompt)}):
        if not text or len(text) > LONGEST_NAME or unseen(text):
            yield f"A video or prompt has no proper name: {text[:100]!r}."
    for text in sorted({str(row.details.get(DAMAGE, "")) for row in rows}):
        if len(text) > LONGEST_NAME or unseen(text):
            yield f"A mark of damage is no plain text: {text[:100]!r}."
    for category in sorted({row.category for row in rows} - {"", *CATEGORY_SHA256}):
        yield f"Unknown content category {category!r:.60}."


def _copies(rows: Sequence[Row], form: str) -> Iterator[str]:
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
    if form == REFERENCE:
        return
    for video, digests in contents.items():
        if len(digests) > 1 or not _SHA256.fullmatch(min(digests)):
            yield f"{video!r:.100} must have one SHA-256, found {', '.join(sorted(digests))!r:.140}."
    for digest, names in videos.items():
        if len(names) > 1 and digest:
            first, second = sorted(names)[:2]
            yield f"{len(names)} videos are the same file: {first!r:.100} and {second!r:.100}."


# Completeness ----------------------------------------------------------------------------------------------------


def _check_complete(
    rows: Sequence[Row],
    suite: Expected,
    form: str,
    partial: bool,
    filtered: Sequence[str],
    benchmark: Benchmark,
    found: Findings,
) -> None:
    by_dimension: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_dimension[row.dimension].append(row)
    for name in in_protocol_order(by_dimension, benchmark):
        group = by_dimension[name]
        if not any(row.status == SCORED for row in group):
            statuses = ", ".join(sorted({row.status.replace("_", " ") for row in group}))
            found.notes.append(f"{name} has no score: its videos are {statuses}.")
            continue
        if suite.name == OWN_VIDEOS:
            continue
        group = _one_a_video(group)
        samples = benchmark.samples_of(benchmark.rules[name])
        found.reasons += _strange_prompts(name, group, suite, samples)
        gaps = list(_gaps(benchmark.rules[name], group, suite, form, filtered, samples, found))
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
    form: str,
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
    elif rule.sampled and len(scored) == prompts and form == REFERENCE:
        found.notes.append(f"{name} is of {counted}: the file does not say whether the static filter kept no more.")
    elif rule.counts is Counts.FOUND and form == REFERENCE:
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


# The scores ------------------------------------------------------------------------------------------------------


def _figures(rows: Sequence[Row], benchmark: Benchmark) -> dict[str, Figure]:
    card, widths = score_card(rows, benchmark=benchmark), intervals(rows, benchmark=benchmark)
    values: dict[str, float | None] = {**card.scores}
    values |= {part.name: card.part(part.name) for part in benchmark.parts} | {TOTAL: card.total}
    videos = {name: result.videos for name, result in card.dimensions.items()}
    return {
        name: _figure(value, widths.get(name), videos.get(name, 0))
        for name, value in values.items()
        if value is not None
    }


def _figures_by_category(rows: Sequence[Row], benchmark: Benchmark) -> dict[str, dict[str, Figure]]:
    counts = Counter((row.category, row.dimension) for row in rows if row.status == SCORED)
    scores = score_card(rows, benchmark=benchmark).by_category
    return {
        category: {
            name: _figure(value, widths.get(name), counts[category, name])
            for name, value in {**scores[category], **{name: width.score for name, width in widths.items()}}.items()
        }
        for category, widths in category_intervals(rows, benchmark=benchmark).items()
    }


def _figure(value: float, width: Interval | None, videos: int) -> Figure:
    return Figure(value, width.low, width.high, videos) if width else Figure(value, videos=videos)


def _rows_digest(rows: Sequence[Row], card: ModelCard, benchmark: Benchmark) -> str:
    """Digest of the scores without the names of the files; truth values alone may be alike by chance."""
    scores = sorted(json.dumps([row.prompt, row.dimension, row.value, row.weight, row.status]) for row in rows)
    by_chance = all(benchmark.rules[row.dimension].values is Values.BOOLEAN for row in rows)
    return hashlib.sha256("\n".join([card.name if by_chance else "", *scores]).encode()).hexdigest()
