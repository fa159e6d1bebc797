"""Which score is this? Everything that another person needs to know of a run, as one block to cite.

What is not known is said as such. The digest is that of the facts, so that a cited block can be held against the run.
"""

from __future__ import annotations

import hashlib
import json
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from vbench.analysis.statistics import intervals
from vbench.benchmarks.base import titled
from vbench.benchmarks.score_card import TOTAL
from vbench.media.spans import video_of
from vbench.provenance import NOT_RECORDED
from vbench.runs.run import Run
from vbench.runs.score_video import DAMAGE
from vbench.runs.store import Row
from vbench.sampling.manifest import SampleRecord, read_manifest

PACKAGES = ("vbench-suite", "torch", "av")
"""Whose versions are cited; the record has all."""

DIGITS = 12
"""Of a digest, what is shown to people."""

Facts = dict[str, Any]


def citation(run: Run) -> Facts:
    """The facts of a run, as JSON types; scores are raw, parts and the Total 0..1, each with its 95 % interval.

    Args:
        run: of any benchmark.
    """
    record, card, rows = run.record, run.card, run.rows()
    samples = read_manifest(run.folder)
    facts: Facts = {
        "benchmark": {"name": card.benchmark.name, "title": card.benchmark.title, "paper": card.benchmark.paper},
        "suite": dict(record.suite) | {"prompts": len({row.prompt for row in rows}), "samples": record.samples},
        "text": _text(samples),
        "model": _only(sample.generator for sample in samples) or NOT_RECORDED,
        "seeds": _seeds(samples),
        "videos": _videos(rows),
        "profile": record.profile,
        "precision": record.machine.get("dtype", NOT_RECORDED),
        "cutting": dict(record.cutting),
        "checkpoints": {name: {"sha256": one["sha256"], "published": one["published"]}
                        for name, one in record.checkpoints.items()},
        "dimension_versions": dict(record.dimension_versions),
        "decoding_versions": dict(record.decoding_versions),
        "filter_versions": dict(record.filter_versions),
        "machine": {name: record.machine.get(name, NOT_RECORDED) for name in ("processor", "device", "accelerator")},
        "packages": {name: record.packages[name] for name in PACKAGES if name in record.packages},
        "started": record.started or NOT_RECORDED,
        "whole": run.is_whole,
        "counted": card.counted,
        "scores": _scores(run, rows),
        "exceptions": list(_exceptions(run, rows)),
    }  # fmt: skip
    plain = json.dumps(facts, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return {**facts, "digest": hashlib.sha256(plain.encode()).hexdigest()}


def _text(samples: Sequence[SampleRecord]) -> dict[str, Any]:
    """What the model was fed and what the videos are judged against."""
    if not samples:
        return {"generated_from": NOT_RECORDED, "evaluated_against": "the prompts"}
    extended = [sample for sample in samples if sample.text not in ("", sample.prompt)]
    fed = "the prompts"
    if extended:
        by = _only(sample.extender for sample in extended) or "nobody that is recorded, or several"
        fed = f"other text than the prompt for {len(extended)} of {len(samples)} videos, written by {by}"
    return {"generated_from": fed, "evaluated_against": "the prompts"}


def _seeds(samples: Sequence[SampleRecord]) -> str:
    known = sum(sample.seed is not None for sample in samples)
    return f"recorded for {known} of {len(samples)} videos" if samples else NOT_RECORDED


def _videos(rows: Sequence[Row]) -> dict[str, Any]:
    """How many there are, and their forms, with the codec."""
    names = {video_of(row.video) for row in rows}
    return {
        "count": len(names),
        "formats": dict(Counter(row.format for row in rows if row.format)),
        "files": dict(Counter(PurePosixPath(name).suffix or "folders of frames" for name in sorted(names))),
    }


def _scores(run: Run, rows: Sequence[Row]) -> dict[str, Any]:
    card, widths = run.card, intervals(rows, benchmark=run.card.benchmark)
    parts = {part.name: card.part(part.name) for part in card.benchmark.parts}
    scores: Mapping[str, float | None] = card.scores | parts | {TOTAL: card.total}
    return {
        name: {"score": score, "interval": [widths[name].low, widths[name].high] if name in widths else None}
        for name, score in scores.items()
        if score is not None
    }


def _exceptions(run: Run, rows: Sequence[Row]) -> Iterable[str]:
    """What makes it another score than the protocol's."""
    record, card = run.record, run.card
    if not record.comparable:
        yield f"not comparable with the published leaderboard (profile {record.profile})"
    for name, settings in record.options.items():
        yield f"{name} with {', '.join(f'{key}={value}' for key, value in settings.items())}"
    if card.has_fewer_samples:
        yield f"{card.samples} of {card.protocol_samples} samples a prompt"
    for name in card.incomplete:
        yield f"{name}: {card.dimensions[name].videos} of {card.dimensions[name].planned} scores"
    for name, reason in card.not_evaluated.items():
        yield f"{name} not evaluated: {reason}"
    if damaged := {video_of(row.video) for row in rows if DAMAGE in row.details}:
        yield f"{len(damaged)} videos are damaged and scored as they decode"
    if unpublished := [name for name, one in record.checkpoints.items() if one["published"] is False]:
        yield f"not the published files: {', '.join(unpublished)}"


def _only(found: Iterable[str]) -> str:
    different = set(found)
    return different.pop() if len(different) == 1 else ""


def block(facts: Facts) -> str:
    """The facts as lines of at most 80 columns."""
    suite, videos, text = facts["suite"], facts["videos"], facts["text"]
    digest = f", sha256 {suite['sha256'][:DIGITS]}" if suite["sha256"] else ""
    forms = list(videos["formats"])
    of_form = forms[0] if len(forms) == 1 else f"{len(forms)} formats, such as {forms[0]}" if forms else NOT_RECORDED
    versions = ", ".join(f"{name} {version}" for name, version in facts["packages"].items())
    machine = facts["machine"]
    lines = [
        ("Benchmark", f"{facts['benchmark']['title']} ({facts['benchmark']['name']})"),
        ("Prompts", f"{suite['prompts']} of {suite['name']}{digest}" if suite["name"] else f"{suite['prompts']}, own"),
        ("Samples a prompt", str(suite["samples"] or "any number")),
        ("Model", facts["model"]),
        ("Generated from", text["generated_from"]),
        ("Judged against", text["evaluated_against"]),
        ("Seeds", facts["seeds"]),
        ("Videos", f"{videos['count']}: {of_form}; {', '.join(videos['files'])}; codec {NOT_RECORDED}"),
        ("Judges", f"profile {facts['profile']}, {facts['precision']}"),
        ("Machine", machine["accelerator"] or machine["processor"]),
        *[("Checkpoint", f"{name} {one['sha256'][:DIGITS]}") for name, one in facts["checkpoints"].items()],
        ("Versions", versions or NOT_RECORDED),
        ("Whole", "yes" if facts["whole"] else f"NO: {facts['counted']}"),
        *[(titled(name), _scored(one)) for name, one in facts["scores"].items()],
        *[("Exception", one) for one in facts["exceptions"]],
        ("Digest", facts["digest"][:DIGITS]),
    ]  # fmt: skip
    return "\n".join(_wrapped(name, said) for name, said in lines)


def _scored(one: Mapping[str, Any]) -> str:
    interval = f"  {one['interval'][0]:.4f} to {one['interval'][1]:.4f}" if one["interval"] else ""
    return f"{one['score']:.4f}{interval}"


def _wrapped(name: str, said: str) -> str:
    return textwrap.fill(said, 80, initial_indent=f"{name:24}", subsequent_indent=" " * 24, break_long_words=False)


def methods(facts: Facts) -> str:
    """A paragraph for a paper's section on evaluation."""
    suite, scores = facts["suite"], facts["scores"]
    version = facts["packages"].get("vbench-suite", "(version not recorded)")
    parts = [
        f"We evaluate with {facts['benchmark']['title']}, profile {facts['profile']} of vbench-suite {version}.",
        f"There are {facts['videos']['count']} videos of {suite['prompts']} prompts ({suite['name'] or 'our own'}).",
        f"Videos were generated from {text_of(facts)} and judged against {facts['text']['evaluated_against']}.",
        "Intervals are 95 % bootstrap intervals over prompts.",
    ]
    if TOTAL in scores:
        parts.append(f"The Total is {_percent(scores[TOTAL])}.")
    if not facts["whole"]:
        parts.append(f"The evaluation is not whole: {facts['counted']}.")
    if facts["exceptions"]:
        parts.append(f"It differs from the protocol: {'; '.join(facts['exceptions'])}.")
    return " ".join(parts)


def text_of(facts: Facts) -> str:
    """What the videos were generated from, in a sentence."""
    given: str = facts["text"]["generated_from"]
    return "text that was not recorded" if given == NOT_RECORDED else given


def _percent(one: Mapping[str, Any]) -> str:
    interval = one["interval"]
    return f"{100 * one['score']:.2f} %" + (
        f" ({100 * interval[0]:.2f} to {100 * interval[1]:.2f} %)" if interval else ""
    )


def bibtex(facts: Facts) -> str:
    """Entries for the run's benchmark, as its table names it, and for this software."""
    name, version = facts["benchmark"]["name"], facts["packages"].get("vbench-suite", "")
    day = "" if facts["started"] == NOT_RECORDED else f" of {facts['started'][:10]}"
    return (
        f"@misc{{{name},\n  note = {{{facts['benchmark']['paper']}}}\n}}\n\n"
        f"@software{{vbench-suite,\n  title = {{VBench suite}},\n  version = {{{version}}},\n"
        f"  note = {{Run{day}, digest {facts['digest'][:DIGITS]}}}\n}}"
    )
