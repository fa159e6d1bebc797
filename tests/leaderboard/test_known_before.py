"""What a board knows of a result before it takes it: looked up among few or many at the same cost."""

from __future__ import annotations

from collections.abc import Callable

from tests.counted import instructions
from tests.leaderboard.archives import card
from vbench.leaderboard.db.database import Database
from vbench.leaderboard.db.tables import PUBLISHED, Certification, Change, Model, Submission, Verdict
from vbench.leaderboard.known_before import known_of, refuse_known_version, refuse_sent_before
from vbench.leaderboard.snapshots import entries_of, states_of
from vbench.leaderboard.submissions.plausibility import _names_alike

MANY = 400


def submitted(database: Database, first: int, last: int) -> None:
    """Put published, certified submissions of these numbers into a board, a model each."""
    with database.writing() as session:
        for number in range(first, last + 1):
            session.add(Model(id=number, key=f"model{number}", name=f"Model {number}"))
            session.flush()
            session.add(
                Submission(
                    id=number, model_id=number, version="1", sampled_by="", evaluated_by="", received="",
                    card=card(f"Model {number}").plain(), sha256=str(number), submitter="somebody", withdrawal="",
                    archive_bytes=0, archive=b"",
                )
            )  # fmt: skip
            session.flush()
            session.add(Change(submission_id=number, state=PUBLISHED, at="", by=""))
            session.add(Certification(submission_id=number, mark="gold", at=""))
            session.add(
                Verdict(
                    submission_id=number, check_version=1, format="", benchmark="b", suite="s", profile="p",
                    provenance={}, findings={"apart": [], "notes": []}, rows_sha256="", likeness={},
                )
            )  # fmt: skip


def costs(database: Database) -> dict[str, int]:
    """Instructions of each question that is asked about one submission."""
    with database.reading() as session:
        asked: dict[str, Callable[[], object]] = {
            "sent before": lambda: refuse_sent_before(session, "1", "somebody else"),
            "known version": lambda: refuse_known_version(session, card("New"), "b", "s", "p"),
            "known": lambda: known_of(session, {1: "scores"}, None, ""),
            "entry": lambda: entries_of(session, [1], {1: PUBLISHED}, {1: {}}),
        }
        for ask in asked.values():
            ask()  # what is prepared once counts nowhere
        return {name: instructions(ask) for name, ask in asked.items()}


def test_a_submission_is_looked_up_among_many_as_among_few(database: str) -> None:
    opened = Database(database)
    submitted(opened, 1, 10)
    few = costs(opened)
    submitted(opened, 11, MANY)
    many = costs(opened)
    assert {name: cost for name, cost in many.items() if cost > 1.05 * few[name]} == {}, few
    opened.close()


def test_states_are_those_of_the_submissions_that_are_asked_for(database: str) -> None:
    opened = Database(database)
    submitted(opened, 1, 3)
    with opened.reading() as session:
        assert states_of(session, [1, 3, 4]) == {3: PUBLISHED, 1: PUBLISHED}
        assert list(states_of(session)) == [3, 2, 1]
        assert states_of(session, []) == {}
    opened.close()


def test_a_known_name_is_not_looked_at_again_for_each_new_one() -> None:
    names = [f"Known model {number}" for number in range(MANY)]
    list(_names_alike("None", ["Other"]))  # what is read once counts nowhere
    looked = instructions(lambda: list(_names_alike("One", names)))
    assert instructions(lambda: list(_names_alike("Another", names))) < looked / 10
