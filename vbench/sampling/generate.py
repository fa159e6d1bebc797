"""Sampling: every video of a sampling plan is made once, and is whole and listed before the next one starts.

Kill it at any moment and call it again: it continues, and the folder ends up as if nothing had happened. A video that
cannot be made is listed with its reason, and the rest goes on.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from vbench import provenance
from vbench.arithmetic import strictly
from vbench.errors import UsageError, VideoError
from vbench.files import ours
from vbench.files.atomic import write_atomically
from vbench.files.digest import digest
from vbench.files.json_file import as_text, refuse_surrogates
from vbench.files.lock import alone_in
from vbench.generators.base import Delivery, Generator, Request, Settings, made_by
from vbench.media.apart import Apart
from vbench.media.clip import Clip, Encoded, refuse_malformed
from vbench.media.decode import decode, probe
from vbench.media.encode import write_clip, write_picture
from vbench.media.flaws import Look, looked
from vbench.progress import Progress
from vbench.prompts.sampling_plan import Sample
from vbench.sampling.delivered import findings
from vbench.sampling.manifest import NAME, SampleRecord, append_record, manifest_text, read_manifest
from vbench.sampling.record import RECORD, RECORD_VERSION, read_sampling
from vbench.sampling.wanted import Wanted

SCRATCH = ".partial"
"""Where files grow: hidden folders of this name and a number, never looked at by an evaluation."""

DAMAGED = ".damaged"
"""Where a file goes that lies in a video's place and is not as it was sampled: nothing is written over."""

STARTED_FROM = "started_from"
"""In a video's settings, where it starts from pictures or a clip, or is a copy of one: SHA-256 of each."""

FAILURES_AT_FIRST = 10
"""So many failures and nothing else end a sampling: the rest would fail too."""


@dataclass
class Sampled:
    """How a sampling ended.

    Attributes:
        folder: of the videos.
        made: files that this call sampled.
        kept: files that were there before.
        failures: file -> reason.
        findings: file -> what is wrong with it, or is not as it was asked for.
        stopped: why it ended early, ``""`` where it did not.
    """

    folder: Path
    made: int = 0
    kept: int = 0
    failures: dict[str, str] = field(default_factory=dict)
    findings: dict[str, list[str]] = field(default_factory=dict)
    stopped: str = ""


@strictly()
def generate(
    generator: Generator[Any], wanted: Wanted, settings: Settings, folder: Path, progress: Progress | None = None
) -> Sampled:
    """Sample every video of a plan that is not there yet.

    Args:
        generator: who samples.
        wanted: what.
        settings: how.
        folder: where the videos and their manifest lie; made if it is not there, continued if it is.
        progress: told of every video.

    Raises:
        UsageError: the folder holds samples of something else, or a file in the place of one that is to be sampled, or
            nothing can be sampled at all.
        CheckpointError: a checkpoint is not what it should be; nothing was written.
    """
    requests = [_request(sample, wanted, settings) for sample in wanted.samples]
    if not requests:
        raise UsageError("There is nothing to sample: no prompt of the suite tests what was asked for.")
    generator.prepare(requests)
    _open_record(folder, generator, wanted, settings)  # a folder of other samples is refused before weights are loaded
    manifest = _manifest(folder)
    _refuse_others(folder, manifest, requests, wanted, generator)
    if not all(_is_there(folder, manifest, sample, generator) for sample in wanted.samples):
        generator.load()
    with alone_in(folder):
        return _sampled(generator, wanted, settings, requests, folder, progress or Progress())


