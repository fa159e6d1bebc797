"""A set of videos as features: each video is looked at once, and on disk before anybody is told of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vbench import provenance
from vbench.arithmetic import strictly
from vbench.dimensions.backbones.base import WindowEmbedder
from vbench.dimensions.profiles import BACKBONES
from vbench.distances.protocols import Protocol
from vbench.distances.store import NAME, Features, FeatureStore, key_of
from vbench.distances.windows import Choice, choose, fitting, windows_of
from vbench.errors import NothingToScore, UsageError, VBenchError
from vbench.files.digest import content_of
from vbench.media.apart import Apart
from vbench.media.decode import VERSION as DECODING
from vbench.patience import Patience
from vbench.progress import Progress
from vbench.runs.room import with_room
from vbench.runs.workers import OVER_IT, computing, side_by_side
from vbench.weights import cards
from vbench.worker import Ended, Worker

if TYPE_CHECKING:
    import torch

AT_ONCE = 8
"""Windows that are handed to a network together; how many it looks at in one go is its own constant."""

NAMED = 5
"""Videos that a message names, at most."""


@dataclass(frozen=True)
class FeatureSet:
    """What a network says of the windows of a set.

    Attributes:
        root: folder of the videos.
        values: ``(windows, D)`` float32.
        owners: ``(windows,)`` number of the video that a window is of, rising from 0.
        contents: SHA-256 of each video.
        short: videos that are too short for a window -> frames that they have.
        failed: videos that could not be read -> why.
        beyond: how many more videos there were than were wanted.
        made_with: machines and packages that its features came from, each once, as far as it is known.
    """

    root: Path
    values: NDArray[np.float32]
    owners: NDArray[np.int64]
    contents: tuple[str, ...]
    short: Mapping[str, int]
    failed: Mapping[str, str]
    beyond: int
    made_with: Sequence[Mapping[str, Any]]

    @property
    def videos(self) -> int:
        """How many videos its windows are of."""
        return len(self.contents)

    @property
    def digest(self) -> str:
        """Of the videos, whatever they are called."""
        return hashlib.sha256("".join(sorted(self.contents)).encode()).hexdigest()

    def plain(self) -> dict[str, Any]:
        """What a result says of it, as JSON types."""
        return {
            "folder": str(self.root),
            "digest": self.digest,
            "videos": self.videos,
            "windows": len(self.values),
            "too_short": dict(self.short),
            "unreadable": dict(self.failed),
            "beyond": self.beyond,
        }


@dataclass(frozen=True)
class Job:
    """A video to look at.

    Attributes:
        path: where it lies.
        name: relative to its folder.
        content: its SHA-256.
        starts: of its windows.
        key: of its features.
    """

    path: Path
    name: str
    content: str
    starts: tuple[int, ...]
    key: str


def chosen(root: Path, protocol: Protocol, real: bool) -> Choice:
    """The videos of a folder that a protocol compares, before a network looks at one of them.

    Args:
        root: folder of the videos.
        protocol: resolved for a metric.
        real: whether it is the real side.

    Raises:
        UsageError: the folder is not there, or frames are of several sizes and the protocol gives them none.
        NothingToScore: no video can be used.
    """
    choice = choose(root, protocol.side(real))
    _refuse_none(choice, protocol, real)
    return choice


def features_of(
    choice: Choice,
    protocol: Protocol,
    real: bool,
    layer: str,
    folder: Path,
    device: torch.device,
    progress: Progress,
    processes: int = 1,
) -> FeatureSet:
    """The features of videos that were chosen; those that are stored are not computed again.

    Args:
        choice: of the videos.
        protocol: resolved for a metric.
        real: whether they are the real side.
        layer: of the network.
        folder: of the store.
        device: where to compute.
        progress: told of every video.
        processes: how many look at videos at the same time; the features do not depend on it.

    Raises:
        NothingToScore: no video can be used.
        CheckpointError: the network's file is missing, damaged, unsafe or does not fit.
    """
    failed = dict(choice.unreadable)
    jobs = list(_jobs(choice, protocol, real, device, failed))
    here = {"machine": provenance.machine(device), "packages": provenance.packages()}
    with closing(FeatureStore(folder)) as store:
        todo = [job for job in jobs if not store.holds(job.key, layer)]
        todo = list({job.key: job for job in todo}.values())  # the same video under two names
        stored = len(jobs) - len(todo)
        progress.start(len(jobs), stored, f"{'real' if real else 'generated'} videos")
        try:
            for job, found in _looked_at(todo, protocol, real, device, processes):
                if isinstance(found, str):
                    failed[job.name] = found
                    progress.unit(job.name, f"{job.name}: {found}")
                else:
                    store.put(job.key, found, here)
                    stored += 1
                    progress.unit(job.name)
        except BaseException:
            progress.finish()
            progress.note(f"features of {stored} of {len(jobs)} videos are stored in {folder / NAME}")
            raise
        progress.finish()
        known = [(job, features) for job in jobs if (features := store.get(job.key, layer)) is not None]
        made_with = store.made_with(job.key for job, _ in known)
    if not known:
        raise NothingToScore(f"No video of {choice.root} could be read: {_some(failed)}.")
    values = np.concatenate([features for _, features in known])
    owners = np.repeat(np.arange(len(known)), [len(features) for _, features in known])
    contents = tuple(job.content for job, _ in known)
    return FeatureSet(choice.root, values, owners, contents, choice.short, failed, choice.beyond, made_with)


def checkpoints_of(network: str) -> dict[str, str]:
    """Name -> SHA-256 of the files that a network reads.

    Raises:
        MissingCheckpoint: one is not there; the message says what gets it.
    """
    return {name: content_of(cards.locate(name)) for name in BACKBONES.get(network).checkpoints}


def _refuse_none(choice: Choice, protocol: Protocol, real: bool) -> None:
    """Say why a folder has nothing to compare, or nothing that compares with itself."""
    if not choice.taken:
        side = protocol.side(real)
        reasons = []
        if choice.short:
            told = {name: f"{frames} frames" for name, frames in choice.short.items()}
            stride = f" x stride {side.stride}" if side.stride > 1 else ""
            reasons.append(f"{len(told)} are shorter than the {side.frames} frames{stride} of a window: {_some(told)}")
        if choice.unreadable:
            reasons.append(f"{len(choice.unreadable)} cannot be read: {_some(choice.unreadable)}")
        raise NothingToScore(f"{choice.root} has no video to compare; {'; '.join(reasons) or 'it holds none'}.")
    if not protocol.fit and len(choice.sizes) > 1:
        refuse_sizes(f"{choice.root} holds frames", choice.sizes)


def refuse_sizes(what: str, sizes: Iterable[tuple[int, int]]) -> None:
    """Refuse frames of several heights and widths.

    Raises:
        UsageError: always.
    """
    told = sorted(f"{width}x{height}" for height, width in sizes)
    raise UsageError(
        f"{what} of several sizes ({', '.join(told[:NAMED])}{', ...' * (len(told) > NAMED)}), which look different to "
        "a network for that alone. Give them one: --set fit=crop-lanczos --set size=256"
    )


def _jobs(
    choice: Choice, protocol: Protocol, real: bool, device: torch.device, failed: dict[str, str]
) -> Iterator[Job]:
    side = protocol.side(real)
    how = {
        "decoding": DECODING,
        "frames": side.frames,
        "stride": side.stride,
        "fit": protocol.fit,
        "size": protocol.size,
        "coding": protocol.coding,
        "network": protocol.network,
        "resizing": protocol.resizing,
        "checkpoints": checkpoints_of(protocol.network),
        "device": device.type,
    }
    for one in choice.taken:
        try:
            content = content_of(one.video.path)
        except OSError as error:
            failed[one.video.name] = f"it cannot be read: {error.strerror}"
            continue
        key = key_of(video=content, starts=one.starts, **how)
        yield Job(one.video.path, one.video.name, content, one.starts, key)


def _looked_at(
    jobs: Sequence[Job], protocol: Protocol, real: bool, device: torch.device, processes: int
) -> Iterator[tuple[Job, Features | str]]:
    """Each job with the features of its video, or why there are none."""
    if processes > 1 and len(jobs) > 1:
        import torch

        threads = torch.get_num_threads()  # as one process has them: what is stored has the same bits whoever looked
        load, work = partial(_Loaded, protocol.network), partial(_look_at_one, protocol, real)
        again: list[Job] = []
        with Patience() as patience:

            def wait_for(given: Iterable[Job]) -> None:
                patience.wait_for(job.name for job in given)

            for job, found in side_by_side(load, work, jobs, device, processes, threads, wait_for):
                if not isinstance(found, Ended):
                    yield job, found
                elif not found.before:
                    again.append(job)
        with Worker(computing(load, device, threads), work) as worker:
            for job in again:
                found, *_ = worker.do(job)
                yield job, f"{OVER_IT}: {found.why}" if isinstance(found, Ended) else found
    else:
        loaded = _Loaded(protocol.network, device)
        with Apart() as apart:
            for job in jobs:
                windows = apart.each(_windows, job.path, job.starts, protocol, real)
                yield job, _look(protocol, windows, loaded)


def _look_at_one(protocol: Protocol, real: bool, loaded: _Loaded, job: Job) -> list[Features | str]:
    return [_look(protocol, _windows(job.path, job.starts, protocol, real), loaded)]


def _windows(path: Path, starts: Sequence[int], protocol: Protocol, real: bool) -> Iterator[NDArray[np.uint8]]:
    """What a network looks at of a video, ``(frames, H, W, 3)`` uint8 RGB each."""
    side = protocol.side(real)
    return windows_of(path, starts, side.frames, side.stride, fitting(protocol))


class _Loaded:
    """A network that is loaded when it is first used, so that what is wrong with its file is told as that."""

    def __init__(self, name: str, device: torch.device) -> None:
        self.name, self.device = name, device

    @cached_property
    def network(self) -> WindowEmbedder:
        """The network."""
        found = BACKBONES.get(self.name).load(self.device)
        assert isinstance(found, WindowEmbedder), f"{self.name} is no network of windows"
        return found

    def make_room(self, name: str) -> bool:
        """Look at half as many windows at once from now on; whether that is possible."""
        return "network" in self.__dict__ and self.network.halve()


@strictly()
def _look(protocol: Protocol, windows: Iterator[NDArray[np.uint8]], loaded: _Loaded) -> Features | str:
    """The features of one video, of all layers, or why it has none."""
    network = with_room(lambda: loaded.network, protocol.network, loaded)
    found: dict[str, list[NDArray[np.float32]]] = {layer: [] for layer in network.layers}
    try:
        for batch in _batches(windows):
            looked = with_room(partial(network.look, batch, protocol.resizing), protocol.network, loaded)
            for layer, values in looked.items():
                found[layer].append(values.numpy())
    except VBenchError as error:
        return str(error)
    features = {layer: np.concatenate(values) for layer, values in found.items()}
    if not all(np.isfinite(values).all() for values in features.values()):
        return f"{protocol.network} gives features of it that are not finite"
    return features


def _batches(windows: Iterator[NDArray[np.uint8]]) -> Iterator[torch.Tensor]:
    """So many windows together, ``(n, frames, 3, H, W)`` uint8."""
    import torch

    kept: list[torch.Tensor] = []
    for window in windows:
        kept.append(torch.from_numpy(window).permute(0, 3, 1, 2).contiguous())
        if len(kept) == AT_ONCE:
            yield torch.stack(kept)
            kept = []
    if kept:
        yield torch.stack(kept)


def _some(told: Mapping[str, str]) -> str:
    """The first few, for a message."""
    shown = [f"{name} ({why})" for name, why in list(told.items())[:NAMED]]
    return ", ".join(shown) + (f" and {len(told) - NAMED} more" if len(told) > NAMED else "")
