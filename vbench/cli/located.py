"""Folders of videos as arguments: a path of this machine, or an address such as ``s3://bucket/videos``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from vbench.files.remote import located


class Located(click.ParamType):
    """Reads a path, or looks up an address; use it as a parameter's ``click_type``."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """See :func:`vbench.files.remote.located`."""
        return located(value)