def _sampled(
    generator: Generator[Any],
    wanted: Wanted,
    settings: Settings,
    requests: Sequence[Request],
    folder: Path,
    progress: Progress,
) -> Sampled:
    record = _open_record(folder, generator, wanted, settings)
    manifest = _manifest(folder)
    _refuse_others(folder, manifest, requests, wanted, generator)
    todo = [sample for sample in wanted.samples if not _is_there(folder, manifest, sample, generator)]
    _refuse_strangers(folder, manifest, todo)
    made_anew = [key for one in todo if (key := (one.prompt.text, one.index)) in manifest]
    made_with = (read_sampling(folder) or {}).get("packages", {}) if len(made_anew) < len(manifest) else {}
    record["packages"] = provenance.together([made_with, record["packages"]])
    set_aside(folder, [manifest[key].file for key in made_anew])
    outcome = Sampled(folder, kept=len(requests) - len(todo))
    _write_manifest(folder, manifest, wanted.samples)
    _write(folder, record)
    _clear_scratch(folder)
    scratch = folder / f"{SCRATCH}-{secrets.token_hex(8)}"
    ours.claim(scratch)
    try:
        progress.start(len(requests), outcome.kept, "videos")
        if wanted.skipped:
            progress.note(wanted.skipped)
        missing = {sample.file: sample for sample in todo}
        with Apart() as apart:
            for delivery in generator.sample_all(_whole_batches(requests, missing, generator.batch_size)):
                sample = missing.pop(delivery.request.file, None)
                if sample is None:
                    continue
                made = _take(delivery, sample, wanted, generator, scratch, outcome, apart)
                if made:
                    manifest[made.prompt, made.index] = made
                reason = outcome.failures.get(sample.file)
                progress.unit(sample.prompt.text, f"{sample.file}: {reason}" if reason else "")
                if _hopeless(outcome):
                    break
        for file in missing:
            outcome.failures.setdefault(file, outcome.stopped or "the generator gave no answer")
        _write_manifest(folder, manifest, wanted.samples)
        there = (manifest.get((sample.prompt.text, sample.index)) for sample in wanted.samples)
        outcome.findings = {one.file: told for one in there if one and (told := [*(one.flaws or ()), *one.findings])}
        if not outcome.made:
            record["packages"] = made_with or record["packages"]
        failures = {**record["failures"], **outcome.failures}
        record |= {"status": "finished", "ended": provenance.now(), "failures": failures}
        _write(folder, record)
    except BaseException:
        progress.finish()
        with suppress(OSError):  # the disk may be what ended it
            _write(folder, {**record, "status": "interrupted", "ended": provenance.now()})
        progress.note(f"{outcome.kept + outcome.made} of {len(requests)} videos are stored in {folder}")
        raise
    finally:
        progress.finish()
        shutil.rmtree(scratch, ignore_errors=True)
    return outcome


def _refuse_strangers(folder: Path, manifest: Mapping[tuple[str, int], SampleRecord], todo: Iterable[Sample]) -> None:
    """A file of a video's name that the manifest does not list was not sampled here."""
    listed = {record.file for record in manifest.values()}
    for sample in todo:
        if sample.file not in listed and os.path.lexists(folder / sample.file):
            raise UsageError(f"{folder / sample.file} is there and was not sampled here: choose another folder.")


def _refuse_others(
    folder: Path,
    manifest: Mapping[tuple[str, int], SampleRecord],
    requests: Sequence[Request],
    wanted: Wanted,
    generator: Generator[Any],
) -> None:
    """A video that is there and was made of another text or picture is none that is asked for."""
    for sample, request in zip(wanted.samples, requests, strict=True):
        record = manifest.get((sample.prompt.text, sample.index))
        if record is None or not (folder / record.file).is_file():
            continue
        if record.text != request.prompt:
            raise UsageError(
                f"{folder / record.file} was made of the text {record.text!r}, and now {request.prompt!r} is fed. "
                "Choose another folder for these."
            )
        began = record.settings.get(STARTED_FROM)
        if began is not None and (now := _contents(generator, request)) and now != began:
            raise UsageError(
                f"{folder / record.file} was made from another picture or clip than is given now. Choose another "
                "folder for these."
            )


def _contents(generator: Generator[Any], request: Request) -> list[str]:
    """SHA-256 of each file that a video starts from."""
    return [digest(path) for path in generator.starts_from(request)]


def _refuse_stranger(path: Path) -> None:
    if os.path.lexists(path):
        raise VideoError(f"{path} is there and was not sampled here: move it away")


def set_aside(folder: Path, files: Iterable[str]) -> None:
    """Put files that are not as they should be into a folder of their own; nothing is written over."""
    for file in files:
        if os.path.lexists(folder / file):
            aside = folder / DAMAGED / secrets.token_hex(8)
            aside.mkdir(parents=True)
            (folder / file).replace(aside / Path(file).name)


def _clear_scratch(folder: Path) -> None:
    """Remove what killed calls left; the folder's lock says that nobody is at work there."""
    for left in folder.glob(f"{SCRATCH}-*"):
        if (left / ours.LIST).is_file() and not left.is_symlink():
            shutil.rmtree(left, ignore_errors=True)


