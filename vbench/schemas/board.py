"""What a board gives out, and what its commands print.

A board needs packages of its own; its forms do not, so that what it gives out can be checked anywhere.
"""

from __future__ import annotations

from vbench.analysis.statistics import Figure
from vbench.schemas.document import Document
from vbench.schemas.form import (
    Schema,
    count,
    digest,
    flag,
    maybe,
    named,
    number,
    of,
    one_of,
    record,
    settings,
    several,
    text,
)
from vbench.schemas.run_files import CARD

FULL_CARD = {**CARD, "required": list(CARD["properties"])}

FIGURES = named(of(Figure, videos=count()), by="dimension, part or `total`")

ROW: dict[str, Schema] = {
    "id": text("Number of the submission, or `published-...` for a published figure."),
    "kind": text("Whether it is ranked.", among=("ranked", "apart")),
    "format": text("Where the scores come from.", among=("vbench", "reference", "published figure")),
    "state": text("Where it stands.", among=("pending", "published", "withdrawn")),
    "certification": text("By an admin's action; empty for neither.", among=("gold", "silver", "")),
    "card": FULL_CARD,
    "benchmark": text("By whose rules it is scored."),
    "suite": text("Name of the prompt suite."),
    "profile": text("Which backbones looked."),
    "received": text("UTC, ISO 8601; empty for a published figure."),
    "scores": {**FIGURES, "description": "Raw; of parts and the Total 0 to 1. What is missing is absent."},
    "by_category": named(FIGURES, "The same by content.", by="content category"),
    "missing": several(text(), "Dimensions without a score."),
    "apart": several(text(), "Why it is not ranked; empty where it is."),
    "notes": several(text(), "What a reader should know."),
    "unverified": several(text(), "What is the submitter's word alone."),
    "source": text("Of a published figure."),
    "sha256": text("Of the archive; empty for a published figure."),
    "printed": named(number("Raw."), "What the source prints as parts and Total.", by="part or `total`"),
}

BOARD = record(
    {
        "version": {"const": 2, "description": "Of this form."},
        "rows": several(record({name: form for name, form in ROW.items() if name != "by_category"}), "Of all boards."),
    },
    "In the order of the view that was asked for.",
)

QUEUE = several(
    record(
        {
            "account": text("That sent it; empty for an unknown sender."),
            "flags": several(text(), "What looks strange about it."),
            "row": record(ROW, "As the board would show it."),
        }
    )
)

SUBMISSION = record(
    {
        **ROW,
        "provenance": settings("What the run recorded, in the version that it was recorded in; empty where nothing."),
        "history": several(
            record({"state": ROW["state"], "at": text("UTC, ISO 8601."), "by": text("`submitter` or `admin`.")}),
            "Changes of its state.",
        ),
        "archive_bytes": count("Size of the archive."),
        "media": several(text(), "Names of its frames and videos."),
    }
)

CARDS = record(
    {
        "cards": several(
            record(
                {
                    "version": count("1 for the one that it came with.", low=1),
                    "card": FULL_CARD,
                    "at": text("UTC, ISO 8601."),
                    "by": text("`submitter` or `admin`."),
                }
            ),
            "The first one first.",
        )
    }
)

ACCOUNTS = several(
    record(
        {
            "id": count("Number of the account.", low=1),
            "name": text("Of the organisation."),
            "issued": text("UTC, ISO 8601."),
            "revoked": text("Since when its token is no good; empty while it is."),
        }
    )
)

VOTES = several(
    record(
        {
            "id": count("Number of the vote.", low=1),
            "judgement": record(
                {
                    "prompt": text("That both videos answer."),
                    "dimension": text("That was asked about; empty for the videos on the whole."),
                    "first": count("Number of a submission, the smaller one of the two.", low=1),
                    "second": count("Number of the other.", low=1),
                    "outcome": text("Which is better.", among=("first", "second", "tie")),
                },
                "What it says.",
            ),
            "voter": text("Digest of the voter's name."),
            "at": text("UTC, ISO 8601."),
            "left": maybe(count("Submission that was shown on the left; null where that is not known.")),
            "counts": flag("Whether it is in the standings."),
            "removed": flag("Whether an admin took it out."),
        }
    )
)

