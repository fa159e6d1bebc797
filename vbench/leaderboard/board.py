"""The board: what it holds, who may change it, and what everybody may read.

Every figure of a submission was computed here, from its scores per video. What was received is only ever added to; what
follows from it can be made anew at any time.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session, undefer

from vbench.analysis.statistics import Figure
from vbench.benchmarks.t2v import RULES
from vbench.errors import Refused
from vbench.files.strict_json import unseen
from vbench.leaderboard.db.database import Database
from vbench.leaderboard.db.tables import (
    PENDING,
    PUBLISHED,
    WITHDRAWN,
    Change,
    Medium,
    Model,
    Score,
    Submission,
    Verdict,
    VideoRow,
    Vote,
)  # fmt: skip
from vbench.leaderboard.errors import Duplicate, NotAllowed, NotFound
from vbench.leaderboard.settings import Settings
from vbench.leaderboard.submissions.archive import limits_of, read_archive
from vbench.leaderboard.submissions.model_card import ModelCard, read_card
from vbench.leaderboard.submissions.validate import CHECK_VERSION, Checked, check
from vbench.leaderboard.views.board_row import BoardRow
from vbench.leaderboard.views.published_figures import published_entries
from vbench.provenance import now
from vbench.runs.store import Row

FIRST, SECOND, TIE = "first", "second", "tie"

OUTCOMES = {FIRST: SECOND, SECOND: FIRST, TIE: TIE}
"""What a voter may say -> the same with the two videos exchanged."""


@dataclass(frozen=True)
class Receipt:
    """What a submitter gets.

    Attributes:
        id: number of the submission.
        state: ``pending`` until somebody with the right has published it.
        sha256: of the archive as it was received.
        withdraw_token: with it the submission can be withdrawn; nobody can give it a second time.
        entry: the row as the board will show it.
    """

    id: int
    state: str
    sha256: str
    withdraw_token: str
    entry: BoardRow


@dataclass(frozen=True)
class Event:
    """One change of a submission's state: by ``submitter`` or ``admin``."""

    state: str
    at: str
    by: str


@dataclass(frozen=True)
class Detail:
    """One submission with its history.

    Attributes:
        entry: its row.
        provenance: what the run recorded; empty where nothing is known.
        history: its states, the first one first.
        archive_bytes: size of the archive.
        frames: names of its sample frames.
        videos: names of its sampled videos.
    """

    entry: BoardRow
    provenance: dict[str, Any]
    history: tuple[Event, ...]
    archive_bytes: int
    frames: tuple[str, ...]
    videos: tuple[str, ...]


@dataclass(frozen=True)
class Judgement:
    """A voter's latest word on a pair.

    Attributes:
        prompt: that both videos answer.
        dimension: that was asked about, ``""`` for the videos on the whole.
        first: number of a submission, the smaller one of the two.
        second: number of the other.
        outcome: ``first``, ``second`` or ``tie``.
    """

    prompt: str
    dimension: str
    first: int
    second: int
    outcome: str


