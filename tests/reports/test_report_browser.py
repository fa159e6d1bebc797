"""The report as a person meets it: opened from disk in Chromium."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import pytest
from PIL import Image

from tests.accessible import COVERED, FAINT_FOCUS, NARROW, objections, walk
from tests.analysis.test_comparison import write_run
from tests.footage import noise, write_video
from tests.simulated import simulated_rows
from vbench.benchmarks.t2v import RULES
from vbench.reports.explain import explain
from vbench.reports.report_page import write_report
from vbench.runs.store import TOO_SHORT, Row

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator
    from playwright.sync_api import Page as Tab

CHROMIUM = shutil.which("chromium")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
LONG = 300_000
"""Milliseconds after which a page is taken to hang."""

DESK, PHONE = (1280, 900), (360, 740)
PAPER = (688, 1000)
"""What A4 leaves between the page's margins, in CSS pixels."""

LANDSCAPE = (1047, 700)
"""The same of a sheet that lies."""

RUNS = 30
"""Of the index."""

CONTRAST = """element => {
  const rgba = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  let behind = element;
  while (rgba(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
  const pair = [getComputedStyle(element).color, getComputedStyle(behind).backgroundColor].map(c => light(rgba(c)));
  return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
}"""
"""WCAG 2's contrast ratio of an element's text against what lies behind it."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    rows = [
        *simulated_rows(0, samples=1),
        Row("short.mp4", "short", "scene", "", status=TOO_SHORT, reason="has 1 frame"),
    ]
    lowest = min((row for row in rows if row.dimension == "imaging_quality"), key=lambda row: row.value or 0.0)
    write_video(folder / "videos" / lowest.video, noise(16))
    others = list(simulated_rows(1, samples=1, shift={"scene": -0.2}))
    runs = [
        write_run(folder / name, part, videos=str(folder / "videos"))
        for name, part in (("a checkpoint with a rather long name", rows), ("second", others))
    ]
    return write_report(runs, folder / "a report.html")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET], timeout=LONG)
        yield chromium
        chromium.close()


@contextmanager
def opened(
    browser: Browser, report: Path, size: tuple[int, int] = DESK, scheme: Any = "light", alone: bool = True
) -> Iterator[Tab]:
    """A page in a tab; whatever the browser complains of, or asks for beyond the folder, fails the test."""
    said: list[str] = []
    asked: list[str] = []
    tab = browser.new_page(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    tab.set_default_timeout(LONG)
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(report.as_uri())
    tab.wait_for_load_state("networkidle")
    try:
        yield tab
    finally:
        tab.close()
    assert said == []
    beyond = [address for address in asked if not address.startswith("data:")]
    if alone:
        assert beyond == [report.as_uri()]
    assert all(address.startswith(report.parent.as_uri()) for address in beyond)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE, NARROW])
def test_every_section_is_seen_and_the_page_fits(
    browser: Browser, report: Path, size: tuple[int, int], scheme: str
) -> None:
    with opened(browser, report, size, scheme) as tab:
        for name in ("card", "comparison", "profile", "categories", "dimensions", "videos", "missing", "provenance"):
            heading = tab.locator(f"h2#{name}")
            heading.scroll_into_view_if_needed()
            assert heading.is_visible()
        widths = tab.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert widths == [size[0], size[0]]
        assert tab.locator("svg[role=img]").count() > 30
        assert all(charted(chart) for chart in tab.locator("figure svg[role=img]").all())
        assert dark(tab) == (scheme == "dark")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out(browser: Browser, report: Path, scheme: str) -> None:
    with opened(browser, report, scheme=scheme) as tab:
        for kind in ("p.soft", "thead th", "td.interval", "figcaption", ".worse", "nav a", "summary", "td.number"):
            assert tab.locator(kind).first.evaluate(CONTRAST) >= 4.5, kind


def test_a_thumbnail_plays_from_the_keyboard(browser: Browser, report: Path) -> None:
    with opened(browser, report) as tab:
        play = tab.get_by_role("checkbox", name=re.compile("^Play ")).first
        film = tab.locator(".clip:has(input) .film").first
        place = "element => getComputedStyle(element).backgroundPositionX"
        assert film.evaluate("element => getComputedStyle(element).animationPlayState") == "paused"
        assert film.evaluate(place) == "0%"
        play.focus()
        tab.keyboard.press("Space")
        assert film.evaluate("element => getComputedStyle(element).animationPlayState") == "running"
        tab.wait_for_function(f"element => ({place})(element) !== '0%'", arg=film.element_handle())


def first_column(tab: Tab) -> list[str]:
    return tab.locator(".data tbody th b").all_inner_texts()


def test_the_table_of_videos_is_sorted_and_searched(browser: Browser, report: Path) -> None:
    with opened(browser, report) as tab:
        table = tab.locator(".data")
        table.get_by_role("searchbox").fill("long name")  # of the first run
        table.get_by_role("button", name="Imaging quality").click()
        heading = table.get_by_role("columnheader", name="Imaging quality")
        assert heading.get_attribute("aria-sort") == "ascending"
        place = 1 + table.locator("thead th").all_inner_texts().index("Imaging quality")
        column = table.locator(f"tbody tr > :nth-child({place})")
        rising = [float(text) for text in column.all_inner_texts()]
        assert rising == sorted(rising)
        assert table.locator("tbody tr").first.locator(".film").count() == 1  # the lowest, of which there is a video
        table.get_by_role("button", name="Imaging quality").click()
        assert heading.get_attribute("aria-sort") == "descending"
        falling = [float(text) for text in column.all_inner_texts()]
        assert falling == sorted(falling, reverse=True)
        assert falling[0] >= rising[-1]
        table.get_by_role("searchbox").fill("SHORT.mp4 has-no")
        assert first_column(tab) == []
        table.get_by_role("searchbox").fill("SHORT.mp4")
        assert first_column(tab) == ["short.mp4"]
        assert "too short" in table.locator("tbody").inner_text()
        assert table.get_by_role("status").inner_text().startswith("1 of 1 shown, ")
        assert not table.get_by_role("button", name="Show more").is_visible()


def test_more_videos_are_shown_when_asked(browser: Browser, report: Path) -> None:
    with opened(browser, report) as tab:
        before = tab.locator(".data tbody tr").count()
        tab.get_by_role("button", name="Show more").click()
        assert tab.locator(".data tbody tr").count() == 2 * before


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of more runs than a page of it shows, with all sixteen dimensions."""
    folder = tmp_path_factory.mktemp("index")
    rows = [Row(f"{i}.mp4", f"{i}", name, "", value=i / 10, weight=1.0) for name in RULES for i in range(4)]
    runs = [
        write_run(folder / f"step {k}", [replace(row, value=(row.value or 0) + k / 100) for row in rows])
        for k in range(RUNS)
    ]
    return write_report(runs, folder / "all runs.html")


