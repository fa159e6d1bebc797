"""The model card of a submission: which model, who ran it, and with which settings.

What rows of a leaderboard usually lack or get wrong has a field of its own and is checked: access, licence, date, the
settings of sampling, whether prompts were rewritten. What somebody typed stays text wherever it is shown.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from vbench.errors import Refused
from vbench.files.strict_json import unseen

OPEN, API, CLOSED = "open weights", "API", "closed"

ACCESS = (OPEN, API, CLOSED)

TEAM = "VBench Team"
"""Who makes the benchmark. That a card names them proves nothing: an admin certifies."""

LONGEST = {"link": 500, "notes": 4000}
"""Characters of a field; 200 for the others."""

SETTINGS = ("resolution", "fps", "frames", "seconds", "steps", "guidance", "prompt_rewriting", "precision")

_FORMATS = {"resolution": re.compile(r"[1-9]\d{1,4}x[1-9]\d{1,4}")}


@dataclass(frozen=True)
class ModelCard:
    """What is said about a model; ``""`` and ``None`` are "not stated".

    Attributes:
        name: of the model.
        sampled_by: who sampled the videos.
        evaluated_by: who evaluated them.
        version: of the model or of its settings; results of a version are final.
        organisation: who made the model.
        link: http or https address of the model.
        access: ``open weights``, ``API`` or ``closed``.
        licence: of the weights.
        date: when the model was released or sampled, ISO 8601.
        contact: whom to ask.
        notes: anything else.
        resolution: width x height, such as ``1280x720``.
        fps: frames a second.
        frames: frames a video.
        seconds: length of a video.
        steps: of the sampler.
        guidance: scale of classifier-free guidance.
        prompt_rewriting: who or what rewrote the prompts; ``none`` where they were used as they are.
        precision: number format of the weights, such as ``bfloat16``.
        parameters: of the model, in billions.
        sampler: that took the steps, such as ``DDIM``.
        seeds: with which the samples of a prompt were drawn.
    """

    name: str
    sampled_by: str
    evaluated_by: str
    version: str = ""
    organisation: str = ""
    link: str = ""
    access: str = ""
    licence: str = ""
    date: str = ""
    contact: str = ""
    notes: str = ""
    resolution: str = ""
    fps: float | None = None
    frames: int | None = None
    seconds: float | None = None
    steps: int | None = None
    guidance: float | None = None
    prompt_rewriting: str = ""
    precision: str = ""
    parameters: float | None = None
    sampler: str = ""
    seeds: str = ""

    @property
    def unstated(self) -> list[str]:
        """Settings of sampling that the card does not state."""
        return [name for name in SETTINGS if getattr(self, name) in ("", None)]

    def plain(self) -> dict[str, Any]:
        """The fields as JSON types."""
        return dict(vars(self))


_TYPES = {field.name: str(field.type).removesuffix(" | None") for field in fields(ModelCard)}
_REQUIRED = [field.name for field in fields(ModelCard) if field.default is MISSING]


def read_card(values: Mapping[str, Any], words: Mapping[str, str] | None = None) -> ModelCard:
    """A card from what somebody typed.

    Args:
        values: by field.
        words: field -> where it was typed, for the reasons; by default "card: " and its name.

    Raises:
        Refused: a field is missing, unknown, of another type, or says something impossible; with every reason.
    """
    known = {name: value for name, value in values.items() if name in _TYPES}
    called = {name: f"card: {name}" for name in _TYPES} | dict(words or {})
    reasons = [f"card: unknown field {name!r:.60}; known are {', '.join(_TYPES)}." for name in values.keys() - _TYPES]
    reasons += [f"{called[name]} is missing." for name in _REQUIRED if _is_blank(known.get(name))]
    reasons += [f"{called[name]} {what}." for name, value in known.items() for what in _field(name, value)]
    if reasons:
        raise Refused(sorted(reasons))
    card = ModelCard(**{name: _clean(value) for name, value in known.items()})
    if doubts := list(contradictions(card)):
        raise Refused(doubts)
    return card


def contradictions(card: ModelCard) -> Iterator[str]:
    """What cannot be true together: the usual slip is fps and frames exchanged."""
    if card.fps and card.frames and card.seconds:
        length = card.frames / card.fps
        if abs(length - card.seconds) > 0.1 + 0.1 * card.seconds:
            yield (
                f"card: {card.frames} frames at {card.fps:g} fps last {length:.1f} s, not {card.seconds:g} s; "
                "are fps and frames exchanged?"
            )


def _field(name: str, value: Any) -> Iterator[str]:
    """What is wrong with a value, as the end of a sentence about its field."""
    kind = _TYPES[name]
    if kind != "str":
        yield from _number(name, value)
        return
    if not isinstance(value, str):
        yield f"must be text, found {value!r:.60}"
        return
    longest = LONGEST.get(name, 200)
    if len(value) > longest:
        yield f"has {len(value)} characters, at most {longest} are allowed"
    if found := unseen(value, lines=name == "notes"):
        yield f"holds the unseen character {found}"
    elif value and name in _FORMATS and not _FORMATS[name].fullmatch(value):
        yield f"must look like 1280x720, found {value!r:.60}"
    elif value and name == "link" and not _is_address(value):
        yield f"must be an http or https address, found {value!r:.60}"
    elif value and name == "access" and value not in ACCESS:
        yield f"must be one of {', '.join(ACCESS)}, found {value!r:.60}"
    elif value and name == "date" and not _is_date(value):
        yield f"must be a day such as 2025-03-14, found {value!r:.60}"


def _number(name: str, value: Any) -> Iterator[str]:
    if value is None:
        return
    whole = _TYPES[name] == "int"
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        yield f"must be a {'whole ' * whole}number, found {value!r:.60}"
    elif not (value >= 0 if name == "guidance" else value > 0) or not value < 1e6:
        yield f"cannot be {value!r:.60}"


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"[\s\"'<>\\]", value)


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_blank(value: Any) -> bool:
    return not value or (isinstance(value, str) and not value.strip())


def _clean(value: Any) -> Any:
    return unicodedata.normalize("NFC", value).strip() if isinstance(value, str) else value
