"""The board as a person meets it: a real server, a real Chromium.

What is read from a database or written to it is tried on both kinds; how a page looks and moves, on one.

With VBENCH_SCREENSHOTS=docs/images the pictures of the documentation are taken on the way.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from PIL import Image

from tests.accessible import COVERED, FAINT_FOCUS, NARROW, STILL, UNFOLD, objections, walk
from tests.leaderboard.archives import archive, rewritten, with_head, with_rows, zipped
from tests.leaderboard.conftest import ADMIN, Server, new_database, start_server
from tests.leaderboard.exhibits import HOSTILE, MODELS, exhibits
from tests.reports.test_report_browser import CHROMIUM, CONTRAST, LONG, QUIET
from vbench.benchmarks.t2v import QUALITY, RULES, T2V
from vbench.leaderboard.board import Board
from vbench.leaderboard.settings import Settings
from vbench.leaderboard.views.published_figures import published_entries
from vbench.leaderboard.views.ranking import View, rows
from vbench.leaderboard.web.ui.pages.board import TABS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator
    from playwright.sync_api import Page as Tab

DESK, PHONE = (1440, 1080), (390, 844)

TOP = {"x": 0, "y": 0, "width": 1440, "height": 1500}
"""What the documentation shows of a long page."""

DOCUMENTS = ("/", "/?benchmark=vbench-i2v", "/distances", "/trade-off", "/compositionality", "/potential")

PAGES = (*DOCUMENTS, "/model?id=1", "/compare?ids=1,2,3", "/samples?ids=1,2", "/arena", "/submit", "/queue")

BARE = ("/embed/1", "/api/docs", "/no-such-page")
"""Pages that stand for themselves."""

OF_T2V = [entry for entry in published_entries() if entry.benchmark == T2V.name]

PERCENT = r"\d\d\.\d\d"

UPLOAD_BYTES = 8 << 20

SUITE = "open"
"""Of which the exhibits are whole results."""

COLOURS = 256
"""In the palette of a picture, which keeps it small."""

LIGHT = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).every(part => part > 127)"
"""Whether a page is light."""

SCHEMES = ("light", "dark")

of_the_page = pytest.mark.parametrize("site", ["sqlite"], indirect=True)
"""A test of what no database has a part in."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    return exhibits(tmp_path_factory.mktemp("exhibits"))


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, archives: list[bytes]
) -> Iterator[tuple[Server, Board]]:
    """A server whose board has published figures and five submissions, and the same board for looking behind it."""
    folder = tmp_path_factory.mktemp("site")
    database = new_database(request, folder)
    settings: dict[str, Any] = {"suite": SUITE, "upload_bytes": UPLOAD_BYTES, "votes_per_minute": 1000}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VBENCH_CACHE_DIR", str(folder / "cache"))  # nobody's prompts but those that are shipped
        board = Board(Settings(database=database, suite=SUITE))
        for content in archives:
            board.submit(content, local=True)
        server = start_server(folder, database, **settings)
        yield server, board
    server.kill()
    board.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET], timeout=LONG)
        yield chromium
        chromium.close()


Open = Callable[..., Any]

NOT_THERE = "Failed to load resource: the server responded with a status of 404 (Not Found)"


@pytest.fixture
def opened(site: tuple[Server, Board], browser: Browser) -> Open:
    """Opens a page of the site; whatever the browser complains of or asks of others fails the test.

    It complains of the status of a page that says that something is not there: a test says how many such it opens.
    """

    @contextmanager
    def opened(
        path: str, size: tuple[int, int] = DESK, scheme: Any = "light", lost: int = 0, **more: Any
    ) -> Iterator[Tab]:
        said: list[str] = []
        asked: list[str] = []
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, **more)
        context.set_default_timeout(LONG)
        tab = context.new_page()
        tab.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.on("dialog", lambda dialog: said.append(f"dialog: {dialog.message}"))
        tab.on("request", lambda request: asked.append(request.url))
        go(tab, site[0].url + path)
        try:
            yield tab
        finally:
            context.close()
        assert said == [NOT_THERE] * lost
        outside = [url for url in asked if not url.startswith((f"{site[0].url}/", "data:", "blob:"))]
        assert outside == []

    return opened


def go(tab: Tab, address: str) -> None:
    tab.goto(address)
    ready(tab)


def ready(tab: Tab) -> None:
    tab.locator(".vb[data-title], body:not(:has(gradio-app)) h1").first.wait_for()


def unfold(tab: Tab, name: str) -> None:
    if tab.locator(name).get_attribute("open") is None:
        tab.locator(f"{name} summary").click()


def names(tab: Tab) -> list[str]:
    return tab.locator("tbody .model a").all_inner_texts()


def column(tab: Tab, title: str) -> list[float]:
    """The ranked scores of a column that are there, from top to bottom."""
    titles = [text.split("\n")[0].strip("▲▼") for text in tab.locator("thead th").all_inner_texts()]
    place = titles.index(title) + 1
    cells = tab.locator(f"tbody.ranked tr > :nth-child({place}) > span:first-child").all_inner_texts()
    return [float(cell) for cell in cells if re.fullmatch(r"[\d.]+", cell)]


