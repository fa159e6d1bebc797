"""Fetch published files and folders: resumable, with progress, kept only if the digest is right."""

from __future__ import annotations

import http.client
import shutil
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path

from vbench.errors import CheckpointError, MissingExtra
from vbench.files.cache import cache_dir
from vbench.files.digest import digest
from vbench.weights.card import Checkpoint
from vbench.weights.cards import checkpoint, find

BLOCK = 1 << 20

SMALL = ("*.json", "*.txt", "*.model")
"""Configurations and vocabularies."""

PIPELINE, WEIGHTS = "model_index.json", "*.safetensors"

REDUNDANT = ("*.fp16*", "*non_ema*", "*.bin", "*.msgpack", "*.h5")
"""The same weights once more, for other precisions and libraries."""

Watch = Callable[[int, int | None], None]
"""Called with the bytes that are there and the bytes expected (``None`` if the server does not say)."""


def download(name: str, watch: Watch = lambda done, total: None, force: bool = False) -> Path:
    """Get a checkpoint into the cache.

    What an earlier call left half-done (``<file>.part``) is continued where the server allows it.

    Args:
        name: name of the checkpoint.
        watch: told of the progress.
        force: fetch it again even if it is there.

    Returns:
        The file or folder in the cache.

    Raises:
        CheckpointError: the server does not give it, or gives something else than what was published.
    """
    entry = checkpoint(name)
    if entry.is_folder:
        return _fetch_folder(entry, watch, force)
    target = cache_dir() / entry.path
    if target.is_file() and not force:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".part")
    try:
        _fetch(entry.address, partial, watch)
    except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
        kept = f" {partial.stat().st_size:,} bytes are kept; the same command continues." if partial.exists() else ""
        raise CheckpointError(
            f"{entry.address} could not be fetched: {error}.{kept} On a machine without network, put the file at "
            f"{target}."
        ) from error
    if entry.member:
        partial = _extract(partial, entry.member, target)
    sha256 = digest(partial)
    if not sha256.startswith(entry.sha256):
        partial.unlink()
        raise CheckpointError(
            f"{entry.address} gave another file than the published one: sha256 {sha256}, expected {entry.sha256}. "
            "It was deleted."
        )
    partial.replace(target)
    return target


def _fetch_folder(card: Checkpoint, watch: Watch, force: bool) -> Path:
    """A repository's files into the cache, or into the hub's own where the card has no place in ours."""
    if (found := find(card.name)) and card.path and not force:
        return found
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError
    except ImportError as error:
        raise MissingExtra(
            f'{card.name} is fetched with huggingface_hub: pip install "vbench-suite[generators]"'
        ) from error
    target = cache_dir() / card.path if card.path else None
    try:
        path = snapshot_download(
            card.repository,
            revision=card.revision,
            allow_patterns=_wanted(card),
            ignore_patterns=[one for one in REDUNDANT if not any(fnmatch(file, one) for file in card.files)],
            local_dir=target,
            force_download=force,
        )
    except (OSError, ValueError, HfHubHTTPError) as error:
        raise CheckpointError(
            f"{card.address} could not be fetched: {str(error)[:300]}. What is there is kept. On a machine without "
            f"network, bring it with: hf download {card.repository} --revision {card.revision}"
            + (f" --local-dir {target}" if target else "")
        ) from error
    watch(1, 1)
    return Path(path)


def _wanted(card: Checkpoint) -> list[str]:
    """Patterns of what is fetched: the files that must be there and the small ones beside them."""
    if PIPELINE in card.files:  # its components, and not the single files that some repositories have beside them
        return [PIPELINE, *(f"*/{name}" for name in (*SMALL, WEIGHTS))]
    if not card.path:
        return [*SMALL, WEIGHTS]
    folders = {pattern.rpartition("/")[0] for pattern in card.files}
    beside = [f"{folder}/{small}".lstrip("/") for folder in folders for small in SMALL]
    return sorted({*card.files, *beside})


def _fetch(url: str, partial: Path, watch: Watch) -> None:
    have = partial.stat().st_size if partial.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        response = urllib.request.urlopen(request, timeout=60)
    except urllib.error.HTTPError as error:
        if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # everything was there
        raise
    with response:
        continued = response.status == http.HTTPStatus.PARTIAL_CONTENT
        done = have if continued else 0
        length = response.headers.get("Content-Length")
        total = done + int(length) if length else None
        with partial.open("ab" if continued else "wb") as file:
            while block := response.read(BLOCK):
                file.write(block)
                done += len(block)
                watch(done, total)
    if total is not None and done < total:
        raise OSError(f"the connection ended after {done:,} of {total:,} bytes")


def _extract(archive: Path, member: str, target: Path) -> Path:
    extracted = target.with_name(target.name + ".extracted")
    try:
        with zipfile.ZipFile(archive) as files, files.open(member) as source, extracted.open("wb") as file:
            shutil.copyfileobj(source, file, BLOCK)
    except (zipfile.BadZipFile, KeyError) as error:
        archive.unlink()
        raise CheckpointError(
            f"{archive.name} is not the expected archive with {member}: {error}. It was deleted."
        ) from error
    archive.unlink()
    return extracted