class Board:
    """A leaderboard in a database.

    Args:
        settings: where it is kept, who may change it, and its limits.

    Raises:
        UsageError: the database cannot be opened.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.database = Database(settings.database)
        self.limits = limits_of(settings)

    def close(self) -> None:
        """Let the database go."""
        self.database.close()

    # Submissions ------------------------------------------------------------------------------------------------

    def submit(
        self, archive: bytes, token: str = "", submitter: str = "", card: ModelCard | None = None, local: bool = False
    ) -> Receipt:
        """Check an archive and keep it, whole or not at all.

        Args:
            archive: a zip as ``vbench submit`` makes it, or the reference's result files, zipped or one JSON alone.
            token: an admin's publishes at once.
            submitter: address or name that it came from; only a digest is kept.
            card: for an archive that has none.
            local: the caller owns the database and needs no token.

        Raises:
            NotAllowed: the board takes submissions from holders of a token only.
            Duplicate: the same archive, the same scores or the same version of the model are there already.
            Refused: something is wrong with it; the error has every reason.
        """
        admin = local or self.is_admin(token)
        if not admin:
            self._demand_submitter(token)
        sha256 = hashlib.sha256(archive).hexdigest()
        with self.database.reading() as session:
            _refuse_known_archive(session, sha256)
        checked = check(read_archive(archive, self.limits), self.settings.suite, card)
        withdraw_token = secrets.token_urlsafe(32)
        with self.database.writing() as session:
            _refuse_known_archive(session, sha256)
            _refuse_known_rows(session, checked)
            _refuse_known_version(session, checked.card, checked.suite, checked.profile)
            submission = Submission(
                model_id=_model(session, checked.card.name),
                version=checked.card.version,
                sampled_by=checked.card.sampled_by,
                evaluated_by=checked.card.evaluated_by,
                card=checked.card.plain(),
                sha256=sha256,
                archive=archive,
                archive_bytes=len(archive),
                received=now(),
                submitter=_digest(token or submitter),
                withdrawal=_digest(withdraw_token),
            )
            session.add(submission)
            session.flush()
            number = submission.id
            _derive(session, number, checked)
            _change(session, number, PENDING, "submitter")
            if admin:
                _change(session, number, PUBLISHED, "admin")
        entry = self.submission(number).entry
        return Receipt(number, entry.state, sha256, withdraw_token, entry)

    def publish(self, number: int, token: str = "", local: bool = False) -> None:
        """Show a pending submission on the board.

        Raises:
            NotAllowed: the token is no admin's.
            NotFound: there is no such submission.
            Refused: it is not pending, or the version of the model has a published result.
        """
        if not local and not self.is_admin(token):
            raise NotAllowed("Only an admin's token publishes.")
        with self.database.writing() as session:
            submission, verdict = _found(session, number), session.get_one(Verdict, number)
            if (state := _state(session, number)) != PENDING:
                raise Refused([f"Submission {number} is {state}; only a pending one can be published."])
            _refuse_known_version(session, read_card(submission.card), verdict.suite, verdict.profile)
            _change(session, number, PUBLISHED, "admin")

    def withdraw(self, number: int, token: str = "", local: bool = False) -> None:
        """Take a submission off the board; it stays in the records and cannot come back.

        Args:
            number: of the submission.
            token: the one of the receipt, or an admin's.
            local: the caller owns the database and needs no token.

        Raises:
            NotAllowed: it is another token.
            NotFound: there is no such submission.
            Refused: it is withdrawn already.
        """
        admin = local or self.is_admin(token)
        with self.database.writing() as session:
            submission = _found(session, number)
            if not admin and not hmac.compare_digest(submission.withdrawal, _digest(token)):
                raise NotAllowed(f"This token does not withdraw submission {number}: use the one of its receipt.")
            if _state(session, number) == WITHDRAWN:
                raise Refused([f"Submission {number} is withdrawn already."])
            _change(session, number, WITHDRAWN, "admin" if admin else "submitter")

    def rebuild(self) -> dict[int, tuple[str, ...]]:
        """Make everything that follows from the archives anew, each submission in one transaction.

        Returns:
            Submission -> reasons, for those that the check of today would refuse; they keep what they have.
        """
        refused = {}
        with self.database.reading() as session:
            numbers = list(session.scalars(select(Submission.id).order_by(Submission.id)))
        for number in numbers:
            with self.database.writing() as session:
                submission = session.get_one(Submission, number, options=[undefer(Submission.archive)])
                files = read_archive(submission.archive, self.limits)
                try:
                    checked = check(files, self.settings.suite, read_card(submission.card))
                except Refused as error:
                    refused[number] = error.reasons
                    continue
                for table in (Verdict, Score, VideoRow, Medium):
                    session.execute(delete(table).where(table.submission_id == number))
                _derive(session, number, checked)
        return refused

    # Reading ----------------------------------------------------------------------------------------------------

    def entries(self, everything: bool = False) -> list[BoardRow]:
        """The rows of the board: published submissions, the newest first, then published figures.

        Args:
            everything: pending and withdrawn submissions too.
        """
        with self.database.reading() as session:
            states = _states(session)
            wanted = [number for number, state in states.items() if everything or state == PUBLISHED]
            return [*_entries(session, wanted, states), *published_entries()]

    def submission(self, number: int) -> Detail:
        """One submission, whatever its state.

        Raises:
            NotFound: there is no such submission.
        """
        with self.database.reading() as session:
            submission, verdict = _found(session, number), session.get_one(Verdict, number)
            changes = session.scalars(select(Change).where(Change.submission_id == number).order_by(Change.id))
            history = tuple(Event(change.state, change.at, change.by) for change in changes)
            names = list(session.scalars(_media(number)))
            (entry,) = _entries(session, [number], {number: history[-1].state})
            return Detail(
                entry, verdict.provenance, history, submission.archive_bytes,
                tuple(name for name in names if name.startswith("frames/")),
                tuple(name for name in names if name.startswith("videos/")),
            )  # fmt: skip

    def archive(self, number: int) -> bytes:
        """An archive as it was received.

        Raises:
            NotFound: there is no such submission.
        """
        with self.database.reading() as session:
            content = session.scalar(select(Submission.archive).where(Submission.id == number))
        if content is None:
            raise NotFound(f"There is no submission {number}.")
        return content

    def rows(self, number: int) -> list[Row]:
        """The scores per video of a submission, for paired comparisons (:func:`vbench.analysis.statistics.compare`).

        Raises:
            NotFound: there is no such submission.
        """
        columns = (
            VideoRow.video, VideoRow.prompt, VideoRow.dimension, VideoRow.content.label("sha256"), VideoRow.category,
            VideoRow.status, VideoRow.value, VideoRow.weight,
        )  # fmt: skip
        with self.database.reading() as session:
            _found(session, number)
            found = session.execute(select(*columns).where(VideoRow.submission_id == number).order_by(VideoRow.id))
            return [Row(cache_key="", **row._mapping) for row in found]

    def frames(self, number: int) -> dict[str, bytes]:
        """The sample frames of a submission: name in the archive -> JPEG."""
        with self.database.reading() as session:
            found = session.execute(
                select(Medium.name, Medium.content)
                .where(Medium.submission_id == number, Medium.name.startswith("frames/"))
                .order_by(Medium.name)
            )
            return dict(found.all())

    def videos(self) -> dict[str, dict[int, str]]:
        """Sampled videos of published submissions: prompt -> submission -> name, for :meth:`medium`."""
        videos: dict[str, dict[int, str]] = defaultdict(dict)
        with self.database.reading() as session:
            published = [number for number, state in _states(session).items() if state == PUBLISHED]
            found = session.execute(
                select(Medium.prompt, Medium.submission_id, Medium.name)
                .where(Medium.name.startswith("videos/"), Medium.submission_id.in_(published))
                .order_by(Medium.prompt, Medium.submission_id, Medium.name.desc())
            )
            for prompt, number, name in found:
                videos[prompt][number] = name
        return dict(videos)

    def medium(self, number: int, name: str) -> bytes:
        """One frame or video of a submission.

        Raises:
            NotFound: it has none of that name.
        """
        where = (Medium.submission_id == number, Medium.name == name)
        with self.database.reading() as session:
            content = session.scalar(select(Medium.content).where(*where))
        if content is None:
            raise NotFound(f"Submission {number} has no {name!r:.100}.")
        return content

    # Votes ------------------------------------------------------------------------------------------------------

    def vote(self, prompt: str, first: int, second: int, outcome: str, voter: str, dimension: str = "") -> None:
        """Keep a voter's judgement of two videos of a prompt; an earlier one of the same pair no longer counts.

        Args:
            prompt: that both videos answer.
            first: a submission.
            second: another.
            outcome: which is better: ``first``, ``second`` or ``tie``.
            voter: a random string that the voter's browser keeps; only its digest is stored.
            dimension: that was asked about, ``""`` for the videos on the whole.

        Raises:
            Refused: there is no such pair, dimension or outcome.
        """
        videos = self.videos().get(prompt, {})
        reasons = [
            f"Submission {one} has no published video of this prompt." for one in (first, second) if one not in videos
        ]
        if first == second:
            reasons.append("A vote is between two submissions.")
        if outcome not in OUTCOMES:
            reasons.append(f"A vote says one of {', '.join(OUTCOMES)}.")
        if dimension and dimension not in RULES:
            reasons.append(f"There is no dimension {dimension!r:.60}.")
        if not voter or unseen(voter):
            reasons.append("A vote needs a voter.")
        if reasons:
            raise Refused(reasons)
        if first > second:
            first, second, outcome = second, first, OUTCOMES[outcome]
        with self.database.writing() as session:
            vote = Vote(prompt=prompt, dimension=dimension, first_id=first, second_id=second, outcome=outcome)
            vote.voter, vote.at = _digest(voter), now()
            session.add(vote)

    def votes(self) -> list[Judgement]:
        """The judgements that count: of each voter, prompt, dimension and pair the latest."""
        pair = (Vote.voter, Vote.prompt, Vote.dimension, Vote.first_id, Vote.second_id)
        latest = select(func.max(Vote.id)).group_by(*pair)
        columns = (Vote.prompt, Vote.dimension, Vote.first_id, Vote.second_id, Vote.outcome)
        with self.database.reading() as session:
            return [
                Judgement(*vote)
                for vote in session.execute(select(*columns).where(Vote.id.in_(latest)).order_by(Vote.id))
            ]

    # Rights -----------------------------------------------------------------------------------------------------

    def is_admin(self, token: str) -> bool:
        """Whether a token is one of the admins', compared in constant time."""
        return _is_one_of(token, self.settings.admin_tokens)

    def _demand_submitter(self, token: str) -> None:
        if self.settings.submit_tokens and not _is_one_of(token, self.settings.submit_tokens):
            raise NotAllowed("This board takes submissions with a token only; ask whoever runs it for one.")


