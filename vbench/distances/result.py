"""A distance with all that it takes to read it, and when two of them may be compared.

The file of a result is JSON with a version; results of different protocols, networks or real sets are refused to be
compared, and the difference is named.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from vbench.distances.protocols import differences
from vbench.errors import UsageError
from vbench.files.json_file import plain_json
from vbench.files.text import read_text
from vbench.malformed import flaw

VERSION = 2
"""Of the file; 1 did not tell the versions of a network."""

KIND = "vbench distances"

VERSIONS = "versions"
"""Of a network, where the versions of what gives its features stand; older files have none."""

ENDS = 2
"""Of an interval."""


@dataclass(frozen=True)
class Distance:
    """One figure.

    Attributes:
        metric: its name.
        title: for people.
        value: the figure.
        lower_better: whether a lower one is better.
        interval: low and high end at 95 %, ``None`` where there were too few videos.
        parts: the figure for a quarter, a half and all of the videos: ``{"real", "generated", "value"}`` each.
        without_end: what these tend to.
        itself: the real set against itself in halves, of the same form as a part.
        draws: halves that the interval is of.
        protocol: name, digest and settings.
        network: name, its files with their digests, and the versions of what gives its features.
        real: what the real side is: digest, videos, windows, what was left out; ``None`` where none is needed.
        generated: the same of the generated side.
        notes: what a reader should know, a sentence each.
        machine: where it was computed; of features that came from different ones, all values.
        packages: name -> version, the same.
        made: UTC, ISO 8601.
    """

    metric: str
    title: str
    value: float
    lower_better: bool
    interval: Sequence[float] | None
    parts: Sequence[Mapping[str, float]]
    without_end: float | None
    itself: Mapping[str, float] | None
    draws: int
    protocol: Mapping[str, Any]
    network: Mapping[str, Any]
    real: Mapping[str, Any] | None
    generated: Mapping[str, Any]
    notes: Sequence[str]
    machine: Mapping[str, Any]
    packages: Mapping[str, str]
    made: str

    def plain(self) -> dict[str, Any]:
        """Everything as JSON types."""
        return asdict(self)


@dataclass(frozen=True)
class Change:
    """A figure beside an earlier one.

    Attributes:
        first: the earlier figure.
        second: the later one.
        low: lower end of the change's interval, ``None`` where one of the two has none.
        high: upper end.
        caution: what nobody knows of the earlier figure, a sentence; ``""`` where all is known.
    """

    first: float
    second: float
    low: float | None
    high: float | None
    caution: str = ""

    @property
    def change(self) -> float:
        """Second minus first."""
        return self.second - self.first

    def verdict(self, lower_better: bool) -> str:
        """``better``, ``worse``, ``noise``, or ``unknown`` where nothing says how far the figures move."""
        if self.low is None or self.high is None:
            return "unknown"
        if self.low <= 0 <= self.high:
            return "noise"
        return "better" if (self.change < 0) == lower_better else "worse"


def compare(first: Distance, second: Distance) -> Change:
    """The later figure beside the earlier one.

    Their generated sides are taken to be of different videos; the interval of the change is as wide as both together.

    Raises:
        UsageError: they are of different metrics, protocols, networks or real sets; the message names what differs.
    """
    refuse_different(first, second.metric, second.protocol, second.network, second.real)
    caution = untold("The earlier figure", first.network)
    if first.interval is None or second.interval is None:
        return Change(first.value, second.value, None, None, caution)
    change = second.value - first.value
    below = math.hypot(second.value - second.interval[0], first.interval[1] - first.value)
    above = math.hypot(second.interval[1] - second.value, first.value - first.interval[0])
    return Change(first.value, second.value, change - below, change + above, caution)


def refuse_different(
    first: Distance,
    metric: str,
    protocol: Mapping[str, Any],
    network: Mapping[str, Any],
    real: Mapping[str, Any] | None = None,
) -> None:
    """Refuse a result that says something else than is asked; the real set only where it is known yet.

    Raises:
        UsageError: with everything that differs.
    """
    found = [f"metric {first.metric} and {metric}"] if first.metric != metric else []
    found += differences(first.protocol, protocol)
    found += other_networks(first.network, network)
    if real is not None and first.real is not None and first.real["digest"] != real["digest"]:
        found.append(f"real videos ({first.real['videos']} and {real['videos']}, not the same)")
    if found:
        raise UsageError(f"These figures cannot be compared: they differ in {'; '.join(found)}.")


def other_networks(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """In which files, and in which versions as far as both tell them, two networks differ; in words.

    Args:
        first: a network as results and references hold it.
        second: another.
    """
    shared = first.get(VERSIONS, {}).keys() & second.get(VERSIONS, {}).keys()
    return differences(_digests(first), _digests(second)) + differences(*(
        {f"version of {name}": network[VERSIONS][name] for name in shared} for network in (first, second)
    ))  # fmt: skip


def untold(what: str, network: Mapping[str, Any]) -> str:
    """That something does not tell the versions of its network, ``""`` where it does."""
    if network.get(VERSIONS):
        return ""
    return f"{what} does not tell by which versions of decoding and features it was made: make it anew to be sure."


def _digests(network: Mapping[str, Any]) -> dict[str, str]:
    return {f"file of {name}": str(one["sha256"])[:12] for name, one in network["checkpoints"].items()}


def text_of(results: Sequence[Distance]) -> str:
    """Results as the text of a file."""
    told = {"kind": KIND, "version": VERSION, "results": [one.plain() for one in results]}
    return json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def read_results(path: Path) -> list[Distance]:
    """The results of a file.

    Raises:
        UsageError: it is no such file, or of a newer version.
    """
    try:
        told = plain_json(read_text(path))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{path} is no file of distances ({error}). Write one with: vbench distance ... -o FILE"
        ) from error
    if not isinstance(told, dict) or told.get("kind") != KIND:
        raise UsageError(f"{path} is no file of distances: it does not say {KIND!r}.")
    version = told.get("version")
    if not isinstance(version, int) or version > VERSION:
        raise UsageError(f"{path} was written by a newer vbench (version {version}, this one reads {VERSION}).")
    known = {one.name for one in fields(Distance)}
    try:
        found = [Distance(**{name: value for name, value in one.items() if name in known}) for one in told["results"]]
    except (TypeError, KeyError, AttributeError) as error:
        raise UsageError(f"{path} is not whole: {error}.") from error
    for one in found:
        if wrong := flaw(one, [Distance]) or _flaw(one):
            raise UsageError(f"{path} is not as vbench wrote it: {wrong}.")
    return found


def _flaw(found: Distance) -> str:
    """What of a figure cannot be compared, ``""`` if nothing is wrong."""
    if found.interval is not None and len(found.interval) != ENDS:
        return f"interval is {found.interval!r:.60}, expected two numbers"
    if found.real is not None and not {"digest", "videos"} <= found.real.keys():
        return f"real is {found.real!r:.60}, expected digest and videos"
    return flaw_of_network(found.network)


def flaw_of_network(network: Mapping[str, Any]) -> str:
    """What of a network, as a file holds it, cannot be compared, ``""`` if nothing is wrong."""
    checkpoints, versions = network.get("checkpoints"), network.get(VERSIONS, {})
    if not isinstance(checkpoints, dict) or not all(
        isinstance(one, dict) and "sha256" in one for one in checkpoints.values()
    ):
        return f"checkpoints are {checkpoints!r:.60}, expected a file with its sha256 each"
    if not isinstance(versions, dict) or not all(isinstance(one, int) for one in versions.values()):
        return f"versions are {versions!r:.60}, expected whole numbers"
    return ""
