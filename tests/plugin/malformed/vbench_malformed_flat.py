"""A benchmark without a range."""

from vbench.benchmarks.base import Benchmark, DimensionSpec

FLAT = Benchmark("flat", "Flat", "", (DimensionSpec("scene", "", minimum=1.0, maximum=1.0),))
