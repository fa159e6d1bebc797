"""Fetch published files and folders: resumable, with progress, kept only if the digest is right.

Where none is published, a file is read whole, its checksums and the shapes of its tensors are compared, and its digest
is pinned.
"""

from __future__ import annotations

import http.client
import shutil
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from vbench.errors import CheckpointError, MissingExtra
from vbench.files.arriving import pieces, stated_length
from vbench.files.cache import cache_dir
from vbench.files.digest import digest, git_blob
from vbench.files.zips import unreadable
from vbench.weights.card import Checkpoint
from vbench.weights.cards import checkpoint, find
from vbench.weights.part import Part, body_of, parts_left, taken
from vbench.weights.pin import pin, refuse_another

BLOCK = 1 << 20

SMALL = ("*.json", "*.txt", "*.model")
"""Configurations and vocabularies."""

PIPELINE, WEIGHTS = "model_index.json", "*.safetensors"

REDUNDANT = ("*.fp16*", "*non_ema*", "*.bin", "*.msgpack", "*.h5")
"""The same weights once more, for other precisions and libraries."""

ANY_KIND = "model*"
"""How a card's pattern ends that asks for weights of whatever kind there are."""

Watch = Callable[[int, int | None], None]
"""Called with the bytes that are there and the bytes expected (``None`` if the server does not say)."""


def download(name: str, watch: Watch = lambda done, total: None, force: bool = False) -> Path:
    """Get a checkpoint into the cache.

    What an earlier call left half-done (``<file>.part``) is continued where the server allows it. Two calls at once
    do not disturb each other.

    Args:
        name: name of the checkpoint.
        watch: told of the progress.
        force: fetch it again even if it is there.

    Returns:
        The file or folder in the cache.

    Raises:
        CheckpointError: the server does not give it, or gives something else than what was published.
    """
    card = checkpoint(name)
    if card.is_folder:
        return _fetch_folder(card, watch, force)
    target = cache_dir() / card.path
    if target.is_file() and not force:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    if not _kept(card, target, _fetched(card, target, watch, afresh=False)):
        _kept(card, target, _fetched(card, target, watch, afresh=True))
    for left in parts_left(target):
        left.unlink(missing_ok=True)
    return target


def _kept(card: Checkpoint, target: Path, part: Part) -> bool:
    """Put a body that was fetched whole into its place; false where it should be fetched from its beginning.

    Raises:
        CheckpointError: it is not what was published.
    """
    file = part.path
    try:
        if card.member:
            file = _extracted(part.path, card)
        sha256 = digest(file)
        _refuse_another(card, target, file, sha256)
        if not card.sha256:
            pin(target, sha256)
        file.replace(target)
    except CheckpointError as error:
        if part.continued:
            return False
        raise CheckpointError(f"{card.address} gave {error} Nothing of it was kept.") from error
    finally:
        file.unlink(missing_ok=True)
        part.drop()
    return True


def _refuse_another(card: Checkpoint, target: Path, file: Path, sha256: str) -> None:
    """Refuse what is not the published file, or could not be where no digest is published.

    Raises:
        CheckpointError: it is not; the message goes on after "gave".
    """
    if card.sha256:
        if not sha256.startswith(card.sha256):
            raise CheckpointError(f"another file than the published one: sha256 {sha256}, expected {card.sha256}.")
        return
    if card.git_blobs and (blob := git_blob(file)) not in card.git_blobs:
        expected = " or ".join(card.git_blobs)
        raise CheckpointError(f"another file than the published one: git blob {blob}, expected {expected}.")
    try:
        refuse_another(target, sha256)
    except CheckpointError as error:
        raise CheckpointError(f"another file than before: {error}") from error
    if not file.stat().st_size:
        raise CheckpointError("an empty file.")
    if card.is_weights:
        from vbench.weights.load import refuse_unfit

        refuse_unfit(card, file)


