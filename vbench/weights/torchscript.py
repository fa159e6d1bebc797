"""Read the tensors of a TorchScript archive without TorchScript.

``torch.jit.load`` is deprecated, and it compiles what it finds. The archive is a zip of a pickle that describes
a tree of modules and of raw storages. Here the pickle is read by an unpickler that knows four ways to build a
tensor; every class of the archive's own program (``__torch__...``) becomes an empty shell that only keeps its
attributes, and any other name is refused.
"""

from __future__ import annotations

import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vbench.errors import CheckpointError, UnsafeCheckpoint
from vbench.files.unpickler import Unpickler

_DTYPES = {
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}


class _Shell:
    """Stands for any scripted module: keeps the attributes that the pickle gives it, does nothing."""

    def __setstate__(self, attributes: dict[str, Any]) -> None:
        self.attributes = attributes


def _strided(storage: Tensor, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any) -> Tensor:
    return storage.as_strided(size, stride, offset)


def _parameter(data: Tensor, *_: Any) -> Tensor:
    return data


def _as_list(items: Any, *_: Any) -> list[Any]:
    return list(items)


_KNOWN = {
    ("torch._utils", "_rebuild_tensor_v2"): _strided,
    ("torch._utils", "_rebuild_tensor"): _strided,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("collections", "OrderedDict"): OrderedDict,
}


class _Reader(Unpickler):
    def __init__(self, archive: zipfile.ZipFile, root: str) -> None:
        super().__init__(archive.open(f"{root}/data.pkl"))
        self.archive, self.root = archive, root

    def find_class(self, module: str, name: str) -> Any:
        if module.startswith("__torch__"):
            return _Shell
        if module == "torch" and name in _DTYPES:
            return _DTYPES[name]
        if module == "torch.jit._pickle":
            return _as_list
        if (module, name) in _KNOWN:
            return _KNOWN[module, name]
        raise UnsafeCheckpoint(
            f"{self.archive.filename} is refused: it asks for {module}.{name} while it is read, "
            "which no TorchScript archive of weights needs."
        )

    def persistent_load(self, reference: Any) -> Tensor:
        _, dtype, key, _, count = reference
        raw = bytearray(self.archive.read(f"{self.root}/data/{key}"))
        if not raw:
            return torch.empty(0, dtype=dtype)
        return torch.frombuffer(raw, dtype=dtype, count=count)


def read_torchscript(path: Path) -> dict[str, Tensor]:
    """The tensors of a TorchScript archive under the names that ``state_dict()`` of the loaded module gives them.

    Raises:
        UnsafeCheckpoint: the archive names something that is neither a module of its own nor a tensor.
        CheckpointError: it is not a readable archive.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            root = next(name.split("/")[0] for name in archive.namelist() if name.count("/") == 1)
            module = _Reader(archive, root).load()
    except UnsafeCheckpoint:
        raise
    except Exception as error:  # whatever strange bytes make of their reader
        raise CheckpointError(f"{path} is not a readable TorchScript archive ({error}). Download it again.") from error
    tensors: dict[str, Tensor] = {}
    _collect(module, "", tensors)
    return tensors


def _collect(module: Any, prefix: str, tensors: dict[str, Tensor]) -> None:
    for name, value in getattr(module, "attributes", {}).items():
        if isinstance(value, Tensor):
            tensors[prefix + name] = value
        elif isinstance(value, _Shell):
            _collect(value, f"{prefix}{name}.", tensors)
