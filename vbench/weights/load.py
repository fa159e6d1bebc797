"""How a checkpoint is read without running what is in it, and put into networks whole or not at all.

``torch.save`` files are read with ``weights_only=True``, TorchScript archives by :mod:`vbench.weights.torchscript`,
safetensors in one file or several by :mod:`vbench.weights.safetensors_files`. Every record of a zip is held against its
checksum first. Keys and shapes of all networks of a file are compared before a value reaches one of them: a score or a
video from half-loaded weights cannot happen.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from vbench.errors import CheckpointError, CheckpointMismatch, UnsafeCheckpoint
from vbench.files.zips import is_zip
from vbench.weights import safetensors_files
from vbench.weights.cards import candidates, checkpoint, locate
from vbench.weights.pin import refuse_changed
from vbench.weights.shape_lists import shapes

if TYPE_CHECKING:
    from torch import Tensor, nn

    from vbench.weights.card import Checkpoint

    N = TypeVar("N", bound=nn.Module)

ENTRIES = ("state_dict", "module", "model", "ema")
"""Where training checkpoints keep their state dict, besides the entry that a card names."""

DEEPSPEED = "_forward_module."
"""Before each key of what DeepSpeed wrote."""

AGAIN = "Delete it and download it again."

SHOWN = 20
"""Keys of a kind that a message lists."""


@dataclass(frozen=True)
class Part:
    """One network of a file.

    Attributes:
        network: may lie on the meta device.
        prefix: of its keys in the file.
        published: its name of a parameter -> the file's, without the prefix.
    """

    network: nn.Module
    prefix: str = ""
    published: Callable[[str], str] = str

    @property
    def expected(self) -> dict[str, Tensor]:
        """Keys as they should stand in the file -> the network's own values."""
        return {self.prefix + self.published(key): value for key, value in self.network.state_dict().items()}

    def fill(self, state: Mapping[str, Tensor]) -> None:
        """Take the values, and be ready for use."""
        values = {key: state[self.prefix + self.published(key)] for key in self.network.state_dict()}
        self.network.load_state_dict(values, assign=True)
        self.network.eval().requires_grad_(False)


def state_dict(name: str, checkpoints: str = "") -> dict[str, Tensor]:
    """A checkpoint's tensors, on the CPU, floating ones as float32.

    Args:
        name: of its card.
        checkpoints: a folder that stands for the cache.

    Raises:
        MissingCheckpoint: it is not there.
        UnsafeCheckpoint: the file asks for code to be run.
        CheckpointError: it is damaged, was changed since it was fetched, or holds no tensors.
    """
    path = locate(name, checkpoints)
    refuse_changed(path)
    state = unwrapped(read_tensors(path), checkpoint(name).entry, path)
    return {key: value.float() if value.is_floating_point() else value for key, value in state.items()}


def refuse_unfit(card: Checkpoint, path: Path) -> None:
    """Read a file that was fetched as a run would read it, and compare its tensors with the published ones.

    Raises:
        CheckpointError: it cannot be read, or lacks tensors; the message goes on after "gave".
    """
    try:
        state = unwrapped(read_tensors(path), card.entry, path)
    except CheckpointError as error:
        with path.open("rb") as file:
            start = file.read(40)
        reason = str(error).replace(str(path), "it").removesuffix(AGAIN).rstrip()
        raise type(error)(
            f"no checkpoint that can be read, but {path.stat().st_size:,} bytes that begin with {start!r}: {reason}"
        ) from error
    wanted = shapes(card.name)
    found = {key: tuple(state[key].shape) for key in wanted if key in state}
    if differences := mismatches(wanted, found):
        raise CheckpointMismatch(f"another network than {card.title}: {'; '.join(differences)}.")


def filled(network: N, name: str, checkpoints: str = "") -> N:
    """A network with a checkpoint's weights in float32, for inference.

    Args:
        network: may lie on the meta device.
        name: of the card.
        checkpoints: a folder that stands for the cache.

    Raises:
        CheckpointMismatch: with all missing, unexpected and wrongly shaped keys.
        CheckpointError: as :func:`state_dict`.
    """
    fill(name, state_dict(name, checkpoints), [Part(network)], checkpoints)
    return network


def load_strictly(network: nn.Module, state: Mapping[str, Tensor], name: str) -> None:
    """Put ``state`` into ``network`` after checking every key and shape; see :func:`fill`."""
    fill(name, state, [Part(network)])


def fill(name: str, state: Mapping[str, Tensor], parts: Sequence[Part], checkpoints: str = "") -> None:
    """Put the tensors of a file into its networks; each must have its own, and none may be left over.

    Tensors are assigned, not copied.

    Args:
        name: of the checkpoint's card, for the message.
        state: what it holds, without what belongs to no network.
        parts: the networks.
        checkpoints: the folder that stood for the cache, for the message.

    Raises:
        CheckpointMismatch: with all missing, unexpected and wrongly shaped keys.
    """
    expected = {key: value for part in parts for key, value in part.expected.items()}
    differences = mismatches(
        {key: tuple(value.shape) for key, value in expected.items()},
        {key: tuple(value.shape) for key, value in state.items()},
    )
    differences += _of_another_kind(expected, state)
    if differences:
        path = next((one for one in candidates(name, checkpoints) if one.exists()), candidates(name, checkpoints)[0])
        raise CheckpointMismatch(
            f"{path} does not fit {checkpoint(name).title}: {'; '.join(differences)}. Nothing was computed with it. "
            f"Get the published file: vbench weights download {name} --force"
        )
    for part in parts:
        part.fill(state)


