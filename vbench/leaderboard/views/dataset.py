"""The whole board as a folder for a Hugging Face data set: tables in Parquet, a card, and the list of its versions.

Exported again into the same folder it is a new version where anything has changed, and the same where nothing has.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from vbench.files import ours
from vbench.files.json_file import plain_json
from vbench.leaderboard.board import Board
from vbench.leaderboard.submissions.model_card import ModelCard
from vbench.leaderboard.views.board_row import FIGURE, BoardRow
from vbench.provenance import now

T = TypeVar("T")

FORMAT = 1
"""Of the tables; raised when a column changes its meaning."""

VERSIONS, CARD = "versions.jsonl", "README.md"

ROWS_AT_A_TIME, ENTRIES_AT_A_TIME = 50_000, 500

TEXT, NUMBER, WHOLE, TEXTS = "text", "number", "whole", "texts"

_CARD_KINDS = {"str": TEXT, "float": NUMBER, "int": WHOLE}

CARD_COLUMNS = {one.name: _CARD_KINDS[str(one.type).removesuffix(" | None")] for one in fields(ModelCard)}

TABLES: Mapping[str, Mapping[str, str]] = {
    "board": {
        "id": TEXT, "kind": TEXT, "format": TEXT, "certification": TEXT, "suite": TEXT, "profile": TEXT,
        "received": TEXT, "source": TEXT, "sha256": TEXT, **CARD_COLUMNS,
        "total": NUMBER, "apart": TEXTS, "remarks": TEXTS, "unverified": TEXTS,
    },
    "scores": {
        "id": TEXT, "category": TEXT, "score": TEXT, "value": NUMBER, "low": NUMBER, "high": NUMBER, "videos": WHOLE,
    },
    "videos": {
        "id": TEXT, "video": TEXT, "prompt": TEXT, "category": TEXT, "dimension": TEXT, "status": TEXT,
        "value": NUMBER, "weight": NUMBER, "sha256": TEXT,
    },
    "cards": {"id": TEXT, "version": WHOLE, "at": TEXT, "by": TEXT, **CARD_COLUMNS},
}  # fmt: skip
"""Table -> its columns and their kinds. Everything has the id of its row in ``board``."""

SAID = {
    "board": "one row of the board: the model card, the Total where there is one, and what a reader should know",
    "scores": "one score of a row: a dimension, a side or the Total, over all prompts or those of a category, with "
    "a 95 % interval over prompts",
    "videos": "what one dimension said of one video of a submission; published figures have none",
    "cards": "every model card that a submission had, the first one first",
}
"""Table -> what one of its rows is."""


@dataclass(frozen=True)
class Version:
    """One export.

    Attributes:
        version: 1, 2, 3, ...
        made: when, UTC, ISO 8601.
        format: of the tables.
        vbench: version of the program.
        sha256: of what the tables hold.
        rows: of each table.
    """

    version: int
    made: str
    format: int
    vbench: str
    sha256: str
    rows: Mapping[str, int]


def export_dataset(board: Board, folder: Path) -> Version:
    """Write the published rows of a board to a folder.

    Args:
        board: which.
        folder: new, empty, or one that was exported to before.

    Raises:
        UsageError: it holds files of somebody else.
    """
    ours.claim(folder)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name[:80]}.", dir=folder.absolute().parent) as beside:
        sha256, rows = _written(board, Path(beside))
        earlier = _versions(folder)
        if earlier and (earlier[-1].sha256, earlier[-1].format) == (sha256, FORMAT):
            return earlier[-1]
        made = Version(len(earlier) + 1, now(), FORMAT, version("vbench-suite"), sha256, rows)
        for name in TABLES:
            ours.move(Path(beside) / name, folder / "data" / f"{name}.parquet", folder)
        ours.write(folder / CARD, _card([*earlier, made]), folder)
        lines = "".join(json.dumps(asdict(one)) + "\n" for one in (*earlier, made))
        ours.write(folder / VERSIONS, lines, folder)
    return made


def _written(board: Board, folder: Path) -> tuple[str, dict[str, int]]:
    """Write every table to a file of its name, some rows at a time: of the scores of all videos there are many.

    Returns:
        SHA-256 of what the tables hold, as one JSON object, and how many rows each has.
    """
    digest, counts = hashlib.sha256(), dict.fromkeys(TABLES, 0)
    for place, (name, rows) in enumerate(sorted(_tables(board).items())):
        digest.update(f'{", " if place else "{"}"{name}": ['.encode())
        with _parquet(folder / name, TABLES[name]) as write:
            for part in _parts(rows, ROWS_AT_A_TIME):
                digest.update(b", " * bool(counts[name]))
                digest.update(", ".join(json.dumps(row, sort_keys=True) for row in part).encode())
                write(part)
                counts[name] += len(part)
        digest.update(b"]")
    digest.update(b"}")
    return digest.hexdigest(), counts


def _tables(board: Board) -> dict[str, Iterator[dict[str, Any]]]:
    """The rows of each table, of the submissions that are published now, whatever becomes of them meanwhile."""
    entries = board.snapshot().entries
    numbers = sorted(int(entry.id) for entry in entries if entry.format != FIGURE)
    return {
        "board": map(_row, entries),
        "scores": (
            score
            for part in _parts(entries, ENTRIES_AT_A_TIME)
            for entry in board.with_categories(part)
            for score in _scores(entry)
        ),
        "videos": (video for number in numbers for video in _videos(board, number)),
        "cards": (card for number in numbers for card in _cards(board, number)),
    }


def _row(entry: BoardRow) -> dict[str, Any]:
    plain = {**entry.card.plain(), **{name: getattr(entry, name) for name in ("id", "kind", "format", "suite")}}
    plain |= {name: getattr(entry, name) for name in ("profile", "received", "source", "sha256", "certification")}
    plain |= {"apart": list(entry.apart), "remarks": list(entry.notes), "unverified": list(entry.unverified)}
    return {**plain, "total": entry.value("total")}


def _scores(entry: BoardRow) -> Iterator[dict[str, Any]]:
    for category, figures in {"": entry.scores, **entry.by_category}.items():
        for name, figure in figures.items():
            yield {"id": entry.id, "category": category, "score": name, **vars(figure)}


def _videos(board: Board, number: int) -> Iterator[dict[str, Any]]:
    columns = [name for name in TABLES["videos"] if name != "id"]
    for row in board.rows(number, local=True):
        yield {"id": str(number), **{name: getattr(row, name) for name in columns}}


def _cards(board: Board, number: int) -> Iterator[dict[str, Any]]:
    for one in board.cards(number, local=True):
        yield {"id": str(number), "version": one.version, "at": one.at, "by": one.by, **one.card.plain()}


def _parts(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """Rows, so many at a time."""
    rest = iter(rows)
    while part := list(islice(rest, size)):
        yield part


@contextmanager
def _parquet(path: Path, columns: Mapping[str, str]) -> Iterator[Callable[[Sequence[Mapping[str, Any]]], None]]:
    """A new file; rows are added to it by what is given."""
    import pyarrow
    from pyarrow import parquet

    kinds = {
        TEXT: pyarrow.string(), NUMBER: pyarrow.float64(), WHOLE: pyarrow.int64(),
        TEXTS: pyarrow.list_(pyarrow.string()),
    }  # fmt: skip
    schema = pyarrow.schema([(name, kinds[kind]) for name, kind in columns.items()])
    with parquet.ParquetWriter(path, schema) as writer:
        yield lambda rows: writer.write_table(pyarrow.Table.from_pylist(list(rows), schema=schema))


def _versions(folder: Path) -> list[Version]:
    """The exports of a folder, the first one first."""
    path = folder / VERSIONS
    if not path.is_file():
        return []
    return [Version(**plain_json(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def _card(versions: Sequence[Version]) -> str:
    """The data set's card; a Hub reads the head of it, people the rest."""
    newest = versions[-1]
    configs = "".join(
        f"- config_name: {name}\n  data_files: data/{name}.parquet\n" + ("  default: true\n" if name == "board" else "")
        for name in TABLES
    )
    tables = "".join(f"| `{name}` | {newest.rows[name]:,} | {said} |\n" for name, said in SAID.items())
    history = "".join(_line(one) for one in reversed(versions))
    return f"""---
pretty_name: VBench leaderboard
tags:
- video-generation
- benchmark
- leaderboard
configs:
{configs}---

# A leaderboard of video generation models

Version {newest.version} of {newest.made[:10]}, exported by `vbench leaderboard export-dataset`. Every figure of a
submission was computed by the board from its scores per video; published figures name their source. Scores of
dimensions are raw, sides and Total are means of normalised ones; a score that is missing has no row. What somebody
typed is text. Each row belongs to whoever sent it: no licence is stated for all.

| table | rows | one of them is |
|---|---|---|
{tables}
Every table has the `id` of a row of `board`. With pandas: `pandas.read_parquet("data/board.parquet")`.

## Versions

| version | made | rows | format | vbench-suite | SHA-256 of what the tables hold |
|---|---|---|---|---|---|
{history}"""


def _line(one: Version) -> str:
    """A version in the card's table."""
    made = f"| {one.version} | {one.made[:10]} | {one.rows['board']:,} "
    return f"{made}| {one.format} | {one.vbench} | `{one.sha256[:12]}` |\n"
