"""The board: what it holds, who may change it, and what everybody may read.

Every figure of a submission was computed here, from its scores per video. What was received is only ever added to; what
follows from it can be made anew at any time.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Text, cast, delete, select
from sqlalchemy.orm import Session, undefer

from vbench.errors import Refused
from vbench.leaderboard.accounts import Accounts, Holder, holder_of
from vbench.leaderboard.answers import Detail, EditedCard, Event, Receipt, Waiting
from vbench.leaderboard.ballot_box import BallotBox
from vbench.leaderboard.db.database import FIGURES, NOTHING, Database
from vbench.leaderboard.db.large_values import LargeValue, large_value
from vbench.leaderboard.db.tables import (
    PENDING,
    PUBLISHED,
    WITHDRAWN,
    Account,
    CardVersion,
    Certification,
    Change,
    Medium,
    Model,
    PromptTable,
    Score,
    Submission,
    Verdict,
    VideoRow,
)  # fmt: skip
from vbench.leaderboard.derived import model_named, write_derived
from vbench.leaderboard.errors import NotAllowed, NotFound
from vbench.leaderboard.keys import demand_key, digest, new_key, withdraw_token
from vbench.leaderboard.known_before import (
    alike_to,
    known_of,
    refuse_known_version,
    refuse_sent_before,
    submission_under,
)
from vbench.leaderboard.ownership import copies
from vbench.leaderboard.settings import ACCOUNTS, EVERYBODY, Settings
from vbench.leaderboard.snapshots import Snapshot, Snapshots, entries_of, figures_of, in_parts, states_of
from vbench.leaderboard.submissions.archive import limits_of, read_archive
from vbench.leaderboard.submissions.check_apart import check_apart
from vbench.leaderboard.submissions.likeness import likeness_of
from vbench.leaderboard.submissions.model_card import ModelCard, read_card
from vbench.leaderboard.submissions.plausibility import strange
from vbench.leaderboard.submissions.preview import Preview, of_checked, of_record
from vbench.leaderboard.submissions.validate import CHECK_VERSION, Checked, check
from vbench.leaderboard.views.board_row import BoardRow
from vbench.leaderboard.views.published_figures import published_entries
from vbench.provenance import now
from vbench.runs.store import Row

MARKS = ("gold", "silver", "")
"""What an admin may say of a submission: the benchmark's team sampled and evaluated, did one of both, or neither."""


