"""Pictures of the report for the documentation, made in Chromium.

    python docs/make_screenshots.py                                   # two simulated checkpoints
    python docs/make_screenshots.py demo-output/run --output pictures # runs of your own

Writes report.png and first.png (excerpts, light beside dark) and, with --all, the whole page at desk and phone width,
light and dark. The simulated scores lie at the levels of current models; the clips are the synthetic generator's.
"""

from __future__ import annotations

import argparse
import io
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import Page as Tab

ROOT = Path(__file__).parents[1]
DESK, PHONE = (1180, 900), (390, 844)
MARGIN = 14

IMAGES = ROOT / "docs" / "images"

DIMENSION = "section[aria-labelledby=imaging_quality]"
EXCERPTS = (
    ("h1", "tr:has(th:text-is('Imaging quality')) + tr"),
    ("#profile", ".two > :nth-child(2)"),
    (DIMENSION, DIMENSION),
)
"""First and last element of what report.png shows."""

FIRST = (("h1", ".runs"), ("#profile", ".two > :nth-child(2)"))
"""The same of first.png, which fits the first screen of the README."""

COLOURS = 256
"""In the palette of report.png, which keeps it small."""


def main() -> None:
    """Build the report and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="*", type=Path, help="folders of runs; two simulated ones by default")
    parser.add_argument("--output", type=Path, default=IMAGES)
    parser.add_argument("--all", action="store_true", help="also the whole page in every way")
    options = parser.parse_args()

    sys.path.insert(0, str(ROOT))
    from vbench.files import ours
    from vbench.reports.report_page import write_report

    # those of the documentation are under version control; elsewhere nothing of anybody's is written over
    put = Path.write_bytes if options.output == IMAGES else ours.write
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page = write_report(options.runs or simulated(Path(folder)), Path(folder) / "report.html")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, excerpts in (("report.png", EXCERPTS), ("first.png", FIRST)):
            light, dark = (picture(browser, page, DESK, scheme, excerpts) for scheme in ("light", "dark"))
            target = options.output / name
            put(target, encoded(side_by_side(light, dark).quantize(COLOURS)))
            print(f"{target}: {target.stat().st_size / 1000:.0f} kB")
        if options.all:
            for scheme in ("light", "dark"):
                for width, size in (("desk", DESK), ("phone", PHONE)):
                    put(options.output / f"{width}-{scheme}.png", encoded(picture(browser, page, size, scheme)))
        browser.close()


def encoded(image: Image.Image) -> bytes:
    """A picture as the bytes of a PNG."""
    content = io.BytesIO()
    image.save(content, format="png", optimize=True)
    return content.getvalue()


def simulated(folder: Path) -> list[Path]:
    """Two runs of the open suite; every video of theirs is a link to a clip of the demonstration."""
    from tests.simulated import simulated_run
    from vbench.generators.catalog import build
    from vbench.prompts.library import suite
    from vbench.prompts.sampling_plan import sampling_plan
    from vbench.runs.results import read_rows
    from vbench.sampling.generate import generate
    from vbench.sampling.wanted import Wanted

    changes = {"imaging_quality": 0.025, "dynamic_degree": 0.12, "subject_consistency": -0.006, "color": -0.05}
    runs = [simulated_run(folder / "step-20k", 1), simulated_run(folder / "step-40k", 2, shift=changes)]
    generator = build("synthetic:blur=0.3")
    wanted = Wanted(list(sampling_plan(suite("demo", folder), samples=1)), {"name": "demo", "sha256": ""})
    generate(generator, wanted, generator.defaults, folder / "clips")
    clips = sorted((folder / "clips").glob("*.mp4"))
    (folder / "videos").mkdir()
    for number, video in enumerate(sorted({row.video for run in runs for row in read_rows(run)})):
        (folder / "videos" / video).symlink_to(clips[number % len(clips)])
    return runs


def picture(
    browser: Browser, page: Path, size: tuple[int, int], scheme: str, excerpts: Sequence[tuple[str, str]] = ()
) -> Image.Image:
    """The page, or excerpts of it below each other."""
    tab = browser.new_page(
        viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if scheme == "dark" else "light"
    )
    tab.goto(page.as_uri())
    shown = Image.open(io.BytesIO(tab.screenshot(full_page=True))).convert("RGB")
    bands = [band(tab, *excerpt) for excerpt in excerpts] or [(0, shown.height)]
    tab.close()
    stacked = Image.new("RGB", (shown.width, sum(bottom - top for top, bottom in bands)))
    height = 0
    for top, bottom in bands:
        stacked.paste(shown.crop((0, top, shown.width, bottom)), (0, height))
        height += bottom - top
    return stacked


def band(tab: Tab, first: str, last: str) -> tuple[int, int]:
    """Upper and lower edge of what lies between two elements, with a margin."""
    top, bottom = (
        tab.locator(name).first.evaluate("element => element.getBoundingClientRect()") for name in (first, last)
    )
    return max(0, round(top["top"]) - MARGIN), round(bottom["bottom"]) + MARGIN


def side_by_side(light: Image.Image, dark: Image.Image) -> Image.Image:
    """The left part of one beside the right part of the other, cut along a slanted line."""
    width, height = light.size
    mask = Image.new("L", (4 * width, height))
    ImageDraw.Draw(mask).polygon([(2.4 * width, 0), (1.6 * width, height), (4 * width, height), (4 * width, 0)], 255)
    return Image.composite(dark, light, mask.resize(light.size))


if __name__ == "__main__":
    main()
