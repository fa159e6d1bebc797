"""Models by name: which diffusers pipeline, which checkpoint, and the published way of sampling.

A protocol is what the model's authors, or the example of its pipeline in diffusers, sample with; ``meaning`` says
which. Repositories are named as diffusers names them.
"""

from __future__ import annotations

from dataclasses import replace

from vbench.generators.base import Settings
from vbench.generators.changes import Lora, Scheduler
from vbench.generators.diffusers import negative_prompts as words
from vbench.generators.diffusers.image_presets import IMAGE_PRESETS
from vbench.generators.diffusers.preset import Part, Preset

_EXAMPLE = "as in the example of its pipeline in diffusers"
_BOARD = "as VBench's sampled_videos/README.md says that it was sampled"

_DDIM = (
    "DDIMScheduler",
    {"beta_schedule": "linear", "steps_offset": 1, "clip_sample": False, "timestep_spacing": "linspace"},
)

_LATTE = {"beta_start": 0.0001, "beta_end": 0.02, "beta_schedule": "linear", "clip_sample": False}

_HUNYUAN_DTYPES = {"text_encoder": "float16", "text_encoder_2": "float16", "vae": "float16"}
_COGVIDEOX_5B = ("CogVideoXDPMScheduler", {"timestep_spacing": "trailing"})
_LTX_DECODING = {"decode_timestep": 0.05, "decode_noise_scale": 0.025}
_STG = {
    "stg_scale": 1.0, "modality_scale": 3.0, "guidance_rescale": 0.7, "spatio_temporal_guidance_blocks": [29],
    "use_cross_timestep": False,
}  # fmt: skip
"""How LTX-2.0 is guided beside the prompt."""

_STG_2_3 = {**_STG, "spatio_temporal_guidance_blocks": [28], "use_cross_timestep": True}


def _unipc(shift: float) -> Scheduler:
    return "UniPCMultistepScheduler", {"flow_shift": shift}


