"""A diffusers pipeline's checkpoint: found on this machine, looked through without loading it, then loaded.

Weights are safetensors and nothing else, and no code that lies in a checkpoint is run.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from diffusers import DiffusionPipeline
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

from vbench import device as devices
from vbench.errors import CheckpointMismatch, UsageError, VBenchError, first_line
from vbench.files.digest import digest
from vbench.files.json_file import plain_json
from vbench.generators import pictures
from vbench.generators.base import Settings
from vbench.generators.changes import Lora
from vbench.generators.diffusers import lora, modular, single_file
from vbench.generators.diffusers.components import Headers, components
from vbench.generators.diffusers.preset import Part, Preset
from vbench.generators.diffusers.presets import PRESETS
from vbench.generators.diffusers.single_file import NETWORKS, is_single_file
from vbench.generators.options import Options
from vbench.registry import unknown
from vbench.weights import safetensors_files
from vbench.weights.cards import CHECKPOINTS
from vbench.weights.identity import commit, identity
from vbench.weights.load import shortened

INDEX = "model_index.json"

DESCRIBED = ("a library", "a class")
"""What an index says of each component."""

UNKNOWN = Preset("", "", Settings(), "")
"""Of a model of which nothing is published here."""

CHOICES = {
    "dtype": ("auto", "float32", "float16", "bfloat16"),
    "offload": ("none", "model", "sequential"),
    "tiling": ("auto", "yes", "no"),
    "fit": pictures.CHOICES,
}


@dataclass(frozen=True)
class DiffusersOptions(Options):
    """How a pipeline is loaded and run.

    Attributes:
        dtype: auto, float32, float16 or bfloat16; auto is float32 on the CPU and the published precision elsewhere.
        dtypes: precision of single components, such as ``text_encoder:float16,vae:float32``.
        device: auto, cpu, cuda, ...
        offload: none; model or sequential keep on the accelerator only what computes, a model or a layer at a time.
        tiling: auto, yes or no; whether the VAE decodes in tiles, in less memory.
        batch: videos that are denoised together; they are decoded one by one.
        revision: of the repository: a branch, tag or commit.
        variant: of the weights' files, such as fp16.
        fit: auto, crop, pad, stretch or refuse; for a picture of other proportions than the video. auto is as the
            model's authors do.
        download: whether what is missing may be fetched from the Hugging Face hub.
    """

    dtype: str = "auto"
    dtypes: str = ""
    device: str = "auto"
    offload: str = "none"
    tiling: str = "auto"
    batch: int = 1
    revision: str = ""
    variant: str = ""
    fit: str = "auto"
    download: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be meant.

        Raises:
            UsageError: a word that is not known, or a batch of no videos.
        """
        for name, words in CHOICES.items():
            if getattr(self, name) not in words:
                raise UsageError(f"The option {name} must be {', '.join(words)}; found {getattr(self, name)!r}.")
        if self.batch < 1:
            raise UsageError(f"The option batch must be 1 or more, found {self.batch}.")
        for component, dtype in self.of_components.items():
            if not component or dtype not in CHOICES["dtype"][1:]:
                raise UsageError(
                    f"The option dtypes is COMPONENT:PRECISION,... with {', '.join(CHOICES['dtype'][1:])}; found "
                    f"{self.dtypes!r}."
                )

    @property
    def of_components(self) -> dict[str, str]:
        """Component -> its precision."""
        words = (pair.partition(":") for pair in self.dtypes.split(",") if pair)
        return {component.strip(): dtype.strip() for component, _, dtype in words}


