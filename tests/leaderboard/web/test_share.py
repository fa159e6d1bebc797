"""What other sites get of a board: badges, a feed, previews, framed rows, parts of videos; help for lost visitors."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest
from PIL import Image

from tests.footage import write_video
from tests.leaderboard.archives import archive, rows, with_videos
from tests.leaderboard.conftest import Server, start_server
from vbench.leaderboard.board import Board
from vbench.leaderboard.settings import Settings
from vbench.leaderboard.snapshots import Snapshot
from vbench.leaderboard.web.share.feed import feed
from vbench.leaderboard.web.share.picture import SIZE
from vbench.leaderboard.web.ui.pages.model import _page as model_page
from vbench.leaderboard.web.ui.pages.samples import _models, _page, _with_videos

pytestmark = pytest.mark.slow

HOSTILE = '<script>alert(1)</script>"&'

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Board]]:
    """A server whose board has two submissions with videos, of which one has a name that looks like a page."""
    folder = tmp_path_factory.mktemp("share")
    database = f"sqlite:///{folder}/board.sqlite"
    board = Board(Settings(database=database, suite="mini"))
    video = write_video(folder / "v.mp4", lossless=False).read_bytes()
    names = sorted({row.video for row in rows() if row.video.endswith("-0.mp4")})
    for seed, name in enumerate((HOSTILE, "Second")):
        videos = {names[0]: video + bytes(10 + seed), names[1 + seed]: video + bytes(20 + seed)}
        board.submit(with_videos(archive(folder, seed, name), videos), local=True)
    board.submit(archive(folder, 5, "Waiting"))
    server = start_server(folder, database)
    yield server, board
    server.kill()
    board.close()


@pytest.fixture
def web(site: tuple[Server, Board]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site[0].url, timeout=60) as client:
        yield client


def test_a_badge_says_total_and_place(web: httpx.Client, site: tuple[Server, Board]) -> None:
    entry = site[1].submission(1).entry
    answer = web.get("/badge/1.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    picture = ElementTree.fromstring(answer.text)
    said = "".join(picture.itertext())
    assert f"{100 * (entry.value('total') or 0):.2f} %" in said
    assert re.search(r"place \d+ of \d+", said)
    assert HOSTILE in said  # as text
    assert "<script" not in answer.text
    one = web.get("/badge/published-veo-3.svg?score=scene").text
    assert "57.43 %" in one
    assert "scene" in one
    assert "no such score" in web.get("/badge/1.svg?score=beauty").text
    for name in ("3", "99", "published-nothing"):  # one that waits is nobody's to see
        answer = web.get(f"/badge/{name}.svg")
        assert (answer.status_code, "not on the board" in answer.text) == (404, True)


def test_the_feed_has_what_was_published_newest_first(web: httpx.Client, site: tuple[Server, Board]) -> None:
    feed = ElementTree.fromstring(web.get("/feed.xml").text)
    titles = [entry.findtext(f"{ATOM}title") or "" for entry in feed.iter(f"{ATOM}entry")]
    assert [title.partition(" 1.0: Total")[0] for title in titles] == ["Second", HOSTILE]
    addresses = [entry.find(f"{ATOM}link") for entry in feed.iter(f"{ATOM}entry")]
    assert [link.attrib["href"] for link in addresses if link is not None] == [
        f"{site[0].url}/model?id=2", f"{site[0].url}/model?id=1",
    ]  # fmt: skip
    assert feed.findtext(f"{ATOM}updated") == feed.findtext(f"{ATOM}entry/{ATOM}updated")


def test_what_is_published_while_the_feed_is_made_does_not_stop_it(tmp_path: Path) -> None:
    class Meanwhile(Board):
        def snapshot(self) -> Snapshot:
            if waiting:
                self.publish(waiting.pop(), local=True)
            return super().snapshot()

    board = Meanwhile(Settings(database=f"sqlite:///{tmp_path}/board.sqlite", suite="mini"))
    waiting: list[int] = []
    waiting.append(board.submit(archive(tmp_path)).id)
    assert ElementTree.fromstring(feed(board, "https://board.example/")).find(f"{ATOM}entry") is not None
    board.close()


def test_a_link_is_previewed_by_a_picture_of_its_row(web: httpx.Client, site: tuple[Server, Board]) -> None:
    def said(path: str) -> dict[str, str]:
        found = re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)">', web.get(path).text)
        return dict(found)

    row, board = said("/model?id=2"), said("/")
    assert row["og:title"].startswith("Second 1.0")
    assert row["og:description"].startswith("Total ")
    assert row["og:image"] == f"{site[0].url}/preview/2.png"
    assert row["og:url"] == f"{site[0].url}/model?id=2"
    assert board["og:image"] == f"{site[0].url}/preview/board.png"
    assert said("/model?id=99")["og:image"] == board["og:image"]
    assert [web.get(path).status_code for path in ("/model?id=99", "/model?id=2", "/model")] == [404, 200, 200]
    for name in ("1", "2", "published-veo-3", "board"):
        with Image.open(io.BytesIO(web.get(f"/preview/{name}.png").content)) as picture:
            assert picture.size == SIZE
            assert len(picture.convert("RGB").getcolors(SIZE[0] * SIZE[1]) or ()) > 5
    assert web.get("/preview/2.png").content != web.get("/preview/1.png").content
    assert web.get("/preview/3.png").status_code == 404
    page = web.get("/model?id=1").text
    assert "gradio-app/gradio/main" not in page.partition("</head>")[0]
    assert "<script>alert(1)" not in page
    assert web.get("/model?id=1").headers["content-length"] == str(len(web.get("/model?id=1").content))


def test_a_row_is_framed_by_other_pages_and_runs_nothing(web: httpx.Client, site: tuple[Server, Board]) -> None:
    answer = web.get("/embed/1")
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "x-frame-options" not in answer.headers
    assert "<script" not in answer.text
    assert f'href="{site[0].url}/model?id=1"' in answer.text
    assert web.get("/embed/3").status_code == 404


def test_parts_of_a_video_are_its_bytes(web: httpx.Client, site: tuple[Server, Board]) -> None:
    name = site[1].submission(1).videos[0]
    whole = site[1].medium(1, name)
    address = f"/api/submissions/1/media/{name}"
    full = web.get(address)
    assert (full.status_code, full.headers["accept-ranges"], full.content) == (200, "bytes", whole)
    last = len(whole) - 1
    for asked, part in (
        ("bytes=0-99", whole[:100]), ("bytes=100-", whole[100:]), ("bytes=-50", whole[-50:]),
        (f"bytes=10-{last + 1000}", whole[10:]), (f"bytes={last}-{last}", whole[-1:]), ("bytes=-99999999", whole),
    ):  # fmt: skip
        answer = web.get(address, headers={"Range": asked})
        assert (answer.status_code, answer.content) == (206, part), asked
        assert answer.headers["content-length"] == str(len(part))
        start = len(whole) - len(part) if asked.startswith("bytes=-") else int(asked[6:].partition("-")[0])
        assert answer.headers["content-range"] == f"bytes {start}-{start + len(part) - 1}/{len(whole)}"
    for asked in ("bytes=5-2", f"bytes={len(whole)}-", "bytes=-0"):
        answer = web.get(address, headers={"Range": asked})
        assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{len(whole)}")
    for asked in ("bytes=0-1,5-6", "lines=1-2", "bytes=-", "bytes=a-b"):
        assert web.get(address, headers={"Range": asked}).content == whole
    assert web.get(address, headers={"Range": "bytes=0-1", "If-Range": '"another"'}).content == whole
    assert web.get("/api/submissions/1/archive", headers={"Range": "bytes=0-3"}).content == b"PK\x03\x04"


def test_a_lost_visitor_is_helped_and_a_program_is_told(web: httpx.Client) -> None:
    page = {"Accept": "text/html,application/xhtml+xml"}
    for path, likely in (
        ("/leaderbord/second", "model?id=2"), ("/comparee", "compare"), ("/models/veo-3", "model?id=published-veo-3"),
        ("/submissions/2", "model?id=2"), ("/<script>alert(1)</script>", ""), ("/a/b/c?x=1", ""),
    ):  # fmt: skip
        answer = web.get(path, headers=page)
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/html")
        assert "Nothing is here" in answer.text
        assert "<script>" not in answer.text
        assert f'/{likely}">' in answer.text, path
    assert web.get("/nothing", headers={"Accept": "application/json"}).json()
    assert web.get("/api/nothing", headers=page).json()["error"]
    assert web.get("/", headers=page).status_code == 200


def test_samples_are_shown_by_prompt_and_side_by_side(site: tuple[Server, Board]) -> None:
    snapshot = site[1].snapshot()
    entries, videos = _with_videos(snapshot), snapshot.videos
    assert [entry.id for entry in entries] == ["2", "1"]
    one, both = _page(_models(entries, ["1"]), videos), _page(_models(entries, ["1", "2", "9"]), videos)
    assert one.count("<video") == 2
    assert both.count("<video") == 2
    assert "1 prompts that both answer" in both
    assert "api/submissions/1/media/videos/" in both
    assert "api/submissions/2/media/videos/" in both
    page = model_page(site[1], "1", f"{site[0].url}/")
    assert page.count("<video") == 2
    assert f"{site[0].url}/badge/1.svg" in page
    assert 'href="samples?ids=1"' in page
    assert "<script>alert" not in both + page
