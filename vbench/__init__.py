"""A benchmark suite for video generative models whose scores can be repeated.

``from vbench import VBench`` is the reference's interface; the command line is ``vbench``.
Importing this package imports neither torch nor any model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vbench.compat.vbench_class import VBench as VBench

__all__ = ["VBench"]


def __getattr__(name: str) -> Any:
    if name == "VBench":
        from vbench.compat.vbench_class import VBench

        return VBench
    raise AttributeError(f"module 'vbench' has no attribute {name!r}")
