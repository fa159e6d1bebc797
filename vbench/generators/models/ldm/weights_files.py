"""Files that latent diffusion's descendants publish: several networks in one, each behind a prefix.

Keys and shapes of all networks are compared with the file before a value reaches one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from vbench.errors import CheckpointError, CheckpointMismatch, MissingCheckpoint
from vbench.weights.load import read_tensors

DEEPSPEED_PREFIX = 16
"""Characters before each key in files that DeepSpeed wrote, ``_forward_module.``."""

SHOWN = 20
"""Keys that a message lists of each kind."""


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

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Keys as they should stand in the file -> their shapes."""
        return {
            self.prefix + self.published(key): tuple(value.shape) for key, value in self.network.state_dict().items()
        }

    def fill(self, state: Mapping[str, Tensor]) -> None:
        """Take the values, as float32, and be ready for use."""
        values = {key: state[self.prefix + self.published(key)].float() for key in self.network.state_dict()}
        self.network.load_state_dict(values, assign=True)
        self.network.eval().requires_grad_(False)


def read_file(path: Path, command: str) -> dict[str, Tensor]:
    """Tensors of a published file: plain, under ``state_dict``, or under ``module`` as DeepSpeed writes them.

    Args:
        path: of the file; ``.safetensors`` or what ``torch.save`` writes, of which no code is run.
        command: that fetches it, for the message.

    Raises:
        MissingCheckpoint: it is not there.
        CheckpointError: it cannot be read, or holds no tensors.
    """
    if not path.is_file():
        raise MissingCheckpoint(f"{path} is not there. Get it with: {command}")
    if path.suffix == ".safetensors":
        return _read_safetensors(path)
    payload = read_tensors(path)
    if isinstance(payload.get("state_dict"), Mapping):
        payload = payload["state_dict"]
    elif isinstance(payload.get("module"), Mapping):
        payload = {key[DEEPSPEED_PREFIX:]: value for key, value in payload["module"].items()}
    tensors = {key: value for key, value in payload.items() if isinstance(value, Tensor)}
    if not tensors:
        raise CheckpointError(f"{path} holds no tensors. Get the published file: {command}")
    return tensors


def load_parts(path: Path, state: Mapping[str, Tensor], parts: Sequence[Part], command: str) -> None:
    """Put the tensors of a file into its networks; each must have its own, and none may be left over.

    Args:
        path: of the file, for the message.
        state: what it holds, without what belongs to no network.
        parts: the networks.
        command: that fetches the published file, for the message.

    Raises:
        CheckpointMismatch: with all missing, unexpected and misshaped keys.
    """
    wanted = {key: shape for part in parts for key, shape in part.shapes().items()}
    findings = {
        "missing": [key for key in wanted if key not in state],
        "unexpected": [key for key in state if key not in wanted],
        "of another shape": [
            f"{key} {tuple(state[key].shape)} instead of {shape}"
            for key, shape in wanted.items()
            if key in state and tuple(state[key].shape) != shape
        ],
    }
    told = [f"{len(keys)} {what}: {_listed(keys)}" for what, keys in findings.items() if keys]
    if told:
        raise CheckpointMismatch(
            f"{path} is not the published checkpoint: {'; '.join(told)}. Nothing was sampled with it. "
            f"Get the published file: {command}"
        )
    for part in parts:
        part.fill(state)


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path} cannot be read: {error}. Delete it and download it again.") from error


def _listed(keys: Sequence[str]) -> str:
    more = f" and {len(keys) - SHOWN} more" if len(keys) > SHOWN else ""
    return ", ".join(keys[:SHOWN]) + more
