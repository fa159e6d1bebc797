"""What is published of Vchitect-2.0: its checkpoint and its protocol; and what lies in the checkpoint's folder."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from vbench.errors import CheckpointError
from vbench.files.json_file import plain_json
from vbench.generators.base import Settings
from vbench.weights.identity import identity
from vbench.weights.safetensors_files import SUFFIX

CHECKPOINT = "Vchitect/Vchitect-2.0-2B"
"""By the name of its card."""

PROTOCOL = Settings(frames=40, height=432, width=768, fps=8, steps=100, guidance=7.5, negative_prompt="")

DTYPE = "bfloat16"
"""That it is published to be run in."""

PIXELS = 16
"""Side of a token: two latents of eight pixels."""


def config(folder: Path, part: str) -> dict[str, Any]:
    """What the checkpoint says of a network.

    Raises:
        CheckpointError: it is no JSON object.
    """
    path = folder / part / "config.json"
    try:
        found = plain_json(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CheckpointError(f"{path} is no JSON: {error}. Download it again.") from error
    if not isinstance(found, dict):
        raise CheckpointError(f"{path} must hold an object, found a {type(found).__name__}.")
    return found


def digest(folder: Path) -> str:
    """SHA-256 over the parts' configurations and weights."""
    sha = hashlib.sha256()
    for path in sorted(folder.glob("*/*config.json")):
        sha.update(path.read_bytes())
    for path in sorted(folder.glob(f"*/*{SUFFIX}")):
        sha.update(f"{path.parent.name}/{path.name} {identity(path)}\n".encode())
    return sha.hexdigest()
