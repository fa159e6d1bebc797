"""Benchmarks and dimensions by name: ours, and those that other packages bring.

A dimension of another package belongs to no benchmark's protocol and may be named in all of them: prompts that carry
its name are judged by it, and videos without prompts where it needs no facts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from vbench.benchmarks.base import Benchmark, DimensionSpec
from vbench.benchmarks.i2v import VBENCH_I2V
from vbench.benchmarks.t2v import T2V
from vbench.benchmarks.trustworthiness import TRUSTWORTHINESS
from vbench.errors import PluginError, UsageError
from vbench.registry import Registry, load, refuse_malformed, unknown

if TYPE_CHECKING:
    from vbench.dimensions.base import Dimension

BENCHMARKS: Registry[Benchmark] = Registry(
    "benchmark",
    {
        T2V.name: "vbench.benchmarks.t2v:T2V",
        VBENCH_I2V.name: "vbench.benchmarks.i2v:VBENCH_I2V",
        TRUSTWORTHINESS.name: "vbench.benchmarks.trustworthiness:TRUSTWORTHINESS",
        "vbench-long": "vbench.benchmarks.long:VBENCH_LONG",
        "vbench-long-plain": "vbench.benchmarks.long:VBENCH_LONG_PLAIN",
        "video-quality": "vbench.benchmarks.video_quality:VIDEO_QUALITY",
        "mlperf-wan22": "vbench.benchmarks.mlperf_wan22:MLPERF_WAN22",
    },
    "vbench.benchmarks",
    "vbench.benchmarks.base:Benchmark",
)

DIMENSION = "vbench.dimensions.base:Dimension"

DIMENSIONS: Registry[Any] = Registry(
    "dimension",
    {spec.name: spec.implementation for benchmark in (T2V, VBENCH_I2V, TRUSTWORTHINESS) for spec in benchmark.specs},
    "vbench.dimensions",
    "vbench.benchmarks.base:DimensionSpec",
    DIMENSION,
)
"""What other packages bring beside ours: each a :class:`DimensionSpec`, or the class alone."""


def benchmark_named(name: str | None) -> Benchmark:
    """The benchmark of that name; text to video where none is named.

    Raises:
        UsageError: there is none.
        PluginError: another package brings it, and it is broken.
    """
    if not name:
        return T2V
    found = BENCHMARKS.get(name)
    return replace(found, name=name) if BENCHMARKS.package(name) else found


def benchmark_with(dimensions: Iterable[str]) -> Benchmark:
    """The first of our benchmarks in which all of these can be named; text to video where none has them."""
    names = set(dimensions)
    return next((one for one in map(BENCHMARKS.get, BENCHMARKS.builtin) if names <= specs_of(one).keys()), T2V)


def specs_of(benchmark: Benchmark = T2V) -> dict[str, DimensionSpec]:
    """Everything that can be named in a benchmark: its own dimensions, then those of other packages."""
    own = benchmark.by_name
    return {**own, **{name: spec for name, spec in _brought().items() if name not in own}}


def spec_of(name: str, benchmark: Benchmark = T2V) -> DimensionSpec:
    """One dimension of a benchmark.

    Raises:
        UsageError: there is none of that name; the message gives the closest ones.
        PluginError: another package brings it, and it is broken.
    """
    found = specs_of(benchmark).get(name)
    if found is None and name in DIMENSIONS.plugged:
        DIMENSIONS.get(name)  # says what is wrong with it
    other = benchmark_with([name])
    if found is None and name in specs_of(other):
        raise UsageError(
            f"{name} is a dimension of {other.name}, not of {benchmark.name}: add --benchmark {other.name}."
        )
    if found is None:
        raise unknown("dimension", name, specs_of(benchmark), f" in {benchmark.name}")
    return found


def is_sensitive(names: Iterable[str], benchmark: Benchmark) -> bool:
    """Whether pictures of what these dimensions judge are shown blurred."""
    specs = specs_of(benchmark)
    return any(name in specs and specs[name].sensitive for name in names)


def implementation(spec: DimensionSpec) -> type[Dimension]:
    """The class of a dimension, imported now.

    Raises:
        MissingExtra: a package that it needs is not installed.
        PluginError: another package brings it, and it is broken.
    """
    what = f"dimension {spec.name}"
    found: type[Dimension] = load(spec.implementation, what, spec.package)
    if spec.package:
        refuse_malformed(found, [DIMENSION], what, spec.package, spec.implementation)
        if found.version not in (DimensionSpec.version, spec.version):
            said = f"its class says version {found.version} and its DimensionSpec {spec.version}, which is what counts"
            raise PluginError(f"The {what} of the package {spec.package} is broken: {said}.")
    return found


@cache
def _brought() -> dict[str, DimensionSpec]:
    return {name: _spec(name, found) for name, found in DIMENSIONS.brought()}


def _spec(name: str, found: DimensionSpec | type[Dimension]) -> DimensionSpec:
    if isinstance(found, type):
        found = DimensionSpec(name, DIMENSIONS.table[name], version=found.version, needs=found.needs)
    return replace(found, name=name, package=DIMENSIONS.package(name))
