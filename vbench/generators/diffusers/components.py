"""A pipeline's components: what is in each folder is held against its class before anything is loaded.

Diffusers and transformers sample with whatever they find: a text encoder of which keys are missing gets random weights.
Here every network's keys and shapes are compared with the headers of its files, which takes a second and no memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import diffusers
import transformers

from vbench.errors import CheckpointError, CheckpointMismatch, UsageError
from vbench.files.json_file import plain_json
from vbench.weights import safetensors_files
from vbench.weights.pretrained import CONFIG, differences

UNSAFE = {".bin", ".ckpt", ".pt", ".pth", ".pkl"}
"""Files that can run code while they are read."""


Headers = Callable[[Path], Mapping[str, safetensors_files.Entry]]


@dataclass(frozen=True)
class Component:
    """A part of a pipeline.

    Attributes:
        name: in the pipeline, ``text_encoder``.
        kind: its class, ``None`` where no library here has it.
        folder: of its files.
    """

    name: str
    kind: Any
    folder: Path

    @property
    def is_network(self) -> bool:
        """Whether it has weights."""
        return self.kind is not None and hasattr(self.kind, "state_dict")

    def check(self, variant: str = "", headers: Headers = safetensors_files.headers) -> None:
        """Refuse what would not be loaded whole.

        Args:
            variant: of the files that are preferred, such as fp16.
            headers: file or index -> what its header says.

        Raises:
            UsageError: its folder or its weights are not there, or are no safetensors.
            CheckpointError: a file is damaged.
            CheckpointMismatch: with all missing, unexpected and wrongly shaped keys.
        """
        if not self.folder.is_dir() or not any(self.folder.iterdir()):
            raise UsageError(
                f"{self.folder} is missing or empty: the checkpoint has no {self.name}, which is a "
                f"{self._described}. Download it again; what is there is kept."
            )
        if not self.is_network:
            self._check_configurations()
            return
        weights = self.weights(variant)
        try:
            found = differences(self.kind, self.folder / CONFIG, headers(weights))
        except CheckpointError as error:
            raise CheckpointError(f"The {self.name} of this checkpoint cannot be loaded: {error}") from error
        if found:
            raise CheckpointMismatch(
                f"The {self.name} of this checkpoint is no whole {self._described}: {weights} has {'; '.join(found)}. "
                "Nothing was sampled with it. Download it again, or convert it to this layout."
            )

    def weights(self, variant: str = "") -> Path:
        """The file, or the index of several, that its library would read.

        Raises:
            UsageError: there is none; the message says what there is instead.
        """
        names = sorted(path.name for path in self.folder.iterdir())
        for file in _file_names(self.kind, variant):
            if file in names:
                return self.folder / file
        raise UsageError(_without_weights(self, names))

    def _check_configurations(self) -> None:
        for path in sorted(self.folder.glob("*.json")):
            try:
                plain_json(path.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                raise CheckpointError(
                    f"The {self.name} of this checkpoint cannot be loaded: {path} is no JSON ({error}). "
                    "Download it again."
                ) from error

    @property
    def _described(self) -> str:
        return self.kind.__name__ if self.kind is not None else "component"


def components(index: Mapping[str, Any], folders: Mapping[str, Path], kinds: Mapping[str, str]) -> Iterator[Component]:
    """The components of a checkpoint.

    Args:
        index: ``model_index.json``.
        folders: component -> its folder.
        kinds: component -> its class, for those that come from elsewhere than the index says.
    """
    for name, folder in folders.items():
        library, kind = (None, kinds[name]) if name in kinds else (index.get(name) or [None, None])[:2]
        yield Component(name, _class(library, kind), folder)


def _class(library: str | None, name: str | None) -> Any:
    """A class by the names that an index has: a package, or a folder of diffusers' pipelines."""
    if not name:
        return None
    places = [getattr(diffusers.pipelines, library or "", None), diffusers, transformers]
    if library in ("diffusers", "transformers"):
        places.insert(0, import_module(library))
    return next((found for place in places if (found := getattr(place, name, None))), None)


def _file_names(kind: Any, variant: str) -> list[str]:
    """What a library looks for, in its order; a component without the variant is taken without."""
    stem = "diffusion_pytorch_model" if hasattr(kind, "load_config") else "model"
    variants = [f".{variant}", ""] if variant else [""]
    several = [f"{stem}.safetensors.index{one}.json" for one in variants]
    single = [f"{stem}{one}.safetensors" for one in variants]
    pairs = zip(several, single, strict=True) if stem != "model" else zip(single, several, strict=True)
    return [name for pair in pairs for name in pair]


def _without_weights(component: Component, names: list[str]) -> str:
    """What to do about a folder without the weights that are looked for."""
    of_weights = [name for name in names if name.endswith(".safetensors")]
    variants = sorted({name.split(".")[1] for name in of_weights if name.count(".") == 2 and "-of-" not in name})
    if variants:
        return (
            f"{component.folder} has its weights only in the variant {' or '.join(variants)}: take it with --option "
            f"variant={variants[0]}"
        )
    parts = [name for name in of_weights if "-of-" in name]
    if parts:
        return (
            f"{component.folder} has parts of its weights ({', '.join(parts[:3])}) but no index that names all of "
            "them: the download is not whole. Download it again; what is there is kept."
        )
    if any(Path(name).suffix in UNSAFE for name in names):
        return (
            f"{component.folder} has no safetensors, and files of other kinds can run code while they are read. Take a "
            "revision or variant with safetensors (--option revision=..., variant=...), or convert it: "
            "https://huggingface.co/docs/safetensors/convert-weights"
        )
    return (
        f"{component.folder} has no weights of the {component.name}, expected "
        f"{' or '.join(_file_names(component.kind, ''))}; found {', '.join(names)}. Download it again."
    )
