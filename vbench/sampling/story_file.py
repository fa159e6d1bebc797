"""A story: scenes one after the other, each a shot, with a transition from each to the next.

A story file is YAML or TOML::

    title: A day at sea                        # by default the name of the file
    shots: lavie                               # as --model takes it, or a table as in a model file
    transitions: {model: seine, options: {task: transition}, settings: {steps: 100}}
    scenes:
      - a boat leaves the harbour
      - prompt: a storm at sea
        seed: 7                                # by default it follows from --seed, prompt and place
        transition: the clouds open            # on the way to the next scene; or {prompt: ..., seed: ...}
      - the boat comes home

``image`` of a scene is the picture that its shot starts from, for models that take one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from vbench.errors import UsageError
from vbench.files.digest import digest
from vbench.generators.catalog import parse, said_of
from vbench.generators.recipe import Recipe, Said, read_recipe, read_table, recipe_of, refuse_unknown

ROLES = ("shots", "transitions")
"""Who plays in a story; a folder of the parts for each."""

PLAYERS = {"shots": "lavie", "transitions": "seine"}
"""Who does by default, as in the paper on SEINE."""

TRANSITION = "smooth transition"
"""What is fed for a transition of which nothing is said, as in SEINE's repository."""

MOST_SEED = 2**31 - 1

Own = Mapping[str, Sequence[str]]
"""Role -> ``NAME=VALUE``."""


@dataclass(frozen=True)
class Scene:
    """A shot, and how it goes on.

    Attributes:
        prompt: what the shot shows.
        seed: of its noise, ``None`` for one that follows from the base seed.
        image: picture that it starts from.
        transition: what is fed for the way to the next scene.
        transition_seed: of its noise.
    """

    prompt: str
    seed: int | None = None
    image: Path | None = None
    transition: str = TRANSITION
    transition_seed: int | None = None


@dataclass(frozen=True)
class Story:
    """Scenes, and who plays.

    Attributes:
        title: names the video.
        scenes: in their order; at least one.
        players: role -> the model and what is said of how it samples.
    """

    title: str
    scenes: tuple[Scene, ...]
    players: Mapping[str, Recipe]

    @property
    def digest(self) -> str:
        """SHA-256 of what is told, whoever plays."""
        images = [digest(one.image) if one.image else None for one in self.scenes]
        said = [(one.prompt, one.seed, one.transition, one.transition_seed) for one in self.scenes]
        told = list(zip(said, images, strict=True))
        return sha256(json.dumps([self.title, told]).encode()).hexdigest()


def read_story(path: Path, players: Mapping[str, str | None] | None = None, options: Sequence[str] = ()) -> Story:
    """A story by its file.

    Args:
        path: YAML or TOML.
        players: role -> name or model file of a model that plays it instead.
        options: ``NAME=VALUE`` for both, or ``ROLE:NAME=VALUE`` for one.

    Raises:
        UsageError: it cannot be read, or says something that is not known.
        MissingExtra: a YAML file without the package that reads it.
    """
    table = read_table(path, "story file", "scenes: [...]")
    refuse_unknown(table, ("title", "scenes", *ROLES), str(path))
    scenes = table.get("scenes")
    if not isinstance(scenes, list) or not scenes:
        raise UsageError(f"{path} must have scenes: a list of prompts, or of tables with a prompt.")
    title = table.get("title", path.stem)
    if not isinstance(title, str) or not title.strip():
        raise UsageError(f"{path}: the title must be a text, found {title!r}.")
    told = tuple(_scene(one, f"{path}, scene {number}", path) for number, one in enumerate(scenes, 1))
    if isinstance(scenes[-1], dict) and "transition" in scenes[-1]:
        raise UsageError(f"{path}: the last scene has a transition, and no scene follows it.")
    chosen = {role: (players or {}).get(role) or table.get(role) or PLAYERS[role] for role in ROLES}
    return Story(title, told, {role: _player(role, one, path, options) for role, one in chosen.items()})


def _scene(said: Any, where: str, path: Path) -> Scene:
    if isinstance(said, str):
        said = {"prompt": said}
    if not isinstance(said, dict):
        raise UsageError(f"{where} must be a prompt or a table with one, found {said!r}.")
    refuse_unknown(said, ("prompt", "seed", "image", "transition"), where)
    way = said.get("transition", {})
    way = {"prompt": way} if isinstance(way, str) else way
    if not isinstance(way, dict):
        raise UsageError(f"{where}: a transition must be a prompt or a table with one, found {way!r}.")
    refuse_unknown(way, ("prompt", "seed"), f"{where}, transition")
    return Scene(
        _text(said, where),
        _seed(said, where),
        _image(said.get("image"), where, path),
        _text({"prompt": TRANSITION, **way}, f"{where}, transition"),
        _seed(way, f"{where}, transition"),
    )


def _text(said: Mapping[str, Any], where: str) -> str:
    text = said.get("prompt")
    if not isinstance(text, str) or not text.strip():
        raise UsageError(f"{where} must have a prompt, found {text!r}.")
    return text


def _seed(said: Mapping[str, Any], where: str) -> int | None:
    seed = said.get("seed")
    if seed is None:
        return None
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= MOST_SEED:
        raise UsageError(f"{where}: a seed is 0 to {MOST_SEED}, found {seed!r}.")
    return seed


def _image(said: Any, where: str, path: Path) -> Path | None:
    if said is None:
        return None
    if not isinstance(said, str):
        raise UsageError(f"{where}: an image must be the name of a file, found {said!r}.")
    found = (path.parent / Path(said).expanduser()).resolve()
    if not found.is_file():
        raise UsageError(f"{where}: there is no picture {found}.")
    return found


def _player(role: str, said: Any, path: Path, options: Sequence[str]) -> Recipe:
    """A model with what is said of it, in the file and by options."""
    if isinstance(said, dict):
        recipe = recipe_of(said, path)
    elif isinstance(said, str):
        beside = path.parent / said
        recipe = read_recipe(str(beside) if beside.is_file() else said)
    else:
        raise UsageError(f"{path}: {role} must be a model's name or a table, found {said!r}.")
    other = next(one for one in ROLES if one != role)
    own = [text.removeprefix(f"{role}:") for text in options if not text.startswith(f"{other}:")]
    recipe = recipe.then(said_of(recipe.model, own))
    return _between_two(recipe) if role == "transitions" else recipe


def _between_two(recipe: Recipe) -> Recipe:
    """SEINE makes transitions unless it is told otherwise."""
    said = recipe.of("")
    if parse(recipe.model).generator != "seine" or any(text.startswith("task=") for text in said.options):
        return recipe
    return replace(recipe, said={**recipe.said, "": Said(("task=transition", *said.options), said.changes)})
