"""Answers that are a stream of events, which a page reads while it waits.

A proxy that collects an answer before it hands it on would keep them back: it is told not to. One that ends because its
session is none of this process's, as after a restart, has said so in its last event, and is over.
"""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import Message

KIND = "text/event-stream"

END: Message = {"type": "http.response.body", "body": b"", "more_body": False}
"""The end of an answer that does not state its length."""


def is_stream(start: Message) -> bool:
    """Whether an answer that starts like this is a stream of events."""
    return MutableHeaders(raw=start["headers"]).get("content-type", "").startswith(KIND)


def not_kept_back(start: Message) -> Message:
    """The same start for proxies that collect: nginx, and those that follow it, know this header."""
    return {**start, "headers": [*start["headers"], (b"x-accel-buffering", b"no")]}


def has_said_why(error: Exception) -> bool:
    """Whether a stream was ended by a refusal, which is no fault."""
    return isinstance(error, HTTPException) or isinstance(error.__cause__, HTTPException)