@pytest.fixture(scope="module")
def explained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("explained")
    write_video(folder / "videos" / "a #1 cat-0.mp4", noise(16))
    row = Row(
        "a #1 cat-0.mp4", "a cat", "imaging_quality", "", value=0.5, weight=1.0, per_frame=[0.1 * i for i in range(16)]
    )
    run = write_run(folder / "run", [row], videos=str(folder / "videos"))
    return explain(run, row.video, folder / "a page")


def test_an_index_of_runs_opens_their_reports(browser: Browser, index: Path) -> None:
    with opened(browser, index) as tab:
        tab.get_by_role("button", name="Scene").dblclick()
        tab.get_by_role("searchbox").fill("step")
        first = tab.locator("tbody a").first
        assert first.inner_text() == f"step {RUNS - 1}"
        target = tab.evaluate("link => link.href", first.element_handle())
        assert Path(unquote(urlsplit(target).path)).is_file()


def test_an_index_says_the_same_of_a_column_wherever_it_is_scrolled(browser: Browser, index: Path) -> None:
    with opened(browser, index, NARROW) as tab:
        tab.locator(".wide").evaluate("region => region.scrollTo(700, 0)")
        places = tab.evaluate(
            """['thead', 'tbody'].map(part =>
            [...document.querySelectorAll(`${part} tr:first-child > *`)].map(cell => cell.offsetLeft))"""
        )
        assert places[0] == places[1]
        assert tab.locator("tbody th[scope=row] a").first.inner_text() == "step 0"
        tab.locator("thead button").last.focus()
        assert walk(tab, "Shift+Tab", len(places[0]) - 1, COVERED) == []


def test_an_index_is_printed_whole(browser: Browser, index: Path) -> None:
    with opened(browser, index, LANDSCAPE) as tab:
        tab.evaluate(
            "addEventListener('beforeprint', () => { window.printed = document.querySelectorAll('tbody tr').length })"
        )
        assert tab.locator("tbody tr").count() < RUNS
        tab.pdf(format="A4", prefer_css_page_size=True)
        assert tab.evaluate("window.printed") == RUNS
        assert tab.locator("tbody tr").count() < RUNS
        tab.emulate_media(media="print")
        assert tab.evaluate("document.documentElement.scrollWidth") == LANDSCAPE[0]
        assert not tab.locator(".tools").is_visible()
        assert not tab.get_by_role("button", name="Show more").is_visible()


