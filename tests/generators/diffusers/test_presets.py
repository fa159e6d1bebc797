"""Every preset is a pipeline of diffusers, and its protocol is one that the pipeline can sample."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys

import diffusers
import pytest
import transformers

from vbench.generators.base import Settings
from vbench.generators.diffusers.call import ARGUMENTS, Call, video_pipeline
from vbench.generators.diffusers.presets import ENHANCER_PRESETS, PRESETS

EVERY = {**PRESETS, **ENHANCER_PRESETS}


@pytest.mark.parametrize("name", PRESETS)
def test_pipeline_takes_what_the_protocol_states(name: str) -> None:
    preset = PRESETS[name]
    call = Call(video_pipeline(preset.pipeline))
    for setting in preset.settings.stated():
        assert call.argument(setting) or setting == "fps", f"{preset.pipeline} has no {setting}"
    for setting in ARGUMENTS:
        if setting not in ("fps", "negative_prompt") and call.argument(setting):
            assert getattr(preset.settings, setting) is not None, f"{name} leaves {setting} open"
    assert preset.settings.fps
    assert set(preset.arguments) <= set(call.parameters)
    assert ("from an image" in preset.meaning) == call.needs_image


@pytest.mark.parametrize("name", EVERY)
def test_everything_that_a_preset_names_exists(name: str) -> None:
    preset = EVERY[name]
    kind = getattr(diffusers, preset.pipeline)
    components = inspect.signature(kind).parameters
    for component, part in preset.parts.items():
        assert component in components
        assert hasattr(diffusers, part.kind) or hasattr(transformers, part.kind)
        assert part.repository or part.subfolder
    assert set(preset.dtypes) <= set(components)
    assert set(preset.dtypes.values()) <= {"float32", "float16", "bfloat16"} - {preset.dtype}
    if preset.scheduler:
        scheduler, changes = preset.scheduler
        assert set(changes) <= set(inspect.signature(getattr(diffusers, scheduler)).parameters)
    assert preset.dtype in ("float16", "bfloat16")
    assert re.fullmatch(r"[\w.-]+/[\w.-]+", preset.repository)
    assert name == name.lower()


def test_the_tables_need_no_heavy_package() -> None:
    module, heavy = "vbench.generators.diffusers.presets", "{'torch', 'diffusers', 'numpy', 'av'}"
    check = f"import sys, {module}; assert not {heavy} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


def test_latte_is_as_its_authors_sample_it() -> None:
    assert PRESETS["latte"].settings == Settings(16, 512, 512, 8, 50, 7.5, "")
    assert PRESETS["latte"].parts["vae"].subfolder == "vae_temporal_decoder"