def until(tab: Tab, happened: Callable[[], bool], what: str) -> None:
    for _ in range(LONG // 50):
        if happened():
            return
        tab.wait_for_timeout(50)
    raise AssertionError(what)


def turn(tab: Tab, scheme: Any) -> None:
    """The system turns light or dark, and the page with it."""
    tab.emulate_media(color_scheme=scheme)
    until(tab, lambda: tab.evaluate(LIGHT) == (scheme == "light") and tab.evaluate(STILL), f"it did not turn {scheme}")


def picture(tab: Tab, name: str, **options: Any) -> None:
    """A picture for the documentation, where one is asked for."""
    if folder := os.environ.get("VBENCH_SCREENSHOTS"):
        tab.wait_for_timeout(600)
        taken = Image.open(io.BytesIO(tab.screenshot(full_page="clip" in options, **options))).convert("RGB")
        taken.quantize(COLOURS).save(Path(folder) / name, optimize=True)


def test_the_board_opens_with_everything_on_it(site: tuple[Server, Board], opened: Open) -> None:
    _, board = site
    with opened("/") as tab:
        lines = rows(board.entries(), View())
        assert names(tab) == [line.entry.card.name for line in lines]
        assert len(names(tab)) == len(OF_T2V) + 5
        assert {*MODELS} <= set(tab.locator("tbody.ranked .model a").all_inner_texts())
        assert {"My own run", HOSTILE} == set(tab.locator("tbody.apart .model a").all_inner_texts())
        why = tab.locator("tbody.apart tr", has_text="My own run").locator(".why").inner_text()
        assert "mini suite, lite profile" in why
        assert "proxy" in why
        shaky = tab.locator("tbody.ranked tr", has_text="Simulated Shaky")
        assert re.search(PERCENT + "\N{EN DASH}" + PERCENT, shaky.locator("td.sorted").inner_text())
        assert [text.split()[0] for text in tab.locator(".tabs a").all_inner_texts()] == [
            title.split()[0] for title in (*TABS.values(), "Distances")
        ]


def test_rows_that_cannot_be_told_apart_are_marked(opened: Open) -> None:
    with opened("/") as tab:

        def marked() -> bool:
            go(tab, tab.url)
            return "come with the next look" not in tab.locator(".vb.board").inner_text()

        until(tab, marked, "the rows were never compared")
        marks = {
            name: tab.locator("tbody.ranked tr", has=tab.get_by_role("link", name=name, exact=True)).locator(".tie")
            for name in MODELS
        }
        steady, other = (marks[name].all_inner_texts() for name in ("Simulated Steady", "Simulated Steady B"))
        assert steady == other != []
        assert marks["Simulated Shaky"].count() == 0
        assert tab.locator("tbody.ranked tr", has_text="Published figures").locator(".tie").count() == 0
    with opened("/", scheme="dark") as tab:
        picture(tab, "board-dark.png")
    with opened("/", PHONE, "dark") as tab:
        picture(tab, "board-phone.png")


@of_the_page
def test_ticks_change_columns_and_the_selected_score_and_the_address_keeps_them(
    site: tuple[Server, Board], opened: Open
) -> None:
    _, board = site
    with opened("/") as tab:
        headers = tab.locator("thead th")
        unfold(tab, "#dimensions")
        assert headers.count() == 7 + len(RULES)
        tab.locator("#tick-quality").get_by_label("Dynamic degree").focus()
        tab.keyboard.press("Space")
        until(tab, lambda: headers.count() == 6 + len(RULES), "the column stayed")
        assert "15 of 16" in headers.nth(6).inner_text()
        ticked = tuple(name for name in RULES if name != "dynamic_degree")
        expected = {
            line.entry.card.name: line.scores.get("selected") for line in rows(board.entries(), View(ticked=ticked))
        }
        for row in tab.locator("tbody.ranked tr").all()[:5]:
            score = expected[row.locator(".model a").inner_text()]
            shown = row.locator("td.number").nth(3).inner_text().split("\n")[0]
            assert shown == (f"{100 * score.value:.2f}" if score else "\N{EN DASH}")
        tab.locator("#tick-semantic").get_by_role("checkbox").first.uncheck()  # the whole side
        until(tab, lambda: headers.count() == 13, "the side stayed")
        assert View.from_query(tab.url.partition("?")[2]).ticked == tuple(
            name for name in T2V.of_part(QUALITY) if name != "dynamic_degree"
        )
        address = tab.url
        go(tab, address)
        assert tab.url == address
        until(tab, lambda: headers.count() == 13, "the address was forgotten")
        assert not tab.locator("#tick-quality").get_by_label("Dynamic degree").is_checked()
        assert not tab.locator("#tick-semantic").get_by_label("Scene").is_checked()
        tab.locator("#tick-semantic").get_by_role("checkbox").first.check()
        until(tab, lambda: headers.count() == 6 + len(RULES), "the side did not come back")
        tab.go_back()
        until(tab, lambda: headers.count() == 13, "back does not go back")
        assert View.from_query(tab.url.partition("?")[2]).ticked[0] in T2V.of_part(QUALITY)


@of_the_page
def test_sorting_by_mouse_and_keyboard(opened: Open) -> None:
    with opened("/") as tab:
        assert column(tab, "Total") == sorted(column(tab, "Total"), reverse=True)
        header = tab.get_by_role("columnheader", name="Imaging quality")
        header.get_by_role("link").click()
        until(tab, lambda: header.get_attribute("aria-sort") == "descending", "not sorted")
        assert column(tab, "Imaging quality") == sorted(column(tab, "Imaging quality"), reverse=True)
        assert "sort=-imaging_quality" in tab.url
        header.get_by_role("link").focus()
        tab.keyboard.press("Enter")
        until(tab, lambda: header.get_attribute("aria-sort") == "ascending", "not turned round")
        assert column(tab, "Imaging quality") == sorted(column(tab, "Imaging quality"))
        tab.reload()
        ready(tab)
        until(tab, lambda: header.get_attribute("aria-sort") == "ascending", "forgotten")
        tab.get_by_role("columnheader", name="Model").get_by_role("link").click()
        until(tab, lambda: "sort=model" in tab.url, "not by name")
        ranked = [name.casefold() for name in tab.locator("tbody.ranked .model a").all_inner_texts()]
        assert ranked == sorted(ranked)


@of_the_page
def test_search_and_filters(opened: Open) -> None:
    with opened("/") as tab:
        tab.get_by_label("Search").fill("veo")
        until(tab, lambda: names(tab) == ["Veo 3"], "not searched")
        assert tab.locator("tbody .place").inner_text().strip() == "1"
        assert "search=veo" in tab.url
        tab.get_by_label("Search").fill("<script>alert(1)</script>")
        tab.get_by_text("Nothing matches.").wait_for()
        tab.get_by_label("Search").fill("")
        until(tab, lambda: len(names(tab)) > 9, "not everything is back")
        unfold(tab, "#filters")
        tab.locator("#kinds").get_by_label("Published figures").uncheck()
        until(tab, lambda: len(names(tab)) == 5, "published figures stayed")
        tab.locator("#suites").get_by_label("mini").uncheck()
        until(tab, lambda: set(names(tab)) == {*MODELS}, "the mini suite stayed")
        tab.reload()
        ready(tab)
        until(tab, lambda: set(names(tab)) == {*MODELS}, "forgotten")


@of_the_page
def test_names_that_look_like_html_are_text(site: tuple[Server, Board], opened: Open) -> None:
    number = next(entry.id for entry in site[1].entries() if entry.card.name == HOSTILE)
    nobody = f"/model?id={HOSTILE}"
    for path in ("/", f"/model?id={number}", f"/compare?ids={number},1", nobody, f"/?search={HOSTILE}"):
        with opened(path, lost=int(path == nobody)) as tab:
            tab.wait_for_timeout(300)
            assert "<img src=x onerror=alert(1)>" in tab.locator("body").inner_text()
            assert tab.locator("img[src=x], .vb script, .vb b:text-is('bold')").count() == 0
    with opened(f"/compare?ids={number},1") as tab:
        tab.get_by_role("combobox", name="Models").click()
        assert tab.locator("img[src=x]").count() == 0


@of_the_page
def test_columns_filters_and_search_of_the_model_card(opened: Open) -> None:
    with opened("/") as tab:
        unfold(tab, "#columns")
        tab.locator("#facts").get_by_label("Steps").check()
        until(tab, lambda: "facts=steps" in tab.url, "no column")
        steady = tab.locator("tbody.ranked tr", has=tab.get_by_role("link", name="Simulated Steady", exact=True))
        assert steady.locator("td.fact").all_inner_texts() == ["50"]
        tab.get_by_label("Search").fill("steps>49 licence:apache")
        until(tab, lambda: {*names(tab)} == {*MODELS, "My own run", HOSTILE}, "not searched")
        tab.get_by_label("Search").fill("")
        unfold(tab, "#filters")
        access = tab.locator("#filters select[name=access]")
        access.select_option("open weights")
        until(tab, lambda: {*names(tab)} == {*MODELS, "My own run", HOSTILE}, "not filtered")
        until(tab, lambda: "access=open+weights" in tab.url, "the address does not follow")
        tab.reload()
        ready(tab)
        assert access.input_value() == "open weights"
    with opened("/?search=show-o2") as tab:
        link = tab.locator("tbody tr", has_text="Show-o2").locator(".source a").first
        assert link.get_attribute("href") == "https://arxiv.org/abs/2506.15564v3"
    with opened("/?search=simulated") as tab:
        assert tab.locator("tbody .source a").first.get_attribute("href") == "https://example.org/model"


@of_the_page
def test_on_a_phone_scores_are_seen_at_once_and_at_a_desk_the_head_stays(opened: Open) -> None:
    with opened("/", PHONE) as tab:
        box = tab.locator("tbody.ranked tr").first.locator("td.number").first.bounding_box()
        assert box is not None
        assert 0 <= box["x"] < box["x"] + box["width"] <= PHONE[0]
        assert tab.locator("tbody.ranked tr").first.evaluate("row => row.getBoundingClientRect().right") <= PHONE[0]
    with opened("/") as tab:
        wide = tab.locator(".wide")
        wide.evaluate("element => element.scrollTo(600, 500)")
        head, first, frame = (
            tab.locator(where).first.bounding_box() for where in ("thead th.model", "tbody th.model", ".wide")
        )
        assert head is not None
        assert first is not None
        assert frame is not None
        assert abs(head["y"] - frame["y"]) < 3
        assert abs(first["x"] - frame["x"]) < 3


@of_the_page
def test_the_keyboard_reaches_the_content_at_once(opened: Open) -> None:
    with opened("/") as tab:
        tab.keyboard.press("Tab")
        assert tab.evaluate("document.activeElement.textContent") == "Skip to the content"
        tab.keyboard.press("Enter")
        assert tab.evaluate("document.activeElement.id") == "content"
        stops = tab.locator(".controls :is(input, select, summary):visible").count()
        assert stops == 5  # search, order, and three that unfold


@of_the_page
@pytest.mark.parametrize("size", [DESK, NARROW])
def test_nothing_speaks_against_a_page(opened: Open, axe: str, size: tuple[int, int]) -> None:
    found: dict[tuple[str, ...], Any] = {}
    for path in (*PAGES, *BARE, "/?ticked=scene,color&facts=steps&suites=open", "/?search=nothing-of-the-kind"):
        with opened(path, size, lost=int(path == "/no-such-page")) as tab:
            found |= {(path, *kind): where for kind, where in objections(tab, axe).items()}
    assert found == {}


@of_the_page
def test_nothing_speaks_against_what_a_page_answers(opened: Open, axe: str, tmp_path: Path) -> None:
    found = {}
    with opened("/submit") as tab:
        tab.locator("#send").click()
        tab.locator("#answer .bad").wait_for()
        for bar in tab.locator("button.label-wrap").all():
            bar.click()
        for name, (content, _) in list(bad_archives(tmp_path / "bad").items())[3:4]:
            (tmp_path / name).write_bytes(content)
            tab.locator("#archive input[type=file]").set_input_files(tmp_path / name)
            tab.locator("#preview .bad").wait_for()
        found["submit"] = objections(tab, axe)
    with opened("/arena") as tab:
        tab.locator("#vote-tie").click()
        tab.locator(".vb.arena").get_by_text("Your vote is counted.").wait_for()
        found["arena"] = objections(tab, axe)
    assert found == {"submit": {}, "arena": {}}


@of_the_page
def test_the_link_past_the_links_stays_on_the_page(opened: Open) -> None:
    for path in PAGES:
        with opened(path) as tab:
            tab.keyboard.press("Tab")
            assert tab.evaluate("document.activeElement.textContent") == "Skip to the content", path
            tab.keyboard.press("Enter")
            tab.wait_for_timeout(300)
            assert tab.evaluate("[document.activeElement.id, location.pathname]") == ["content", path.partition("?")[0]]


@of_the_page
@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_has_the_focus_is_seen(opened: Open, scheme: str) -> None:
    found = {}
    for path, stops in (("/", 40), ("/submit", 14), ("/arena", 24), ("/compare?ids=1,2,3", 18)):
        with opened(path, scheme=scheme) as tab:
            tab.wait_for_timeout(300)
            found[path] = walk(tab, "Tab", stops, FAINT_FOCUS)
    assert not any(found.values()), found


@of_the_page
def test_nothing_lies_on_what_has_the_focus(opened: Open) -> None:
    with opened("/") as tab:
        tab.locator("tbody.apart .model a").last.focus()
        covered = []
        while tab.evaluate("document.activeElement.dataset.sort") != "model":  # the first of the table
            covered += walk(tab, "Shift+Tab", 1, COVERED)
        assert covered == []
    with opened("/", NARROW) as tab:
        tab.locator("#columns summary").focus()
        assert walk(tab, "Tab", 12, COVERED) == []


@of_the_page
def test_what_happened_is_read_out(opened: Open) -> None:
    """By a region that was there before; one that comes with its words is not."""

    def hears(tab: Tab, words: str) -> None:
        region = tab.locator("[role=status][data-was-there]")
        until(tab, lambda: words in region.inner_text(), f"nobody said {words!r}")

    stays = "document.querySelector('.voice').dataset.wasThere = ''"
    with opened("/") as tab:
        tab.evaluate(stays)
        tab.get_by_label("Search").fill("veo")
        hears(tab, "1 of")
    with opened("/arena") as tab:
        tab.evaluate(stays)
        tab.locator("#vote-left").focus()
        tab.keyboard.press("Enter")
        hears(tab, "Your vote is counted.")
        until(tab, lambda: tab.evaluate("document.activeElement.id") == "next-pair", "the focus is lost")
        tab.keyboard.press("Enter")
        hears(tab, "Prompt")
    with opened("/submit") as tab:
        tab.evaluate(stays)
        tab.locator("#send").click()
        tab.get_by_role("alert").get_by_text("Choose an archive first.").wait_for()


@of_the_page
def test_single_keys_vote_only_where_they_are_wanted(site: tuple[Server, Board], opened: Open) -> None:
    before = len(site[1].ballot_box.votes())
    with opened("/arena") as tab:
        keys = tab.get_by_role("checkbox", name="Keys")
        ticked = keys.screenshot()
        keys.uncheck()
        assert keys.screenshot() != ticked
        for path in ("/", "/arena"):
            go(tab, site[0].url + path)
        until(tab, lambda: tab.locator("#vote-left").is_enabled(), "no pair")
        assert not tab.get_by_role("checkbox", name="Keys").is_checked()
        tab.keyboard.press("1")
        tab.wait_for_timeout(500)
        assert "Your vote is counted." not in tab.locator(".vb.arena").inner_text()
        assert len(site[1].ballot_box.votes()) == before
        tab.get_by_role("checkbox", name="Keys").check()
        tab.keyboard.press("1")
        tab.locator(".vb.arena").get_by_text("Your vote is counted.").wait_for()


@of_the_page
def test_whoever_asks_for_less_motion_starts_the_videos(opened: Open) -> None:
    with opened("/arena", reduced_motion="reduce") as tab:
        video = tab.locator("video").first
        until(tab, lambda: video.evaluate("video => video.readyState") >= 2, "the video is not there")
        until(tab, lambda: video.evaluate("video => video.paused && !video.autoplay"), "it plays by itself")
        video.evaluate("video => video.play()")
        until(tab, lambda: video.evaluate("video => !video.paused && video.currentTime > 0"), "it does not play")


@of_the_page
def test_gradios_parts_say_what_they_are(opened: Open) -> None:
    with opened("/submit") as tab:
        bar = tab.get_by_role("button", name="Withdraw a submission", exact=True)
        until(tab, lambda: bar.get_attribute("aria-expanded") == "false", "it does not say that it is folded")
        bar.click()
        until(tab, lambda: bar.get_attribute("aria-expanded") == "true", "it does not say that it is unfolded")
        assert tab.get_by_role("button", name="Archive: a zip of at most").count() == 1
    with opened("/compare?ids=1,2") as tab:
        remove = tab.locator(".token-remove:not(.remove-all)")
        until(tab, lambda: "Remove Simulated Steady B 1.0" in (remove.nth(1).get_attribute("title") or ""), "whose?")
        remove.first.focus()
        tab.keyboard.press("Enter")
        until(tab, lambda: "Remove Simulated Steady B 1.0" in (remove.first.get_attribute("title") or ""), "whose?")


@of_the_page
def test_marks_tell_models_apart_in_colours_that_the_system_forces(opened: Open) -> None:
    with opened("/compare?ids=1,2", forced_colors="active") as tab:
        shots = [tab.locator(f".who .run-{number}.mark").first.screenshot() for number in (1, 2)]
        colours = [Image.open(io.BytesIO(shot)).convert("RGB").getpixel((5, 5)) for shot in shots]
        assert colours[0] != colours[1]


@of_the_page
def test_text_is_as_large_as_the_reader_set_it(opened: Open) -> None:
    for path in ("/", "/submit"):
        with opened(path) as tab:
            size = "parseFloat(getComputedStyle(document.querySelector('.vb header p')).fontSize)"
            before = tab.evaluate(size)
            tab.evaluate("document.documentElement.style.fontSize = '32px'")
            assert tab.evaluate(size) == 2 * before


@of_the_page
def test_pictures_of_the_boards(opened: Open) -> None:
    for name in TABS:
        with opened(f"/?benchmark={name}") as tab:
            assert tab.locator(".tabs [aria-current]").inner_text().startswith(TABS[name])
            picture(tab, f"board-{name}.png")
    for page in ("distances", "trade-off", "compositionality", "potential"):
        with opened(f"/{page}") as tab:
            assert tab.locator(".vb[data-title]").is_visible()
            picture(tab, f"board-{page}.png")


def settled(address: str) -> httpx.Response:
    """What an address says when the rows were compared."""
    for _ in range(200):
        found = httpx.get(address, timeout=60)
        if "come with the next look" not in found.text:
            return found
        time.sleep(0.1)
    raise AssertionError("the rows were never compared")


def test_what_a_browser_has_is_not_sent_again(site: tuple[Server, Board], tmp_path: Path) -> None:
    server, board = site
    for path in ("/?sort=-scene", "/distances", "/trade-off", "/api/board.json", "/api/board.csv"):
        first = settled(server.url + path)
        again = httpx.get(server.url + path, headers={"If-None-Match": first.headers["etag"]}, timeout=60)
        assert (first.status_code, again.status_code, again.content) == (200, 304, b""), path
        assert first.headers["content-encoding"] == "gzip"
        plain = httpx.get(server.url + path, headers={"Accept-Encoding": "identity"}, timeout=60)
        assert (plain.content, "content-encoding" in plain.headers) == (first.content, False)
    number = board.submit(archive(tmp_path, 77, "Newcomer"), local=True).id
    changed = httpx.get(server.url + path, headers={"If-None-Match": first.headers["etag"]}, timeout=60)
    assert changed.status_code == 200
    assert "Newcomer" in changed.text
    board.withdraw(number, local=True)
    assert httpx.get(server.url + path, headers={"If-None-Match": first.headers["etag"]}).status_code == 304


def test_a_model_has_a_page(opened: Open) -> None:
    with opened("/") as tab:
        tab.get_by_role("link", name="Simulated Steady", exact=True).click()
        tab.wait_for_url("**/model?id=1")
        ready(tab)
        assert tab.get_by_role("heading", level=1).inner_text() == "Simulated Steady 1.0"
        assert tab.title().startswith("Simulated Steady 1.0")
        assert tab.locator("svg[role=img]").count() == 2
        for text in ("512x512", "Apache-2.0", "float16", "SHA-256"):
            assert tab.locator(".vb.model").get_by_text(text).first.is_visible()
        frames = tab.locator(".frames img")
        assert frames.count() == 4
        frames.last.scroll_into_view_if_needed()
        until(tab, lambda: frames.last.evaluate("image => image.naturalWidth") > 0, "the frame is not there")
        assert tab.get_by_role("table", name="Total by content category").get_by_role("row").count() == 9
        picture(tab, "board-model.png", clip=TOP)
    with opened("/model?id=published-veo-3") as tab:
        assert tab.get_by_role("heading", level=1).inner_text() == "Veo 3"
        assert "no scores per video" in tab.locator(".vb.model").inner_text()
    with opened("/model?id=12345", lost=1) as tab:
        assert "There is no entry '12345'." in tab.locator("body").inner_text()


def test_three_models_are_compared(opened: Open) -> None:
    with opened("/") as tab:
        for name in MODELS:
            tab.get_by_role("checkbox", name=f"Compare {name} 1.0", exact=True).check()
        tab.get_by_role("columnheader", name="Scene").get_by_role("link").click()
        until(tab, lambda: "sort=-scene" in tab.url, "not sorted")
        for name in MODELS:  # the ticks stay with their rows
            assert tab.get_by_role("checkbox", name=f"Compare {name} 1.0", exact=True).is_checked()
        assert tab.locator("tbody input:checked").count() == 3
        tab.get_by_role("link", name="Compare 3").click()
        tab.wait_for_url("**/compare?ids=1,2,3")
        ready(tab)
        assert tab.locator("svg[role=img]").count() == 2
        shaky = tab.get_by_role("region", name="Simulated Shaky 1.0 against Simulated Steady 1.0")
        moved = shaky.get_by_role("row", name=re.compile("^Dynamic degree"))
        assert "better" in moved.inner_text()
        assert re.search(r"\+\d+\.\d\d to \+\d+\.\d\d", moved.inner_text())
        assert tab.get_by_role("table", name="Quality by content category").get_by_role("row").count() == 25
        picture(tab, "board-compare.png", clip=TOP)
        tab.get_by_role("combobox", name="Models").click()
        tab.get_by_role("option", name=re.compile("Veo 3")).click()
        until(tab, lambda: tab.url.endswith("published-veo-3"), "the address does not follow")
        plain = tab.get_by_role("region", name="Veo 3 against Simulated Steady 1.0")
        plain.wait_for()
        assert "interval" not in plain.inner_text()
        tab.reload()
        ready(tab)
        plain.wait_for()
    with opened("/compare?ids=1,4") as tab:
        assert "do not compare" in tab.locator(".vb.compare").inner_text()
        assert tab.locator(".verdict").count() == 0


def test_a_vote_is_blind_and_counts(site: tuple[Server, Board], opened: Open) -> None:
    _, board = site
    before = len(board.ballot_box.votes())
    with opened("/arena") as tab:
        assert tab.locator("video").count() == 2
        until(
            tab,
            lambda: all(video.evaluate("video => video.readyState") >= 2 for video in tab.locator("video").all()),
            "the videos do not play",
        )
        page = tab.content()
        assert not any(f"submissions/{number}/" in page for number in (1, 2, 3))
        assert not any(name in tab.locator(".vb.arena").inner_text() for name in MODELS)
        media = [board.medium(number, name) for shown in board.videos().values() for number, name in shown.items()]
        addresses = [video.get_attribute("src") or "" for video in tab.locator("video").all()]
        served = [httpx.get(f"{site[0].url}/{address}").content for address in addresses]
        assert len({len(content) for content in served}) == 1
        assert not {*served} & {*media}
        tab.wait_for_timeout(4000 if "VBENCH_SCREENSHOTS" in os.environ else 0)  # the players' buttons fade
        picture(tab, "board-arena.png")
        tab.keyboard.press("1")
        tab.locator(".vb.arena").get_by_text("Your vote is counted.").wait_for()
        assert len(board.ballot_box.votes()) == before + 1
        assert tab.locator("figcaption a").count() == 2
        assert tab.locator("#vote-left").is_disabled()
        tab.keyboard.press("2")
        tab.keyboard.press("n")
        until(tab, lambda: tab.locator("figcaption a").count() == 0, "no next pair")
        until(tab, lambda: tab.locator("#vote-tie").is_enabled(), "no vote")
        tab.locator("#vote-tie").click()
        tab.locator(".vb.arena").get_by_text("You called it a tie.").wait_for()
        assert tab.locator("#standings tbody tr").count() >= 2
        assert "Standings: on the whole" in tab.locator("#standings").inner_text()
        assert before + 1 <= len(board.ballot_box.votes()) <= before + 2  # a vote on the same pair replaces the first
    with opened("/arena?dimension=imaging_quality") as tab:
        assert "imaging quality" in tab.get_by_label("Question").input_value()
        tab.locator("#vote-right").click()
        tab.locator(".vb.arena").get_by_text("Your vote is counted.").wait_for()
        assert "Standings: Imaging quality" in tab.locator("#standings").inner_text()
    assert board.ballot_box.votes()[-1].dimension == "imaging_quality"


def bad_archives(folder: Path) -> dict[str, tuple[bytes, str]]:
    """One of each kind that is refused, and what the page must say."""
    good = archive(folder, 40, "Bad")
    return {
        "no-zip.zip": (b"this is no zip", "no readable zip archive"),
        "outside.zip": (zipped({"../x.txt": b"x"}), "points outside the archive"),
        "strange.zip": (rewritten(good, lambda files: {**files, "run.exe": b"x"}), "does not belong"),
        "card.zip": (with_head(good, lambda head: head["card"].update(link="javascript:alert(1)")), "link must be an"),
        "value.zip": (with_rows(good, lambda lines: lines[0].update(value=7.0)), "values are not in 0..1"),
        "part.zip": (with_rows(good, lambda lines: lines[:-40]), "is incomplete"),
        "unfinished.zip": (with_head(good, lambda head: head["record"].update(status="running")), "not finished"),
        "results.json": (json.dumps({"scene": [0.5, []]}).encode(), "no model card"),
    }  # fmt: skip


def number_in(answer: Locator) -> int:
    (number,) = re.findall(r"Submission (\d+)", answer.inner_text())
    return int(number)


def test_what_would_become_of_a_file_is_said_as_soon_as_it_is_chosen(opened: Open, tmp_path: Path) -> None:
    (tmp_path / "look.zip").write_bytes(archive(tmp_path / "look", 43, "Looked at", version="2"))
    with opened("/submit") as tab:
        tab.locator("#archive input[type=file]").set_input_files(tmp_path / "look.zip")
        assert "Looked at 2 would be taken" in tab.locator("#preview .card.good").inner_text()


def test_submitting(site: tuple[Server, Board], opened: Open, tmp_path: Path) -> None:
    _, board = site
    answer_of = "#answer .card"

    def send(tab: Tab, name: str, content: bytes, token: str = "") -> Locator:
        (tmp_path / name).write_bytes(content)
        tab.locator("#archive input[type=file]").set_input_files(tmp_path / name)
        tab.locator("#preview .card").wait_for()  # whoever leaves before it is said cuts off its stream
        tab.locator("#token input").fill(token)
        tab.evaluate("document.querySelector('#answer .vb')?.setAttribute('data-old', '')")
        tab.locator("#send").click()
        tab.locator("#answer .vb:not([data-old]) .card").wait_for()
        return tab.locator(answer_of)

    with opened("/submit", lost=1) as tab:  # the page of what waits
        tab.locator("#send").click()
        tab.get_by_text("Choose an archive first.").wait_for()
        for name, (content, reason) in bad_archives(tmp_path / "bad").items():
            answer = send(tab, name, content)
            assert reason in answer.inner_text(), name
        content = archive(tmp_path / "good", 41, "A new model", version="2")
        answer = send(tab, "good.zip", content)
        assert "is pending" in answer.inner_text()
        number, secret = (
            int(re.findall(r"Submission (\d+)", answer.inner_text())[0]),
            answer.locator("code").first.inner_text(),
        )
        picture(tab, "board-submit.png")
        assert "You have sent this archive already" in send(tab, "again.zip", content).inner_text()
        assert board.submission(number, secret).entry.state == "pending"
        go(tab, f"{site[0].url}/model?id={number}")
        assert "A new model" not in tab.locator("#model").inner_text()
        go(tab, f"{site[0].url}/compare?ids={number},1")
        assert "A new model" not in tab.locator("#compare").inner_text()
        go(tab, f"{site[0].url}/submit")
        answer = send(tab, "own.zip", archive(tmp_path / "own", 42, "An admin's model"), ADMIN)
        assert "is published" in answer.inner_text()
        published = number_in(answer)
        tab.get_by_role("button", name="Withdraw a submission").click()
        for which, token, said in (
            (number, "wrong", f"There is no submission {number}."), (number, secret, f"{number} is withdrawn"),
            (published, ADMIN, f"{published} is withdrawn"),
        ):  # fmt: skip
            tab.get_by_label("Number of the submission").fill(str(which))
            tab.get_by_label("Withdraw token of its receipt").fill(token)
            tab.locator("#withdraw").click()
            tab.locator(answer_of, has_text=said).wait_for()
    states = {board.submission(which, local=True).entry.state for which in (number, published)}
    assert states == {"withdrawn"}


def upload(server: Server, size: int) -> httpx.Response:
    return httpx.post(f"{server.url}/gradio_api/upload", files={"files": ("a.zip", bytes(size))}, timeout=60)


def test_an_upload_beyond_the_limit_is_stopped(site: tuple[Server, Board], opened: Open, tmp_path: Path) -> None:
    assert upload(site[0], UPLOAD_BYTES + 1).status_code == 413
    with opened("/submit") as tab:
        assert "8 MiB" in tab.locator("#archive").inner_text()


def test_downloads_are_of_the_view(site: tuple[Server, Board], opened: Open) -> None:
    with opened("/?ticked=scene&sort=-scene&search=simulated", accept_downloads=True) as tab:
        until(tab, lambda: len(names(tab)) == 3, "not searched")
        with tab.expect_download() as download:
            tab.get_by_role("link", name="CSV").click()
        table = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text())))
        assert [row["name"] for row in table] == names(tab)
        with tab.expect_download() as download:
            tab.get_by_role("link", name="JSON").click()
        found = json.loads(Path(download.value.path()).read_text())["rows"]
        assert [row["card"]["name"] for row in found] == names(tab)