def mismatches(expected: Mapping[str, tuple[int, ...]], found: Mapping[str, tuple[int, ...]]) -> list[str]:
    """What a file lacks, has besides, or has in another shape, as phrases; nothing where it fits.

    Args:
        expected: key -> shape, of the networks.
        found: key -> shape, of the file.
    """
    kinds = {
        "missing": [key for key in expected if key not in found],
        "unexpected": [key for key in found if key not in expected],
        "of another shape": [
            f"{key} {found[key]} instead of {shape}"
            for key, shape in expected.items()
            if key in found and found[key] != shape
        ],
    }
    return [f"{len(keys)} {kind}: {shortened(keys)}" for kind, keys in kinds.items() if keys]


def _of_another_kind(expected: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> list[str]:
    """Integers where the network computes with fractions: a quantized file that nothing unpacks."""
    keys = [
        f"{key} {str(state[key].dtype).removeprefix('torch.')}"
        for key, value in expected.items()
        if key in state and value.is_floating_point() and not state[key].is_floating_point()
    ]
    return [f"{len(keys)} of another kind of number: {shortened(keys)}"] if keys else []


def shortened(keys: Sequence[str], limit: int = SHOWN) -> str:
    """A list of keys for a message."""
    more = f" and {len(keys) - limit} more" if len(keys) > limit else ""
    return ", ".join(str(key) for key in keys[:limit]) + more


def read_tensors(path: Path) -> Mapping[str, Any]:
    """What a file or a folder of safetensors holds, executing nothing that is in it.

    Raises:
        UnsafeCheckpoint: the file asks for code to be run.
        CheckpointError: it is damaged, or no checkpoint.
    """
    if path.is_dir() or path.name.endswith((safetensors_files.SUFFIX, safetensors_files.INDEX)):
        return safetensors_files.read(path)
    if not is_zip(path):
        return _read_saved(path)
    _check_records(path)
    if _is_torchscript(path):
        from vbench.weights.torchscript import read_torchscript

        return read_torchscript(path)
    with zipfile.ZipFile(path) as archive:
        if len(names := archive.namelist()) == 1:  # a checkpoint that was packed
            return _read_saved(path, io.BytesIO(archive.read(names[0])))
    return _read_saved(path)


def unwrapped(payload: Mapping[str, Any], entry: str, path: Path) -> dict[str, Tensor]:
    """The state dict of what was read: under the entry, alone, or under one of :data:`ENTRIES`.

    Raises:
        CheckpointError: there is none.
    """
    if entry and isinstance(payload.get(entry), Mapping):
        state = payload[entry]
    elif _strangers(payload):
        inside = [name for name in ENTRIES if isinstance(payload.get(name), Mapping)]
        state = payload[inside[0]] if len(inside) == 1 else payload
    else:
        state = payload
    strangers = _strangers(state)
    if strangers or not state:
        raise CheckpointError(
            f"{path} is not a state dict: expected only tensors{f', alone or under {entry!r}' if entry else ''}, "
            f"found {shortened(strangers) or 'nothing'}."
        )
    if all(key.startswith(DEEPSPEED) for key in state):
        return {key.removeprefix(DEEPSPEED): value for key, value in state.items()}
    return dict(state)


def _strangers(state: Mapping[str, Any]) -> list[str]:
    return [str(key) for key, value in state.items() if not hasattr(value, "dtype")]


def _check_records(path: Path) -> None:
    """Hold every record of a zip against its checksum.

    Raises:
        CheckpointError: one was changed after it was written.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
    except Exception as error:  # whatever a strange archive makes of its reader
        raise CheckpointError(_damaged(path, error)) from error
    if damaged:
        raise CheckpointError(
            f"{path} is damaged: its record {damaged} is not what was written (its checksum differs). {AGAIN}"
        )


def _is_torchscript(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        return any(name.count("/") == 1 and name.endswith("/constants.pkl") for name in archive.namelist())


_SIGNS_OF_CODE = ("Unsupported global", "Unsupported class", "unrecognized function")


def _read_saved(path: Path, packed: io.BytesIO | None = None) -> Mapping[str, Any]:
    import argparse
    import pickle

    import torch

    try:
        # A Namespace is what training scripts leave beside the weights; it only holds values.
        with torch.serialization.safe_globals([argparse.Namespace]):
            payload = torch.load(packed or path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if not any(sign in str(error) for sign in _SIGNS_OF_CODE):
            raise CheckpointError(_damaged(path, error)) from error
        named = next(line for line in str(error).splitlines() if any(sign in line for sign in _SIGNS_OF_CODE))
        raise UnsafeCheckpoint(
            f"{path} is refused: reading it would run code that it names ({named.strip()[:200]}). "
            "A checkpoint holds tensors only; get it again from its publisher (vbench weights download --force NAME)."
        ) from error
    except Exception as error:  # whatever strange bytes make of their reader
        raise CheckpointError(_damaged(path, error)) from error
    if isinstance(payload, list):  # by their places, as some LoRAs are published
        payload = {str(place): value for place, value in enumerate(payload)}
    if not isinstance(payload, Mapping):
        raise CheckpointError(
            f"{path} is not a checkpoint: expected a mapping of tensors, found a {type(payload).__name__}."
        )
    return payload


def _damaged(path: Path, error: Exception) -> str:
    return (
        f"{path} cannot be read as a checkpoint ({path.stat().st_size:,} bytes; "
        f"{type(error).__name__}: {str(error)[:120]}). {AGAIN}"
    )