class Board:
    """A leaderboard in a database.

    Args:
        settings: where it is kept, who may change it, and its limits.
        check_here: whether archives are checked in this process, and not apart from it.

    Raises:
        UsageError: the database cannot be opened.
    """

    def __init__(self, settings: Settings, check_here: bool = True) -> None:
        self.settings = settings
        self.check_here = check_here
        self.database = Database(settings.database, settings.database_seconds)
        self.accounts = Accounts(self.database)
        self.ballot_box = BallotBox(self.database, self.videos)
        self._snapshots = Snapshots(self.database)
        self.limits = limits_of(settings)
        self._keep_likenesses()

    def close(self) -> None:
        """Let the database go."""
        self.database.close()

    # Submissions ------------------------------------------------------------------------------------------------

    def submit(
        self,
        archive: bytes,
        token: str = "",
        submitter: str = "",
        card: ModelCard | None = None,
        local: bool = False,
        key: str = "",
        earlier: str = "",
        instead_of: int | None = None,
    ) -> Receipt:
        """Check an archive and keep it, whole or not at all.

        Args:
            archive: a zip as ``vbench submit`` makes it, or the reference's result files, zipped or one JSON alone.
            token: an admin's publishes at once; an account's says who submits.
            submitter: address or name that it came from; only a digest is kept.
            card: for an archive that has none.
            local: the caller owns the database and needs no token.
            key: a secret that the sender made; the same archive under the same key is the same submission, and its
                receipt is given again. Without one the board makes one.
            earlier: withdraw token of an earlier submission, which proves that its scores are the sender's.
            instead_of: number of a submission that is withdrawn as this one is published, as whoever owns the database
                may say of another evaluation of the same videos.

        Raises:
            NotFound: there is no submission to stand instead of.
            NotAllowed: the board takes submissions from holders of a token or an account only.
            Duplicate: the same archive, the same scores or the same version of the model are there already.
            Refused: something is wrong with it; the error has every reason.
        """
        admin = local or self.is_admin(token)
        account = self.accounts.holder(token)
        if not admin:
            self._demand_submitter(token, account)
        if instead_of is not None and not local:
            raise NotAllowed("Only whoever owns the database puts one submission in the place of another.")
        key = key or new_key()
        demand_key(key)
        sha256, sender = hashlib.sha256(archive).hexdigest(), digest(token or submitter)
        with self.database.reading() as session:
            number = submission_under(session, key, sha256)
            if number is None:
                refuse_sent_before(session, sha256, sender)
        if number is None:
            checked = self._checked(archive, card)
            number = self._keep(
                archive, sha256, checked, key, sender, account, digest(earlier) if earlier else "", admin, instead_of
            )
        entry = self.submission(number, local=True).entry
        return Receipt(number, entry.state, sha256, withdraw_token(key), entry)

    def sent_under(self, key: str) -> int | None:
        """The submission that was sent under a key, ``None`` where there is none."""
        with self.database.reading() as session:
            return session.scalar(select(Submission.id).where(Submission.key == digest(key)))

    def _keep(
        self,
        archive: bytes,
        sha256: str,
        checked: Checked,
        key: str,
        sender: str,
        account: Holder | None,
        earlier: str,
        admin: bool,
        instead_of: int | None,
    ) -> int:
        """Write a checked submission; returns its number, or that of the one that came under the same key meanwhile."""
        likeness = likeness_of(checked.rows)
        with self.database.reading() as session:
            alike, last = alike_to(session, checked.rows_sha256, likeness)
        with self.database.writing() as session:
            if (number := submission_under(session, key, sha256)) is not None:
                return number
            refuse_sent_before(session, sha256, sender)
            if instead_of is not None:
                self._seen(session, instead_of, "", local=True)
                if _state(session, instead_of) != WITHDRAWN:
                    _change(session, instead_of, WITHDRAWN, "admin")
            alike |= alike_to(session, checked.rows_sha256, likeness, last)[0]
            flags = list(copies(checked.benchmark, known_of(session, alike, account, earlier, instead_of is not None)))
            flags += strange(checked, session.scalars(select(Model.name)))
            refuse_known_version(session, checked.card, checked.benchmark, checked.suite, checked.profile)
            submission = Submission(
                model_id=model_named(session, checked.card.name),
                version=checked.card.version,
                sampled_by=checked.card.sampled_by,
                evaluated_by=checked.card.evaluated_by,
                card=checked.card.plain(),
                sha256=sha256,
                archive=archive,
                archive_bytes=len(archive),
                received=now(),
                submitter=sender,
                withdrawal=digest(withdraw_token(key)),
                key=digest(key),
                account_id=account.id if account else None,
            )
            session.add(submission)
            session.flush()
            number = submission.id
            write_derived(session, number, checked, likeness, flags)
            _change(session, number, PENDING, "submitter")
            if admin:
                _change(session, number, PUBLISHED, "admin")
            elif not flags and self._publishes(account):
                _change(session, number, PUBLISHED, "submitter")
        return number

    def _keep_likenesses(self) -> None:
        """Add what copies are told by to the submissions of an older version."""
        lacking = select(Verdict.submission_id).where(cast(Verdict.likeness, Text) == "{}")
        with self.database.reading() as session:
            if session.scalars(lacking.limit(1)).first() is None:
                return
        with self.database.writing(NOTHING) as session:
            for number in session.scalars(lacking).all():
                session.get_one(Verdict, number).likeness = likeness_of(_rows(session, number))

    def preview(self, archive: bytes, token: str = "", card: ModelCard | None = None) -> Preview:
        """What would become of an archive, or of the record of a run; nothing is kept of it.

        Args:
            archive: as for :meth:`submit`, or ``run.json``.
            token: of whoever would send it.
            card: for an archive that has none.

        Raises:
            NotAllowed: the board takes submissions from holders of a token or an account only.
        """
        account = self.accounts.holder(token)
        if not self.is_admin(token):
            self._demand_submitter(token, account)
        if record := of_record(archive):
            return record
        try:
            checked = self._checked(archive, card)
            with self.database.reading() as session:
                alike, _ = alike_to(session, checked.rows_sha256, likeness_of(checked.rows))
                flags = [*copies(checked.benchmark, known_of(session, alike, account, ""))]
                flags += strange(checked, session.scalars(select(Model.name)))
                refuse_known_version(session, checked.card, checked.benchmark, checked.suite, checked.profile)
        except Refused as error:
            return Preview(error.reasons)
        return of_checked(checked, flags)

    def _checked(self, archive: bytes, card: ModelCard | None, edited: bool = False) -> Checked:
        if self.check_here:
            return check(read_archive(archive, self.limits), self.settings.suite, card, edited=edited)
        return check_apart(archive, self.settings, card, edited)

    def edit_card(self, number: int, card: ModelCard, token: str = "", local: bool = False) -> int:
        """Put another card in the place of a submission's; the earlier ones can be read on.

        The same once more is that edit.

        The new card is held against the archive as the first one was. Name and version stay: the result of a version is
        final. The card of a published submission is edited by those whose submissions are published at once.

        Args:
            number: of the submission.
            card: the new one.
            token: the one of the receipt, its account's or an admin's.
            local: the caller owns the database and needs no token.

        Returns:
            The number of the version.

        Raises:
            NotAllowed: the token does not give this right.
            NotFound: there is no such submission, or it is not published and not the caller's.
            Refused: the card does not fit the submission, or somebody would have to look at it first.
        """
        admin = local or self.is_admin(token)
        with self.database.reading() as session:
            self._editable(session, number, card, token, admin)
            if again := _repeated(session, number, card):
                return again
            archive = session.scalars(select(Submission.archive).where(Submission.id == number)).one()
            flags = session.get_one(Verdict, number).findings.get("flags", [])
        checked = self._checked(archive, card, edited=True)
        if not admin and (new := [flag for flag in strange(checked, ()) if flag not in flags]):
            raise Refused([*new, "Somebody has to look at this: ask whoever runs the board."])
        with self.database.writing() as session:
            submission = self._editable(session, number, card, token, admin)
            if again := _repeated(session, number, card):
                return again
            verdict = session.get_one(Verdict, number)
            if not _versions(session, number):
                first = CardVersion(submission_id=number, card=submission.card, at=submission.received, by="submitter")
                session.add(first)
            by = "admin" if admin else "submitter"
            session.add(CardVersion(submission_id=number, card=checked.card.plain(), at=now(), by=by))
            submission.card = checked.card.plain()
            submission.sampled_by, submission.evaluated_by = checked.card.sampled_by, checked.card.evaluated_by
            said = {name: list(getattr(checked, name)) for name in ("notes", "apart", "unverified")}
            verdict.findings = {**verdict.findings, **said}
            session.flush()
            return len(_versions(session, number))

    def _editable(self, session: Session, number: int, card: ModelCard, token: str, admin: bool) -> Submission:
        """A submission whose card may be replaced by another; raises as :meth:`edit_card`."""
        submission = self._seen(session, number, token, admin)
        if not admin and not self._owns(session, submission, token):
            raise NotAllowed(f"This token does not edit submission {number}: use the one of its receipt.")
        if (state := _state(session, number)) == WITHDRAWN:
            raise Refused([f"Submission {number} is withdrawn."])
        if state == PUBLISHED and not admin and not self._publishes(holder_of(session, token)):
            raise NotAllowed("The card of a published submission is edited with an account's or an admin's token.")
        old = read_card(submission.card)
        if (card.name, card.version) != (old.name, old.version):
            what = f"Name and version stay {old.name!r:.100} and {old.version!r:.100}"
            raise Refused([f"{what}: the result of a version is final. Submit another, and note what is different."])
        if card == old and not _versions(session, number):
            raise Refused(["This is the card that is there already."])
        return submission

    def cards(self, number: int, token: str = "", local: bool = False) -> list[EditedCard]:
        """Every card that a submission had, the first one first; arguments and errors as of :meth:`submission`."""
        with self.database.reading() as session:
            submission = self._seen(session, number, token, local)
            first = EditedCard(1, read_card(submission.card), submission.received, "submitter")
            kept = enumerate(_versions(session, number), 1)
            return [EditedCard(place, read_card(one.card), one.at, one.by) for place, one in kept] or [first]

    def publish(self, number: int, token: str = "", local: bool = False) -> None:
        """Show a pending submission on the board.

        Raises:
            NotAllowed: the token is no admin's.
            NotFound: there is no such submission.
            Refused: it is not pending, or the version of the model or a copy of the result is published.
        """
        self._demand_admin(token, local, "publishes")
        with self.database.reading() as session:
            _found(session, number)
            verdict = session.get_one(Verdict, number)
            alike, last = alike_to(session, verdict.rows_sha256, verdict.likeness)
        with self.database.writing() as session:
            submission, verdict = _found(session, number), session.get_one(Verdict, number)
            if (state := _state(session, number)) != PENDING:
                raise Refused([f"Submission {number} is {state}; only a pending one can be published."])
            refuse_known_version(session, read_card(submission.card), verdict.benchmark, verdict.suite, verdict.profile)
            alike |= alike_to(session, verdict.rows_sha256, verdict.likeness, last)[0]
            published = (known for known in known_of(session, alike, None, "") if known.state == PUBLISHED)
            list(copies(verdict.benchmark, published))
            _change(session, number, PUBLISHED, "admin")

    def certify(self, number: int, mark: str, token: str = "", local: bool = False) -> None:
        """Say that the benchmark's team sampled and evaluated (gold), or did one of both (silver), or neither.

        Args:
            number: of the submission.
            mark: ``gold``, ``silver`` or ``""``.
            token: an admin's.
            local: the caller owns the database and needs no token.

        Raises:
            NotAllowed: the token is no admin's.
            NotFound: there is no such submission.
            Refused: there is no such mark.
        """
        self._demand_admin(token, local, "certifies")
        if mark not in MARKS:
            raise Refused([f"A mark is one of {', '.join(filter(None, MARKS))} or none, found {mark!r:.40}."])
        with self.database.writing() as session:
            _found(session, number)
            session.add(Certification(submission_id=number, mark=mark, at=now()))

    def queue(self, token: str = "", local: bool = False) -> list[Waiting]:
        """The pending submissions, the oldest first, with what looks strange about each.

        Raises:
            NotAllowed: the token is no admin's.
        """
        self._demand_admin(token, local, "reads the queue")
        with self.database.reading() as session:
            states = states_of(session)
            pending = sorted(number for number, state in states.items() if state == PENDING)
            names = dict(session.execute(select(Submission.id, Account.name).join(Account)).all())
            found = {
                verdict.submission_id: verdict
                for some in in_parts(pending)
                for verdict in session.scalars(select(Verdict).where(Verdict.submission_id.in_(some)))
            }
            found_entries = entries_of(session, pending, states, figures_of(session, pending))
            entries = {int(entry.id): entry for entry in found_entries}
            return [
                Waiting(entries[number], names.get(number, ""), tuple(found[number].findings.get("flags", ())))
                for number in pending
            ]

    def withdraw(self, number: int, token: str = "", local: bool = False) -> None:
        """Take a submission off the board; it stays in the records and cannot come back.

        Args:
            number: of the submission.
            token: the one of the receipt, its account's or an admin's.
            local: the caller owns the database and needs no token.

        Raises:
            NotAllowed: it is another token.
            NotFound: there is no such submission, or it is not published and not the caller's.
            Refused: it is withdrawn already.
        """
        admin = local or self.is_admin(token)
        with self.database.writing() as session:
            submission = self._seen(session, number, token, local)
            if not admin and not self._owns(session, submission, token):
                raise NotAllowed(f"This token does not withdraw submission {number}: use the one of its receipt.")
            if _state(session, number) == WITHDRAWN:
                raise Refused([f"Submission {number} is withdrawn already."])
            _change(session, number, WITHDRAWN, "admin" if admin else "submitter")

    def scored(self, outdated: bool = False) -> list[int]:
        """Numbers of the submissions.

        Args:
            outdated: only of those that another version of the rules scored; they stand apart until they are made anew.
        """
        wanted = select(Verdict.submission_id).order_by(Verdict.submission_id)
        with self.database.reading() as session:
            return list(session.scalars(wanted.where(Verdict.check_version != CHECK_VERSION) if outdated else wanted))

    def rebuild(self, numbers: Iterable[int]) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Make everything that follows from archives anew, each submission in one transaction.

        Args:
            numbers: of the submissions.

        Yields:
            Each with the reasons for which the check of today would refuse it, which keeps what it has then.
        """
        for number in numbers:
            with self.database.writing(FIGURES) as session:
                reasons = self._rebuilt(session, number)
            yield number, reasons

    def _rebuilt(self, session: Session, number: int) -> tuple[str, ...]:
        submission = session.get_one(Submission, number, options=[undefer(Submission.archive)])
        try:
            files = read_archive(submission.archive, self.limits)
            checked = check(files, self.settings.suite, read_card(submission.card), edited=True)
        except Refused as error:
            return tuple(error.reasons)
        flags = session.get_one(Verdict, number).findings.get("flags", [])
        for table in (Verdict, Score, VideoRow, PromptTable, Medium):
            session.execute(delete(table).where(table.submission_id == number))
        write_derived(session, number, checked, likeness_of(checked.rows), flags)
        return ()

    # Reading ----------------------------------------------------------------------------------------------------

    def entries(self, everything: bool = False) -> list[BoardRow]:
        """The rows of the board: published submissions, the newest first, then published figures.

        Args:
            everything: pending and withdrawn submissions too.
        """
        return [*self.submitted(everything), *published_entries()]

    def submitted(self, everything: bool = False, by_category: bool = True) -> Iterator[BoardRow]:
        """The rows of submissions, the newest first, some at a time: there may be many, with many scores each.

        Args:
            everything: pending and withdrawn ones too, not published ones alone.
            by_category: with their scores by category.
        """
        states = self.states()
        wanted = [number for number, state in states.items() if everything or state == PUBLISHED]
        for some in in_parts(wanted):
            with self.database.reading() as session:
                found = entries_of(session, some, states, figures_of(session, some, by_category))
            yield from found

    def snapshot(self) -> Snapshot:
        """What everybody sees, as it was read when the board changed last; rows come without scores by category."""
        return self._snapshots.now()

    def with_categories(self, entries: Sequence[BoardRow]) -> list[BoardRow]:
        """Rows of a snapshot with their scores by category; published figures have none."""
        numbers = [int(entry.id) for entry in entries if entry.id.isdecimal()]
        with self.database.reading() as session:
            figures = figures_of(session, numbers)
        by_category = {
            str(number): {name: found for name, found in by.items() if name} for number, by in figures.items()
        }
        return [replace(entry, by_category=by_category.get(entry.id, {})) for entry in entries]

    def states(self) -> dict[int, str]:
        """State of every submission, the newest first."""
        with self.database.reading() as session:
            return states_of(session)

    def submission(self, number: int, token: str = "", local: bool = False) -> Detail:
        """One submission: a published one, or whatever its state for whoever may see it.

        Args:
            number: of the submission.
            token: the one of its receipt, its account's or an admin's; a published one needs none.
            local: the caller owns the database and needs no token.

        Raises:
            NotFound: there is no such submission, or it is not published and not the caller's.
        """
        with self.database.reading() as session:
            submission, verdict = self._seen(session, number, token, local), session.get_one(Verdict, number)
            changes = session.scalars(select(Change).where(Change.submission_id == number).order_by(Change.id))
            history = tuple(Event(change.state, change.at, change.by) for change in changes)
            names = list(session.scalars(_media(number)))
            figures = figures_of(session, [number])
            (entry,) = entries_of(session, [number], {number: history[-1].state}, figures)
            return Detail(
                entry, verdict.provenance, history, submission.archive_bytes,
                tuple(name for name in names if name.startswith("frames/")),
                tuple(name for name in names if name.startswith("videos/")),
            )  # fmt: skip

    def archive(self, number: int, token: str = "", local: bool = False) -> bytes:
        """An archive as it was received; arguments and errors as of :meth:`submission`."""
        with self.database.reading() as session:
            self._seen(session, number, token, local)
            content: bytes = session.scalars(select(Submission.archive).where(Submission.id == number)).one()
            return content

    def large_archive(self, number: int, token: str = "") -> LargeValue:
        """An archive whose bytes are read as they are taken; errors as of :meth:`submission`."""
        with self.database.reading() as session:
            self._seen(session, number, token, local=False)
        return self._large(number, "archive", Submission.archive, Submission.id == number)

    def large_medium(self, number: int, name: str, token: str = "") -> LargeValue:
        """A frame or video whose bytes are read as they are taken.

        Raises:
            NotFound: the submission has none of that name, or is nobody's to see.
        """
        with self.database.reading() as session:
            self._seen(session, number, token, local=False)
        return self._large(number, name, Medium.content, Medium.submission_id == number, Medium.name == name)

    def _large(self, number: int, name: str, column: Any, *where: Any) -> LargeValue:
        found = large_value(self.database, column, *where)
        if found is None:
            raise NotFound(f"Submission {number} has no {name!r:.100}.")
        return found

    def rows(self, number: int, token: str = "", local: bool = False) -> list[Row]:
        """The scores per video of a submission, for paired comparisons (:func:`vbench.analysis.statistics.compare`).

        Arguments and errors are those of :meth:`submission`.
        """
        with self.database.reading() as session:
            self._seen(session, number, token, local)
            return _rows(session, number)

    def videos(self) -> Mapping[str, Mapping[int, str]]:
        """Sampled videos of published submissions: prompt -> submission -> name, for :meth:`medium`."""
        return self.snapshot().videos

    def medium(self, number: int, name: str, token: str = "", local: bool = False) -> bytes:
        """One frame or video of a submission; arguments as of :meth:`submission`.

        Raises:
            NotFound: it has none of that name, or is not published and not the caller's.
        """
        where = (Medium.submission_id == number, Medium.name == name)
        with self.database.reading() as session:
            self._seen(session, number, token, local)
            content = session.scalar(select(Medium.content).where(*where))
        if content is None:
            raise NotFound(f"Submission {number} has no {name!r:.100}.")
        return content

    def remove_votes(self, numbers: Sequence[int], token: str = "", local: bool = False) -> int:
        """Take votes out of the count (:meth:`vbench.leaderboard.ballot_box.BallotBox.remove`).

        Raises:
            NotAllowed: the token is no admin's.
        """
        self._demand_admin(token, local, "removes votes")
        return self.ballot_box.remove(numbers)

    # Rights -----------------------------------------------------------------------------------------------------

    def is_admin(self, token: str) -> bool:
        """Whether a token is one of the admins', compared in constant time."""
        return _is_one_of(token, self.settings.admin_tokens)

    def demand_metrics(self, token: str) -> None:
        """Turn away who may not read the figures of a server.

        Raises:
            NotAllowed: the token is none of those for metrics and no admin's.
        """
        if not _is_one_of(token, self.settings.metrics_tokens) and not self.is_admin(token):
            raise NotAllowed("Metrics are read with one of the METRICS_TOKENS or an admin's token.")

    def _demand_admin(self, token: str, local: bool, what: str) -> None:
        if not local and not self.is_admin(token):
            raise NotAllowed(f"Only an admin's token {what}.")

    def _demand_submitter(self, token: str, account: Holder | None) -> None:
        closed = bool(self.settings.submit_tokens) or self.settings.submissions_from == ACCOUNTS
        if closed and not account and not _is_one_of(token, self.settings.submit_tokens):
            raise NotAllowed("This board takes submissions with a token only; ask whoever runs it for one.")

    def _publishes(self, account: Holder | None) -> bool:
        """Whether an unsuspicious submission of an account, or of nobody known, is published at once."""
        return self.settings.published_at_once in ((ACCOUNTS, EVERYBODY) if account else (EVERYBODY,))

    def _owns(self, session: Session, submission: Submission, token: str) -> bool:
        """Whether a token is that of a submission's receipt or of its account."""
        account = holder_of(session, token)
        return hmac.compare_digest(submission.withdrawal, digest(token)) or (
            account is not None and account.id == submission.account_id
        )

    def _seen(self, session: Session, number: int, token: str, local: bool) -> Submission:
        """A submission, for whoever may see it; for all others it is as if there were none."""
        submission = _found(session, number)
        seen = (
            local
            or _state(session, number) == PUBLISHED
            or self.is_admin(token)
            or self._owns(session, submission, token)
        )
        if not seen:
            raise NotFound(f"There is no submission {number}.")
        return submission