def _is_one_of(token: str, tokens: Sequence[str]) -> bool:
    return sum(hmac.compare_digest(token.encode(), known.encode()) for known in tokens) > 0


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _found(session: Session, number: int) -> Submission:
    submission = session.get(Submission, number)
    if submission is None:
        raise NotFound(f"There is no submission {number}.")
    return submission


def _change(session: Session, number: int, state: str, by: str) -> None:
    session.add(Change(submission_id=number, state=state, at=now(), by=by))
    session.flush()


def _states(session: Session) -> dict[int, str]:
    """State of every submission, the newest first."""
    latest = select(func.max(Change.id)).group_by(Change.submission_id)
    found = session.execute(
        select(Change.submission_id, Change.state).where(Change.id.in_(latest)).order_by(Change.submission_id.desc())
    )
    return dict(found.all())


def _state(session: Session, number: int) -> str:
    return session.scalars(
        select(Change.state).where(Change.submission_id == number).order_by(Change.id.desc()).limit(1)
    ).one()


def _media(number: int) -> Any:
    return select(Medium.name).where(Medium.submission_id == number).order_by(Medium.name)


def _key(name: str) -> str:
    return "".join(name.casefold().split())


def _model(session: Session, name: str) -> int:
    """The model of that name, made if it is new."""
    model = session.scalar(select(Model).where(Model.key == _key(name)))
    if model is None:
        model = Model(key=_key(name), name=name)
        session.add(model)
        session.flush()
    return model.id


