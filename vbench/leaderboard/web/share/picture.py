"""The picture of a row that a link preview shows: name, Total, place, and every dimension as a bar."""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path

import matplotlib
from PIL import Image, ImageDraw, ImageFont

from vbench.benchmarks.score_card import TOTAL
from vbench.leaderboard.web.share.row import SharedRow
from vbench.leaderboard.web.ui.render import name_of, title_of

SIZE = (1200, 630)
"""Width and height that sites ask of a preview."""

MARGIN, GUTTER = 60, 40

PAPER, INK, SOFT, TRACK, BAR = "#fbfbfa", "#1c2126", "#5d666f", "#e3e7ea", "#0060a0"

DASH = "\N{EN DASH}"

FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
"""DejaVu, which comes with Matplotlib: the same picture on every machine."""


@lru_cache(maxsize=8)
def font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """The typeface of pictures and badges, of a size in pixels."""
    return ImageFont.truetype(str(FONTS / f"DejaVuSans{'-Bold' if bold else ''}.ttf"), size)


@lru_cache(maxsize=64)
def _drawn(name: str, below: str, headline: str, bars: tuple[tuple[str, float | None, float | None], ...]) -> bytes:
    picture = Image.new("RGB", SIZE, PAPER)
    draw = ImageDraw.Draw(picture)
    wide = SIZE[0] - 2 * MARGIN
    draw.rectangle((0, 0, SIZE[0], 10), fill=BAR)
    draw.text((MARGIN, 46), shortened(name, font(52, bold=True), wide), INK, font(52, bold=True))
    draw.text((MARGIN, 118), shortened(below, font(24), wide), SOFT, font(24))
    draw.text((MARGIN, 164), shortened(headline, font(34), wide), BAR, font(34))
    column = (wide - GUTTER) // 2
    rows = -(-len(bars) // 2)
    step = min(44, (SIZE[1] - 250 - MARGIN) // max(rows, 1))
    for number, (title, share, value) in enumerate(bars):
        left, top = MARGIN + (number // max(rows, 1)) * (column + GUTTER), 240 + (number % max(rows, 1)) * step
        draw.text((left, top), shortened(title, font(20), 262), INK, font(20))
        start, end = left + 275, left + column - 90
        draw.rectangle((start, top + 5, end, top + 21), fill=TRACK)
        if share is not None:
            draw.rectangle((start, top + 5, start + max(round((end - start) * share), 1), top + 21), fill=BAR)
        shown = DASH if value is None else f"{100 * value:.2f}"
        draw.text((left + column, top), shown, INK if share is not None else SOFT, font(20), anchor="ra")
    draw.text((MARGIN, SIZE[1] - 44), "VBench leaderboard", SOFT, font(20))
    content = io.BytesIO()
    picture.quantize(32).save(content, "png")
    return content.getvalue()


def picture_of(row: SharedRow) -> bytes:
    """A PNG of 1200 x 630."""
    entry = row.entry
    names = [name for name in entry.rules if entry.value(name) is not None]
    bars = tuple((title_of(name), _share(entry.normalised(name)), entry.value(name)) for name in names)
    below = " · ".join(filter(None, (entry.card.organisation, f"{entry.suite} suite", f"{entry.profile} profile")))
    return _drawn(name_of(entry), below, row.headline, bars)


def picture_of_board(count: int) -> bytes:
    """The same of the board as a whole, with so many rows."""
    title = f"{title_of(TOTAL)}, dimensions, intervals, comparisons and an arena"
    return _drawn("VBench leaderboard", title, f"{count} rows of video generation models", ())


def shortened(text: str, typeface: ImageFont.FreeTypeFont, width: float) -> str:
    """A text that fits into a width in pixels, cut with an ellipsis where it is longer."""
    text = text[:300]
    if typeface.getlength(text) <= width:
        return text
    while text and typeface.getlength(f"{text}…") > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _share(value: float | None) -> float | None:
    return None if value is None else min(max(value, 0.0), 1.0)