def _is_one_of(token: str, tokens: Sequence[str]) -> bool:
    return sum(hmac.compare_digest(token.encode("utf-8", "surrogatepass"), known.encode()) for known in tokens) > 0


def _found(session: Session, number: int) -> Submission:
    submission = session.get(Submission, number)
    if submission is None:
        raise NotFound(f"There is no submission {number}.")
    return submission


def _rows(session: Session, number: int) -> list[Row]:
    columns = (
        VideoRow.video, VideoRow.prompt, VideoRow.dimension, VideoRow.content.label("sha256"), VideoRow.category,
        VideoRow.status, VideoRow.value, VideoRow.weight,
    )  # fmt: skip
    found = session.execute(select(*columns).where(VideoRow.submission_id == number).order_by(VideoRow.id))
    return [Row(cache_key="", **row._mapping) for row in found]


def _change(session: Session, number: int, state: str, by: str) -> None:
    session.add(Change(submission_id=number, state=state, at=now(), by=by))
    session.flush()


def _state(session: Session, number: int) -> str:
    return session.scalars(
        select(Change.state).where(Change.submission_id == number).order_by(Change.id.desc()).limit(1)
    ).one()


def _versions(session: Session, number: int) -> Sequence[CardVersion]:
    """The cards of a submission that was edited, the first one first."""
    wanted = select(CardVersion).where(CardVersion.submission_id == number).order_by(CardVersion.id)
    return session.scalars(wanted).all()


def _repeated(session: Session, number: int, card: ModelCard) -> int:
    """The number of the newest version where this is its card, as when a proxy sends an edit twice; 0 otherwise."""
    versions = _versions(session, number)
    return len(versions) if versions and read_card(versions[-1].card) == card else 0


def _media(number: int) -> Any:
    return select(Medium.name).where(Medium.submission_id == number).order_by(Medium.name)
