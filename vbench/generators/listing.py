"""What can be sampled with, for people and scripts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, get_type_hints

from vbench.errors import MissingExtra, PluginError, UsageError
from vbench.generators.base import BOARD, TECHNIQUES, Generator, Settings
from vbench.generators.catalog import DIFFUSERS, ENHANCERS, GENERATORS
from vbench.generators.diffusers.presets import ENHANCER_PRESETS, PRESETS
from vbench.generators.options import described as takes
from vbench.generators.options import meanings
from vbench.weights.cards import CHECKPOINTS

ANY = "any pipeline of diffusers that returns video or pictures: diffusers:REPO_OR_FOLDER"

MEANINGS = {
    "freeu": "scales backbone and skip features of the U-Net (FreeU)",
    "freeu-v2": "the second version of FreeU",
    "freeinit": "samples several times from refined noise (FreeInit)",
    "freenoise": "reschedules noise for long videos (FreeNoise)",
}


def listing() -> list[dict[str, Any]]:
    """Everything that can stand in a model's name, without importing a heavy package.

    Returns:
        Of each ``name``, ``kind``, ``settings``, ``meaning`` and ``revision``: at which commit its files are read, or
        which branch they follow; ``""`` for what reads none.
    """
    generators = [_generator(name) for name in GENERATORS.names()]
    techniques = [
        {"name": f"+{name}", "kind": "technique", "settings": "", "meaning": MEANINGS[name], "revision": ""}
        for name in TECHNIQUES
    ]
    enhancers = [
        {
            "name": f"+{name}",
            "kind": "enhancer",
            "settings": _settings(ENHANCER_PRESETS[name].settings) if name in ENHANCER_PRESETS else "",
            "meaning": ENHANCER_PRESETS[name].meaning if name in ENHANCER_PRESETS else _enhancer_meaning(name),
            "revision": _revision(ENHANCER_PRESETS[name].cards if name in ENHANCER_PRESETS else _own_cards(name)),
        }
        for name in ENHANCERS.names()
    ]
    return generators + techniques + enhancers


def described(name: str) -> dict[str, Any]:
    """Everything about one generator; ``options`` says of each what it takes, its default and what it does.

    Raises:
        UsageError: there is none of that name.
    """
    GENERATORS.known(name)
    entry = _generator(name)
    kind = GENERATORS.get(name)
    told, types = meanings(kind.options_type), get_type_hints(kind.options_type)
    options = [
        {"name": one.name, "takes": takes(types[one.name]), "default": one.default, "meaning": told[one.name]}
        for one in fields(kind.options_type)
    ]
    preset = PRESETS.get(name)
    more = {"pipeline": preset.pipeline} if preset else {}
    return {**entry, **more, **_checkpoints(kind, name), "options": options}


def _checkpoints(kind: type[Generator[Any]], name: str) -> dict[str, str]:
    """Addresses and licences of what it reads."""
    try:
        cards = [CHECKPOINTS[one] for one in kind(name, "", kind.options_type()).checkpoints]
    except UsageError:
        return {}
    if not cards:
        return {}
    told = [f"{card.address}{f' ({card.pinned})' if card.pinned else ''}" for card in cards]
    return {"checkpoint": " ".join(told), "licence": "; ".join(dict.fromkeys(card.licence for card in cards))}


def _generator(name: str) -> dict[str, Any]:
    if GENERATORS.table[name] == DIFFUSERS:
        preset = PRESETS.get(name)
        meaning = preset.meaning if preset else ANY
        return {
            "name": name,
            "kind": "diffusers",
            "settings": _settings(preset.settings) if preset else "",
            "meaning": meaning,
            "revision": _revision(preset.cards if preset else ()),
        }
    try:
        kind = GENERATORS.get(name)
        settings, revision = _of_own(kind, name)
    except (MissingExtra, PluginError) as error:
        return {"name": name, "kind": "generator", "settings": "", "meaning": str(error), "revision": ""}
    meaning = kind.meaning_on_board if name.endswith(BOARD) else kind.meaning
    return {"name": name, "kind": "generator", "settings": settings, "meaning": meaning, "revision": revision}


def _enhancer_meaning(name: str) -> str:
    try:
        return ENHANCERS.get(name).meaning
    except (MissingExtra, PluginError) as error:
        return str(error)


def _own_cards(name: str) -> Sequence[str]:
    """Names of the cards of an enhancer that is no preset."""
    try:
        return ENHANCERS.get(name)(name, "").checkpoints
    except (MissingExtra, PluginError, UsageError):
        return ()


def _revision(cards: Sequence[str]) -> str:
    """Of the first card, or of the first one that is not pinned."""
    told = [CHECKPOINTS[name] for name in cards if name in CHECKPOINTS]
    return next((card.pinned for card in sorted(told, key=lambda card: card.is_pinned)), "")


def _of_own(kind: type[Generator[Any]], name: str) -> tuple[str, str]:
    """What it samples with by default, and at which revision; nothing for those that need an argument to know."""
    try:
        generator = kind(name, "", kind.options_type())
        return _settings(generator.defaults), _revision(generator.checkpoints)
    except UsageError:
        return "", ""
    except Exception as error:
        if not (package := GENERATORS.package(name)):
            raise
        reason = f"{type(error).__name__}: {error}"
        raise PluginError(f"The generator {name} of the package {package} is broken: {reason}") from error


def _settings(settings: Settings) -> str:
    size = f"{settings.width}x{settings.height}" if settings.width else ""
    parts = (
        size,
        f"{settings.frames} frames" if settings.frames else "",
        f"{settings.fps:g} fps" if settings.fps else "",
        f"{settings.steps} steps" if settings.steps else "",
        f"guidance {settings.guidance:g}" if settings.guidance is not None else "",
    )
    return ", ".join(part for part in parts if part)