def _fetched(card: Checkpoint, target: Path, watch: Watch, afresh: bool) -> Part:
    """The whole body that the address gives.

    Raises:
        CheckpointError: the server does not give it whole; the message says what is kept.
    """
    part = None
    try:
        with _asked(card.address) as response:
            body = body_of(response.headers)
            part = taken(target, body, afresh=afresh or not (body or card.sha256))
            total = stated_length(response)
            if not part.size:
                _receive(response, part, watch)
        if part.continued and part.size != total:
            _continue(card.address, part, watch)
    except BaseException as error:
        resumable = part is not None and part.size > 0 and bool(part.body or card.sha256)
        kept = f" {part.size:,} bytes are kept; the same command continues." if part and resumable else ""
        if part:
            (part.leave if resumable else part.drop)()
        if not isinstance(error, urllib.error.URLError | http.client.HTTPException | OSError):
            raise
        raise CheckpointError(
            f"{card.address} could not be fetched: {error}.{kept} On a machine without network, put the file at "
            f"{target}."
        ) from error
    return part


def _asked(url: str, first: int = 0) -> Any:
    headers = {"Range": f"bytes={first}-"} if first else {}
    return urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60)


def _continue(url: str, part: Part, watch: Watch) -> None:
    """The rest of a body, or all of it where the server cannot give a rest, or has another body now."""
    try:
        answer = _asked(url, part.size)
    except urllib.error.HTTPError as error:
        if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # there is no rest; whether this is the whole is seen when it is read
        raise
    with answer as response:
        if response.status != http.HTTPStatus.PARTIAL_CONTENT or body_of(response.headers) != part.body:
            part.drop()
            part.continued = False
        if response.status == http.HTTPStatus.PARTIAL_CONTENT and not part.continued:
            raise OSError("the file was replaced while it was fetched")
        _receive(response, part, watch)


def _receive(response: Any, part: Part, watch: Watch) -> None:
    done, length = part.size, stated_length(response)
    total = None if length is None else done + length
    with part.path.open("ab") as file:
        for block in pieces(response, BLOCK):
            file.write(block)
            done += len(block)
            watch(done, total)


def _extracted(archive: Path, card: Checkpoint) -> Path:
    file = archive.with_name(f"{archive.name}.member")
    try:
        with (
            unreadable(lambda error: CheckpointError(f"no archive with {card.member} ({error}).")),
            zipfile.ZipFile(archive) as files,
            files.open(card.member) as source,
        ):
            _refuse_larger(card, files.getinfo(card.member).file_size, archive.parent)
            with file.open("wb") as copy:
                shutil.copyfileobj(source, copy, BLOCK)
    except CheckpointError:
        file.unlink(missing_ok=True)
        raise
    return file


def _refuse_larger(card: Checkpoint, size: int, folder: Path) -> None:
    """Refuse a file that is not unpacked as what was published, or not for want of room; no more than it says comes."""
    room = shutil.disk_usage(folder).free
    if size > (card.size or room):
        most = f"the published one has {card.size:,}" if card.size else f"the disk has room for {room:,}"
        raise CheckpointError(f"an archive whose {card.member} unpacks to {size:,} bytes, where {most}.")


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
            revision=card.read_at,
            allow_patterns=_wanted(card),
            ignore_patterns=_unwanted(card),
            local_dir=target,
            force_download=force,
        )
    except (OSError, ValueError, HfHubHTTPError) as error:
        raise CheckpointError(
            f"{card.address} could not be fetched: {str(error)[:300]}. What is there is kept. On a machine without "
            f"network, bring it with: hf download {card.repository} --revision {card.read_at}"
            + (f" --local-dir {target}" if target else "")
        ) from error
    watch(1, 1)
    return Path(path)


def _unwanted(card: Checkpoint) -> list[str]:
    """Patterns of what is left out: what is there once more, but for a card that asks for it."""
    if any(file.endswith(ANY_KIND) for file in card.files):
        return []
    return [one for one in REDUNDANT if not any(fnmatch(file, one) for file in card.files)]


def _wanted(card: Checkpoint) -> list[str]:
    """Patterns of what is fetched: the files that must be there and the small ones beside them."""
    if PIPELINE in card.files:  # its components, and not the single files that some repositories have beside them
        return [PIPELINE, *(f"*/{name}" for name in (*SMALL, WEIGHTS))]
    if not card.path:
        return [*SMALL, WEIGHTS]
    folders = {pattern.rpartition("/")[0] for pattern in card.files}
    beside = [f"{folder}/{small}".lstrip("/") for folder in folders for small in SMALL]
    return sorted({*card.files, *beside})
