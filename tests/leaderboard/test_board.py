"""What the board keeps, on both kinds of database."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import LargeBinary, create_engine, delete, event, inspect, select, text, update

from tests.footage import write_video
from tests.leaderboard.archives import MINI, archive, card, rewritten, rows, run, with_videos, zipped
from tests.leaderboard.conftest import ADMIN
from vbench.analysis.statistics import compare, intervals
from vbench.benchmarks.t2v import RULES
from vbench.errors import Refused, UsageError
from vbench.leaderboard.ballot_box import Judgement
from vbench.leaderboard.board import Board
from vbench.leaderboard.db.database import FIGURES, Database, _prepare_sqlite
from vbench.leaderboard.db.tables import Base, Medium, Score, Submission, Verdict, VideoRow
from vbench.leaderboard.errors import Duplicate, NotAllowed, NotFound
from vbench.leaderboard.settings import Settings
from vbench.leaderboard.snapshots import OUTDATED
from vbench.leaderboard.submissions.pack import pack
from vbench.leaderboard.views.board_row import FIGURE, RANKED
from vbench.leaderboard.views.conclusions import potential
from vbench.runs.results import score_card


def test_the_migrated_schema_is_that_of_the_tables(database: str) -> None:
    opened = Database(database)
    Database(database).close()  # a second time changes nothing
    with opened.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    opened.close()


def test_large_values_come_last(tmp_path: Path) -> None:
    """SQLite reads through what stands before a value that is asked for: a list of rows would read every archive."""
    opened = Database(f"sqlite:///{tmp_path}/board.sqlite")
    for table in Base.metadata.sorted_tables:
        large = {column.name for column in table.columns if isinstance(column.type, LargeBinary)}
        large |= {"likeness"} if table is Verdict.__table__ else set()
        names = [column["name"] for column in inspect(opened.engine).get_columns(table.name)]
        assert set(names[len(names) - len(large) :]) == large
    opened.close()


def test_a_large_value_is_read_in_pieces(tmp_path: Path) -> None:
    content, limit = archive(tmp_path), 1000
    opened = Board(Settings(database=f"sqlite:///{tmp_path}/board.sqlite", suite="mini", admin_tokens=(ADMIN,)))
    number = opened.submit(content, local=True).id
    found = opened.large_archive(number)
    opened.database.engine.dispose()

    def never_whole(connection: sqlite3.Connection, *_: object) -> None:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, len(content) - limit)

    event.listen(opened.database.engine, "connect", never_whole)
    assert b"".join(found.read(0, limit)) == content[:limit]
    assert b"".join(found.read(limit, limit + 1)) == content[limit : limit + 1]
    opened.close()


def test_a_database_of_a_newer_version_is_refused(database: str) -> None:
    opened = Database(database)
    with opened.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    opened.close()
    with pytest.raises(UsageError, match="written by a newer vbench"):
        Database(database)


@pytest.mark.parametrize("url", ["mysql://somewhere/board", "not an address", "sqlite:////no/such/folder/board.sqlite"])
def test_no_database(url: str) -> None:
    with pytest.raises(UsageError):
        Database(url)


def test_databases_are_opened_at_once(database: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        for opened in pool.map(Database, [database] * 8):
            assert inspect(opened.engine).has_table("submission")
            opened.close()


def prepared(file: Path) -> str:
    """The journal of a file that a connection was made ready for."""
    with closing(sqlite3.connect(file)) as connection:
        _prepare_sqlite(connection, None, seconds=60)
        mode: str = connection.execute("PRAGMA journal_mode").fetchone()[0]
        return mode


def test_a_new_file_is_made_ready_by_many_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        for number in range(60):  # SQLite fails in about one of eight
            assert set(pool.map(prepared, [tmp_path / f"{number}.sqlite"] * 8)) == {"wal"}


def test_a_submission_from_archive_to_board(board: Board, tmp_path: Path) -> None:
    content = archive(tmp_path)
    receipt = board.submit(content, submitter="192.0.2.1")
    assert (receipt.state, receipt.sha256) == ("pending", hashlib.sha256(content).hexdigest())
    assert [entry for entry in board.entries() if entry.format != FIGURE] == []
    board.publish(receipt.id, ADMIN)
    (entry,) = [entry for entry in board.entries() if entry.format != FIGURE]
    assert (entry.id, entry.kind, entry.card, entry.suite) == (str(receipt.id), "ranked", card(), "mini")
    assert board.archive(receipt.id) == content
    assert [event.state for event in board.submission(receipt.id).history] == ["pending", "published"]
    assert board.submission(receipt.id).provenance["suite"]["sha256"] == MINI.digest


def test_every_figure_is_recomputed_from_the_scores_per_video(board: Board, tmp_path: Path) -> None:
    made = rows()
    entry = board.submit(archive(tmp_path), ADMIN).entry
    expected, widths = score_card(made), intervals(made)
    assert {name: entry.value(name) for name in RULES} == expected.scores
    assert entry.value("quality") == expected.part("quality")
    assert entry.value("total") == expected.total
    assert {(name, figure.low, figure.high) for name, figure in entry.scores.items()} == {
        (name, width.low, width.high) for name, width in widths.items()
    }
    assert set(entry.by_category) == {prompt.category for prompt in MINI} - {""}
    for category, scores in expected.by_category.items():
        found = {name: figure.value for name, figure in entry.by_category[category].items() if name in RULES}
        assert found == pytest.approx(scores)


def test_a_category_of_a_single_prompt_has_no_interval_and_no_potential(board: Board, tmp_path: Path) -> None:
    asked = Counter((prompt.category, name) for prompt in MINI for name in prompt.dimensions if prompt.category)
    entry = board.submit(archive(tmp_path), ADMIN).entry
    known = {(category, name) for category, found in entry.by_category.items()
             for name, figure in found.items() if name in RULES and figure.low is not None}  # fmt: skip
    assert known == {place for place, prompts in asked.items() if prompts > 1}
    assert {1} < set(asked.values())
    assert {(category, one.name) for one in potential(entry) for category, _ in one.best} <= known


def test_rows_compare_as_runs_do(board: Board, tmp_path: Path) -> None:
    one, two = (board.submit(archive(tmp_path, seed, f"Model {seed}"), ADMIN).id for seed in (1, 2))
    assert compare(board.rows(one), board.rows(two)) == compare(rows(1), rows(2))
    with pytest.raises(NotFound):
        board.rows(99)


def test_the_same_archive_is_there_once(board: Board, tmp_path: Path) -> None:
    content = archive(tmp_path)
    first = board.submit(content)
    with pytest.raises(Duplicate, match="You have sent this archive already") as refused:
        board.submit(content)
    assert refused.value.first == first.id


def test_the_result_of_a_version_is_final_and_a_new_version_a_new_row(board: Board, tmp_path: Path) -> None:
    first = board.submit(archive(tmp_path, 1), ADMIN)
    pending = board.submit(archive(tmp_path, 2, "Other"))
    with pytest.raises(Duplicate, match="result of a version is final"):
        board.submit(archive(tmp_path, 3, "  model ".strip()))
    second = board.submit(archive(tmp_path, 4, version="1.1 beta"), ADMIN)
    with pytest.raises(Duplicate, match="result of a version is final"):
        board.submit(archive(tmp_path, 5, version="1.1 Beta"), ADMIN)
    board.publish(pending.id, ADMIN)
    shown = {entry.id for entry in board.entries() if entry.format != FIGURE}
    assert shown == {str(first.id), str(second.id), str(pending.id)}


def test_of_two_pending_ones_of_a_version_one_is_published(board: Board, tmp_path: Path) -> None:
    one, two = (board.submit(archive(tmp_path, seed)) for seed in (1, 2))
    board.publish(one.id, ADMIN)
    with pytest.raises(Duplicate, match="final"):
        board.publish(two.id, ADMIN)


def test_only_its_token_or_an_admins_withdraws(board: Board, tmp_path: Path) -> None:
    first = board.submit(archive(tmp_path, 1))
    second = board.submit(archive(tmp_path, 2, "Other"), ADMIN)
    for token in ("", "x", first.withdraw_token):
        with pytest.raises(NotFound):
            board.withdraw(first.id, "x")
        with pytest.raises(NotAllowed):
            board.withdraw(second.id, token)
    board.withdraw(first.id, first.withdraw_token)
    board.withdraw(second.id, ADMIN)
    with pytest.raises(Refused, match="withdrawn already"):
        board.withdraw(first.id, ADMIN)
    with pytest.raises(Refused, match="only a pending one"):
        board.publish(first.id, ADMIN)
    assert [entry.state for entry in board.entries(everything=True)][:2] == ["withdrawn", "withdrawn"]
    assert board.archive(first.id, ADMIN)  # nothing is lost


def test_only_an_admin_publishes(board: Board, tmp_path: Path) -> None:
    receipt = board.submit(archive(tmp_path))
    for token in ("", "x", receipt.withdraw_token):
        with pytest.raises(NotAllowed):
            board.publish(receipt.id, token)
    with pytest.raises(NotFound):
        board.publish(99, ADMIN)


def test_a_board_for_holders_of_tokens(database: str, tmp_path: Path) -> None:
    board = Board(Settings(database=database, suite="mini", submit_tokens=("a-submitters-token",)))
    with pytest.raises(NotAllowed):
        board.submit(archive(tmp_path), "x")
    assert board.submit(archive(tmp_path), "a-submitters-token").state == "pending"
    board.close()


def test_no_secret_is_stored(board: Board, database: str, tmp_path: Path) -> None:
    receipt = board.submit(archive(tmp_path), ADMIN, submitter="192.0.2.1")
    with board.database.reading() as session:
        columns = [column for column in Submission.__table__.columns if column.name != "archive"]
        stored = str(session.execute(select(*columns)).all())
    for secret in (ADMIN, receipt.withdraw_token, "192.0.2.1"):
        assert secret not in stored


def test_a_refused_submission_leaves_nothing(board: Board, tmp_path: Path) -> None:
    with pytest.raises(Refused):
        board.submit(rewritten(archive(tmp_path), lambda files: {**files, "extra.pkl": b"x"}))
    with board.database.reading() as session:
        for table in Base.metadata.sorted_tables:
            assert session.execute(select(table)).all() == []


def test_what_follows_from_the_archives_can_be_made_anew(board: Board, tmp_path: Path) -> None:
    number = board.submit(archive(tmp_path), ADMIN).id
    before = board.submission(number), board.rows(number)
    with board.database.writing() as session:
        session.execute(update(Score).values(value=1.0))
        session.execute(delete(VideoRow))
    assert dict(board.rebuild([number])) == {number: ()}
    assert (board.submission(number), board.rows(number)) == before


def test_what_older_rules_scored_stands_apart_until_it_is_made_anew(board: Board, tmp_path: Path) -> None:
    first, second = (board.submit(archive(tmp_path, n, f"Model {n}"), ADMIN).id for n in range(2))
    before = board.entries()
    with board.database.writing(FIGURES) as session:
        session.execute(update(Verdict).where(Verdict.submission_id == first).values(check_version=7))
    assert board.scored(outdated=True) == [first]
    assert {row.id: row.apart for row in board.submitted()} == {str(first): (OUTDATED,), str(second): ()}
    assert [
        row.id for row in board.snapshot().ranking("vbench-t2v").entries if row.kind == RANKED and row.received
    ] == [str(second)]
    assert dict(board.rebuild(board.scored(outdated=True))) == {first: ()}
    assert (board.scored(outdated=True), board.entries()) == ([], before)


def test_rebuilding_keeps_what_would_be_refused_today(board: Board, tmp_path: Path) -> None:
    first, second, third = (board.submit(archive(tmp_path, n, f"Model {n}"), ADMIN).id for n in range(3))
    kept = [board.submission(number).entry.value("total") for number in (first, second, third)]
    limit = max(len(board.archive(number)) for number in (first, second, third))
    with board.database.writing() as session:
        for number, content in ((first, zipped({"scores.jsonl": b"{}"})), (second, b"PK" * limit)):
            session.execute(update(Submission).where(Submission.id == number).values(archive=content))
        session.execute(update(Score).where(Score.submission_id == third).values(value=1.0))
    smaller = Board(replace(board.settings, upload_bytes=limit))
    assert [number for number, reasons in smaller.rebuild(smaller.scored()) if reasons] == [first, second]
    smaller.close()
    assert [board.submission(number).entry.value("total") for number in (first, second, third)] == kept


def test_frames_and_videos(board: Board, tmp_path: Path) -> None:
    video, numbers = write_video(tmp_path / "v.mp4").read_bytes(), []
    for seed in (1, 2):
        made = rows(seed)
        frame = {f"frames/{made[0].video.removesuffix('.mp4')}.jpg": _jpeg()}
        content = with_videos(archive(tmp_path, seed, f"Model {seed}"), {made[0].video: video + bytes([seed])})
        numbers.append(board.submit(rewritten(content, partial(dict.__or__, frame)), ADMIN).id)
    prompt = rows()[0].prompt
    (frame_of_first,) = board.submission(numbers[0]).frames
    assert board.medium(numbers[0], frame_of_first) == _jpeg()
    videos = board.videos()
    assert list(videos) == [prompt]
    assert sorted(videos[prompt]) == numbers
    assert board.medium(numbers[1], videos[prompt][numbers[1]])[-1] == 2
    with pytest.raises(NotFound):
        board.medium(numbers[0], "videos/none.mp4")

    first, second = numbers
    board.ballot_box.vote(prompt, first, second, "first", "a voter")
    board.ballot_box.vote(prompt, second, first, "tie", "another voter", "color")
    board.ballot_box.vote(prompt, second, first, "first", "a voter")  # thought better of it
    assert board.ballot_box.votes() == [
        Judgement(prompt, "color", first, second, "tie"),
        Judgement(prompt, "", first, second, "second"),
    ]
    for wrong in (
        ("no prompt", first, second, "first", "a"),
        (prompt, first, first, "first", "a"),
        (prompt, first, 99, "first", "a"),
        (prompt, first, second, "both", "a"),
        (prompt, first, second, "first", ""),
        (prompt, first, second, "first", "a", "beauty"),
    ):
        with pytest.raises(Refused):
            board.ballot_box.vote(*wrong)
    assert len(board.ballot_box.votes()) == 2
    assert board.remove_votes([3, 3, 99], ADMIN) == 1  # the one before counts again
    assert board.ballot_box.votes() == [
        Judgement(prompt, "", first, second, "first"),
        Judgement(prompt, "color", first, second, "tie"),
    ]
    assert board.remove_votes([3], ADMIN) == 0
    with pytest.raises(NotAllowed):
        board.remove_votes([1], "x")


def test_many_threads_submit_at_once(board: Board, tmp_path: Path) -> None:
    contents = [archive(tmp_path, seed, f"Model {seed % 7}", version=str(seed)) for seed in range(12)]
    with ThreadPoolExecutor(12) as pool:
        receipts = list(pool.map(board.submit, contents))
    assert len({receipt.id for receipt in receipts}) == 12
    with board.database.reading() as session:
        for table, count in ((Verdict, 12), (VideoRow, 12 * len(rows())), (Medium, 0)):
            assert len(session.execute(select(table.__table__)).all()) == count


def test_pack_is_the_same_twice(tmp_path: Path) -> None:
    folder = run(tmp_path / "run")
    assert pack(folder, card()) == pack(folder, card())
    assert json.loads(json.dumps(card().plain())) == card().plain()


def _jpeg() -> bytes:
    import io

    from PIL import Image

    content = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(content, format="jpeg")
    return content.getvalue()


def test_the_engine_is_sqlalchemys(tmp_path: Path) -> None:
    """A tool that knows nothing of us can read the file."""
    Database(f"sqlite:///{tmp_path}/board.sqlite").close()
    engine = create_engine(f"sqlite:///{tmp_path}/board.sqlite")
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
    engine.dispose()