@of_the_page
@pytest.mark.parametrize("size", [DESK, PHONE, NARROW])
def test_every_page_fits_and_follows_the_systems_colours(opened: Open, size: tuple[int, int]) -> None:
    for path in PAGES:
        with opened(path, size, "dark") as tab:
            tab.wait_for_timeout(200)
            tab.evaluate(UNFOLD)
            assert not tab.evaluate(LIGHT), path
            turn(tab, "light")
            assert tab.evaluate("document.documentElement.scrollWidth") <= size[0], path
            wide = tab.evaluate(
                """width => [...document.querySelectorAll('body *')].filter(element =>
                !element.closest('.wide, nav, .hidden, .sr-only, svg, .icon, .skip')
                && element.getBoundingClientRect().right > width + 1
                ).map(element => element.outerHTML.slice(0, 120))""",
                size[0],
            )
            assert wide == [], path
            turn(tab, "dark")
    with opened("/?__theme=dark", size, "light") as tab:
        tab.get_by_label("Sort by").select_option("model")
        until(tab, lambda: "sort=model" in tab.url, "not sorted")
        assert "__theme=dark" in tab.url


@of_the_page
def test_text_stands_out(opened: Open) -> None:
    kinds = {
        "/": (".vb p.soft", ".interval", ".why", "thead a", ".button.go", ".badge", ".model a", ".source small"),
        "/compare?ids=1,2,3": (".better", ".worse", "td.interval", "figcaption", "thead th"),
        "/submit": ("#send", "#token", ".vb code"),
    }
    for path, selectors in kinds.items():
        with opened(path) as tab:
            for scheme in SCHEMES:
                turn(tab, scheme)
                for selector in selectors:
                    assert tab.locator(selector).first.evaluate(CONTRAST) >= 4.5, (selector, scheme)


