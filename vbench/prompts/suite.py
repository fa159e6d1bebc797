"""A prompt suite: prompts, the dimensions that each one tests, and the facts that these need."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vbench.errors import UsageError
from vbench.files.json_file import is_text, json_of
from vbench.files.text import read_bytes, text_of

NO_LETTERS = "bytes that are not UTF-8, or half of a character"
"""What text holds that no file can."""


class SuiteError(UsageError):
    """A suite that is not there or does not have the shape of one; the message names the entry and the field."""


@dataclass(frozen=True)
class Prompt:
    """One text that a model is asked to show.

    Attributes:
        text: the original prompt, never an extended one.
        dimensions: names of the dimensions that it tests.
        facts: what these dimensions need to know, by dimension, in the official schema
            (``{"color": {"color": "red"}}``).
        category: content category, ``""`` where the suite has none.
        image: picture that the video starts from; a suite names a file, which
            :func:`vbench.prompts.pictures.with_pictures` finds. Many prompts may share one.
    """

    text: str
    dimensions: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict, hash=False)
    category: str = ""
    image: Path | None = None

    def __post_init__(self) -> None:
        """Refuse what no file can hold."""
        if not is_text(self.text):
            raise UsageError(f"The prompt {self.text!r} is no text: it holds {NO_LETTERS}.")


@dataclass(frozen=True)
class PromptSuite:
    """A named list of prompts in the suite's order.

    Attributes:
        name: for people and for the provenance of a run.
        prompts: in the order of the file.
        digest: SHA-256 of the file that it came from, ``""`` where it came from no file.
    """

    name: str
    prompts: tuple[Prompt, ...]
    digest: str = ""

    def __iter__(self) -> Iterator[Prompt]:
        return iter(self.prompts)

    def __len__(self) -> int:
        return len(self.prompts)

    def of_category(self, name: str) -> PromptSuite:
        """The prompts that name a category."""
        named = tuple(prompt for prompt in self.prompts if prompt.category == name)
        return PromptSuite(f"{self.name}: {name}", named, self.digest)


def read_suite(path: Path) -> PromptSuite:
    """Read a suite in the official schema: a list of ``{"prompt_en", "dimension", "auxiliary_info", "image_name"}``.

    Prompts may name a ``category``; those that start from pictures have it as ``image_type``.

    Raises:
        SuiteError: it cannot be read, is no JSON, or an entry lacks a field or has one of another type; with the line.
    """
    try:
        raw = read_bytes(path)
        text = text_of(raw)
        entries = json_of(text)
    except OSError as error:
        raise SuiteError(f"The prompt suite {path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise SuiteError(f"{path} is not JSON: {error}") from error
    if not isinstance(entries, list):
        raise SuiteError(f"{path} is not a prompt suite: expected a list of prompts, found a {type(entries).__name__}")
    lines = _lines_of(text)
    prompts = tuple(_prompt(entry, f"{path}, line {line}") for line, entry in zip(lines, entries, strict=True))
    return PromptSuite(path.stem, prompts, hashlib.sha256(raw).hexdigest())


def read_category(path: Path) -> PromptSuite:
    """Read the prompts of one content category: a text file with a prompt a line, named after the category.

    Raises:
        SuiteError: it cannot be read or holds no prompt.
    """
    try:
        raw = read_bytes(path)
        lines = text_of(raw).splitlines()
    except (OSError, ValueError) as error:
        raise SuiteError(f"The prompts of a category cannot be read from {path}: {error}") from error
    texts = dict.fromkeys(line.strip() for line in lines if line.strip())
    if not texts:
        raise SuiteError(f"{path} holds no prompt")
    prompts = tuple(Prompt(text, category=path.stem) for text in texts)
    return PromptSuite(path.stem, prompts, hashlib.sha256(raw).hexdigest())


def refuse_unusable(text: str, where: str) -> None:
    """Refuse a prompt that names no video, or that no file can hold.

    Args:
        text: the prompt.
        where: it stands, for the message.

    Raises:
        SuiteError: it is blank, or has half of a character, as text has that was cut or is not UTF-8.
    """
    if not text.strip():
        raise SuiteError(f"{where}: a prompt must be a text, found {text!r}")
    if not is_text(text):
        raise SuiteError(f"{where}: {text!r} is no text: it holds {NO_LETTERS}")


def _lines_of(text: str) -> Iterator[int]:
    """The line on which each entry of a JSON list starts, from 1."""
    decoder, between, place = json.JSONDecoder(), re.compile(r"[\s,]*"), text.index("[") + 1
    line, counted = 1, 0
    while True:
        start = between.match(text, place).end()  # type: ignore[union-attr]
        if text[start] == "]":
            return
        line, counted = line + text.count("\n", counted, start), start
        yield line
        _, place = decoder.raw_decode(text, start)


_FIELDS: dict[str, tuple[type, Any]] = {
    "prompt_en": (str, None),
    "dimension": (list, None),
    "auxiliary_info": (dict, {}),
    "category": (str, ""),
    "image_name": (str, ""),
    "image_type": (str, ""),
}


def _prompt(entry: Any, where: str) -> Prompt:
    if not isinstance(entry, dict):
        raise SuiteError(f"{where}: expected an object, found a {type(entry).__name__}")
    values = {name: entry.get(name, default) for name, (_, default) in _FIELDS.items()}
    for name, (kind, _) in _FIELDS.items():
        if not isinstance(values[name], kind):
            raise SuiteError(f"{where}: {name} must be a {kind.__name__}, found {values[name]!r}")
    if not all(isinstance(dimension, str) for dimension in values["dimension"]):
        raise SuiteError(f"{where}: dimension must be a list of names, found {values['dimension']!r}")
    refuse_unusable(values["prompt_en"], where)
    image = Path(values["image_name"]) if values["image_name"] else None
    category = values["category"] or values["image_type"]
    return Prompt(values["prompt_en"], tuple(values["dimension"]), values["auxiliary_info"], category, image)