AUTHORS: dict[str, Preset] = {
    "latte": Preset(
        "LattePipeline",
        "maxin-cn/Latte-1",
        Settings(frames=16, height=512, width=512, fps=8, steps=50, guidance=7.5, negative_prompt=""),
        "Latte-1, a text-to-video diffusion transformer; as its configs/t2x/t2v_sample.yaml and sample/sample_t2x.py.",
        dtype="float16",
        scheduler=("DDIMScheduler", _LATTE),
        parts={"vae": Part("AutoencoderKLTemporalDecoder", subfolder="vae_temporal_decoder")},
    ),
    "modelscope": Preset(
        "TextToVideoSDPipeline",
        "damo-vilab/text-to-video-ms-1.7b",
        Settings(frames=16, height=256, width=256, fps=8, steps=50, guidance=9.0, negative_prompt=""),
        "ModelScope's 1.7B U-Net; defaults of its pipeline in diffusers, size and rate as VBench sampled it.",
        dtype="float16",
    ),
    "zeroscope": Preset(
        "TextToVideoSDPipeline",
        "cerspense/zeroscope_v2_576w",
        Settings(frames=24, height=320, width=576, fps=8, steps=40, guidance=9.0, negative_prompt=""),
        f"Zeroscope v2, ModelScope tuned for 576x320; {_EXAMPLE}, at ModelScope's rate.",
        dtype="float16",
        scheduler=("DPMSolverMultistepScheduler", {}),
    ),
    "animatediff": Preset(
        "AnimateDiffPipeline",
        "SG161222/Realistic_Vision_V5.1_noVAE",
        Settings(frames=16, height=512, width=512, fps=8, steps=25, guidance=7.5, negative_prompt=words.SD),
        "AnimateDiff v2 on Stable Diffusion 1.5; as in diffusers' guide, size and rate as VBench sampled it.",
        dtype="float16",
        scheduler=_DDIM,
        parts={"motion_adapter": Part("MotionAdapter", "guoyww/animatediff-motion-adapter-v1-5-2")},
    ),
    "animatelcm": Preset(
        "AnimateDiffPipeline",
        "emilianJR/epiCRealism",
        Settings(
            frames=16, height=512, width=512, fps=8, steps=6, guidance=1.5,
            negative_prompt="bad quality, worse quality, low resolution",
        ),
        "AnimateLCM, AnimateDiff in few steps; as the README of its repository advises, size and rate as VBench's.",
        dtype="float16",
        scheduler=("LCMScheduler", {"beta_schedule": "linear"}),
        parts={"motion_adapter": Part("MotionAdapter", "wangfuyun/AnimateLCM")},
        loras=(Lora("AnimateLCM_sd15_t2v_lora.safetensors", 0.8, beside="motion_adapter"),),
    ),
    "animatediff-sdxl": Preset(
        "AnimateDiffSDXLPipeline",
        "stabilityai/stable-diffusion-xl-base-1.0",
        Settings(frames=16, height=1024, width=1024, fps=8, steps=20, guidance=8.0, negative_prompt=(
            "low quality, worst quality"
        )),
        f"AnimateDiff's beta on Stable Diffusion XL; {_EXAMPLE}.",
        dtype="float16",
        scheduler=_DDIM,
        parts={"motion_adapter": Part("MotionAdapter", "a-r-r-o-w/animatediff-motion-adapter-sdxl-beta")},
    ),
    "cogvideox-2b": Preset(
        "CogVideoXPipeline",
        "THUDM/CogVideoX-2b",
        Settings(frames=49, height=480, width=720, fps=8, steps=50, guidance=6.0, negative_prompt=""),
        "CogVideoX with 2 billion parameters; as its inference/cli_demo.py advises.",
        dtype="float16",
        scheduler=("CogVideoXDDIMScheduler", {"timestep_spacing": "trailing"}),
        tiling=True,
    ),
    "cogvideox-5b": Preset(
        "CogVideoXPipeline",
        "THUDM/CogVideoX-5b",
        Settings(frames=49, height=480, width=720, fps=8, steps=50, guidance=6.0, negative_prompt=""),
        "CogVideoX with 5 billion parameters; as its inference/cli_demo.py.",
        scheduler=_COGVIDEOX_5B,
        arguments={"use_dynamic_cfg": True},
        tiling=True,
    ),
    "cogvideox-5b-i2v": Preset(
        "CogVideoXImageToVideoPipeline",
        "THUDM/CogVideoX-5b-I2V",
        Settings(frames=49, height=480, width=720, fps=8, steps=50, guidance=6.0, negative_prompt=""),
        "CogVideoX from an image; as its inference/cli_demo.py.",
        scheduler=_COGVIDEOX_5B,
        arguments={"use_dynamic_cfg": True},
        tiling=True,
    ),
    "cogvideox1.5-5b": Preset(
        "CogVideoXPipeline",
        "THUDM/CogVideoX1.5-5B",
        Settings(frames=81, height=768, width=1360, fps=16, steps=50, guidance=6.0, negative_prompt=""),
        "CogVideoX 1.5 with 5 billion parameters; as its inference/cli_demo.py.",
        scheduler=_COGVIDEOX_5B,
        arguments={"use_dynamic_cfg": True},
        tiling=True,
    ),
    "cogvideox1.5-5b-i2v": Preset(
        "CogVideoXImageToVideoPipeline",
        "THUDM/CogVideoX1.5-5B-I2V",
        Settings(frames=81, height=768, width=1360, fps=16, steps=50, guidance=6.0, negative_prompt=""),
        "CogVideoX 1.5 from an image; as its inference/cli_demo.py.",
        scheduler=_COGVIDEOX_5B,
        arguments={"use_dynamic_cfg": True},
        tiling=True,
    ),
    "wan2.1-1.3b": Preset(
        "WanPipeline",
        "Wan-AI/Wan2.1-T2V-1.3B-Diffusers",
        Settings(frames=81, height=480, width=832, fps=16, steps=50, guidance=6.0, negative_prompt=words.WAN_ZH),
        "Wan 2.1 with 1.3 billion parameters, for 480p; as the README of its repository.",
        dtypes={"vae": "float32"},
        scheduler=_unipc(8.0),
    ),
    "wan2.1-14b": Preset(
        "WanPipeline",
        "Wan-AI/Wan2.1-T2V-14B-Diffusers",
        Settings(frames=81, height=720, width=1280, fps=16, steps=50, guidance=5.0, negative_prompt=words.WAN_ZH),
        "Wan 2.1 with 14 billion parameters, for 720p; as generate.py of its repository.",
        dtypes={"vae": "float32"},
        scheduler=_unipc(5.0),
    ),
    "wan2.1-i2v-14b": Preset(
        "WanImageToVideoPipeline",
        "Wan-AI/Wan2.1-I2V-14B-480P-Diffusers",
        Settings(frames=81, height=480, width=832, fps=16, steps=40, guidance=5.0, negative_prompt=words.WAN_I2V_ZH),
        "Wan 2.1 from an image, for 480p; as generate.py and wan/configs of its repository.",
        scheduler=_unipc(3.0),
        dtypes={"vae": "float32", "image_encoder": "float32"},
    ),
    "wan2.1-i2v-14b-720p": Preset(
        "WanImageToVideoPipeline",
        "Wan-AI/Wan2.1-I2V-14B-720P-Diffusers",
        Settings(frames=81, height=720, width=1280, fps=16, steps=40, guidance=5.0, negative_prompt=words.WAN_I2V_ZH),
        "Wan 2.1 from an image, for 720p; as generate.py and wan/configs of its repository.",
        dtypes={"vae": "float32", "image_encoder": "float32"},
        scheduler=_unipc(5.0),
    ),
    "wan2.2-t2v-a14b": Preset(
        "WanPipeline",
        "Wan-AI/Wan2.2-T2V-A14B-Diffusers",
        Settings(frames=81, height=720, width=1280, fps=16, steps=40, guidance=4.0, negative_prompt=words.WAN_ZH),
        "Wan 2.2, two networks of 14 billion parameters; as wan/configs/wan_t2v_A14B.py of its repository.",
        dtypes={"vae": "float32"},
        scheduler=_unipc(12.0),
        arguments={"guidance_scale_2": 3.0},
    ),
    "wan2.2-i2v-a14b": Preset(
        "WanImageToVideoPipeline",
        "Wan-AI/Wan2.2-I2V-A14B-Diffusers",
        Settings(frames=81, height=720, width=1280, fps=16, steps=40, guidance=3.5, negative_prompt=words.WAN_ZH),
        "Wan 2.2 from an image; as wan/configs/wan_i2v_A14B.py of its repository.",
        dtypes={"vae": "float32"},
        scheduler=_unipc(5.0),
        arguments={"guidance_scale_2": 3.5},
    ),
    "wan2.2-ti2v-5b": Preset(
        "WanPipeline",
        "Wan-AI/Wan2.2-TI2V-5B-Diffusers",
        Settings(frames=121, height=704, width=1280, fps=24, steps=50, guidance=5.0, negative_prompt=words.WAN_ZH),
        "Wan 2.2 with 5 billion parameters; as wan/configs/wan_ti2v_5B.py of its repository.",
        dtypes={"vae": "float32"},
        scheduler=_unipc(5.0),
    ),
    "wan2.2-ti2v-5b-i2v": Preset(
        "WanImageToVideoPipeline",
        "Wan-AI/Wan2.2-TI2V-5B-Diffusers",
        Settings(frames=121, height=704, width=1280, fps=24, steps=50, guidance=5.0, negative_prompt=words.WAN_ZH),
        "Wan 2.2 with 5 billion parameters from an image; as wan/configs/wan_ti2v_5B.py of its repository.",
        dtypes={"vae": "float32"},
        scheduler=_unipc(5.0),
    ),
    "hunyuanvideo": Preset(
        "HunyuanVideoPipeline",
        "hunyuanvideo-community/HunyuanVideo",
        Settings(frames=129, height=720, width=1280, fps=24, steps=50, guidance=6.0),
        "HunyuanVideo, guidance distilled; as hyvideo/config.py of its repository.",
        dtypes=_HUNYUAN_DTYPES,
        tiling=True,
    ),
    "hunyuanvideo-i2v": Preset(
        "HunyuanVideoImageToVideoPipeline",
        "hunyuanvideo-community/HunyuanVideo-I2V",
        Settings(frames=129, height=720, width=1280, fps=24, steps=50, guidance=6.0),
        f"HunyuanVideo from an image; {_EXAMPLE}, rate as VBench sampled HunyuanVideo.",
        dtypes=_HUNYUAN_DTYPES,
        tiling=True,
    ),
    "hunyuanvideo-1.5": Preset(
        "HunyuanVideo15Pipeline",
        "hunyuanvideo-community/HunyuanVideo-1.5-Diffusers-480p_t2v",
        Settings(frames=121, height=480, width=848, fps=24, steps=50, negative_prompt=""),
        f"HunyuanVideo 1.5 for 480p; {_EXAMPLE}, guidance and size as the checkpoint has them.",
        tiling=True,
    ),
    "hunyuanvideo-1.5-720p": Preset(
        "HunyuanVideo15Pipeline",
        "hunyuanvideo-community/HunyuanVideo-1.5-Diffusers-720p_t2v",
        Settings(frames=121, height=720, width=1280, fps=24, steps=50, negative_prompt=""),
        f"HunyuanVideo 1.5 for 720p; {_EXAMPLE} for 480p, guidance and size as the checkpoint has them.",
        tiling=True,
    ),
    "hunyuanvideo-1.5-i2v": Preset(
        "HunyuanVideo15ImageToVideoPipeline",
        "hunyuanvideo-community/HunyuanVideo-1.5-Diffusers-480p_i2v",
        Settings(frames=121, fps=24, steps=50, negative_prompt=""),
        f"HunyuanVideo 1.5 from an image, in the image's shape; {_EXAMPLE}.",
        tiling=True,
    ),
    "framepack": Preset(
        "HunyuanVideoFramepackPipeline",
        "hunyuanvideo-community/HunyuanVideo",
        Settings(frames=145, height=480, width=832, fps=30, steps=25, guidance=10.0),
        "FramePack from an image, on HunyuanVideo; steps, guidance and length as its demo_gradio.py, which takes "
        "another size by the picture's shape.",
        dtypes={**_HUNYUAN_DTYPES, "image_encoder": "float16"},
        tiling=True,
        parts={
            "transformer": Part("HunyuanVideoFramepackTransformer3DModel", "lllyasviel/FramePackI2V_HY"),
            "image_encoder": Part("SiglipVisionModel", "lllyasviel/flux_redux_bfl", "image_encoder"),
            "feature_extractor": Part("SiglipImageProcessor", "lllyasviel/flux_redux_bfl", "feature_extractor"),
        },
    ),
    "skyreels-v1": Preset(
        "HunyuanVideoPipeline",
        "hunyuanvideo-community/HunyuanVideo",
        Settings(
            frames=97, height=544, width=960, fps=24, steps=30, guidance=1.0, negative_prompt=words.SKYREELS_V1,
        ),
        "SkyReels v1, on HunyuanVideo; as video_generate.py of its repository.",
        tiling=True,
        arguments={"true_cfg_scale": 6.0},
        parts={"transformer": Part("HunyuanVideoTransformer3DModel", "Skywork/SkyReels-V1-Hunyuan-T2V")},
        template="FPS-24, {prompt}",
    ),
    "skyreels-v1-i2v": Preset(
        "HunyuanSkyreelsImageToVideoPipeline",
        "hunyuanvideo-community/HunyuanVideo",
        Settings(
            frames=97, height=544, width=960, fps=24, steps=30, guidance=1.0,
            negative_prompt=words.SKYREELS_V1,
        ),
        "SkyReels v1 from an image, on HunyuanVideo; as video_generate.py of its repository.",
        tiling=True,
        arguments={"true_cfg_scale": 6.0},
        template="FPS-24, {prompt}",
        parts={"transformer": Part("HunyuanVideoTransformer3DModel", "Skywork/SkyReels-V1-Hunyuan-I2V")},
    ),
    "skyreels-v2": Preset(
        "SkyReelsV2Pipeline",
        "Skywork/SkyReels-V2-T2V-14B-540P-Diffusers",
        Settings(frames=97, height=544, width=960, fps=24, steps=30, guidance=6.0, negative_prompt=words.WAN),
        "SkyReels v2 with 14 billion parameters; as generate_video.py of its repository.",
        dtypes={"vae": "float32"},
        scheduler=_unipc(8.0),
    ),
    "skyreels-v2-720p": Preset(
        "SkyReelsV2Pipeline",
        "Skywork/SkyReels-V2-T2V-14B-720P-Diffusers",
        Settings(frames=121, height=720, width=1280, fps=24, steps=30, guidance=6.0, negative_prompt=words.WAN),
        "SkyReels v2 with 14 billion parameters, for 720p; as generate_video.py and the README of its repository.",
        dtypes={"vae": "float32"},
        scheduler=_unipc(8.0),
    ),
    "skyreels-v2-df": Preset(
        "SkyReelsV2DiffusionForcingPipeline",
        "Skywork/SkyReels-V2-DF-14B-540P-Diffusers",
        Settings(frames=97, height=544, width=960, fps=24, steps=30, guidance=6.0, negative_prompt=words.WAN_ZH),
        "SkyReels v2 by diffusion forcing in blocks; as the README of its repository.",
        dtypes={"vae": "float32"},
        scheduler=_unipc(8.0),
        arguments={"ar_step": 5, "causal_block_size": 5, "addnoise_condition": 20},
    ),
    "skyreels-v2-i2v": Preset(
        "SkyReelsV2ImageToVideoPipeline",
        "Skywork/SkyReels-V2-I2V-14B-540P-Diffusers",
        Settings(frames=97, height=544, width=960, fps=24, steps=30, guidance=5.0, negative_prompt=words.WAN),
        "SkyReels v2 from an image; as generate_video.py and the README of its repository.",
        dtypes={"vae": "float32"},
        scheduler=_unipc(3.0),
    ),
    "skyreels-v2-i2v-720p": Preset(
        "SkyReelsV2ImageToVideoPipeline",
        "Skywork/SkyReels-V2-I2V-14B-720P-Diffusers",
        Settings(frames=121, height=720, width=1280, fps=24, steps=30, guidance=5.0, negative_prompt=words.WAN),
        "SkyReels v2 from an image, for 720p; as generate_video.py and the README of its repository.",
        dtypes={"vae": "float32"},
        scheduler=_unipc(3.0),
    ),
    "skyreels-v2-df-i2v": Preset(
        "SkyReelsV2DiffusionForcingImageToVideoPipeline",
        "Skywork/SkyReels-V2-DF-14B-540P-Diffusers",
        Settings(frames=97, height=544, width=960, fps=24, steps=30, guidance=6.0, negative_prompt=words.WAN_ZH),
        "SkyReels v2 by diffusion forcing from an image; as generate_video_df.py of its repository.",
        dtypes={"vae": "float32"},
        scheduler=_unipc(8.0),
        arguments={"addnoise_condition": 20},
    ),
    "ltx-video": Preset(
        "LTXPipeline",
        "Lightricks/LTX-Video",
        Settings(frames=121, height=704, width=1216, fps=30, steps=40, guidance=3.0, negative_prompt=words.LTX),
        "LTX-Video; as configs/ltxv-2b-0.9.yaml and inference.py of its repository, without their guidance by layers.",
        arguments=_LTX_DECODING,
    ),
    "ltx-video-i2v": Preset(
        "LTXImageToVideoPipeline",
        "Lightricks/LTX-Video",
        Settings(frames=161, height=480, width=704, fps=25, steps=40, guidance=3.0, negative_prompt=words.LTX),
        f"LTX-Video from an image; {_EXAMPLE}, steps and decoding as configs/ltxv-2b-0.9.yaml of its repository.",
        arguments=_LTX_DECODING,
    ),
    "ltx-video-0.9.7": Preset(
        "LTXConditionPipeline",
        "Lightricks/LTX-Video-0.9.7-dev",
        Settings(frames=121, height=704, width=1216, fps=30, steps=30, guidance=5.0, negative_prompt=words.LTX),
        "LTX-Video 0.9.7, with an image or without, in one pass of full size; steps and size of its repository, "
        "guidance and decoding as the documentation of its pipeline in diffusers advises.",
        arguments={"decode_timestep": 0.05, "decode_noise_scale": 0.025, "image_cond_noise_scale": 0.025},
    ),
    "ltx-2": Preset(
        "LTX2Pipeline",
        "Lightricks/LTX-2",
        Settings(frames=121, height=512, width=768, fps=24, steps=40, guidance=3.0, negative_prompt=words.LTX2),
        "LTX-2, of which the sound is left out; as LTX_2_PARAMS in ltx_pipelines/utils/constants.py of its repository.",
        arguments=_STG,
    ),
    "ltx-2-i2v": Preset(
        "LTX2ImageToVideoPipeline",
        "Lightricks/LTX-2",
        Settings(frames=121, height=512, width=768, fps=24, steps=40, guidance=3.0, negative_prompt=words.LTX2),
        "LTX-2 from an image, of which the sound is left out; as LTX_2_PARAMS of its repository.",
        arguments=_STG,
    ),
    "ltx-2.3": Preset(
        "LTX2Pipeline",
        "diffusers/LTX-2.3-Diffusers",
        Settings(frames=121, height=512, width=768, fps=24, steps=30, guidance=3.0, negative_prompt=words.LTX2),
        "LTX-2.3, of which the sound is left out, in one pass; as LTX_2_3_PARAMS in ltx_pipelines/utils/constants.py "
        "of its repository, and as the documentation of its pipeline in diffusers.",
        tiling=True,
        arguments=_STG_2_3,
    ),
    "ltx-2.3-i2v": Preset(
        "LTX2ImageToVideoPipeline",
        "diffusers/LTX-2.3-Diffusers",
        Settings(frames=121, height=512, width=768, fps=24, steps=30, guidance=3.0, negative_prompt=words.LTX2),
        "LTX-2.3 from an image, of which the sound is left out, in one pass; as LTX_2_3_PARAMS of its repository, and "
        "as the documentation of its pipeline in diffusers.",
        tiling=True,
        arguments=_STG_2_3,
    ),
    "mochi-1": Preset(
        "MochiPipeline",
        "genmo/mochi-1-preview",
        Settings(frames=163, height=480, width=848, fps=30, steps=64, guidance=6.0, negative_prompt=""),
        "Mochi 1; as demos/cli.py of its repository.",
        dtypes={"text_encoder": "float32", "vae": "float32"},
        tiling=True,
    ),
    "allegro": Preset(
        "AllegroPipeline",
        "rhymes-ai/Allegro",
        Settings(frames=88, height=720, width=1280, fps=15, steps=100, guidance=7.5, negative_prompt=words.ALLEGRO),
        "Allegro; as single_inference.py of its repository.",
        scheduler=(
            "EulerAncestralDiscreteScheduler",
            {
                "beta_start": 0.0001, "beta_end": 0.02, "beta_schedule": "linear", "timestep_spacing": "linspace",
                "steps_offset": 0, "prediction_type": "epsilon",
            },
        ),
        template=(
            "\n(masterpiece), (best quality), (ultra-detailed), (unwatermarked), \n{lowered} \nemotional, harmonious, "
            "vignette, 4k epic detailed, shot on kodak, 35mm photo, \nsharp focus, high budget, cinemascope, moody, "
            "epic, gorgeous\n"
        ),
        dtypes={"vae": "float32"},
        tiling=True,
    ),
    "cosmos-1-7b": Preset(
        "CosmosTextToWorldPipeline",
        "nvidia/Cosmos-1.0-Diffusion-7B-Text2World",
        Settings(frames=121, height=704, width=1280, fps=30, steps=36, guidance=7.0, negative_prompt=words.COSMOS),
        f"Cosmos 1.0 with 7 billion parameters, which needs the package cosmos_guardrail; {_EXAMPLE}.",
    ),
    "cosmos-1-7b-i2v": Preset(
        "CosmosVideoToWorldPipeline",
        "nvidia/Cosmos-1.0-Diffusion-7B-Video2World",
        Settings(frames=121, height=704, width=1280, fps=30, steps=36, guidance=7.0, negative_prompt=words.COSMOS),
        f"Cosmos 1.0 from an image, which needs the package cosmos_guardrail; {_EXAMPLE}.",
    ),
    "cosmos-predict2-2b-i2v": Preset(
        "Cosmos2VideoToWorldPipeline",
        "nvidia/Cosmos-Predict2-2B-Video2World",
        Settings(frames=93, height=704, width=1280, fps=16, steps=35, guidance=7.0, negative_prompt=words.COSMOS),
        f"Cosmos Predict 2 from an image, which needs the package cosmos_guardrail; {_EXAMPLE}.",
    ),
    "cosmos-predict2.5-2b": Preset(
        "Cosmos2_5_PredictBasePipeline",
        "nvidia/Cosmos-Predict2.5-2B",
        Settings(frames=93, height=704, width=1280, fps=16, steps=36, guidance=7.0, negative_prompt=words.COSMOS),
        f"Cosmos Predict 2.5, which needs the package cosmos_guardrail; {_EXAMPLE}.",
    ),
    "sana-video": Preset(
        "SanaVideoPipeline",
        "Efficient-Large-Model/SANA-Video_2B_480p_diffusers",
        Settings(frames=81, height=480, width=832, fps=16, steps=50, guidance=6.0, negative_prompt=words.SANA),
        f"SANA-Video; {_EXAMPLE}, with its motion score behind the prompt.",
        dtypes={"vae": "float32"},
        template="{prompt} motion score: 30.",
    ),
    "sana-video-i2v": Preset(
        "SanaImageToVideoPipeline",
        "Efficient-Large-Model/SANA-Video_2B_480p_diffusers",
        Settings(frames=81, height=480, width=832, fps=16, steps=50, guidance=6.0, negative_prompt=words.SANA),
        f"SANA-Video from an image; {_EXAMPLE}, with its motion score behind the prompt.",
        dtypes={"vae": "float32"},
        template="{prompt} motion score: 30.",
    ),
    "kandinsky-5": Preset(
        "Kandinsky5T2VPipeline",
        "kandinskylab/Kandinsky-5.0-T2V-Lite-sft-5s-Diffusers",
        Settings(frames=121, height=512, width=768, fps=24, steps=50, guidance=5.0, negative_prompt=words.KANDINSKY),
        f"Kandinsky 5.0 Lite; {_EXAMPLE}.",
    ),
    "kandinsky-5-pro": Preset(
        "Kandinsky5T2VPipeline",
        "kandinskylab/Kandinsky-5.0-T2V-Pro-sft-5s-Diffusers",
        Settings(
            frames=121, height=512, width=768, fps=24, steps=50, guidance=5.0, negative_prompt=words.KANDINSKY,
        ),
        "Kandinsky 5.0 Pro; as configs/k5_pro_t2v_5s_sft_sd.yaml of its repository.",
    ),
    "kandinsky-5-i2v": Preset(
        "Kandinsky5I2VPipeline",
        "kandinskylab/Kandinsky-5.0-I2V-Pro-sft-5s-Diffusers",
        Settings(frames=121, height=512, width=768, fps=24, steps=50, guidance=5.0, negative_prompt=words.KANDINSKY),
        f"Kandinsky 5.0 Pro from an image; {_EXAMPLE}.",
    ),
    "helios": Preset(
        "HeliosPipeline",
        "BestWishYsh/Helios-Base",
        Settings(frames=132, height=384, width=640, fps=24, steps=50, guidance=5.0, negative_prompt=words.WAN),
        f"Helios; {_EXAMPLE}.",
        dtypes={"vae": "float32"},
    ),
    "anyflow": Preset(
        "AnyFlowPipeline",
        "nvidia/AnyFlow-Wan2.1-T2V-14B-Diffusers",
        Settings(frames=33, height=480, width=832, fps=16, steps=4, guidance=1.0, negative_prompt=""),
        f"AnyFlow, Wan 2.1 in few steps; {_EXAMPLE}.",
    ),
    "motif-video": Preset(
        "MotifVideoPipeline",
        "Motif-Technologies/Motif-Video-2B",
        Settings(frames=121, height=736, width=1280, fps=24, steps=50, negative_prompt=words.LTX),
        f"Motif-Video with 2 billion parameters; {_EXAMPLE}, guidance as the checkpoint has it.",
    ),
    "easyanimate-5.1": Preset(
        "EasyAnimatePipeline",
        "alibaba-pai/EasyAnimateV5.1-7b-zh-diffusers",
        Settings(frames=49, height=384, width=672, fps=8, steps=50, guidance=6.0, negative_prompt=words.EASYANIMATE),
        "EasyAnimate 5.1 with 7 billion parameters; as predict_t2v.py of its repository, which VBench sampled so, too.",
    ),
    "svd-xt": Preset(
        "StableVideoDiffusionPipeline",
        "stabilityai/stable-video-diffusion-img2vid-xt",
        Settings(frames=25, height=576, width=1024, fps=7, steps=25),
        f"Stable Video Diffusion XT from an image, without a prompt; {_EXAMPLE}.",
        dtype="float16",
        arguments={"decode_chunk_size": 8},
    ),
    "i2vgen-xl": Preset(
        "I2VGenXLPipeline",
        "ali-vilab/i2vgen-xl",
        Settings(frames=16, height=704, width=1280, fps=7, steps=50, guidance=9.0, negative_prompt=words.I2VGEN),
        f"I2VGen-XL from an image; {_EXAMPLE}, rate as VBench sampled it.",
        dtype="float16",
    ),
    "pia": Preset(
        "PIAPipeline",
        "SG161222/Realistic_Vision_V6.0_B1_noVAE",
        Settings(
            frames=16, height=512, width=512, fps=8, steps=50, guidance=7.5,
            negative_prompt="wrong white balance, dark, sketches, worst quality, low quality, deformed, distorted",
        ),
        f"PIA, AnimateDiff from an image; {_EXAMPLE}.",
        dtype="float16",
        scheduler=("EulerDiscreteScheduler", {}),
        parts={"motion_adapter": Part("MotionAdapter", "openmmlab/PIA-condition-adapter")},
    ),
}  # fmt: skip
"""As their authors sample them."""

