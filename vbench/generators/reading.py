"""What text encoders read of a prompt: their tokenizers are listened to while a video is sampled.

A tokenizer cuts what its encoder has no room for, and says nothing. Two prompts that differ only behind the cut give
the same video.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

TOKENIZERS = {
    "transformers.tokenization_utils_base": "PreTrainedTokenizerBase",
    "open_clip.tokenizer": "SimpleTokenizer",
}
"""Module -> the class through whose call all of its tokenizers go; one that is not loaded has none."""

UNCUT: dict[str, Any] = {"truncation": True, "max_length": 10**6}
"""No text is as long; without a length a tokenizer of transformers would warn of the model's."""


@dataclass(frozen=True)
class Reading:
    """What one tokenizer kept of a text.

    Attributes:
        tokens: how many were kept, the marks of start and end included.
        cut: how many were not.
        lost: the text that was cut off.
    """

    tokens: int
    cut: int = 0
    lost: str = ""


class Heard:
    """What was heard while a video, or a group of them, was sampled."""

    def __init__(self) -> None:
        self._texts: dict[str, dict[str, Reading]] = {}

    def note(self, text: str, tokenizer: str, reading: Reading) -> None:
        """Keep what a tokenizer made of a text; of several tokenizers of a kind, the one that cut most."""
        of_text = self._texts.setdefault(_letters(text), {})
        before = of_text.get(tokenizer)
        if before is None or before.cut <= reading.cut:
            of_text[tokenizer] = reading

    def of(self, *prompts: str) -> dict[str, Any] | None:
        """Tokenizer -> what it read of a prompt, or of a text that holds it; ``None`` where none was asked.

        Args:
            prompts: as they were fed to the model, which may have put them into a template; of several, all is counted.
        """
        read: dict[str, list[Reading]] = {}
        for prompt in prompts:
            for name, reading in self._of_one(prompt).items():
                read.setdefault(name, []).append(reading)
        return {name: asdict(_together(readings)) for name, readings in read.items()} or None

    def _of_one(self, prompt: str) -> dict[str, Reading]:
        letters, read = _letters(prompt), dict[str, Reading]()
        for text in sorted(self._texts, key=len, reverse=True):  # of texts that hold it the shortest is the closest
            if letters and letters in text:
                read |= self._texts[text]
        return read


def _together(readings: Sequence[Reading]) -> Reading:
    """Of texts that one tokenizer read one after the other."""
    lost = "; ".join(one.lost for one in readings if one.lost)
    return Reading(sum(one.tokens for one in readings), sum(one.cut for one in readings), lost)


@contextmanager
def listening() -> Iterator[Heard]:
    """Hear every tokenizer that is called meanwhile."""
    heard = Heard()
    restore: list[tuple[type, Any]] = []
    for module, name in TOKENIZERS.items():
        if module in sys.modules:
            kind = getattr(sys.modules[module], name)
            restore.append((kind, kind.__call__))
            kind.__call__ = _overheard(kind.__call__, heard)
    try:
        yield heard
    finally:
        for kind, call in restore:
            kind.__call__ = call  # type: ignore[method-assign]


def unread(read: Mapping[str, Mapping[str, Any]] | None) -> str:
    """What no text encoder of a model read, in words; ``""`` where one read all, or nobody listened.

    >>> unread({"CLIPTokenizer": {"tokens": 77, "cut": 3, "lost": "at night"}})
    "3 of the prompt's 80 tokens were cut off: 'at night'"
    >>> unread({"CLIPTokenizer": {"tokens": 77, "cut": 3, "lost": "x"}, "T5Tokenizer": {"tokens": 80, "cut": 0}})
    ''
    """
    least = min((read or {}).values(), key=lambda one: int(one["cut"]), default=None)
    if least is None or not least["cut"]:
        return ""
    return f"{least['cut']} of the prompt's {least['tokens'] + least['cut']} tokens were cut off: {least['lost']!r}"


def _overheard(call: Callable[..., Any], heard: Heard) -> Callable[..., Any]:
    def overheard(tokenizer: Any, *args: Any, **kwargs: Any) -> Any:
        answer = call(tokenizer, *args, **kwargs)
        asked = args[0] if args else kwargs.get("text", kwargs.get("texts"))
        texts = [asked] if isinstance(asked, str) else list(asked or ())
        kept = _kept(answer, alone=isinstance(asked, str))
        if len(kept) == len(texts):  # words of one text, or pieces of it, say nothing of a prompt
            for text, tokens in zip(texts, kept, strict=True):
                if isinstance(text, str):
                    heard.note(text, type(tokenizer).__name__, _reading(tokenizer, call, text, tokens, kwargs))
        return answer

    return overheard


def _kept(answer: Any, alone: bool) -> list[int]:
    """How many tokens of each text an answer has, padding not counted where it is marked.

    Args:
        answer: of a tokenizer.
        alone: whether one text was given, whose tokens may stand in no list of texts.
    """
    marked = isinstance(answer, Mapping) and "attention_mask" in answer
    values = answer["attention_mask" if marked else "input_ids"] if isinstance(answer, Mapping) else answer
    rows = [values] if alone and len(values) and isinstance(values[0], int) else values
    return [int(sum(row)) if marked else len(row) for row in rows]


def _reading(tokenizer: Any, call: Callable[..., Any], text: str, kept: int, kwargs: Mapping[str, Any]) -> Reading:
    whole, plain = _whole(tokenizer, call, text, kwargs)
    if whole <= kept:
        return Reading(whole)
    marks = whole - len(plain)
    room = max(0, kept - marks)
    from_left = getattr(tokenizer, "truncation_side", "right") == "left"
    lost = plain[: len(plain) - room] if from_left else plain[room:]
    return Reading(kept, whole - kept, str(tokenizer.decode(lost)).strip())


def _whole(tokenizer: Any, call: Callable[..., Any], text: str, kwargs: Mapping[str, Any]) -> tuple[int, Sequence[int]]:
    """How many tokens a text has in all, and those without the marks of start and end."""
    if not hasattr(tokenizer, "model_max_length"):  # open_clip's
        plain = tokenizer.encode(text)
        return len(plain) + 2, plain
    plain = call(tokenizer, text, add_special_tokens=False, **UNCUT)["input_ids"]
    if not kwargs.get("add_special_tokens", True):
        return len(plain), plain
    return len(call(tokenizer, text, **UNCUT)["input_ids"]), plain


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
