"""The pictures and the table of docs/distances.md, of synthetic videos by the lite protocol.

python docs/make_distance_plots.py [FOLDER]

Videos and features go into the folder, by default a temporary one; with the same folder it goes on where it was.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from vbench.distances.distance import Bench
from vbench.distances.metrics import metric_named, resolved
from vbench.distances.protocols import protocol_named
from vbench.distances.sets import FeatureSet, chosen
from vbench.distances.spread import Sample
from vbench.generators.base import Request
from vbench.generators.options import Options
from vbench.generators.synthetic.generator import Synthetic
from vbench.media.encode import write_clip
from vbench.progress import Progress
from vbench.prompts.library import load_suite
from vbench.prompts.sampling_plan import seed_of
from vbench.reports.chart import Chart, look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

IMAGES = Path(__file__).parent / "images"

ITSELF, DIALLED = 192, 24
"""Videos of the set that is split, and of each set whose dial is turned."""

NUMBERS = (6, 12, 24, 48, 96)
STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
DIALS = ("blur", "flicker")
SPLITS = 20
SMALL = {"frames": 16, "width": 128, "height": 96}

METRIC = metric_named("fvd")
LITE = resolved(protocol_named("lite"), METRIC)


def main() -> None:
    """Render, compare, draw."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else scratch)
        bench = Bench(folder / "features", torch.device("cpu"), Progress(), draws=0)
        prompts = [prompt.text for prompt in load_suite("open")]
        whole = seen(bench, rendered(folder / "itself", prompts[:ITSELF]))
        against = against_itself(whole)
        real = seen(bench, rendered(folder / "real", prompts[:DIALLED]))
        turned = {
            dial: [
                METRIC.compute(
                    real.values,
                    seen(bench, rendered(folder / f"{dial}-{one}", prompts[:DIALLED], dial, one)).values,
                    LITE,
                )
                for one in STRENGTHS
            ]
            for dial in DIALS
        }
    for name, chart in (("distance-itself", itself_chart(against)), ("distance-dials", dials_chart(turned))):
        (IMAGES / f"{name}.svg").write_bytes(chart.picture("svg", list(turned) if name == "distance-dials" else ()))
    print("| videos of each half | " + " | ".join(str(number) for number in against) + " |")
    print("|---|" + "---|" * len(against))
    print(
        "| FVD (lite), mean of 20 splits | " + " | ".join(f"{np.mean(found):.3f}" for found in against.values()) + " |"
    )
    print()
    print("| dial | " + " | ".join(f"{one:g}" for one in STRENGTHS) + " |")
    print("|---|" + "---|" * len(STRENGTHS))
    for dial, figures in turned.items():
        print(f"| {dial.replace('_', ' ')} | " + " | ".join(f"{one:.3f}" for one in figures) + " |")


def rendered(folder: Path, prompts: Sequence[str], dial: str = "", strength: float = 0.0) -> Path:
    """Clips of these prompts; a set with a dial has other seeds than one without."""
    generator = Synthetic("synthetic", f"{dial}={strength}" if dial else "", Options())
    settings = generator.defaults.with_given(**SMALL)
    folder.mkdir(parents=True, exist_ok=True)
    for index, prompt in enumerate(prompts):
        path = folder / f"{index:03}.mp4"
        if not path.exists():
            request = Request(prompt, 0, seed_of(1 if dial else 0, prompt, 0), settings, path.name)
            write_clip(generator.sample(request), path)
    return folder


def seen(bench: Bench, folder: Path) -> FeatureSet:
    """The features of a folder's clips."""
    return bench.looked(chosen(folder, LITE, real=True), LITE, real=True, layer=METRIC.layer(LITE))


def against_itself(whole: FeatureSet) -> dict[int, list[float]]:
    """Videos of each half -> distances of halves that share none, over several splits."""
    sample = Sample(whole.values, whole.owners)
    found: dict[int, list[float]] = {number: [] for number in NUMBERS if 2 * number <= sample.videos}
    for number, figures in found.items():
        for split in range(SPLITS):
            order = np.random.default_rng([number, split]).permutation(sample.videos)
            halves = sample.of(order[:number]), sample.of(order[number : 2 * number])
            figures.append(METRIC.compute(*halves, LITE))
    return found


def itself_chart(found: Mapping[int, Sequence[float]]) -> Chart:
    """Each split as a dot, their mean as a line."""

    def draw(figure: Figure) -> None:
        axes = _axes(figure, "videos of each half")
        for number, figures in found.items():
            axes.plot([number] * len(figures), figures, ".", alpha=0.25, markersize=4, color=look(0)["color"])
        axes.plot(list(found), [np.mean(figures) for figures in found.values()], linewidth=1.8, markersize=4, **look(0))
        axes.set_xscale("log", base=2)
        axes.set_xticks(list(found), [str(number) for number in found])
        axes.set_ylim(bottom=0)

    return Chart("FVD (lite) of a set to itself", (4.2, 2.6), draw)


def dials_chart(found: Mapping[str, Sequence[float]]) -> Chart:
    """A line for each dial."""

    def draw(figure: Figure) -> None:
        axes = _axes(figure, "strength of the dial")
        for number, figures in enumerate(found.values()):
            axes.plot(STRENGTHS, figures, linewidth=1.6, markersize=4, **look(number))
        axes.set_ylim(bottom=0)

    return Chart("FVD (lite) of synthetic sets as a dial turns", (4.2, 2.6), draw)


def _axes(figure: Figure, across: str) -> Axes:
    figure.set_layout_engine("constrained")
    axes = figure.subplots()
    axes.set_xlabel(across)
    axes.set_ylabel("FVD (lite)")
    return axes


if __name__ == "__main__":
    main()