@of_the_page
def test_what_a_screen_reader_meets(opened: Open) -> None:
    for path in PAGES:
        with opened(path) as tab:
            assert tab.locator("h1").all_inner_texts()[1:] == [], path
            assert tab.locator(".vb table:not(:has(th[scope=col]))").count() == 0, path
            assert (
                tab.locator(".vb svg:not([aria-label]), .vb img:not([alt]), .vb video:not([aria-label])").count() == 0
            )
            nameless = tab.evaluate(
                """[...document.querySelectorAll('.vb :is(a, button, input)')].filter(element =>
                !(element.innerText || element.getAttribute('aria-label') || element.labels?.length
                || element.type === 'hidden')).map(element => element.outerHTML)"""
            )
            assert nameless == [], path


def test_an_empty_board_and_its_limits(tmp_path: Path, browser: Browser) -> None:
    server = start_server(tmp_path, f"sqlite:///{tmp_path}/board.sqlite", submissions_per_hour=2)
    tab = browser.new_page()
    tab.set_default_timeout(LONG)
    try:
        go(tab, server.url)
        assert len(names(tab)) == len(OF_T2V)
        go(tab, f"{server.url}/compare")
        assert "Choose two to six models" in tab.locator(".vb.compare").inner_text()
        go(tab, f"{server.url}/arena")
        assert "No pair of videos yet" in tab.locator(".vb.arena").inner_text()
        assert tab.locator("#vote-left").is_disabled()
        uploads = [upload(server, 10) for _ in range(3)]
        assert [answer.status_code for answer in uploads] == [200, 200, 429]
        assert int(uploads[-1].headers["retry-after"]) > 3000
    finally:
        tab.close()
        server.kill()


def test_the_server_ends_while_rows_are_compared(tmp_path: Path, archives: list[bytes]) -> None:
    database = f"sqlite:///{tmp_path}/board.sqlite"
    board = Board(Settings(database=database, suite=SUITE))
    for content in archives[:3]:
        board.submit(content, local=True)
    board.close()
    server = start_server(tmp_path, database, suite=SUITE)
    httpx.get(f"{server.url}/", timeout=60).raise_for_status()
    server.process.terminate()
    assert server.process.wait(60) in (0, -15)
