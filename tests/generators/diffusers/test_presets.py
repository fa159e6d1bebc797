"""Every preset is a pipeline of diffusers, and its protocol is one that the pipeline can sample."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from typing import Any

import diffusers
import pytest
import transformers

from vbench.errors import UsageError
from vbench.generators.base import BOARD
from vbench.generators.catalog import GENERATORS, build
from vbench.generators.diffusers.call import ARGUMENTS, Call, pipeline_class
from vbench.generators.diffusers.image_presets import IMAGE_PRESETS
from vbench.generators.diffusers.presets import ENHANCER_PRESETS, PRESETS
from vbench.generators.listing import described

EVERY = {**PRESETS, **ENHANCER_PRESETS}


@pytest.mark.parametrize("name", PRESETS)
def test_pipeline_takes_what_the_protocol_states(name: str) -> None:
    preset = PRESETS[name]
    call = Call(pipeline_class(preset.pipeline))
    for setting in preset.settings.stated():
        assert call.argument(setting) or setting == "fps", f"{preset.pipeline} has no {setting}"
    left_open = {"fps", "negative_prompt", *(["guidance"] if "true_cfg_scale" in preset.arguments else [])}
    for setting in set(ARGUMENTS) - left_open:
        if call.argument(setting):
            assert getattr(preset.settings, setting) is not None, f"{name} leaves {setting} open"
    assert bool(preset.settings.fps) == call.gives_videos == (name not in IMAGE_PRESETS)
    call.check(preset.arguments)
    assert ("from an image" in preset.meaning) == call.needs_image


@pytest.mark.parametrize("name", ENHANCER_PRESETS)
def test_enhancer_takes_what_the_protocol_states(name: str) -> None:
    preset = ENHANCER_PRESETS[name]
    Call(getattr(diffusers, preset.pipeline)).check({**preset.arguments, "num_inference_steps": 1}, {})


def test_the_table_is_that_of_the_installed_diffusers() -> None:
    with pytest.raises(UsageError, match="Did you mean guidance_scale_2"):
        Call(diffusers.WanPipeline).check({"guidance_scale_two": 3.0})


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


def shown(name: str) -> dict[str, Any]:
    """What a preset samples with, in one table."""
    preset = PRESETS[name]
    scheduler, changes = preset.scheduler or ("", {})
    told = {"scheduler": scheduler, "tiling": preset.tiling}
    return {**preset.settings.stated(), **preset.arguments, **changes, **told, **preset.dtypes}


@pytest.mark.parametrize(
    ("name", "figures"),
    [
        # each from the file that the preset's sentence names
        (
            "latte",
            {"frames": 16, "height": 512, "steps": 50, "guidance": 7.5, "negative_prompt": "", "clip_sample": False},
        ),
        ("animatelcm", {"steps": 6, "guidance": 1.5}),
        ("wan2.1-1.3b", {"steps": 50, "guidance": 6.0, "flow_shift": 8.0, "scheduler": "UniPCMultistepScheduler"}),
        ("wan2.1-1.3b@vbench", {"steps": 50, "guidance": 6.0, "flow_shift": 3.0}),
        ("wan2.1-14b", {"steps": 50, "guidance": 5.0, "flow_shift": 5.0}),
        ("wan2.1-i2v-14b", {"steps": 40, "guidance": 5.0, "flow_shift": 3.0}),
        ("wan2.1-i2v-14b-720p", {"steps": 40, "guidance": 5.0, "flow_shift": 5.0, "width": 1280}),
        ("wan2.2-t2v-a14b", {"steps": 40, "guidance": 4.0, "guidance_scale_2": 3.0, "flow_shift": 12.0}),
        ("wan2.2-i2v-a14b", {"steps": 40, "guidance": 3.5, "guidance_scale_2": 3.5, "flow_shift": 5.0, "width": 1280}),
        ("wan2.2-i2v-a14b@vbench", {"width": 832, "height": 480}),
        ("wan2.2-ti2v-5b", {"steps": 50, "guidance": 5.0, "flow_shift": 5.0, "frames": 121, "fps": 24, "height": 704}),
        ("cogvideox1.5-5b", {"frames": 81, "width": 1360, "height": 768, "fps": 16, "tiling": True}),
        ("cogvideox1.5-5b@vbench", {"frames": 161}),
        ("framepack", {"steps": 25, "guidance": 10.0, "frames": 145, "fps": 30}),
        ("skyreels-v1", {"steps": 30, "guidance": 1.0, "true_cfg_scale": 6.0, "frames": 97}),
        ("kandinsky-5-pro", {"steps": 50, "guidance": 5.0}),
        ("skyreels-v2", {"steps": 30, "guidance": 6.0, "flow_shift": 8.0}),
        ("skyreels-v2-720p", {"steps": 30, "guidance": 6.0, "flow_shift": 8.0, "frames": 121, "width": 1280}),
        ("skyreels-v2-i2v-720p", {"steps": 30, "guidance": 5.0, "flow_shift": 3.0, "frames": 121, "width": 1280}),
        ("skyreels-v2-i2v", {"steps": 30, "guidance": 5.0, "flow_shift": 3.0}),
        ("allegro", {"steps": 100, "scheduler": "EulerAncestralDiscreteScheduler", "vae": "float32"}),
        (
            "ltx-2",
            {"steps": 40, "stg_scale": 1.0, "guidance_rescale": 0.7, "spatio_temporal_guidance_blocks": [29]},
        ),
        ("ltx-2.3", {"steps": 30, "spatio_temporal_guidance_blocks": [28], "use_cross_timestep": True}),
        ("ltx-video", {"steps": 40, "decode_timestep": 0.05, "decode_noise_scale": 0.025, "width": 1216}),
        ("ltx-video@vbench", {"steps": 40, "width": 768, "height": 512, "frames": 121, "fps": 25}),
        ("hunyuanvideo", {"text_encoder": "float16", "text_encoder_2": "float16", "vae": "float16"}),
        ("hunyuanvideo-i2v", {"text_encoder": "float16", "text_encoder_2": "float16", "vae": "float16"}),
        ("mochi-1", {"guidance": 6.0, "text_encoder": "float32", "vae": "float32", "steps": 64}),
        ("mochi-1@vbench", {"guidance": 4.5}),
        (
            "cogvideox-5b",
            {"scheduler": "CogVideoXDPMScheduler", "timestep_spacing": "trailing", "use_dynamic_cfg": True},
        ),
        (
            "cogvideox-2b",
            {"scheduler": "CogVideoXDDIMScheduler", "timestep_spacing": "trailing", "tiling": True},
        ),
        ("easyanimate-5.1", {"width": 672, "height": 384, "steps": 50, "guidance": 6.0}),
    ],
)
def test_figures_are_those_of_the_source(name: str, figures: dict[str, Any]) -> None:
    assert shown(name).items() >= figures.items()


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("wan2.1-1.3b", "色调艳丽"), ("wan2.1-1.3b@vbench", "色调艳丽"), ("wan2.1-i2v-14b", "镜头晃动"),
        ("wan2.1-i2v-14b-720p", "镜头晃动"), ("wan2.2-i2v-a14b", "色调艳丽"),
        ("skyreels-v2", "Bright tones"), ("skyreels-v2-df", "色调艳丽"), ("ltx-2", "blurry, out of focus"),
        ("allegro", "\nnsfw"), ("easyanimate-5.1", "扭曲的身体"), ("animatediff@vbench", "semi-realistic"),
    ],
)  # fmt: skip
def test_negative_prompts_are_those_of_the_source(name: str, begins: str) -> None:
    assert (PRESETS[name].settings.negative_prompt or "").startswith(begins)


@pytest.mark.parametrize("name", [name for name in GENERATORS.names() if name.endswith(BOARD)])
def test_a_preset_of_the_board_differs_from_the_authors_and_says_where_from(name: str) -> None:
    board, authors = described(name), described(name.removesuffix(BOARD))
    assert "VBench" in board["meaning"]
    assert board["meaning"] != authors["meaning"]
    assert PRESETS.get(name, build(name).defaults) != PRESETS.get(
        name.removesuffix(BOARD), build(name.removesuffix(BOARD)).defaults
    )


def test_lavie_and_seine_have_the_sizes_of_the_board() -> None:
    sizes = {name: build(name).defaults for name in ("lavie", "lavie@vbench", "seine", "seine@vbench")}
    assert [(one.width, one.height) for one in sizes.values()] == [(512, 320), (512, 512), (560, 240), (512, 320)]
    with pytest.raises(UsageError, match="no SEINE with task=transition"):
        build("seine@vbench", ["task=transition"])


def test_a_template_surrounds_the_prompt() -> None:
    fed = PRESETS["allegro"].fed(" A Cat {prompt} ")
    assert fed.startswith("\n(masterpiece), (best quality)")
    assert "\na cat {prompt} \n" in fed
    assert PRESETS["sana-video"].fed("A cat") == "A cat motion score: 30."
