"""What runs are called where several stand side by side: no two of them alike, none of them nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vbench.errors import UsageError


def run_names(folders: Sequence[Path], chosen: Sequence[str] = ()) -> list[str]:
    """The chosen names, or the folders' with as much of the path as tells them apart.

    Raises:
        UsageError: not as many were chosen as there are runs, or one twice.
    """
    if chosen:
        if len(chosen) != len(folders) or len(set(chosen)) != len(chosen):
            raise UsageError(
                f"{len(folders)} runs and {len(set(chosen))} different names ({', '.join(chosen)}): "
                "give --name once for each run, in their order."
            )
        return list(chosen)
    whole = [folder.resolve().parts for folder in folders]
    for depth in range(1, max(map(len, whole))):
        names = ["/".join(parts[-depth:]) for parts in whole]
        if len(set(names)) == len(set(whole)):
            return names
    return [str(folder) for folder in folders]
