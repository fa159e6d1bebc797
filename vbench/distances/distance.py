"""From two folders to a figure with all that belongs to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vbench import provenance
from vbench.distances.frechet import Moments, moments
from vbench.distances.metrics import Metric, Side, Values, resolved
from vbench.distances.protocols import FREE, Protocol, differences, protocol_named, with_settings
from vbench.distances.reference import Reference, is_reference, protocol_of, read_reference
from vbench.distances.result import VERSIONS, Distance, other_networks, refuse_different, untold
from vbench.distances.sets import FeatureSet, checkpoints_of, chosen, features_of, refuse_sizes
from vbench.distances.spread import DRAWS, Sample, Spread, Statistic, computations, spread
from vbench.distances.store import VERSION as FEATURES_VERSION
from vbench.distances.windows import Choice
from vbench.errors import UsageError
from vbench.media.decode import VERSION as DECODING
from vbench.progress import Progress

if TYPE_CHECKING:
    import torch


FEATURES = Path("vbench-runs") / "features"
"""Where features are stored unless somebody says otherwise."""


@dataclass(frozen=True)
class Bench:
    """Where and how distances are computed.

    Attributes:
        features: folder of the store of features.
        device: where networks compute.
        progress: told of every video.
        processes: how many look at videos at the same time; no figure depends on it.
        draws: halves of the videos that are drawn for intervals; 0 for none.
    """

    features: Path
    device: torch.device
    progress: Progress
    processes: int = 1
    draws: int = DRAWS

    def looked(self, choice: Choice, protocol: Protocol, real: bool, layer: str) -> FeatureSet:
        """The features of videos that were chosen."""
        return features_of(choice, protocol, real, layer, self.features, self.device, self.progress, self.processes)


@dataclass(frozen=True)
class Comparison:
    """One metric of two sets that can be compared, as far as is known before a network looks at a video.

    Attributes:
        metric: what is asked.
        protocol: how; resolved for the metric.
        network: name and files.
        real: videos of the real side, or their moments; ``None`` for a metric of one set.
        generated: videos of the generated side.
    """

    metric: Metric
    protocol: Protocol
    network: Mapping[str, Any]
    real: Choice | Reference | None
    generated: Choice


def protocol_for(real: Path | None, name: str | None, settings: Mapping[str, Any]) -> Protocol:
    """What is asked for: a protocol by name with settings, or the one of a reference file, or ``free``.

    Raises:
        UsageError: there is none of that name, or a setting is wrong.
    """
    if name is None and real is not None and is_reference(real):
        return with_settings(protocol_of(read_reference(real)), settings)
    return with_settings(protocol_named(name or FREE), settings)


def comparison(
    metric: Metric, protocol: Protocol, real: Path | None, generated: Path, against: Distance | None = None
) -> Comparison:
    """What is asked for, with everything refused that can be refused before a network looks, which takes hours.

    Args:
        metric: what is asked.
        protocol: how; what it leaves open is the metric's own.
        real: folder of the real videos or a reference file; ``None`` for a metric of one set.
        generated: folder of the generated videos.
        against: an earlier figure that this one will be compared with.

    Raises:
        UsageError: the sets cannot be compared so, with the reason; or the earlier figure is of something else.
        NothingToScore: a folder has no video that can be used.
        MissingCheckpoint: the network's file is missing.
    """
    protocol = resolved(protocol, metric)
    if real is None and metric.needs_real:
        raise UsageError(f"{metric.name} compares with real videos: give their folder, or a reference file.")
    network = network_of(protocol)
    if against is not None:
        refuse_different(against, metric.name, protocol.plain(), network)
    found = _real(metric, protocol, network, real) if metric.needs_real and real else None
    made = chosen(generated, protocol, False)
    _refuse_few("generated", made.root, len(made.taken))
    if isinstance(found, Choice):
        _refuse_few("real", found.root, len(found.taken))
        if not protocol.fit and found.sizes != made.sizes:
            refuse_sizes("The two sides have frames", found.sizes | made.sizes)
    return Comparison(metric, protocol, network, found, made)


def measure(asked: Comparison, bench: Bench) -> Distance:
    """The figure of a comparison, with all that belongs to it.

    Raises:
        UsageError: what the network says of the sets cannot be compared so, with the reason.
        NothingToScore: a folder has no video that can be read.
        CheckpointError: the network's file is damaged, unsafe or does not fit.
    """
    metric, protocol, network = asked.metric, asked.protocol, asked.network
    layer = metric.layer(protocol)
    found = bench.looked(asked.real, protocol, True, layer) if isinstance(asked.real, Choice) else asked.real
    made = bench.looked(asked.generated, protocol, False, layer)
    _refuse_ill(metric, found, made)

    def statistic(first: Side, second: Values) -> float:
        return metric.compute(first, second, protocol)

    first = found.moments if isinstance(found, Reference) else found.values if found else made.values[:0]
    value = statistic(first, made.values)
    here = {"machine": provenance.machine(bench.device), "packages": provenance.packages()}
    made_with = [*(found.made_with if isinstance(found, FeatureSet) else ()), *made.made_with, here]
    known, why = _spread(metric, protocol, statistic, value, found, made, bench)
    return Distance(
        metric=metric.name,
        title=metric.title,
        value=value,
        lower_better=metric.lower_better,
        interval=(known.low, known.high) if known else None,
        parts=[asdict(part) for part in known.parts] if known else [],
        without_end=known.without_end if known else None,
        itself=asdict(known.itself) if known and known.itself else None,
        draws=known.draws if known else 0,
        protocol=protocol.plain(),
        network=dict(network),
        real=found.real if isinstance(found, Reference) else found.plain() if found else None,
        generated=made.plain(),
        notes=[*_notes(metric, protocol, network, found, made), *([why] if why else [])],
        machine=provenance.together(one["machine"] for one in made_with),
        packages=provenance.together(one["packages"] for one in made_with),
        made=provenance.now(),
    )


def reference_of(metric: Metric, protocol: Protocol, real: Path, bench: Bench) -> Reference:
    """A real set as it can be handed on.

    Raises:
        UsageError: the metric needs the single videos, or the set has none that differ.
        NothingToScore: the folder has no video that can be used.
        CheckpointError: the network's file is missing, damaged, unsafe or does not fit.
    """
    if not metric.takes_moments:
        raise UsageError(f"{metric.name} needs the videos themselves; fvd and fid can be computed from a reference.")
    protocol = resolved(protocol, metric)
    found = bench.looked(chosen(real, protocol, True), protocol, True, metric.layer(protocol))
    _refuse_alike("real", found)
    return Reference(
        moments(found.values, protocol.freedom), metric.name, protocol.plain(), network_of(protocol), found.plain()
    )


def network_of(protocol: Protocol) -> dict[str, Any]:
    """The network of a protocol: its name, its files with their digests, and the versions of what gives its features.

    Raises:
        MissingCheckpoint: one is not there.
    """
    names = checkpoints_of(protocol.network)
    versions = {"decoding": DECODING, "features": FEATURES_VERSION}
    return {"name": protocol.network, "checkpoints": provenance.checkpoint_records(names), VERSIONS: versions}


def _real(metric: Metric, protocol: Protocol, network: Mapping[str, Any], real: Path) -> Choice | Reference:
    if not is_reference(real):
        return chosen(real, protocol, True)
    reference = read_reference(real)
    if not metric.takes_moments:
        raise UsageError(f"{metric.name} needs the real videos themselves, and {real} holds their moments only.")
    found = [f"metric {reference.metric} and {metric.name}"] if reference.metric != metric.name else []
    found += [*differences(reference.protocol, protocol.plain()), *other_networks(reference.network, network)]
    if found:
        raise UsageError(f"{real} is the reference of another protocol; they differ in {'; '.join(found)}.")
    return reference


def _refuse_ill(metric: Metric, real: FeatureSet | Reference | None, made: FeatureSet) -> None:
    """Refuse sets whose figure would say nothing.

    Raises:
        UsageError: with the reason.
    """
    _refuse_alike("generated", made)
    if not isinstance(real, FeatureSet):
        return
    _refuse_alike("real", real)
    shared = len(set(real.contents) & set(made.contents))
    if shared and metric.least is None:
        raise UsageError(
            f"{shared} videos are in both sets: {metric.name} leaves out what a video has in common with itself, "
            "within a set but not across, so they alone would pull it far below 0. Take them out of one of the folders."
        )


def _refuse_few(side: str, root: Path, videos: int) -> None:
    if videos < 2:
        raise UsageError(f"One video is no distribution: {root} has 1 {side} video that can be used.")


def _refuse_alike(side: str, found: FeatureSet) -> None:
    _refuse_few(side, found.root, found.videos)
    if not np.ptp(found.values, axis=0).any():
        raise UsageError(
            f"All {len(found.values)} windows of the {found.videos} {side} videos in {found.root} have the same "
            "features: they show the same, and no distance to them means anything."
        )


def _spread(
    metric: Metric,
    protocol: Protocol,
    statistic: Statistic,
    value: float,
    real: FeatureSet | Reference | None,
    made: FeatureSet,
    bench: Bench,
) -> tuple[Spread | None, str]:
    """What a figure is worth, or why nobody can say."""
    if not bench.draws:
        return None, ""
    side: Sample | Moments | None = None
    if real is not None:
        side = real.moments if isinstance(real, Reference) else Sample(real.values, real.owners)
    bench.progress.start(computations(bench.draws), 0, "draws of videos")
    try:
        known = spread(
            statistic, value, side, Sample(made.values, made.owners), metric.least, bench.draws, protocol.seed,
            partial(bench.progress.unit, "draw"), made.values.shape[1] if metric.takes_moments else 0,
        )  # fmt: skip
    except UsageError as error:
        return None, f"No interval: {error}."
    finally:
        bench.progress.finish()
    return known, ""


def _notes(
    metric: Metric,
    protocol: Protocol,
    network: Mapping[str, Any],
    real: FeatureSet | Reference | None,
    made: FeatureSet,
) -> Iterator[str]:
    """What a reader of the figure should know."""
    kind = metric.backbone(protocol)
    if protocol.note:
        yield protocol.note
    if kind.proxy and "proxy" not in protocol.note:
        yield f"A proxy: {kind.proxy}. Compare it with nothing but itself."
    if metric.name == "isv":
        yield (
            "The Inception Score of videos that papers print is by C3D of UCF101, whose file nobody could check here; "
            "this one is by I3D of Kinetics-400 and compares with none of theirs."
        )
    for name, one in network["checkpoints"].items():
        if one["published"] is False:
            yield f"{one['file']} is not the published file of {name}: these figures compare with no others."
    width = kind.layers[metric.layer(protocol)]
    least = min(len(made.values), len(real.values) if isinstance(real, FeatureSet) else len(made.values))
    if metric.takes_moments and least <= width:
        yield (
            f"{least} windows are few for {width} features: the figure is exact for them, and far above that of many "
            "videos."
        )
    if metric.takes_moments and least < 4 * width:
        yield (
            f"What it tends to without end is not said: a quarter of {least} windows is less than {width} features, "
            "where it does not fall in proportion to one over their number."
        )
    sides = [("generated", made, protocol.samples_generated)]
    if isinstance(real, FeatureSet):
        sides.insert(0, ("real", real, protocol.samples_real))
        if shared := len(set(real.contents) & set(made.contents)):
            yield f"{shared} videos are in both sets."
    for side, found, wanted in sides:
        if wanted and found.videos < wanted:
            yield f"{wanted:,} {side} videos are asked for and {found.videos:,} were used, each once."
        if twice := sum(count - 1 for count in Counter(found.contents).values()):
            yield f"{twice} {side} videos are there twice."
        if found.short:
            yield f"{len(found.short)} {side} videos are too short for a window and were left out."
    if isinstance(real, Reference):
        if caution := untold("The reference", real.network):
            yield caution
        yield "The real side is a reference: the interval says how far the figure moves with other generated videos."