JOB: dict[str, Schema] = {
    "model": text("Name on the card."),
    "version": text("On the card."),
    "id": count("Number of the job.", low=1),
    "state": text("Where it stands.", among=("queued", "running", "failed", "published", "cancelled")),
    "reason": text("Why it failed; empty where it did not."),
    "done": count("Scores that are there."),
    "total": count("Scores that will be; 0 while nobody knows."),
    "submission": maybe(count("Number of the result; null until it is published.")),
    "added": text("UTC, ISO 8601."),
    "changed": text("When its state changed, UTC, ISO 8601."),
}

JOBS = several(
    record({**JOB, "source": text("Folder or address of the videos."), "tries": count("How often a worker has begun.")})
)

ROWS = named(count("Rows of it."), "How much it holds.", by="table")

DATASET = record(
    {
        "folder": text("That was written."),
        "version": count("Of the data set.", low=1),
        "made": text("UTC, ISO 8601."),
        "format": count("Of the tables; raised when a column changes its meaning.", low=1),
        "vbench": text("Version of vbench-suite."),
        "sha256": digest("SHA-256 of what the tables hold."),
        "rows": ROWS,
    }
)

BACKED_UP: dict[str, Schema] = {
    "made": text("UTC, ISO 8601."),
    "vbench": text("Version of vbench-suite."),
    "schema": text("Of the database."),
    "sha256": digest("SHA-256 of the database in the file."),
    "rows": ROWS,
}

SCORES = named(number("Raw; of parts and the Total 0 to 1."), "Computed anew.", by="dimension, part or `total`")

RECEIPT = record(
    {
        "id": count("Number of the submission.", low=1),
        "state": text("Where it stands.", among=("pending", "published", "withdrawn")),
        "sha256": digest("SHA-256 of the archive."),
        "withdraw_token": text("With which it is withdrawn."),
        "entry": record(ROW, "As the board shows it."),
        "kept_in": text("File on this machine with the token."),
    },
    "What the board answered; empty where nothing was sent.",
    optional=("id", "state", "sha256", "withdraw_token", "entry", "kept_in"),
)

PREVIEW = record(
    {
        "accepted": flag("Whether a board would take it."),
        "reasons": several(text(), "Why it would be refused."),
        "flags": several(text(), "Why somebody would look before it is published."),
        "apart": several(text(), "Why it would not be ranked."),
        "notes": several(text(), "What readers would be told."),
        "scores": SCORES,
        "model": text("Name and version, as far as they are known."),
    }
)

SUBMITTED = one_of(
    record(
        {
            "file": maybe(text("The archive; null where none was kept.")),
            "bytes": count("Of the archive.", low=1),
            "scores": SCORES,
            "notes": several(text(), "What readers would be told."),
            "apart": several(text(), "Why it would not be ranked."),
            "receipt": RECEIPT,
        },
        "An archive that was made.",
    ),
    {**PREVIEW, "description": "With `--dry-run`."},
)

DOCUMENTS = (
    Document("board.json", 2, "The boards of a site, as /api/board.json and vbench leaderboard export", BOARD),
    Document("api-submission", 1, "A submission, as /api/submissions/ID", SUBMISSION),
    Document("api-cards", 1, "Its model cards, as /api/submissions/ID/cards", CARDS),
    Document("api-check", 1, "What would become of an archive, as /api/check", PREVIEW),
    Document("api-jobs", 1, "Videos that a board evaluates itself, as /api/jobs",
             record({"jobs": several(record(JOB), "The newest first.")})),
    Document("submit", 1, "A submission that was made, or would be", SUBMITTED, ("submit",)),
    Document("leaderboard-list", 1, "All submissions of a board", several(record(ROW)), ("leaderboard list",)),
    Document("leaderboard-queue", 1, "What waits to be published", QUEUE, ("leaderboard queue",)),
    Document("leaderboard-account-list", 1, "Accounts of a board", ACCOUNTS, ("leaderboard account list",)),
    Document("leaderboard-votes-list", 1, "Votes of a board's arena", VOTES, ("leaderboard votes list",)),
    Document("leaderboard-jobs-add", 1, "A job that a board has taken", record(JOB), ("leaderboard jobs add",)),
    Document("leaderboard-jobs-list", 1, "Jobs of a board", JOBS, ("leaderboard jobs list",)),
    Document("leaderboard-export-dataset", 1, "A data set that was written", DATASET, ("leaderboard export-dataset",)),
    Document("leaderboard-backup", 1, "A backup that was made",
             record({"file": text("That was written."), **BACKED_UP}), ("leaderboard backup",)),
    Document("leaderboard-restore", 1, "A backup that was put back", record(BACKED_UP), ("leaderboard restore",)),
)  # fmt: skip
