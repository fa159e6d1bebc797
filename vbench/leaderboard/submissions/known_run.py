"""What the record of a run says by itself: its benchmark, its suite, and whether a board ranks what was asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from vbench.benchmarks.base import Benchmark, Unit
from vbench.benchmarks.known_suites import Expected, expected
from vbench.benchmarks.registry import benchmark_named
from vbench.benchmarks.t2v import T2V
from vbench.dimensions.profiles import profiles
from vbench.errors import Refused, VBenchError
from vbench.leaderboard.submissions.findings import Findings
from vbench.prompts.library import SHIPPED, load_suite
from vbench.prompts.official import SUITE_FILES
from vbench.runs.plan import CUSTOM, PUBLISHED_CUTTING, STANDARD
from vbench.runs.record import RECORD_VERSION

OWN_VIDEOS = "own videos"
"""Suite of a benchmark that has no prompts: each model answers its own."""


def record_of(head: Mapping[str, Any]) -> dict[str, Any]:
    """What the run of an archive recorded.

    Raises:
        Refused: the archive does not say.
    """
    record = head.get("record")
    if not isinstance(record, dict):
        raise Refused(["submission.json: record is missing: scores come with the provenance of their run."])
    return record


def benchmark_of(record: Mapping[str, Any]) -> Benchmark:
    """The benchmark of a run; runs of older versions are of text to video.

    Raises:
        Refused: this board knows none of that name.
    """
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


def ranked_suite_of(benchmark: Benchmark, of_t2v: str) -> str:
    """Name of the suite whose results are ranked in a benchmark's board: its own, or the board's for that of T2V."""
    if benchmark.suite in ("", T2V.suite):
        return of_t2v if benchmark.suite else OWN_VIDEOS
    return benchmark.suite if benchmark.suite in (*SUITE_FILES, *SHIPPED) else load_suite(benchmark.suite).name


def check_against_board(record: Mapping[str, Any], benchmark: Benchmark, found: Findings) -> Expected:
    """Compare a run's provenance with what the board knows and ranks.

    Returns:
        The prompts that its suite asks for.

    Raises:
        Refused: the board does not know the suite.
    """
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