class Checkpoint:
    """Where a pipeline's weights come from.

    Args:
        place: a folder, a repository, or a single file for the preset's main network; ``""`` for the preset's own.
        preset: what is published of the model, ``None`` where nothing is known.
        options: how to load.
    """

    def __init__(self, place: str, preset: Preset | None, options: DiffusersOptions) -> None:
        self.preset = preset or UNKNOWN
        self.options = options
        self.file = Path(place).expanduser().resolve() if is_single_file(place) else None
        if self.file and preset is None:
            raise UsageError(
                f"{place} is one network and no pipeline: say whose it is, as in {_readable_presets()[0]}:{place}. "
                f"Networks in a single file are read for {', '.join(_readable_presets())}."
            )
        if self.file:
            place = ""
        self.place = place or self.preset.repository
        self.is_folder = bool(place) and Path(place).expanduser().is_dir()

    @cached_property
    def folder(self) -> Path:
        """Where the files lie.

        Raises:
            UsageError: they are not on this machine; the message has the command that gets them.
        """
        if self.is_folder:
            return Path(self.place).expanduser().resolve()
        if self.place.count("/") != 1 or self.place.startswith((".", "/", "~")):
            raise UsageError(f"{self.place!r} is neither a folder nor a repository such as maxin-cn/Latte-1.")
        if not self.options.download:
            return _snapshot(self.place, self.revision)
        given = {"revision": self.revision, "variant": self.options.variant or None}
        return _found(self.place, partial(DiffusionPipeline.download, self.place, use_safetensors=True, **given))

    @property
    def revision(self) -> str | None:
        """Of the repository that is asked for, ``None`` for the newest."""
        return self.options.revision or _revision(self.place)

    @property
    def cards(self) -> list[str]:
        """Names of the checkpoints' cards that it is made of; what is in a folder has none."""
        parts = [part.repository for part in self.preset.parts.values()]
        names = [*([] if self.is_folder else [self.place]), *parts]
        return [name for name in dict.fromkeys(names) if name in CHECKPOINTS]

    @property
    def _index_file(self) -> Path:
        names = (INDEX, modular.INDEX)
        return self.folder / next((name for name in names if (self.folder / name).is_file()), INDEX)

    @cached_property
    def index(self) -> dict[str, Any]:
        """``model_index.json``: the pipeline's class and its components.

        Raises:
            UsageError: the folder is no pipeline of diffusers.
        """
        try:
            index = plain_json(self._index_file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UsageError(
                f"{self.folder} is no diffusers pipeline: its {INDEX} cannot be read. Expected a folder as "
                "save_pretrained writes it."
            ) from error
        if not isinstance(index, dict) or not isinstance(index.get("_class_name"), str):
            raise UsageError(f"{self._index_file} names no pipeline of diffusers; code of its own is never run.")
        parts = {name: value for name, value in index.items() if isinstance(value, list) and not _is_setting(value)}
        for name, value in parts.items():
            if len(value) < len(DESCRIBED) or not all(isinstance(one, str | None) for one in value[: len(DESCRIBED)]):
                raise UsageError(f"{self._index_file}: {name} is {value!r:.60}, expected {' and '.join(DESCRIBED)}.")
        return {"_class_name": index["_class_name"], **parts}

    @property
    def class_name(self) -> str:
        """Class of the pipeline: the preset's, else the one that the checkpoint names."""
        return self.preset.pipeline or str(self.index["_class_name"])

    def check(self) -> None:
        """Look through the files.

        Raises:
            UsageError: they are not there, are of another pipeline, or are not safetensors.
            CheckpointError: a component is damaged, or its keys and shapes are not those of its class.
            MissingExtra: a package that the model needs is not installed.
        """
        _ = self.index
        self.check_kind()
        kind = getattr(diffusers, self.class_name)
        takes = list(self._folders) if modular.is_modular(kind) else list(inspect.signature(kind).parameters)
        for name in (*self.options.of_components, *self.preset.parts):
            if name not in takes:
                raise unknown("component", name, takes, f" in {self.class_name}")
        if modular.is_modular(kind) and self.options.offload != "none":
            raise UsageError(f"{self.class_name} is modular, and diffusers has no offload of it: --option offload=none")
        self.check_components()
        device = devices.choose(self.options.device)
        if self.options.offload != "none" and device.type == "cpu":
            raise UsageError("The option offload moves models between an accelerator and the CPU; here is only a CPU.")
        for path, _ in self._loras:
            lora.check(kind, path)

    def check_kind(self) -> None:
        """Refuse a checkpoint of another pipeline; of one that is not on this machine nothing is said.

        Raises:
            UsageError: it is of another.
        """
        try:
            found = self.index["_class_name"]
        except UsageError:
            return
        if found != self.class_name and not self._can_be(getattr(diffusers, self.class_name)):
            raise UsageError(f"{self.place} holds a {found}, but a {self.class_name} was expected.")

    def _can_be(self, kind: Any) -> bool:
        """Whether the checkpoint has what another pipeline than its own is made of: a model often has several."""
        parameters = inspect.signature(kind).parameters
        optional = kind._optional_components
        needed = [name for name, one in parameters.items() if one.default is one.empty and name not in optional]
        has = {name: value[1] for name, value in self.index.items() if isinstance(value, list) and value[0]}
        networks = [name for name in NETWORKS if name in has and name in parameters and name not in self.preset.parts]
        return all(name in has or name in self.preset.parts for name in needed) and all(
            has[name] in str(parameters[name].annotation) for name in networks
        )

    def check_components(self, headers: Headers = safetensors_files.headers) -> int:
        """Hold every component against its class; see :mod:`vbench.generators.diffusers.components`.

        Args:
            headers: file or index -> what its header says.

        Returns:
            How many networks were compared.
        """
        networks = 0
        for library in (diffusers, transformers):
            library.utils.logging.disable_progress_bar()
        replaced = {name: self._kind(name, folder) for name, folder in self._part_folders.items()}
        for component in components(self.index, self._folders, replaced):
            if self.file and component.name == self._network:
                single_file.check(component.kind, component.folder, self.file)
            else:
                component.check(self.options.variant, headers)
            networks += component.is_network
        return networks

    def config(self, component: str) -> dict[str, Any]:
        """The configuration of a component; empty where it has none, or where the files are not on this machine."""
        try:
            return _config(self._part_folders.get(component) or self.folder / component)
        except (UsageError, ValueError):
            return {}  # check() says so

    @property
    def scheduler(self) -> Any:
        """What will set the timesteps, without the networks; ``None`` where nothing is known of it.

        Raises:
            UsageError: diffusers has no such scheduler, or it has no such setting.
        """
        config = self.config("scheduler")
        own = scheduler_like(config, str(config["_class_name"]), {}) if "_class_name" in config else None
        if not self.preset.scheduler:
            return own
        return scheduler_like(own.config if own else {}, *self.preset.scheduler)

    def load(self) -> Any:
        """The pipeline with its weights, ready to be called.

        Raises:
            UsageError: the files do not make such a pipeline.
        """
        kind = getattr(diffusers, self.class_name)
        for library in (diffusers, transformers):
            library.utils.logging.disable_progress_bar()
        device = devices.choose(self.options.device)
        try:
            parts = {name: self._loaded(name, folder) for name, folder in self._part_folders.items()}
            if self.file:
                parts[self._network] = self._from_file(self.file)
            pipeline = self._assembled(kind, parts)
        except VBenchError:
            raise
        except Exception as error:  # whatever the libraries make of a file that is not as they wrote it
            raise UsageError(f"{self.place} cannot be loaded as {kind.__name__}: {error}") from error
        _refuse_unloaded(pipeline, self.place)
        pipeline.set_progress_bar_config(disable=True)
        _keep_text_model(pipeline)
        for name in NETWORKS:
            if "text_encoder" in self._dtypes and isinstance(getattr(pipeline, name, None), torch.nn.Module):
                _cast_inputs(getattr(pipeline, name))
        self._follow_protocol(pipeline)
        if self.tiling:
            _tile(pipeline)
        if self.options.batch > 1 and hasattr(getattr(pipeline, "vae", None), "enable_slicing"):
            pipeline.vae.enable_slicing()
        if self.options.offload == "model":
            pipeline.enable_model_cpu_offload(device=device)
        elif self.options.offload == "sequential":
            pipeline.enable_sequential_cpu_offload(device=device)
        else:
            pipeline.to(device)
        return pipeline

    def _assembled(self, kind: Any, parts: Mapping[str, Any]) -> Any:
        if modular.is_modular(kind):
            return modular.Modular(self.folder, self._dtypes, parts)
        return kind.from_pretrained(
            self.folder,
            dtype=self._dtypes,
            use_safetensors=True,
            local_files_only=True,
            variant=self.options.variant or None,
            **parts,
        )

    @property
    def tiling(self) -> bool:
        """Whether the VAE decodes in tiles."""
        return self.preset.tiling if self.options.tiling == "auto" else self.options.tiling == "yes"

    @property
    def dtype(self) -> str:
        """Precision of the components, except those that the preset keeps in float32."""
        if self.options.dtype != "auto":
            return self.options.dtype
        return "float32" if devices.choose(self.options.device).type == "cpu" else self.preset.dtype

    @property
    def provenance(self) -> dict[str, Any]:
        """What the manifest says; the digest is of configurations and weights."""
        scheduler = self.config("scheduler")
        kind, changes = self.preset.scheduler or (scheduler.get("_class_name", ""), {})
        dtypes = {name: str(dtype).removeprefix("torch.") for name, dtype in self._dtypes.items() if name != "default"}
        told = {
            "pipeline": self.class_name,
            "checkpoint": self.folder.name if self.is_folder else self.place,
            "digest": self._digest,
            "revision": commit(self.folder),
            "file": {"name": self.file.name, "sha256": digest(self.file)} if self.file else "",
            "parts": {name: self._origin(name, folder) for name, folder in self._part_folders.items()},
            "loras": [{"file": path.name, "sha256": digest(path), "weight": weight} for path, weight in self._loras],
            "scheduler": {"class": kind, "config": _sha256(json.dumps({**scheduler, **changes}, sort_keys=True))},
            "dtype": self.dtype,
            "dtypes": dtypes,
            "device": devices.choose(self.options.device).type,
            "offload": self.options.offload,
            "tiling": self.tiling,
            "variant": self.options.variant,
            "arguments": dict(self.preset.arguments),
            "diffusers": diffusers.__version__,
            "transformers": transformers.__version__,
            "torch": torch.__version__,
        }
        return {name: value for name, value in told.items() if value not in ("", [], {})}

    @property
    def _dtypes(self) -> dict[str, torch.dtype]:
        on_cpu = self.options.dtype == "auto" and devices.choose(self.options.device).type == "cpu"
        published = {} if on_cpu else self.preset.dtypes
        precisions = {"default": self.dtype, **published, **self.options.of_components}
        return {name: getattr(torch, precision) for name, precision in precisions.items()}

    @cached_property
    def _folders(self) -> dict[str, Path]:
        """Component -> its folder, for those that the class takes."""
        kind = getattr(diffusers, self.class_name)
        taken = self.index if modular.is_modular(kind) else inspect.signature(kind).parameters
        own = {
            name: self.folder / name
            for name, described in sorted(self.index.items())
            if name in taken and isinstance(described, list) and described[0]
        }
        return own | self._part_folders

    @cached_property
    def _part_folders(self) -> dict[str, Path]:
        """The preset's parts, but those that a folder has as components of its own."""
        found = {name: self._part_folder(name, part) for name, part in self.preset.parts.items()}
        return {name: folder for name, folder in found.items() if folder}

    def _part_folder(self, name: str, part: Part) -> Path | None:
        if part.given and (place := Path(part.repository).expanduser()).is_dir():
            return place.resolve()
        if self.is_folder and not part.given:
            has_own = bool((self.index.get(name) or [None])[0])
            inside = self.folder / (part.subfolder or name)
            if inside.is_dir() and (part.subfolder or not has_own):
                return inside
            if has_own:
                return None
        repository = part.repository or self.place
        revision = _revision(part.repository) if part.repository else self.revision
        if not self.options.download:
            return _snapshot(repository, revision) / part.subfolder
        patterns = [f"{part.subfolder}*{suffix}" for suffix in (".json", ".safetensors")]
        fetch = partial(snapshot_download, repository, revision=revision, allow_patterns=patterns)
        return _found(repository, fetch) / part.subfolder

    def _loaded(self, name: str, folder: Path) -> Any:
        name_of_kind = self._kind(name, folder)
        kind: Any = getattr(diffusers if hasattr(diffusers, name_of_kind) else transformers, name_of_kind)
        if not issubclass(kind, torch.nn.Module):
            return kind.from_pretrained(folder, local_files_only=True)
        dtype = self._dtypes.get(name, self._dtypes["default"])
        return kind.from_pretrained(folder, dtype=dtype, use_safetensors=True, local_files_only=True)

    def _kind(self, name: str, folder: Path) -> str:
        """Class of a part: the preset's, or the one that its configuration names.

        Raises:
            UsageError: it names none.
        """
        config = {} if self.preset.parts[name].kind else _config(folder)
        found = self.preset.parts[name].kind or config.get("_class_name") or (config.get("architectures") or [""])[0]
        if not found or not (hasattr(diffusers, found) or hasattr(transformers, found)):
            raise UsageError(
                f"{folder} is no component {name}: its config.json names {found or 'no class'}. Expected a folder as "
                "save_pretrained writes it."
            )
        return str(found)

    @property
    def _network(self) -> str:
        """The component that a single file stands for."""
        return next((name for name in NETWORKS if name in self._folders), "")

    def _from_file(self, file: Path) -> Any:
        folder = self._folders[self._network]
        (component,) = components(self.index, {self._network: folder}, {})
        dtype = self._dtypes.get(self._network, self._dtypes["default"])
        return single_file.load(component.kind, folder, file, dtype)

    def _follow_protocol(self, pipeline: Any) -> None:
        """The scheduler, the motion modules and the LoRAs."""
        if self.preset.scheduler:
            pipeline.scheduler = scheduler_like(pipeline.scheduler.config, *self.preset.scheduler)
        adapter = self.preset.parts.get("motion_adapter")
        if adapter and adapter.given:  # a U-Net that has motion modules already keeps them otherwise
            pipeline.unet.load_motion_modules(pipeline.motion_adapter)
        lora.add(pipeline, self._loras)

    @property
    def _loras(self) -> list[tuple[Path, float]]:
        """Files and weights."""
        return [(self._lora_file(one), one.weight) for one in self.preset.loras]

    def _lora_file(self, one: Lora) -> Path:
        if one.beside:
            return self._part_folders.get(one.beside, self.folder / one.beside) / one.file
        return Path(one.file).expanduser().resolve()

    def _origin(self, name: str, folder: Path) -> str:
        part = self.preset.parts[name]
        if self.is_folder and folder.is_relative_to(self.folder):
            return folder.name
        if not commit(folder):
            return f"{folder.name}, {_folder_digest(folder)}"
        return f"{part.repository or self.place}@{commit(folder)}"

    @property
    def _digest(self) -> str:
        """SHA-256 over configurations and weights."""
        lines = [_sha256(self._index_file.read_text(encoding="utf-8"))]
        for name, folder in self._folders.items():
            for path in sorted(folder.rglob("*")):
                if path.suffix == ".json":
                    lines.append(f"{name}/{path.name} {_sha256(path.read_text(encoding='utf-8'))}")
                elif path.suffix == ".safetensors":
                    lines.append(f"{name}/{path.name} {identity(path)}")
        return _sha256("\n".join(lines))


def scheduler_like(config: Mapping[str, Any], name: str, changes: Mapping[str, Any]) -> Any:
    """A scheduler with the settings of another one.

    Args:
        config: of the other one.
        name: class in diffusers.
        changes: what differs.

    Raises:
        UsageError: there is no such class, it has no such setting, or cannot be made with these.
    """
    kind: Any = getattr(diffusers, name, None)
    if not (isinstance(kind, type) and issubclass(kind, diffusers.SchedulerMixin)):
        known = [one for one in dir(diffusers) if one.endswith("Scheduler")]
        close = ", ".join(get_close_matches(name, known, 3, 0.5))
        hint = f"did you mean {close}?" if close else "--scheduler takes a class such as DDIMScheduler."
        raise UsageError(f"diffusers {diffusers.__version__} has no scheduler {name!r}: {hint}")
    takes = [one for one in inspect.signature(kind).parameters if one != "kwargs"]
    for change in changes:
        if change not in takes:
            raise unknown("setting", change, takes, f" in {name}")
    try:
        return kind.from_config(dict(config), **changes)
    except Exception as error:  # whatever a class says to settings that are not its own
        said = {**config, **changes}
        raise UsageError(f"{name} cannot be made with {said!r:.400}: {first_line(error)}") from error


def _is_setting(value: list[Any]) -> bool:
    """Whether a list of an index is of numbers, and describes no component."""
    return all(isinstance(one, int | float) for one in value)


def _config(folder: Path) -> dict[str, Any]:
    """The configuration in a component's folder, empty where it has none."""
    for name in ("config.json", "scheduler_config.json"):
        if (folder / name).is_file():
            config = plain_json((folder / name).read_text(encoding="utf-8"))
            if not isinstance(config, dict):
                raise UsageError(f"{folder / name} must hold an object, found a {type(config).__name__}.")
            return config
    return {}


def _folder_digest(folder: Path) -> str:
    """SHA-256 over a component's files."""
    files = [path for path in sorted(folder.iterdir()) if path.is_file()]
    return _sha256("\n".join(f"{path.name} {digest(path)}" for path in files))


def _revision(repository: str) -> str | None:
    """The revision at which a repository with a card is read, ``None`` for the newest."""
    card = CHECKPOINTS.get(repository)
    return card.read_at if card and card.read_at != "main" else None


def _snapshot(repository: str, revision: str | None) -> Path:
    """A repository out of the hub's cache.

    Raises:
        UsageError: it is not there.
    """
    try:
        return Path(snapshot_download(repository, revision=revision, local_files_only=True))
    except LocalEntryNotFoundError as error:
        ours = repository in CHECKPOINTS and revision == _revision(repository)
        asked = f" --revision {revision}" if revision else ""
        command = f"vbench weights download {repository}" if ours else f"hf download {repository}{asked}"
        raise UsageError(
            f"{repository} is not on this machine. Get it with: {command}  or let this command get it: --option "
            "download=yes"
        ) from error
    except HFValidationError as error:
        raise UsageError(f"{repository!r} is neither a folder nor a name of a repository: {error}") from error


def _found(repository: str, fetch: Callable[[], str]) -> Path:
    """Where a repository was fetched to.

    Raises:
        UsageError: it could not be.
    """
    try:
        return Path(fetch())
    except (OSError, ValueError, HfHubHTTPError) as error:
        raise UsageError(f"{repository} could not be fetched from the Hugging Face hub: {error}") from error


def _readable_presets() -> list[str]:
    """Presets whose main network diffusers reads from a single file."""
    return [name for name, preset in PRESETS.items() if preset.single_file]


def _refuse_unloaded(pipeline: Any, place: str) -> None:
    """Refuse a pipeline of which a parameter has no values.

    Raises:
        CheckpointMismatch: with the parameters.
    """
    for name, network in pipeline.components.items():
        if isinstance(network, torch.nn.Module):
            empty = [key for key, value in network.named_parameters() if value.is_meta]
            if empty:
                raise CheckpointMismatch(
                    f"The {name} of {place} was not loaded whole; without values are {shortened(empty)}. Nothing was "
                    "sampled with it."
                )


def _keep_text_model(pipeline: Any) -> None:
    """Give CLIP's text encoder the attribute that transformers 5 merged into it and some pipelines still ask for."""
    encoder = getattr(pipeline, "text_encoder", None)
    if isinstance(encoder, transformers.CLIPTextModel) and not hasattr(encoder, "text_model"):
        object.__setattr__(encoder, "text_model", encoder)  # past Module's own, which would make it its own child


def _cast_inputs(network: torch.nn.Module) -> None:
    """Give a network its inputs in its own precision, where a text encoder has another; some pipelines do not.

    Timesteps, of one dimension, keep theirs: in half precision 999 would be 1000.
    """

    def cast(value: Any) -> Any:
        is_input = isinstance(value, torch.Tensor) and value.is_floating_point() and value.ndim > 1
        return value.to(network.dtype) if is_input else value

    def cast_all(_: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return tuple(map(cast, args)), {name: cast(value) for name, value in kwargs.items()}

    network.register_forward_pre_hook(cast_all, with_kwargs=True)


def _tile(pipeline: Any) -> None:
    """Decode in tiles.

    Raises:
        UsageError: the VAE cannot.
    """
    try:
        pipeline.vae.enable_tiling()
    except (AttributeError, NotImplementedError) as error:
        raise UsageError(f"{type(pipeline.vae).__name__} cannot decode in tiles: --option tiling=no") from error


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
