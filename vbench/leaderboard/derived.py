"""What is written of a submission beside its archive: its model, figures, scores and sums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from vbench.analysis import prompt_table
from vbench.benchmarks.registry import benchmark_named
from vbench.leaderboard.db.tables import (
    Medium,
    Model,
    PromptTable,
    Score,
    Verdict,
    VideoRow,
)  # fmt: skip
from vbench.leaderboard.known_before import spelling_of
from vbench.leaderboard.prompt_tables import packed
from vbench.leaderboard.submissions.validate import CHECK_VERSION, Checked


def model_named(session: Session, name: str) -> int:
    """The model of that name, made if it is new."""
    model = session.scalar(select(Model).where(Model.key == spelling_of(name)))
    if model is None:
        model = Model(key=spelling_of(name), name=name)
        session.add(model)
        session.flush()
    return model.id


def write_derived(
    session: Session, number: int, checked: Checked, likeness: dict[str, Any], flags: Sequence[str]
) -> None:
    """Store everything that follows from an archive."""
    session.add(
        Verdict(
            submission_id=number,
            check_version=CHECK_VERSION,
            format=checked.format,
            benchmark=checked.benchmark,
            suite=checked.suite,
            profile=checked.profile,
            provenance=dict(checked.provenance),
            findings={
                "notes": list(checked.notes),
                "apart": list(checked.apart),
                "unverified": list(checked.unverified),
                "flags": list(flags),
            },
            rows_sha256=checked.rows_sha256,
            likeness=likeness,
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
    sums = prompt_table.table(checked.rows, benchmark_named(checked.benchmark))
    session.add(PromptTable(submission_id=number, content=packed(sums)))
    for name, (prompt, content) in checked.media.items():
        session.add(Medium(submission_id=number, name=name, prompt=prompt, content=content))
    session.flush()