BOARD: dict[str, Preset] = {
    "animatediff@vbench": replace(
        AUTHORS["animatediff"],
        settings=replace(AUTHORS["animatediff"].settings, negative_prompt=words.ANIMATEDIFF_BOARD),
        meaning=f"AnimateDiff v2; {_BOARD}, but for its image model (Realistic Vision 2.0).",
    ),
    "wan2.1-1.3b@vbench": replace(
        AUTHORS["wan2.1-1.3b"],
        meaning=f"Wan 2.1 with 1.3 billion parameters; {_BOARD} in May 2025.",
        scheduler=_unipc(3.0),
    ),
    "mochi-1@vbench": replace(
        AUTHORS["mochi-1"],
        settings=replace(AUTHORS["mochi-1"].settings, guidance=4.5),
        meaning=f"Mochi 1; {_BOARD} in October 2024, by the demo of that time.",
    ),
    "cogvideox1.5-5b@vbench": replace(
        AUTHORS["cogvideox1.5-5b"],
        settings=replace(AUTHORS["cogvideox1.5-5b"].settings, frames=161),
        meaning=f"CogVideoX 1.5; {_BOARD} in April 2025.",
    ),
    "wan2.2-i2v-a14b@vbench": replace(
        AUTHORS["wan2.2-i2v-a14b"],
        settings=replace(AUTHORS["wan2.2-i2v-a14b"].settings, height=480, width=832),
        meaning="Wan 2.2 from an image; size as VBench's vbench2_beta_i2v/README.md says.",
    ),
    "ltx-video@vbench": replace(
        AUTHORS["ltx-video"],
        settings=replace(AUTHORS["ltx-video"].settings, height=512, width=768, fps=25),
        meaning=f"LTX-Video; size, frames and rate {_BOARD}, the rest of its repository.",
    ),
}  # fmt: skip
"""As the board's makers sampled them, where that is something else."""

PRESETS: dict[str, Preset] = {**AUTHORS, **BOARD, **IMAGE_PRESETS}
"""Generators by name."""

ENHANCER_PRESETS: dict[str, Preset] = {
    "zeroscope-xl": Preset(
        "VideoToVideoSDPipeline",
        "cerspense/zeroscope_v2_XL",
        Settings(height=576, width=1024, steps=50, guidance=15.0, negative_prompt=""),
        f"enlarges a video to about 1024x576 and denoises it again (Zeroscope v2 XL, {_EXAMPLE})",
        dtype="float16",
        scheduler=("DPMSolverMultistepScheduler", {}),
        arguments={"strength": 0.6},
    ),
    "sd-x4-upscaler": Preset(
        "StableDiffusionUpscalePipeline",
        "stabilityai/stable-diffusion-x4-upscaler",
        Settings(steps=75, guidance=9.0, negative_prompt=""),
        "makes each frame four times as large, by itself (Stable Diffusion x4, defaults of its pipeline in diffusers)",
        dtype="float16",
    ),
}
"""Enhancers by name."""
