"""What can be said of two sets, or of one: the metrics by name, each a statistic of features of windows or frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vbench.dimensions.backbones.base import WindowEmbedder
from vbench.dimensions.backbones.squares import RESIZINGS
from vbench.dimensions.profiles import BACKBONES
from vbench.distances.frechet import Moments, frechet, moments
from vbench.distances.inception_score import inception_scores
from vbench.distances.kernels import Kernel, cubic, discrepancy, gaussian, in_subsets, quadratic, unit
from vbench.distances.protocols import LITE_NETWORK, SCORES, SUBSETS, Protocol, protocol_named
from vbench.errors import UsageError
from vbench.registry import unknown

Values = NDArray[np.float32]

Side = Values | Moments
"""The real side: features, or only their moments."""

FREE = protocol_named("free")

NETWORKS = (
    "i3d_kinetics_400", "i3d_kinetics_400_eps_1e-5", "videomae_v2_g_ssv2", "inception_2015_12_05", LITE_NETWORK,
)  # fmt: skip
"""Ours; a package may bring others."""

FRAMES = 16
"""Of a window, where nobody says otherwise."""


@dataclass(frozen=True)
class Metric:
    """A metric.

    Attributes:
        name: as it is asked for.
        title: for people.
        meaning: what it says, in a sentence.
        network: that it is computed with unless the protocol says otherwise.
        of_frames: whether single frames are compared, and not windows.
        lower_better: whether a lower figure is a better one.
        compute: real side, features of the generated side, protocol -> the figure.
        of_classes: whether it looks at the network's classes and not at its features.
        needs_real: whether it compares with a real set.
        takes_moments: whether moments of the real side will do.
        least: below which no figure lies; ``None`` for an unbiased estimate of a distance, which is below 0 half of the
            time where there is none, and which videos that both sides share make nonsense of.
    """

    name: str
    title: str
    meaning: str
    network: str
    of_frames: bool
    lower_better: bool
    compute: Callable[[Side, Values, Protocol], float]
    of_classes: bool = False
    needs_real: bool = True
    takes_moments: bool = False
    least: float | None = 0.0

    def backbone(self, protocol: Protocol) -> type[WindowEmbedder]:
        """The class of its network under a protocol."""
        found = BACKBONES.get(protocol.network)
        assert issubclass(found, WindowEmbedder), f"{protocol.network} is no network of windows"
        return found

    def layer(self, protocol: Protocol) -> str:
        """The network's layer that it looks at."""
        network = self.backbone(protocol)
        return network.classes if self.of_classes else network.embedding


def _frechet(real: Side, generated: Values, protocol: Protocol) -> float:
    known = real if isinstance(real, Moments) else moments(real, protocol.freedom)
    return frechet(known, moments(generated, protocol.freedom)).distance


def _cubic(real: Side, generated: Values, protocol: Protocol) -> float:
    assert not isinstance(real, Moments), "a kernel compares samples"
    if protocol.subsets:
        return float(np.mean(in_subsets(real, generated, protocol.subsets, protocol.subset_size, protocol.seed)))
    return discrepancy(real, generated, cubic, unbiased=True)


def _biased(real: Side, generated: Values, protocol: Protocol, kernel: Kernel, scale: float) -> float:
    assert not isinstance(real, Moments), "a kernel compares samples"
    if kernel is gaussian:
        return scale * discrepancy(unit(real), unit(generated), kernel, unbiased=False)
    return scale * discrepancy(real, generated, kernel, unbiased=False)


def _score(real: Side, generated: Values, protocol: Protocol) -> float:
    return float(
        np.mean(inception_scores(generated, protocol.splits, protocol.shuffle if protocol.shuffle >= 0 else None))
    )


METRICS: Mapping[str, Metric] = {
    one.name: one
    for one in (
        Metric(
            "fvd", "FVD", "Fréchet distance of features of windows", "i3d_kinetics_400", False, True, _frechet,
            takes_moments=True,
        ),
        Metric(
            "kvd", "KVD", "unbiased cubic kernel distance of features of windows", "i3d_kinetics_400", False, True,
            _cubic, least=None,
        ),
        Metric(
            "fid", "FID", "Fréchet distance of features of frames", "inception_2015_12_05", True, True, _frechet,
            takes_moments=True,
        ),
        Metric(
            "kid", "KID", "unbiased cubic kernel distance of features of frames", "inception_2015_12_05", True, True,
            _cubic, least=None,
        ),
        Metric(
            "is", "IS of frames", "Inception Score of frames, by Inception-v3", "inception_2015_12_05", True, False,
            _score, of_classes=True, needs_real=False, least=1.0,
        ),
        Metric(
            "isv", "IS of videos", "Inception Score of windows, by I3D", "i3d_kinetics_400", False, False,
            _score, of_classes=True, needs_real=False, least=1.0,
        ),
        Metric(
            "gaussian-mmd", "Gaussian MMD", "1000 x Gaussian kernel distance of unit features of windows (as CMMD)",
            "i3d_kinetics_400", False, True, partial(_biased, kernel=gaussian, scale=1000.0),
        ),
        Metric(
            "quadratic-mmd", "Quadratic MMD", "100 x quadratic kernel distance of features of windows (as JEDi)",
            "i3d_kinetics_400", False, True, partial(_biased, kernel=quadratic, scale=100.0),
        ),
    )
}  # fmt: skip


def metric_named(name: str) -> Metric:
    """The metric of that name.

    Raises:
        UsageError: there is none.
    """
    if name not in METRICS:
        raise unknown("metric", name, METRICS)
    return METRICS[name]


def resolved(protocol: Protocol, metric: Metric) -> Protocol:
    """A protocol for one metric: what it leaves open is the metric's own, what the metric never asks is as by default.

    Raises:
        UsageError: it does not define the metric, or its settings do not go together.
    """
    if metric.name not in protocol.metrics:
        raise UsageError(
            f"{protocol.name} defines {', '.join(protocol.metrics)} and not {metric.name}. Use --protocol free, which "
            "compares with no published figure."
        )
    network = protocol.network or metric.network
    found = BACKBONES.get(network) if network in BACKBONES.names() else None
    if found is None or not issubclass(found, WindowEmbedder):
        raise unknown("network of distances", network, NETWORKS)
    if metric.of_classes and not found.classes:
        raise UsageError(f"{metric.name} needs a network with classes, and {network} has none.")
    frames = protocol.frames or (1 if metric.of_frames else FRAMES)
    if metric.of_frames and frames != 1:
        raise UsageError(f"{metric.name} compares single frames: frames must be 1, found {frames}.")
    if not found.fewest <= frames <= (found.most or frames):
        allowed = f"{found.fewest}" if found.fewest == found.most else f"{found.fewest} or more"
        raise UsageError(
            f"{network} sees windows of {allowed} frames, found frames={frames}, which {metric.name} needs."
        )
    if bool(protocol.fit) != bool(protocol.size):
        raise UsageError("fit and size go together: --set fit=crop-lanczos --set size=256")
    unused: dict[str, Any] = {} if metric.name in SCORES else {"splits": FREE.splits, "shuffle": FREE.shuffle}
    if metric.name not in SUBSETS or not protocol.subsets:
        unused |= {"subsets": FREE.subsets, "subset_size": FREE.subset_size}
    if not metric.takes_moments:
        unused |= {"divisor": FREE.divisor}
    resizing = protocol.resizing or found.resizing
    if resizing not in RESIZINGS:
        raise unknown("way of resizing", resizing, RESIZINGS)
    return replace(protocol, network=network, resizing=resizing, frames=frames, **unused)