@pytest.mark.parametrize("size", [DESK, NARROW])
def test_nothing_speaks_against_a_page(
    browser: Browser, report: Path, index: Path, explained: Path, axe: str, size: tuple[int, int]
) -> None:
    found = {}
    for page in (report, index, explained):
        with opened(browser, page, size, alone=page != explained) as tab:
            found[page.name] = objections(tab, axe)
            assert walk(tab, "Tab", 12, FAINT_FOCUS) == []
            tab.wait_for_load_state("networkidle")
    assert not any(found.values()), found


def test_runs_are_told_apart_in_colours_that_the_system_forces(browser: Browser, report: Path) -> None:
    with opened(browser, report) as tab:
        tab.emulate_media(forced_colors="active")
        shots = [tab.locator(f".who .run-{number}.mark").first.screenshot() for number in (1, 2)]
        colours = [Image.open(io.BytesIO(shot)).convert("RGB").getpixel((5, 5)) for shot in shots]
        assert colours[0] != colours[1]


def test_intervals_by_category_are_words_too(browser: Browser, report: Path) -> None:
    with opened(browser, report) as tab:
        table = tab.get_by_role("region", name="Imaging quality by category")
        assert re.search(r"0\.\d{4} to 0\.\d{4}", table.locator("td:has(.plot)").first.inner_text())


def test_text_is_as_large_as_the_reader_set_it(browser: Browser, report: Path) -> None:
    with opened(browser, report) as tab:
        tab.evaluate("document.documentElement.style.fontSize = '32px'")
        assert tab.locator("header p").evaluate("line => getComputedStyle(line).fontSize") == "30px"


def test_an_explained_video_plays_with_its_curves(browser: Browser, explained: Path) -> None:
    head = "document.querySelector('.head').style.left"
    with opened(browser, explained, alone=False) as tab:
        tab.wait_for_function("document.querySelector('video').readyState >= 2")
        tab.locator("figcaption", has_text="highest").locator("xpath=..").get_by_role("button").click()
        tab.wait_for_function(f"{head} === '100%'")
        assert tab.locator("output").inner_text() == "frame 15, 1.88 s"
        tab.locator(".curve").click(position={"x": 1, "y": 10})
        tab.wait_for_function(f"{head} === '0%'")
        assert tab.locator("output").get_attribute("aria-live") == "polite"
        tab.evaluate("document.querySelector('video').play()")
        tab.wait_for_function(f"parseFloat({head}) > 20")
        assert tab.locator("output").get_attribute("aria-live") == "off"
        tab.evaluate("document.querySelector('video').pause()")
        tab.wait_for_load_state("networkidle")


def test_what_a_screen_reader_meets(browser: Browser, report: Path) -> None:
    with opened(browser, report) as tab:
        assert tab.locator("h1").count() == 1
        assert tab.locator("table:not(:has(caption)):not(:has(th[scope=col]))").count() == 0
        assert tab.locator("svg:not([aria-label])").count() == 0
        assert tab.evaluate("[...document.querySelectorAll('[id]')].length") == tab.evaluate(
            "new Set([...document.querySelectorAll('[id]')].map(element => element.id)).size"
        )
        assert tab.evaluate("[...document.querySelectorAll('nav a')].every(a => document.querySelector(a.hash))")
        links = tab.get_by_role("navigation").get_by_role("link")
        assert links.all_inner_texts() == [
            "Score card", "Comparison", "Profile", "Categories", "Dimensions", "Videos", "Missing", "Provenance",
        ]  # fmt: skip


def test_it_prints_light_and_whole(browser: Browser, report: Path) -> None:
    with opened(browser, report, PAPER, "dark") as tab:
        tab.emulate_media(media="print")
        assert tab.evaluate("document.documentElement.scrollWidth") == PAPER[0]
        assert not dark(tab)
        assert not tab.locator("nav").is_visible()
        assert tab.locator("h2#missing").is_visible()
        assert not tab.locator("h2#videos").is_visible()
        assert tab.pdf(format="A4").startswith(b"%PDF")


def charted(chart: Locator) -> bool:
    """Whether a chart has a size, lies inside its card and draws something."""
    box, card = chart.bounding_box(), chart.locator("xpath=ancestor::*[contains(@class, 'card')][1]").bounding_box()
    assert box is not None
    assert card is not None
    inside = card["x"] <= box["x"] and box["x"] + box["width"] <= card["x"] + card["width"]
    return inside and box["width"] > 100 and chart.locator("path").count() > 3


def dark(tab: Tab) -> bool:
    """Whether the page's ground is darker than its text."""
    ground, ink = tab.evaluate(
        "['backgroundColor', 'color'].map(name => getComputedStyle(document.body)[name].match(/\\d+/g).map(Number))"
    )
    return bool(sum(ground) < sum(ink))