def _request(sample: Sample, wanted: Wanted, settings: Settings) -> Request:
    text = sample.prompt.text
    return Request(
        wanted.texts.get(text, text), sample.index, sample.seed, settings, sample.file, wanted.images.get(text)
    )


def _manifest(folder: Path) -> dict[tuple[str, int], SampleRecord]:
    """What the folder has, by prompt and index."""
    return {(one.prompt, one.index): one for one in read_manifest(folder)}


def _is_there(
    folder: Path, manifest: Mapping[tuple[str, int], SampleRecord], sample: Sample, generator: Generator[Any]
) -> bool:
    record = manifest.get((sample.prompt.text, sample.index))
    if record is None or (generator.seeded and record.seed != sample.seed):
        return False
    path = folder / record.file
    return path.is_file() and digest(path) == record.sha256


def _whole_batches(requests: Sequence[Request], missing: Mapping[str, Sample], size: int) -> list[Request]:
    """What must be sampled so that each batch is as it would have been without an interruption."""
    places = iter(requests)
    batches = iter(lambda: list(islice(places, size)), [])
    return [request for batch in batches if any(one.file in missing for one in batch) for request in batch]


def _take(
    delivery: Delivery,
    sample: Sample,
    wanted: Wanted,
    generator: Generator[Any],
    scratch: Path,
    outcome: Sampled,
    apart: Apart,
) -> SampleRecord | None:
    """Put a video into the manifest and the folder; ``None`` and a failure where there is none.

    The manifest comes first: after a kill in between, a line has no file yet, and no file is a stranger.
    """
    try:
        if delivery.video is None:
            raise VideoError(delivery.reason or "the generator gave no video")
        refuse_malformed(delivery.video)
        grown = _grown(delivery.video, scratch / sample.file, apart)
        _refuse_stranger(scratch.parent / grown.name)
        look = looked(delivery.video.frames) if isinstance(delivery.video, Clip) else apart(_look_at, grown)
        header = apart(probe, grown)
    except VideoError as error:
        outcome.failures[sample.file] = as_text(str(error))
        return None
    facts, asked = dict(delivery.video.facts or {}), delivery.request.settings
    if began := _contents(generator, delivery.request):
        facts[STARTED_FROM] = began
    measured = {
        "frames": look.frames, "height": header.height, "width": header.width, "fps": round(header.fps, 3),
    }  # fmt: skip
    record = SampleRecord(
        grown.name,
        sample.prompt.text,
        sample.index,
        text=delivery.request.prompt,
        extender=wanted.extender if delivery.request.prompt != sample.prompt.text else "",
        seed=sample.seed if generator.seeded else None,
        generator=generator.name,
        settings=asked.stated() | facts,
        sha256=digest(grown),
        flaws=look.flaws,
        measured=measured,
        read=delivery.read,
        findings=findings(generator.delivers(asked), measured, delivery.read),
    )
    append_record(scratch.parent, record)
    grown.replace(scratch.parent / grown.name)
    delivery.stored()
    outcome.made += 1
    return record


def _look_at(path: Path) -> Look:
    return looked(decode(path))


def _grown(video: Clip | Encoded, growing: Path, apart: Apart) -> Path:
    """The whole video, on disk; its suffix is that of what came.

    Raises:
        VideoError: what came is no video.
    """
    if isinstance(video, Clip) and video.is_picture:
        growing = growing.with_suffix(".png")
        write_picture(video, growing)
    elif isinstance(video, Clip):
        write_clip(video, growing)
    else:
        apart(probe, video.path)
        growing = growing.with_suffix(video.path.suffix.lower())
        (shutil.copyfile if video.borrowed else shutil.move)(video.path, growing)
    with growing.open("rb+") as written:
        os.fsync(written.fileno())
    return growing


def _hopeless(outcome: Sampled) -> bool:
    if outcome.made or outcome.kept or len(outcome.failures) < FAILURES_AT_FIRST:
        return False
    outcome.stopped = f"not tried: the first {FAILURES_AT_FIRST} videos failed"
    return True


