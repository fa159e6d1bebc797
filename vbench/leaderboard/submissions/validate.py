"""The check of a submission: a pure function of its files. No total is believed; all reasons against it are given.

A dimension without any score is missing, and there is no Total then. A dimension that is there must be whole (every
prompt of the suite, five samples each), unless the submission says that it is partial; then it is shown apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from vbench.analysis.statistics import Figure
from vbench.benchmarks.base import Benchmark
from vbench.benchmarks.known_suites import Expected, suite_of
from vbench.benchmarks.registry import BENCHMARKS, is_sensitive
from vbench.benchmarks.t2v import FILTER_VERSION, T2V
from vbench.compat.read_result_files import read_results
from vbench.errors import Refused
from vbench.files.strict_json import bad_texts, loads
from vbench.leaderboard.submissions.archive import names_like, stem_of
from vbench.leaderboard.submissions.figures import figures, figures_by_category, rows_digest
from vbench.leaderboard.submissions.findings import Findings
from vbench.leaderboard.submissions.known_run import (
    OWN_VIDEOS,
    benchmark_of,
    check_against_board,
    ranked_suite_of,
    record_of,
)
from vbench.leaderboard.submissions.model_card import ModelCard, read_card
from vbench.leaderboard.submissions.possible_rows import above_everything
from vbench.leaderboard.submissions.provenance import (
    WORD,
    check_checkpoints,
    check_dates,
    check_missing_videos,
    check_samples,
    check_versions,
    wrong_videos,
)
from vbench.leaderboard.submissions.scores_file import FORMAT, read_rows
from vbench.leaderboard.submissions.sound_rows import check_rows
from vbench.leaderboard.submissions.whole_result import check_whole
from vbench.media.decode import VERSION as DECODING
from vbench.media.spans import video_of
from vbench.runs.store import SCORED, Row

_VERSIONS = [
    DECODING,
    FILTER_VERSION,
    *(spec.version for name in BENCHMARKS.builtin for spec in BENCHMARKS.get(name).specs),
]

CHECK_VERSION = 1000 * 9 + sum(_VERSIONS)
"""Stored with every verdict, and those of another are made anew. The thousands are raised whenever the check or the
formulas change; the rest rises with each of the versions that a board ranks."""

OURS, REFERENCE = "vbench", "reference"


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
    found = Findings()
    head = _head(files, found) if "submission.json" in files else {}
    found.settle()
    card, partial = _card(head, card, edited), bool(head.get("partial"))
    run = _our_run(files, head, found) if "scores.jsonl" in files else _reference_run(files, found)
    found.unverified.append(WORD)
    check_dates(run.record, card, now or datetime.now(UTC), found)
    found.settle()
    check_rows(run.rows, run.form == OURS, card, run.benchmark, found)
    found.settle()
    check_whole(run.rows, run.suite, run.form == OURS, partial, run.filtered, run.benchmark, found)
    media = _checked_media(files, run.rows, found)
    _check_made_with(files, run, card, found)
    found.settle()
    if not (scores := figures(run.rows, run.benchmark)):
        raise Refused(["There are no scores: no dimension has a video that counts."])
    found.reasons += above_everything(scores, run.benchmark)
    found.settle()
    _tell_rank(run, scores, card, ranked_suite, found)
    return Checked(
        run.form, card, run.benchmark.name, run.suite.name, run.record.get("profile", "official"), run.record, run.rows,
        rows_digest(run.rows, card, run.benchmark), scores, figures_by_category(run.rows, run.benchmark), found.notes,
        found.apart, found.unverified, found.flags, media,
    )  # fmt: skip


def check_record(record: Mapping[str, Any]) -> Findings:
    """What the record of a run says by itself, without its scores: ``run.json``, as it lies in the run's folder.

    Raises:
        Refused: nothing more can be said of it; with the reasons.
    """
    found, benchmark = Findings(), benchmark_of(record)
    check_against_board(record, benchmark, found)
    check_missing_videos(record, False, found)
    check_versions(record, benchmark, found)
    return found


# What is in the archive ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Run:
    """What was submitted, before anything is made of it.

    Attributes:
        form: :data:`OURS` or :data:`REFERENCE`.
        record: of a run of ours.
        benchmark: by whose rules it is scored.
        suite: what the benchmark asks for.
        rows: the scores per video.
    """

    form: str
    record: Mapping[str, Any]
    benchmark: Benchmark
    suite: Expected
    rows: Sequence[Row]

    @property
    def filtered(self) -> Sequence[str]:
        """Dimensions whose videos the static filter chose."""
        stated = self.record.get("filtered")
        return stated if isinstance(stated, list) else []


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


def _card(head: Mapping[str, Any], given: ModelCard | None, edited: bool) -> ModelCard:
    card = read_card(head["card"]) if "card" in head and not (edited and given) else given
    if card is None:
        raise Refused(["There is no model card: submission.json is missing. Make the archive with: vbench submit"])
    return card


def _our_run(files: Mapping[str, bytes], head: Mapping[str, Any], found: Findings) -> _Run:
    record = record_of(head)
    benchmark = benchmark_of(record)
    suite = check_against_board(record, benchmark, found)
    if suite.name == OWN_VIDEOS:
        found.notes.append("Of videos of its own: no other row answers the same prompts.")
    rows = read_rows(files["scores.jsonl"], head["format"], found)
    pictures = names_like(files, "frames/*.jpg") + names_like(files, "videos/*.mp4")
    if pictures and is_sensitive({row.dimension for row in rows}, benchmark):
        found.reasons.append(f"{benchmark.name}: frames and videos of it are not shown: none may be in the archive.")
    check_missing_videos(record, bool(head.get("partial")), found)
    check_versions(record, benchmark, found)
    return _Run(OURS, record, benchmark, suite, rows)


def _reference_run(files: Mapping[str, bytes], found: Findings) -> _Run:
    results = {name: files[name] for name in names_like(files, "*_eval_results.json")}
    if not results:
        raise Refused(["There are no scores per video: neither scores.jsonl nor *_eval_results.json is there."])
    rows, notes = read_results(results)
    found.notes += notes
    return _Run(REFERENCE, {}, T2V, suite_of((row.dimension, row.prompt) for row in rows), rows)


def _checked_media(files: Mapping[str, bytes], rows: Sequence[Row], found: Findings) -> dict[str, tuple[str, bytes]]:
    media = dict(_media(files, {video_of(row.video): row.prompt for row in rows}, found))
    contents = {f"videos/{stem_of(video_of(row.video))}.mp4": row.sha256 for row in rows}
    found.reasons += wrong_videos(media, contents)
    return media


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


# What a reader is told -------------------------------------------------------------------------------------------


def _check_made_with(files: Mapping[str, bytes], run: _Run, card: ModelCard, found: Findings) -> None:
    """With which checkpoints it was scored, and with which settings the videos were sampled."""
    if run.form == OURS:
        check_checkpoints(run.record, {row.dimension for row in run.rows if row.status == SCORED}, run.benchmark, found)
    if "samples.jsonl" in files:
        check_samples(files["samples.jsonl"], card, run.rows, run.benchmark, found)
    elif run.form == OURS:
        found.unverified.append("Not recorded: which text and seed each video was sampled with (no samples.jsonl).")


def _tell_rank(run: _Run, scores: Mapping[str, Figure], card: ModelCard, of_t2v: str, found: Findings) -> None:
    """Why it is not ranked, as far as its scores say, and what its card leaves open."""
    if run.suite.name != (ranked := ranked_suite_of(run.benchmark, of_t2v)):
        found.apart.append(f"Another prompt suite: {run.suite.name}, this board ranks {ranked}.")
    if missing := [name for name in run.benchmark.rules if name not in scores]:
        whole = "No Total" if run.benchmark.has_total else "Not whole"
        found.apart.append(f"{whole}: {', '.join(missing)} {'has' if len(missing) == 1 else 'have'} no score.")
    if card.unstated:
        found.notes.append(f"Settings not stated: {', '.join(name.replace('_', ' ') for name in card.unstated)}.")
