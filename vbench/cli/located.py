"""Folders of videos as arguments: a path of this machine, or an address such as ``s3://bucket/videos``."""

from __future__ import annotations

from pathlib import Path

from vbench.files.remote import located


def path_or_address(value: str) -> Path:
    """See :func:`vbench.files.remote.located`; the name of this function is what help shows as the argument's type."""
    return located(value)
