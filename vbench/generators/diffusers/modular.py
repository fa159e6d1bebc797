"""Diffusers' modular pipelines: components as in others, called through blocks that say what they take and give.

Every component is taken from the checkpoint itself; an index may name other repositories, which are not asked.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import diffusers

from vbench.errors import CheckpointMismatch

INDEX = "modular_model_index.json"

OUTPUTS = ("videos", "images")
"""What blocks call what is wanted of them."""


def is_modular(kind: type) -> bool:
    """Whether a pipeline is called through blocks."""
    return issubclass(kind, diffusers.ModularPipeline)


def parameters(kind: Any) -> dict[str, inspect.Parameter]:
    """What the blocks take, as a call's parameters; all of it has a default, as blocks fill it for each other."""
    return {
        one.name: inspect.Parameter(
            one.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=one.default,
            annotation=one.type_hint if one.type_hint is not None else Any,
        )
        for one in kind().blocks.inputs
        if one.name
    }


def output(kind: Any) -> str:
    """Which of :data:`OUTPUTS` the blocks give, ``""`` for none."""
    given = {one.name for one in kind().blocks.outputs}
    return next((name for name in OUTPUTS if name in given), "")


class Modular:
    """A loaded modular pipeline that is called and changed as others are.

    Args:
        folder: of the checkpoint.
        dtypes: component, or ``default``, -> its precision.
        parts: components that are loaded already.

    Raises:
        CheckpointMismatch: a component could not be loaded.
    """

    def __init__(self, folder: Path, dtypes: Mapping[str, Any], parts: Mapping[str, Any]) -> None:
        pipeline: Any = diffusers.ModularPipeline.from_pretrained(str(folder), local_files_only=True)
        vars(self)["pipeline"], vars(self)["output"] = pipeline, output(type(pipeline))
        own = [name for name in pipeline.pretrained_component_names if name not in parts]
        for name in own:
            spec = pipeline._component_specs[name]
            spec.pretrained_model_name_or_path, spec.subfolder = str(folder), name
            spec.revision = spec.variant = None
        pipeline.load_components(own, dtype=dict(dtypes), local_files_only=True, use_safetensors=True)
        pipeline.update_components(**parts)
        missing = [name for name in own if getattr(pipeline, name, None) is None]
        if missing:
            raise CheckpointMismatch(f"{folder} has no {', '.join(missing)} that {type(pipeline).__name__} can load.")

    def __getattr__(self, name: str) -> Any:
        """What the pipeline has."""
        return getattr(self.pipeline, name)

    def __setattr__(self, name: str, component: Any) -> None:
        """Take another component."""
        self.pipeline.update_components(**{name: component})

    def __call__(self, **arguments: Any) -> Any:
        """Its videos or images, under the name that others give them."""
        return SimpleNamespace(**{self.output: self.pipeline(**arguments, output=self.output)})
