"""Small sets of small videos, and a small network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.distances.moving_colours import NAME, TABLE
from tests.footage import noise, write_video
from vbench.dimensions import profiles
from vbench.distances.distance import Bench, comparison, measure
from vbench.distances.metrics import metric_named
from vbench.distances.protocols import protocol_named, with_settings
from vbench.distances.result import Distance
from vbench.media.apart import one_process
from vbench.progress import Progress

Measured = Callable[..., Distance]

COUNT, FRAMES = 10, 20


@pytest.fixture(autouse=True)
def small_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiles.BACKBONES, "table", {**profiles.BACKBONES.table, **TABLE})


@pytest.fixture(scope="session")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``real`` and ``made``, ten videos each of 20 frames."""
    root = tmp_path_factory.mktemp("sets")
    for index in range(COUNT):
        write_video(root / "real" / f"{index}.mp4", noise(FRAMES, 32, 48, seed=index))
        write_video(root / "made" / f"{index}.mp4", noise(FRAMES, 32, 48, seed=7 * index + 50) // 2)
    return root


@pytest.fixture
def measured(videos: Path, tmp_path: Path) -> Iterator[Measured]:
    """A metric of the two sets by the small network, under ``free`` with settings; a test's are in one process."""

    def run(
        metric: str = "fvd", real: Path | None = videos / "real", made: Path = videos / "made", draws: int = 0,
        protocol: str = "free", **settings: Any,
    ) -> Distance:  # fmt: skip
        network = {"network": NAME} if protocol == "free" else {}
        chosen = with_settings(protocol_named(protocol), {**network, **settings})
        bench = Bench(tmp_path / "store", torch.device("cpu"), Progress(), draws=draws)
        return measure(comparison(metric_named(metric), chosen, real, made), bench)

    with one_process():
        yield run
