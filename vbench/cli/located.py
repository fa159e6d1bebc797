"""Folders of videos as arguments: a path of this machine, or an address such as ``s3://bucket/videos``."""

from __future__ import annotations

from pathlib import Path

from vbench.files.remote import named


def path_or_address(value: str) -> Path:
    """What a command is given; :func:`vbench.files.remote.located` then looks up what is there."""
    return named(value)
