"""What is published of Vchitect-2.0: repository, folders and protocol; and where they lie on this machine."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from vbench.errors import CheckpointError, MissingCheckpoint, UsageError
from vbench.generators.base import Settings

REPOSITORY = "Vchitect/Vchitect-2.0-2B"

PROTOCOL = Settings(frames=40, height=432, width=768, fps=8, steps=100, guidance=7.5, negative_prompt="")

DTYPE = "bfloat16"
"""That it is published to be run in."""

PIXELS = 16
"""Side of a token: two latents of eight pixels."""

CONFIGS = {
    "tokenizer": "tokenizer_config.json",
    "tokenizer_2": "tokenizer_config.json",
    "tokenizer_3": "tokenizer_config.json",
    "text_encoder": "config.json",
    "text_encoder_2": "config.json",
    "text_encoder_3": "config.json",
    "transformer": "config.json",
    "vae": "config.json",
    "scheduler": "scheduler_config.json",
}
"""Folders of the checkpoint -> the file that says what lies there."""

WITH_WEIGHTS = [part for part, file in CONFIGS.items() if file == "config.json"]

NEEDED = [f"{part}/*{ending}" for part in CONFIGS for ending in (".json", ".txt", ".model", ".safetensors")]
"""Patterns of the repository's files that are used."""

COMMAND = f"hf download {REPOSITORY}"
"""What fetches it into the hub's cache."""


def located(place: str, download: bool) -> Path:
    """The folder of the checkpoint.

    Args:
        place: a folder; ``""`` for the repository's snapshot in the Hugging Face hub's cache.
        download: whether the snapshot may be fetched.

    Raises:
        MissingCheckpoint: it is not there; the message has the command that gets it.
        UsageError: it could not be fetched.
    """
    if not place:
        return _snapshot(download)
    folder = Path(place).expanduser().resolve()
    if not folder.is_dir():
        raise MissingCheckpoint(f"There is no folder {folder}. Get the checkpoint with: {COMMAND} --local-dir {folder}")
    return folder


def check(folder: Path) -> None:
    """Look for every part.

    Raises:
        MissingCheckpoint: some are not there; the message has the command that gets them.
    """
    missing = [f"{part}/{file}" for part, file in CONFIGS.items() if not (folder / part / file).is_file()]
    missing += [f"{part}/*.safetensors" for part in WITH_WEIGHTS if not weights(folder / part)]
    if missing:
        where = "" if commit(folder) else f" --local-dir {folder}"
        raise MissingCheckpoint(
            f"{folder} is not the whole checkpoint: there is no {', no '.join(missing)}. Get it with: {COMMAND}{where}"
        )


def _snapshot(download: bool) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    try:
        return Path(
            snapshot_download(
                REPOSITORY, allow_patterns=NEEDED, ignore_patterns="*.fp16*", local_files_only=not download
            )
        )
    except (OSError, HfHubHTTPError) as error:
        if download:
            raise UsageError(f"{REPOSITORY} could not be fetched from the Hugging Face hub: {error}") from error
        raise MissingCheckpoint(
            f"{REPOSITORY} is not on this machine. Get it with: {COMMAND}  or name a folder that has it, "
            "vchitect-2:FOLDER, or let this command get it: --option download=yes"
        ) from error


def weights(folder: Path) -> list[Path]:
    """A part's weights, in the order of their names."""
    return sorted(folder.glob("*.safetensors"))


def config(folder: Path, part: str) -> dict[str, Any]:
    """What the checkpoint says of a part.

    Raises:
        CheckpointError: it is no JSON object.
    """
    path = folder / part / CONFIGS[part]
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CheckpointError(f"{path} is no JSON: {error}. Get it again with: {COMMAND}") from error
    if not isinstance(found, dict):
        raise CheckpointError(f"{path} must hold an object, found a {type(found).__name__}.")
    return found


def digest(folder: Path) -> str:
    """SHA-256 over the parts' configurations as they are, and their weights by name and size."""
    sha = hashlib.sha256()
    for part, file in CONFIGS.items():
        sha.update((folder / part / file).read_bytes())
        for path in weights(folder / part):
            sha.update(f"{part}/{path.name} {path.stat().st_size}\n".encode())
    return sha.hexdigest()


def commit(folder: Path) -> str:
    """The commit of a snapshot in the hub's cache, ``""`` for another folder."""
    return folder.name if folder.parent.name == "snapshots" else ""
