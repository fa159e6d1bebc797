"""Files of what people said of pairs of videos, and of scores to hold against it.

Two forms are read, from ``.json`` (a list), ``.jsonl`` (a line each) or ``.csv``:

- the reference's: an entry is a prompt with a video of each model, and ``human_anno[A][B]`` is 1 where people find A's
  better, 0 where they find B's better, 0.5 where they find both equal. A file has the name of its dimension;
- plain: an entry is one comparison, with ``dimension`` (empty for the videos on the whole), ``prompt``, ``first``,
  ``second``, ``outcome`` and, where it is known which samples were shown, ``first_video`` and ``second_video``.

In the reference's form ``[A][B]`` and ``[B][A]`` of one entry are one judgement. They count once, and an entry in which
they contradict each other is refused: which of the two somebody meant is not for a reader of the file to decide. The
same pair in several entries, or on several lines, was judged several times, and each time counts.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vbench.analysis.preference import LOSS, OVERALL, TIE, WIN, Judgement
from vbench.errors import UsageError
from vbench.files.json_file import plain_json
from vbench.files.text import read_text

SUFFIXES = (".json", ".jsonl", ".csv")

WHOLE = "overall"
"""How a file says that the videos were judged on the whole."""


def read_annotations(path: Path) -> list[Judgement]:
    """The judgements of a file, or of all files in a folder.

    Raises:
        UsageError: there are none, or one cannot be read; the message names the file and the entry.
    """
    files = [path]
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix in SUFFIXES and not file.name.startswith("."))
    judgements = [one for file in files for where, entry in _entries(file) for one in _judgements(file, where, entry)]
    if not judgements:
        raise UsageError(f"{path} holds no annotations: expected a file, or a folder of {', '.join(SUFFIXES)} files.")
    return judgements


def read_scores(path: Path) -> dict[str, dict[str, float]]:
    """A table of ``model``, ``dimension`` and ``score``: model -> dimension -> score. ``total`` is a dimension too.

    Raises:
        UsageError: it cannot be read, or says two things of one model; the message names the entry.
    """
    scores: dict[str, dict[str, float]] = {}
    for where, entry in _entries(path):
        model, name = (_text(entry, key, where) for key in ("model", "dimension"))
        score = _number(entry.get("score"))
        if not math.isfinite(score):
            raise UsageError(f"{where}: score must be a number, found {entry.get('score')!r:.60}.")
        if name in scores.setdefault(model, {}):
            raise UsageError(f"{where}: {model!r:.60} has a second score of {name!r:.60}.")
        scores[model][name] = score
    return scores


def _entries(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The entries of a file, each with the place that a message names."""
    if path.suffix not in SUFFIXES:
        missing = "does not exist" if not path.exists() else f"is none of {', '.join(SUFFIXES)}"
        raise UsageError(f"{path} {missing}.")
    try:
        text = read_text(path)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}.") from error
    if path.suffix == ".csv":
        lines = csv.DictReader(io.StringIO(text, newline=""))
        try:
            found = [(f"{path}, line {lines.line_num}", line) for line in lines]
        except csv.Error as error:
            raise UsageError(f"{path}, line {lines.line_num + 1}: not CSV ({error}).") from error
    elif path.suffix == ".jsonl":
        numbered = ((f"{path}, line {number}", line) for number, line in enumerate(text.split("\n"), 1))
        found = [(where, _parsed(line, where)) for where, line in numbered if line.strip()]
    else:
        entries = _parsed(text, str(path))
        if not isinstance(entries, list):
            raise UsageError(f"{path}: expected a list of entries, found a {type(entries).__name__}.")
        found = [(f"{path}, entry {number}", entry) for number, entry in enumerate(entries, 1)]
    for where, entry in found:
        if not isinstance(entry, dict):
            raise UsageError(f"{where}: expected an object, found a {type(entry).__name__}.")
        yield where, entry


def _parsed(text: str, where: str) -> Any:
    try:
        return plain_json(text)
    except ValueError as error:
        raise UsageError(f"{where}: not JSON ({error}).") from error


def _judgements(path: Path, where: str, entry: Mapping[str, Any]) -> Iterator[Judgement]:
    if "human_anno" in entry:
        yield from _reference(_dimension(path.stem), where, entry)
    elif "outcome" in entry:
        yield _plain(where, entry)
    else:
        raise UsageError(
            f"{where}: neither human_anno, as the reference has it, nor outcome, as a plain file has it; "
            f"found {', '.join(map(str, entry)) or 'nothing'}."
        )


def _reference(dimension: str, where: str, entry: Mapping[str, Any]) -> Iterator[Judgement]:
    """The judgements of one entry of the reference's form: each pair once."""
    prompt = _text(entry, "prompt_en", where)
    videos, said = entry.get("videos", {}), entry["human_anno"]
    if (
        not isinstance(videos, dict)
        or not isinstance(said, dict)
        or not all(isinstance(v, dict) for v in said.values())
    ):
        raise UsageError(f"{where}: expected videos {{model: address}} and human_anno {{A: {{B: 1 | 0.5 | 0}}}}.")
    outcomes: dict[tuple[str, str], float] = {}
    for first, against in said.items():
        for second, value in against.items():
            outcome = _outcome(value, f"{where}, human_anno[{first!r}][{second!r}]")
            _demand_two(first, second, where)
            if outcomes.setdefault((second, first), 1 - outcome) != 1 - outcome:
                raise UsageError(f"{where}: human_anno contradicts itself about {first!r:.60} and {second!r:.60}.")
            outcomes[first, second] = outcome
    for (first, second), outcome in outcomes.items():
        if first < second:
            shown = str(videos.get(first, "")), str(videos.get(second, ""))
            yield Judgement(dimension, prompt, first, second, outcome, shown)


def _plain(where: str, entry: Mapping[str, Any]) -> Judgement:
    if not isinstance(entry.get("dimension"), str):
        raise UsageError(f"{where}: dimension is missing; leave it empty for videos that were judged on the whole.")
    prompt, first, second = (_text(entry, name, where) for name in ("prompt", "first", "second"))
    _demand_two(first, second, where)
    shown = str(entry.get("first_video") or ""), str(entry.get("second_video") or "")
    return Judgement(_dimension(entry["dimension"]), prompt, first, second, _outcome(entry["outcome"], where), shown)


def _dimension(name: str) -> str:
    return OVERALL if name == WHOLE else name


def _text(entry: Mapping[str, Any], name: str, where: str) -> str:
    value = entry.get(name)
    if not isinstance(value, str) or not value:
        raise UsageError(f"{where}: {name} must be a text, found {value!r:.60}.")
    return value


def _outcome(value: Any, where: str) -> float:
    outcome = _number(value)
    if outcome not in (WIN, TIE, LOSS):
        raise UsageError(f"{where}: an outcome is 1, 0.5 or 0, found {value!r:.60}.")
    return outcome


def _number(value: Any) -> float:
    """A number, or the text of one; NaN for anything else."""
    try:
        return float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        return math.nan


def _demand_two(first: str, second: str, where: str) -> None:
    if first == second:
        raise UsageError(f"{where}: {first!r:.60} is compared with itself.")
