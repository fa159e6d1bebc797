"""Networks of diffusers and transformers out of folders in their layout: whole, or not at all.

Both libraries load what fits and leave the rest at random, with a warning at most.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vbench.errors import CheckpointError, CheckpointMismatch
from vbench.files.json_file import plain_json
from vbench.weights.load import mismatches, shortened
from vbench.weights.safetensors_files import Entry

CONFIG = "config.json"


def whole(kind: Any, folder: Path, **how: Any) -> Any:
    """A network of which every weight is in its folder, for inference.

    Args:
        kind: class of diffusers or transformers.
        folder: with its ``config.json`` and weights, safetensors unless ``how`` says otherwise.
        how: further arguments of ``from_pretrained``.

    Raises:
        CheckpointError: it cannot be loaded.
        CheckpointMismatch: with all missing, unexpected and wrongly shaped keys.
    """
    always = {"ignore_mismatched_sizes": True, "output_loading_info": True}  # they are in what is told, refused below
    network, told = read(kind, folder, **{"use_safetensors": True, **always, **how})
    refuse(kind, folder, told)
    return network.eval().requires_grad_(False)


def read(kind: Any, folder: Path, **how: Any) -> Any:
    """``kind.from_pretrained`` of a folder on this machine.

    Raises:
        CheckpointError: it cannot be loaded.
    """
    try:
        return kind.from_pretrained(folder, local_files_only=True, **how)
    except Exception as error:  # whatever the libraries make of a file that is not as they wrote it
        raise CheckpointError(
            f"{folder} cannot be loaded as {kind.__name__}: {str(error)[:500]}. Download it again."
        ) from error


def refuse(kind: Any, folder: Path, told: Mapping[str, Any]) -> None:
    """Refuse a network that was not loaded whole.

    Args:
        kind: its class, for the message.
        folder: of its files, for the message.
        told: the loading info of diffusers or transformers.

    Raises:
        CheckpointMismatch: with all missing, unexpected and wrongly shaped keys.
    """
    kinds: dict[str, Sequence[str]] = {
        "missing": sorted(told["missing_keys"]),
        "unexpected": sorted(told["unexpected_keys"]),
        "of another shape": [
            f"{key} {tuple(found)} instead of {tuple(wanted)}" for key, found, wanted in told["mismatched_keys"]
        ],
    }
    differences = [f"{len(keys)} {kind}: {shortened(keys)}" for kind, keys in kinds.items() if keys]
    if differences:
        raise CheckpointMismatch(
            f"{folder} is no whole {kind.__name__}: {'; '.join(differences)}. Nothing was computed with it. "
            "Download it again, or convert it to the layout of this class."
        )


def differences(kind: Any, config: Path, entries: Mapping[str, Entry]) -> list[str]:
    """What the files of a network lack, have besides or have in another shape, without reading a tensor.

    The network is built without memory and each library's own rules are kept: old names that it translates, weights
    that are tied, keys that it leaves out by design.

    Args:
        kind: class of diffusers or transformers.
        config: its ``config.json``.
        entries: what the headers of its files say.

    Returns:
        Phrases as :func:`~vbench.weights.load.mismatches` gives them; nothing where the files fit.

    Raises:
        CheckpointError: the configuration is none of such a network.
    """
    import torch

    settings = _configuration(kind, config)
    state = {key: torch.empty(entry.shape, device="meta") for key, entry in entries.items()}
    try:
        if hasattr(kind, "load_config"):
            expected, found = _of_diffusers(kind, settings, state)
        else:
            expected, found = _of_transformers(kind, config, state)
    except Exception as error:  # whatever a class says to a configuration that is not its own
        raise CheckpointError(
            f"{config} is no configuration of {kind.__name__} ({type(error).__name__}: {str(error)[:300]}). Download "
            "it again."
        ) from error
    if "quantization_config" in settings:  # packed: other shapes, and more keys
        expected = dict.fromkeys(expected, ())
        found = {key: () for key in found if key in expected}
    return [*mismatches(expected, found), *_behind_a_prefix(expected, found)]


def _configuration(kind: Any, path: Path) -> dict[str, Any]:
    try:
        settings = plain_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} cannot be read as JSON ({error}). Download it again.") from error
    if not isinstance(settings, dict):
        raise CheckpointError(f"{path} must hold an object, found a {type(settings).__name__}. Download it again.")
    return settings


Shapes = dict[str, tuple[int, ...]]


def _of_diffusers(kind: Any, settings: dict[str, Any], state: dict[str, Any]) -> tuple[Shapes, Shapes]:
    from accelerate import init_empty_weights

    with init_empty_weights():
        network = kind.from_config(settings)
    if hasattr(network, "_fix_state_dict_keys_on_load"):
        network._fix_state_dict_keys_on_load(state)
    ignored = [re.compile(pattern) for pattern in kind._keys_to_ignore_on_load_unexpected or ()]
    expected = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    found = {
        key: tuple(value.shape)
        for key, value in state.items()
        if key in expected or not any(pattern.search(key) for pattern in ignored)
    }
    return expected, found


def _of_transformers(kind: Any, config: Path, state: dict[str, Any]) -> tuple[Shapes, Shapes]:
    """Its own loading onto no device; the keys that are told of are all that differs."""
    settings = kind.config_class.from_pretrained(config.parent, local_files_only=True)
    _, told = kind.from_pretrained(
        None,
        config=settings,
        state_dict=state,
        device_map={"": "meta"},
        ignore_mismatched_sizes=True,
        output_loading_info=True,
    )
    expected: Shapes = dict.fromkeys(told["missing_keys"], ())
    found: Shapes = dict.fromkeys(told["unexpected_keys"], ())
    for key, has, wants in told["mismatched_keys"]:
        found[key], expected[key] = tuple(has), tuple(wants)
    return expected, found


def _behind_a_prefix(expected: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """Where every key of the file is a key of the network behind the same word, that word."""
    first = next(iter(expected), "")
    prefixes = {key.removesuffix(first) for key in found if first and key.endswith(f".{first}")}
    for prefix in sorted(prefixes):
        if all(prefix + key in found for key in expected):
            return [f"every key stands behind {prefix!r}, as another program writes them"]
    return []
