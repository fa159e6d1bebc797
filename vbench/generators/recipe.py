"""A model with everything that is said of how it samples, from a command line or from a model file that can be shared.

A model file is YAML or TOML::

    model: wan2.2-t2v-a14b+zeroscope-xl        # as --model takes it
    settings: {steps: 30, guidance: 3.5}       # frames, height, width, fps, steps, guidance, negative_prompt
    options: {dtype: bfloat16, dtypes: "text_encoder:float32"}
    set: {guidance_scale_2: 3.0}               # arguments of the pipeline's call
    scheduler: {class: UniPCMultistepScheduler, flow_shift: 8.0}
    loras: [{file: mine.safetensors, weight: 0.8}]
    components: {vae: folder/of/another}
    enhancers:
      zeroscope-xl: {set: {strength: 0.5}}     # options, set, scheduler, loras, components

Relative files that lie beside it are taken from there.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from vbench.errors import MissingExtra, UsageError
from vbench.files.json_file import refuse_surrogates
from vbench.files.text import read_text
from vbench.generators.changes import Changes, Lora, Scheduler
from vbench.registry import unknown

SUFFIXES = (".yaml", ".yml", ".toml")

MOST = 100_000
"""Values of a file with all that its aliases repeat."""


@dataclass(frozen=True)
class Said:
    """What is said of the generator, or of an enhancer.

    Attributes:
        options: ``NAME=VALUE``, how it is loaded and run.
        changes: how it samples.
    """

    options: tuple[str, ...] = ()
    changes: Changes = field(default_factory=Changes)

    def then(self, later: Said) -> Said:
        """Both; the later one holds."""
        return Said((*self.options, *later.options), self.changes.then(later.changes))


@dataclass(frozen=True)
class Recipe:
    """A model, and what is said of it.

    Attributes:
        model: its name with techniques and enhancers.
        settings: as they would be given on the command line.
        said: by the enhancer's name, or ``""`` for the generator.
        file: the model file as it was read, empty where there is none.
    """

    model: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    said: Mapping[str, Said] = field(default_factory=dict)
    file: Mapping[str, Any] = field(default_factory=dict)

    def of(self, part: str) -> Said:
        """What is said of an enhancer, or of the generator, ``""``."""
        return self.said.get(part, Said())

    def then(self, said: Mapping[str, Said]) -> Recipe:
        """The same with what is said besides."""
        parts = dict.fromkeys([*self.said, *said])
        return replace(self, said={part: self.of(part).then(said.get(part, Said())) for part in parts})


def read_recipe(model: str) -> Recipe:
    """A model by its name, or by its file.

    Raises:
        UsageError: there is no such file, or it has something that is not known.
        MissingExtra: a YAML file without the package that reads it.
    """
    if ":" in model or not model.endswith(SUFFIXES):
        return Recipe(model)
    path = Path(model)
    return recipe_of(read_table(path), path)


def recipe_of(table: Mapping[str, Any], path: Path) -> Recipe:
    """A model by what its file says.

    Args:
        table: what is said.
        path: the file, for messages and for what lies beside it.

    Raises:
        UsageError: it has something that is not known.
    """
    known = ["model", "settings", "enhancers", *SAID]
    refuse_unknown(table, known, str(path))
    if not isinstance(table.get("model"), str):
        raise UsageError(f"{path} must say which model: model: NAME, as --model takes it (vbench generators).")
    settings = _table(table, "settings", path)
    refuse_unknown(settings, list(SETTINGS), f"{path}, settings")
    for name, value in settings.items():
        if isinstance(value, bool) or not isinstance(value, SETTINGS[name]):
            raise UsageError(f"{path}: the setting {name} is a {SETTINGS[name][-1].__name__}, found {value!r}.")
    enhancers = _table(table, "enhancers", path)
    said = {name: _table(enhancers, name, path) for name in enhancers}
    for name, one in said.items():
        refuse_unknown(one, SAID, f"{path}, enhancers, {name}")
    return Recipe(
        table["model"],
        settings,
        {"": _said(table, path), **{name: _said(one, path) for name, one in said.items()}},
        table,
    )


SETTINGS: dict[str, tuple[type, ...]] = {
    "frames": (int,),
    "height": (int,),
    "width": (int,),
    "fps": (int, float),
    "steps": (int,),
    "guidance": (int, float),
    "negative_prompt": (str,),
}
"""Settings and what they are in a file."""

SAID = ("options", "set", "scheduler", "loras", "components")
"""What can be said of a generator and of an enhancer."""


def _said(table: Mapping[str, Any], path: Path) -> Said:
    options = tuple(f"{name}={value}" for name, value in _table(table, "options", path).items())
    components = {name: _beside(path, str(place)) for name, place in _table(table, "components", path).items()}
    return Said(
        options,
        Changes(dict(_table(table, "set", path)), _scheduler(table, path), _loras(table, path), components),
    )


def _scheduler(table: Mapping[str, Any], path: Path) -> Scheduler | None:
    said = table.get("scheduler")
    if said is None or isinstance(said, str):
        return (said, {}) if said else None
    if not isinstance(said, dict) or not isinstance(said.get("class"), str):
        raise UsageError(f"{path}: scheduler must be {{class: CLASS, NAME: VALUE, ...}}, found {said!r}.")
    return said["class"], {name: value for name, value in said.items() if name != "class"}


def _loras(table: Mapping[str, Any], path: Path) -> tuple[Lora, ...]:
    said = table.get("loras", [])
    if not isinstance(said, list):
        raise UsageError(f"{path}: loras must be a list, found {said!r}.")
    found = []
    for one in said:
        entry = {"file": one} if isinstance(one, str) else one
        if not isinstance(entry, dict) or not isinstance(entry.get("file"), str):
            raise UsageError(f"{path}: a LoRA must be {{file: FILE, weight: NUMBER}}, found {one!r}.")
        refuse_unknown(entry, ("file", "weight"), f"{path}, loras")
        weight = entry.get("weight", 1.0)
        if isinstance(weight, bool) or not isinstance(weight, (int, float)) or abs(weight) > sys.float_info.max:
            raise UsageError(f"{path}: the weight of a LoRA is a number, found {weight!r}.")
        found.append(Lora(_beside(path, entry["file"]), float(weight)))
    return tuple(found)


def _beside(path: Path, place: str) -> str:
    """A relative place that lies beside the model file, from there."""
    there = path.parent / place
    return str(there) if not Path(place).is_absolute() and there.exists() else place


def _table(table: Mapping[str, Any], name: str, path: Path) -> Mapping[str, Any]:
    found = table.get(name) or {}
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
        raise UsageError(f"{path}: {name} must be a table of names and values, found {found!r}.")
    return found


def refuse_unknown(table: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    """Refuse a table with a key that is not known.

    Raises:
        UsageError: with the closest one.
    """
    for name in table:
        if name not in known:
            raise unknown("key", str(name), known, f" in {where}")


def read_table(path: Path, what: str = "model file", needs: str = "model: NAME") -> dict[str, Any]:
    """What a file of YAML or TOML says.

    Args:
        path: the file.
        what: it is, for messages.
        needs: what it must say at least, for messages.

    Raises:
        UsageError: it cannot be read, or holds no table of plain values.
        MissingExtra: a YAML file without the package that reads it.
    """
    try:
        text = read_text(path)
    except (OSError, ValueError) as error:
        raise UsageError(f"The {what} {path} cannot be read: {getattr(error, 'strerror', error)}.") from error
    table = _toml(text, path) if path.suffix == ".toml" else _yaml(text, path)
    if not isinstance(table, dict):
        raise UsageError(f"{path} must hold a table with {needs}, found a {type(table).__name__}.")
    try:
        _refuse_endless(table)
        refuse_surrogates(json.loads(json.dumps(table, allow_nan=False)))
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"{path} holds something else than text, finite numbers, lists and tables: {error}") from error
    return table


def _toml(text: str, path: Path) -> Any:
    import tomllib

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not TOML: {error}.") from error


def _yaml(text: str, path: Path) -> Any:
    try:
        import yaml
    except ModuleNotFoundError as error:
        raise MissingExtra(f"{path} needs the package PyYAML: pip install pyyaml, or write it as TOML.") from error
    try:
        return yaml.safe_load(text)
    except Exception as error:  # whatever its makers of numbers, dates and tables say to what looks like one
        raise UsageError(f"{path} is not YAML: {error}") from error


def _refuse_endless(table: Any) -> None:
    """Refuse a few lines of YAML whose aliases repeat each other: written out they would fill the memory.

    Raises:
        ValueError: it is larger than :data:`MOST` values, or holds itself.
    """
    left, todo = MOST, [table]
    while todo:
        value = todo.pop()
        if isinstance(value, dict | list):
            left -= len(value)
            if left < 0:
                raise ValueError(f"its aliases make more than {MOST:,} values of it")
            todo += value.values() if isinstance(value, dict) else value