def _refuse_known_archive(session: Session, sha256: str) -> None:
    first = session.scalar(select(Submission.id).where(Submission.sha256 == sha256))
    if first is not None:
        raise Duplicate(first, f"This archive is there already: it is submission {first}, {_state(session, first)}.")


def _refuse_known_rows(session: Session, checked: Checked) -> None:
    states = _states(session)
    for first in session.scalars(select(Verdict.submission_id).where(Verdict.rows_sha256 == checked.rows_sha256)):
        if states[first] != WITHDRAWN:
            raise Duplicate(first, f"Submission {first} has exactly these scores: one of the two is a copy.")


def _refuse_known_version(session: Session, card: ModelCard, suite: str, profile: str) -> None:
    states = _states(session)
    named = (Model.key == _key(card.name), Submission.version == card.version)
    judged = (Verdict.suite == suite, Verdict.profile == profile)
    same = select(Submission.id).join(Model).join(Verdict).where(*named, *judged)
    for first in session.scalars(same):
        if states[first] == PUBLISHED:
            raise Duplicate(
                first,
                f"{card.name} {card.version or 'without a version'} has a published result, submission {first}. "
                "The result of a version is final: submit a new one under a new version, and note what is different.",
            )


def _derive(session: Session, number: int, checked: Checked) -> None:
    """Store everything that follows from an archive."""
    session.add(
        Verdict(
            submission_id=number,
            check_version=CHECK_VERSION,
            format=checked.format,
            suite=checked.suite,
            profile=checked.profile,
            provenance=dict(checked.provenance),
            findings={"notes": list(checked.notes), "apart": list(checked.apart)},
            rows_sha256=checked.rows_sha256,
        )
    )
    session.execute(
        insert(Score),
        [
            {"submission_id": number, "category": category, "name": name, **vars(figure)}
            for category, figures in {"": checked.scores, **checked.by_category}.items()
            for name, figure in figures.items()
        ],
    )
    columns = ("video", "prompt", "dimension", "status", "value", "weight", "category")
    rows = [
        {"submission_id": number, "content": row.sha256, **{name: getattr(row, name) for name in columns}}
        for row in checked.rows
    ]
    session.execute(insert(VideoRow), rows)
    for name, (prompt, content) in checked.media.items():
        session.add(Medium(submission_id=number, name=name, prompt=prompt, content=content))
    session.flush()


def _entries(session: Session, numbers: Sequence[int], states: dict[int, str]) -> list[BoardRow]:
    figures: dict[int, dict[str, dict[str, Figure]]] = defaultdict(lambda: defaultdict(dict))
    for score in session.scalars(select(Score).where(Score.submission_id.in_(numbers)).order_by(Score.id)):
        figure = Figure(score.value, score.low, score.high, score.videos)
        figures[score.submission_id][score.category][score.name] = figure
    found = session.execute(
        select(Submission, Verdict).join(Verdict).where(Submission.id.in_(numbers)).order_by(Submission.id.desc())
    )
    return [
        BoardRow(
            id=str(submission.id),
            format=verdict.format,
            state=states[submission.id],
            card=ModelCard(**submission.card),
            suite=verdict.suite,
            profile=verdict.profile,
            received=submission.received,
            scores=figures[submission.id].pop("", {}),
            by_category=figures[submission.id],
            apart=tuple(verdict.findings["apart"]),
            notes=tuple(verdict.findings["notes"]),
            sha256=submission.sha256,
        )
        for submission, verdict in found
    ]