def _open_record(folder: Path, generator: Generator[Any], wanted: Wanted, settings: Settings) -> dict[str, Any]:
    """What to write of the sampling; refuses a folder of other samples."""
    told = {
        "model": generator.name,
        "seed": wanted.seed if generator.seeded else None,
        "settings": settings.stated(),
        "provenance": made_by(generator),
        "extender": wanted.extender,
        "benchmark": wanted.benchmark,
        "pictures": wanted.pictures.told() if wanted.pictures else None,
    }
    before, stored = read_sampling(folder), read_manifest(folder)
    if before is None and stored:
        raise UsageError(f"{folder} holds samples that vbench generate did not make. Choose another folder.")
    asked = {(sample.prompt.text, sample.index) for sample in wanted.samples}
    known_by_content = all(STARTED_FROM in one.settings and (one.prompt, one.index) in asked for one in stored)
    if before and (differs := list(_differences(before, told, wanted, known_by_content))):
        raise UsageError(f"{folder} holds other samples: {'; '.join(differs)}. Choose another folder for these.")
    record = {
        "version": RECORD_VERSION,
        "status": "running",
        "started": before["started"] if before else provenance.now(),
        "ended": None,
        **told,
        "model_file": dict(generator.model_file),
        "suite": _sampled_for(before["suite"], wanted.suite) if before else dict(wanted.suite),
        "skipped": wanted.skipped,
        "arguments": provenance.command_line(),
        "packages": provenance.packages(),
        "failures": _not_tried(before.get("failures", {}), wanted) if before else {},
    }
    try:
        refuse_surrogates(json.loads(json.dumps(record)))
    except ValueError as error:
        raise UsageError(f"{error}, and {RECORD} could not say it: use UTF-8, or rename it.") from error
    return record


def _differences(
    before: Mapping[str, Any], told: Mapping[str, Any], wanted: Wanted, known_by_content: bool
) -> Iterator[str]:
    """In what a sampling is not the one before.

    Pictures may lie elsewhere where those of every stored video are known by content and asked for again, as each is
    then held against its video: an evaluation takes all from the folder that is recorded.
    """
    for name, value in json.loads(json.dumps(told)).items():
        was = before.get(name)
        if name not in before and value is not None:
            yield f"an older version did not record {name}, and now they are {value!r}"
            continue
        if name == "pictures" and known_by_content and isinstance(was, dict) and value:
            was = {**was, "folder": value["folder"]}
        yield from _apart(name, was, value)
    was, now = ([one["name"], one["category"]] for one in (before["suite"], wanted.suite))
    if before["suite"]["sha256"] != wanted.suite["sha256"] or (was[1] and now[1] and was[1] != now[1]):
        yield "the suite was {} and is now {}".format(*(", ".join(filter(None, one)) or "none" for one in (was, now)))


def _sampled_for(was: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """What a folder is sampled for over several calls: what the last asked for, and what it left out of the earlier."""
    whole = not (was["dimensions"] and now["dimensions"])
    dimensions = [] if whole else [*now["dimensions"], *(set(was["dimensions"]) - set(now["dimensions"]))]
    category = now["category"] if now["category"] == was["category"] else None
    if (dimensions, category) == (now["dimensions"], now["category"]):
        return dict(now)
    samples = None if None in (was["samples"], now["samples"]) else max(was["samples"], now["samples"])
    return {**now, "category": category, "dimensions": sorted(dimensions), "samples": samples}


def _not_tried(failures: Mapping[str, str], wanted: Wanted) -> dict[str, str]:
    """Failures of an earlier call whose videos this one does not ask for."""
    asked = {sample.file for sample in wanted.samples}
    return {file: reason for file, reason in failures.items() if file not in asked}


def _apart(name: str, was: Any, now: Any) -> Iterator[str]:
    """In what two values differ; of tables, entry by entry."""
    if isinstance(was, dict) and isinstance(now, dict):
        for key in {**was, **now}:
            yield from _apart(f"{key} of {name}", was.get(key), now.get(key))
    elif was != now:
        yield f"{name} was {was!r} and is now {now!r}"


def _write(folder: Path, record: Mapping[str, Any]) -> None:
    write_atomically(folder / RECORD, json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def _write_manifest(folder: Path, manifest: Mapping[tuple[str, int], SampleRecord], samples: Sequence[Sample]) -> None:
    """The manifest in the order of the plan; what an earlier call made beyond it comes last."""
    order = {(sample.prompt.text, sample.index): place for place, sample in enumerate(samples)}
    records = sorted(manifest.values(), key=lambda one: order.get((one.prompt, one.index), len(order)))
    write_atomically(folder / NAME, manifest_text(records))
