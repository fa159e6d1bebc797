"""More pipelines with random weights of a few kilobytes: one for each family of diffusers that samples videos.

As in :mod:`tests.generators.tiny_pipelines`; the same weights every time, for a few frames of 32 or 64 pixels.
"""

# mypy: disable-error-code="no-untyped-call"
from __future__ import annotations

import string
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import transformers
from diffusers import (
    AdaptiveProjectedGuidance,
    AllegroPipeline,
    AllegroTransformer3DModel,
    AnimateDiffSDXLPipeline,
    AnyFlowPipeline,
    AnyFlowTransformer3DModel,
    AutoencoderKLAllegro,
    AutoencoderKLCogVideoX,
    AutoencoderKLHunyuanVideo,
    AutoencoderKLHunyuanVideo15,
    AutoencoderKLLTXVideo,
    AutoencoderKLMochi,
    AutoencoderKLTemporalDecoder,
    AutoencoderKLWan,
    ClassifierFreeGuidance,
    CogVideoXDDIMScheduler,
    CogVideoXImageToVideoPipeline,
    CogVideoXPipeline,
    CogVideoXTransformer3DModel,
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerDiscreteScheduler,
    FlowMapEulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    HeliosPipeline,
    HeliosScheduler,
    HeliosTransformer3DModel,
    HunyuanSkyreelsImageToVideoPipeline,
    HunyuanVideo15Pipeline,
    HunyuanVideo15Transformer3DModel,
    HunyuanVideoFramepackPipeline,
    HunyuanVideoFramepackTransformer3DModel,
    HunyuanVideoPipeline,
    HunyuanVideoTransformer3DModel,
    I2VGenXLPipeline,
    Kandinsky5T2VPipeline,
    Kandinsky5Transformer3DModel,
    LattePipeline,
    LatteTransformer3DModel,
    LTXConditionPipeline,
    LTXImageToVideoPipeline,
    LTXPipeline,
    LTXVideoTransformer3DModel,
    MochiPipeline,
    MochiTransformer3DModel,
    MotifVideoPipeline,
    MotifVideoTransformer3DModel,
    MotionAdapter,
    PIAPipeline,
    SanaImageToVideoPipeline,
    SanaVideoPipeline,
    SanaVideoTransformer3DModel,
    SkyReelsV2DiffusionForcingImageToVideoPipeline,
    SkyReelsV2DiffusionForcingPipeline,
    SkyReelsV2Pipeline,
    SkyReelsV2Transformer3DModel,
    StableVideoDiffusionPipeline,
    UNet2DConditionModel,
    UNetSpatioTemporalConditionModel,
    UniPCMultistepScheduler,
    WanImageToVideoPipeline,
    WanPipeline,
    WanTransformer3DModel,
)
from diffusers.models.unets.unet_i2vgen_xl import I2VGenXLUNet
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers.models.t5gemma2.modeling_t5gemma2 import T5Gemma2Encoder

from tests.generators import tiny_pipelines as tiny

TEXT = 32
"""Width of T5's features."""


@dataclass(frozen=True)
class Family:
    """A pipeline and what is asked of it.

    Attributes:
        build: makes it.
        frames: that it samples.
        size: width and height in pixels.
        options: of the adapter.
        image: whether it starts from one.
    """

    build: Callable[[], Any]
    frames: int
    size: str = "32x32"
    options: tuple[str, ...] = ()
    image: bool = False


def latte() -> Any:
    """Latte with one spatial and one temporal block."""
    torch.manual_seed(0)
    transformer = LatteTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=8,
        in_channels=4,
        out_channels=8,
        num_layers=1,
        cross_attention_dim=16,
        attention_bias=True,
        sample_size=8,
        patch_size=2,
        activation_fn="gelu-approximate",
        num_embeds_ada_norm=1000,
        norm_type="ada_norm_single",
        norm_elementwise_affine=False,
        norm_eps=1e-6,
        caption_channels=TEXT,
        video_length=4,
    )
    return LattePipeline(
        tokenizer=tokenizer(),
        text_encoder=t5(),
        vae=tiny.autoencoder(),
        transformer=transformer,
        scheduler=DDIMScheduler(clip_sample=False),
    )


def cogvideox15() -> Any:
    """CogVideoX 1.5, whose tokens span two latents in time."""
    pipeline = cogvideox()
    torch.manual_seed(0)
    transformer = CogVideoXTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=16,
        in_channels=4,
        out_channels=4,
        time_embed_dim=2,
        text_embed_dim=TEXT,
        num_layers=1,
        sample_width=4,
        sample_height=4,
        sample_frames=9,
        max_text_seq_length=226,
        patch_size_t=2,
        patch_bias=False,
        use_rotary_positional_embeddings=True,
    )
    return CogVideoXPipeline(**{**pipeline.components, "transformer": transformer})


def cogvideox(image: bool = False) -> Any:
    """CogVideoX, eight times smaller latents in space and four times in time."""
    torch.manual_seed(0)
    transformer = CogVideoXTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=16,
        in_channels=8 if image else 4,
        out_channels=4,
        time_embed_dim=2,
        text_embed_dim=TEXT,
        num_layers=1,
        sample_width=4,
        sample_height=4,
        sample_frames=9,
        max_text_seq_length=226,
        use_rotary_positional_embeddings=image,
        use_learned_positional_embeddings=image,
    )
    vae = AutoencoderKLCogVideoX(
        down_block_types=("CogVideoXDownBlock3D",) * 4,
        up_block_types=("CogVideoXUpBlock3D",) * 4,
        block_out_channels=(8, 8, 8, 8),
        latent_channels=4,
        layers_per_block=1,
        norm_num_groups=2,
    )
    kind = CogVideoXImageToVideoPipeline if image else CogVideoXPipeline
    return kind(
        tokenizer=tokenizer(), text_encoder=t5(), vae=vae, transformer=transformer, scheduler=CogVideoXDDIMScheduler()
    )


def wan() -> Any:
    """Wan."""
    return WanPipeline(
        tokenizer=tokenizer(),
        text_encoder=t5(transformers.UMT5EncoderModel),
        vae=wan_vae(),
        transformer=WanTransformer3DModel(**_wan_like(), rope_max_seq_len=32),
        scheduler=UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0),
    )


def wan_image() -> Any:
    """Wan that sees the image, and its latents as additional channels."""
    vae = wan_vae()
    parts = _wan_like(in_channels=36, image_dim=8)
    return WanImageToVideoPipeline(
        tokenizer=tokenizer(),
        text_encoder=t5(transformers.UMT5EncoderModel),
        image_encoder=vision(transformers.CLIPVisionModel, 8),
        image_processor=transformers.CLIPImageProcessor(crop_size=16, size=16),
        vae=vae,
        transformer=WanTransformer3DModel(**parts, rope_max_seq_len=32),
        scheduler=UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0),
    )


def wan22() -> Any:
    """Wan 2.2: a network for the first timesteps and another for the rest."""
    pipeline = wan()
    second = WanTransformer3DModel(**_wan_like(), rope_max_seq_len=32)
    return WanPipeline(**{**pipeline.components, "transformer_2": second}, boundary_ratio=0.875)


def wan22_image() -> Any:
    """Wan 2.2 from an image, which only the VAE sees."""
    parts = _wan_like(in_channels=36)
    first, second = (WanTransformer3DModel(**parts, rope_max_seq_len=32) for _ in range(2))
    components = {**wan().components, "transformer": first, "transformer_2": second}
    return WanImageToVideoPipeline(**components, boundary_ratio=0.9)


def skyreels(kind: Any = SkyReelsV2Pipeline) -> Any:
    """SkyReels v2."""
    vae = wan_vae()
    return kind(
        tokenizer=tokenizer(),
        text_encoder=t5(transformers.UMT5EncoderModel),
        vae=vae,
        transformer=SkyReelsV2Transformer3DModel(**_wan_like(), rope_max_seq_len=32),
        scheduler=UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=8.0),
    )


def anyflow() -> Any:
    """AnyFlow."""
    vae = wan_vae()
    return AnyFlowPipeline(
        tokenizer=tokenizer(),
        text_encoder=t5(transformers.UMT5EncoderModel),
        vae=vae,
        transformer=AnyFlowTransformer3DModel(
            **{name: value for name, value in _wan_like().items() if name != "qk_norm"},
            rope_max_seq_len=32,
            gate_value=0.25,
            deltatime_type="r",
        ),
        scheduler=FlowMapEulerDiscreteScheduler(shift=5.0),
    )


def hunyuan_video(channels: int = 4) -> Any:
    """HunyuanVideo with a block of each kind."""
    torch.manual_seed(0)
    transformer = HunyuanVideoTransformer3DModel(
        in_channels=channels,
        out_channels=4,
        num_attention_heads=2,
        attention_head_dim=10,
        num_layers=1,
        num_single_layers=1,
        num_refiner_layers=1,
        patch_size=1,
        guidance_embeds=True,
        text_embed_dim=16,
        pooled_projection_dim=tiny.WIDTH,
        rope_axes_dim=(2, 4, 4),
    )
    words = tokenizer("left")
    llama = transformers.LlamaModel(
        transformers.LlamaConfig(
            vocab_size=len(words),
            hidden_size=16,
            intermediate_size=16,
            num_hidden_layers=4,
            num_attention_heads=2,
            bos_token_id=2,
            eos_token_id=1,
            pad_token_id=0,
        )
    )
    return HunyuanVideoPipeline(
        text_encoder=llama.eval(),
        tokenizer=words,
        transformer=transformer,
        vae=hunyuan_vae(),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=7.0),
        text_encoder_2=clip(),
        tokenizer_2=tiny.tokenizer(),
    )


def skyreels_v1() -> Any:
    """SkyReels v1: HunyuanVideo that sees the image's latents and is guided by another prompt."""
    pipeline = hunyuan_video(channels=8)
    return HunyuanSkyreelsImageToVideoPipeline(**pipeline.components)


def framepack() -> Any:
    """FramePack, which sees the image through SigLIP, too."""
    pipeline = hunyuan_video()
    transformer = HunyuanVideoFramepackTransformer3DModel(
        in_channels=4,
        out_channels=4,
        num_attention_heads=2,
        attention_head_dim=10,
        num_layers=1,
        num_single_layers=1,
        num_refiner_layers=1,
        patch_size=2,
        text_embed_dim=16,
        pooled_projection_dim=tiny.WIDTH,
        rope_axes_dim=(2, 4, 4),
        has_image_proj=True,
        image_proj_dim=16,
        has_clean_x_embedder=True,
    )
    sight = transformers.SiglipVisionConfig(
        hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=16, patch_size=8
    )
    return HunyuanVideoFramepackPipeline(
        **{**pipeline.components, "transformer": transformer},
        image_encoder=transformers.SiglipVisionModel(sight).eval(),
        feature_extractor=transformers.SiglipImageProcessor(size={"height": 16, "width": 16}),
    )


def hunyuan_video_15() -> Any:
    """HunyuanVideo 1.5, whose text encoder is asked in a chat."""
    torch.manual_seed(0)
    transformer = HunyuanVideo15Transformer3DModel(
        in_channels=9,
        out_channels=4,
        num_attention_heads=2,
        attention_head_dim=8,
        num_layers=1,
        num_refiner_layers=1,
        mlp_ratio=2.0,
        patch_size=1,
        patch_size_t=1,
        text_embed_dim=16,
        text_embed_2_dim=TEXT,
        image_embed_dim=12,
        rope_axes_dim=(2, 2, 4),
        target_size=32,
    )
    vae = AutoencoderKLHunyuanVideo15(
        latent_channels=4,
        block_out_channels=(16, 16, 16),
        layers_per_block=1,
        spatial_compression_ratio=8,
        temporal_compression_ratio=4,
        downsample_match_channel=False,
        upsample_match_channel=False,
    )
    words = tokenizer()
    words.chat_template = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
    text = transformers.Qwen2_5_VLTextModel(transformers.Qwen2_5_VLTextConfig(**_QWEN, vocab_size=len(words)))
    return HunyuanVideo15Pipeline(
        text_encoder=text.eval(),
        tokenizer=words,
        transformer=transformer,
        vae=vae,
        scheduler=FlowMatchEulerDiscreteScheduler(shift=7.0),
        text_encoder_2=t5(vocabulary=384),
        tokenizer_2=transformers.ByT5Tokenizer(),
        guider=ClassifierFreeGuidance(guidance_scale=6.0),
    )


def kandinsky() -> Any:
    """Kandinsky 5."""
    torch.manual_seed(0)
    words = tokenizer()
    text = transformers.Qwen2_5_VLForConditionalGeneration(
        transformers.Qwen2_5_VLConfig(
            text_config={**_QWEN, "vocab_size": len(words)},
            vision_config={
                "depth": 1,
                "hidden_size": 16,
                "intermediate_size": 16,
                "num_heads": 2,
                "out_hidden_size": 16,
            },
        )
    )
    transformer = Kandinsky5Transformer3DModel(
        in_visual_dim=16,
        in_text_dim=16,
        in_text_dim2=tiny.WIDTH,
        time_dim=16,
        out_visual_dim=16,
        model_dim=16,
        ff_dim=32,
        num_text_blocks=1,
        num_visual_blocks=1,
        axes_dims=(1, 1, 2),
        visual_cond=True,
    )
    return Kandinsky5T2VPipeline(
        transformer=transformer,
        vae=hunyuan_vae(channels=16),
        text_encoder=text.eval(),
        tokenizer=words,
        text_encoder_2=clip(),
        tokenizer_2=tiny.tokenizer(),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=5.0),
    )


def helios() -> Any:
    """Helios, which samples in chunks of 33 frames."""
    vae = wan_vae()
    parts = {name: value for name, value in _wan_like().items() if name != "image_dim"}
    transformer = HeliosTransformer3DModel(
        **parts,
        rope_dim=(4, 4, 4),
        has_multi_term_memory_patch=True,
        guidance_cross_attn=True,
        is_amplify_history=False,
    )
    return HeliosPipeline(
        tokenizer=tokenizer(),
        text_encoder=t5(transformers.UMT5EncoderModel),
        vae=vae,
        transformer=transformer,
        scheduler=HeliosScheduler(stage_range=[0, 1], stages=1, use_dynamic_shifting=True),
    )


def sana(kind: Any = SanaVideoPipeline) -> Any:
    """SANA-Video with Wan's VAE; the checkpoint for 480p has this sample size."""
    vae = wan_vae()
    words = tokenizer()
    gemma = transformers.Gemma2Model(
        transformers.Gemma2Config(
            vocab_size=len(words),
            hidden_size=8,
            intermediate_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            num_key_value_heads=2,
            head_dim=16,
        )
    )
    transformer = SanaVideoTransformer3DModel(
        in_channels=16,
        out_channels=16,
        num_attention_heads=2,
        attention_head_dim=12,
        num_layers=1,
        num_cross_attention_heads=2,
        cross_attention_head_dim=12,
        cross_attention_dim=24,
        caption_channels=8,
        sample_size=30,
        patch_size=(1, 2, 2),
        qk_norm="rms_norm_across_heads",
        rope_max_seq_len=64,
    )
    return kind(
        tokenizer=words,
        text_encoder=gemma.eval(),
        vae=vae,
        transformer=transformer,
        scheduler=DPMSolverMultistepScheduler(use_flow_sigmas=True, prediction_type="flow_prediction"),
    )


def motif() -> Any:
    """Motif-Video."""
    vae = wan_vae()
    words = tokenizer()
    text = {
        "vocab_size": len(words),
        "hidden_size": TEXT,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "intermediate_size": 32,
        "dropout_rate": 0.0,
    }
    sight = {**_VISION, "num_hidden_layers": 1, "num_attention_heads": 2, "image_size": 16, "patch_size": 8}
    encoder = T5Gemma2Encoder(transformers.T5Gemma2EncoderConfig(text_config=text, vision_config=sight))
    transformer = MotifVideoTransformer3DModel(
        in_channels=33,
        out_channels=16,
        num_attention_heads=2,
        attention_head_dim=12,
        num_layers=1,
        num_single_layers=1,
        patch_size=1,
        patch_size_t=1,
        text_embed_dim=TEXT,
        rope_axes_dim=(4, 4, 4),
    )
    return MotifVideoPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=7.0),
        vae=vae,
        text_encoder=encoder.eval(),
        tokenizer=words,
        transformer=transformer,
        guider=AdaptiveProjectedGuidance(),
    )


def animatediff_sdxl() -> Any:
    """AnimateDiff on a Stable Diffusion XL of two widths."""
    torch.manual_seed(0)
    unet = UNet2DConditionModel(
        block_out_channels=(8, 16),
        layers_per_block=1,
        sample_size=8,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=2 * tiny.WIDTH,
        attention_head_dim=2,
        norm_num_groups=2,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=6 * 8 + tiny.WIDTH,
    )
    adapter = MotionAdapter(
        block_out_channels=(8, 16),
        motion_layers_per_block=1,
        motion_num_attention_heads=2,
        motion_norm_num_groups=2,
        use_motion_mid_block=False,
    )
    config = tiny.text_encoder().config
    return AnimateDiffSDXLPipeline(
        vae=tiny.autoencoder(),
        text_encoder=tiny.text_encoder(),
        text_encoder_2=transformers.CLIPTextModelWithProjection(config).eval(),
        tokenizer=tiny.tokenizer(),
        tokenizer_2=tiny.tokenizer(),
        unet=unet,
        motion_adapter=adapter,
        scheduler=tiny.scheduler(),
    )


def pia() -> Any:
    """PIA: AnimateDiff that sees the image's latents and a mask."""
    torch.manual_seed(0)
    unet = UNet2DConditionModel(
        block_out_channels=(8, 16),
        layers_per_block=1,
        sample_size=8,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=tiny.WIDTH,
        attention_head_dim=2,
        norm_num_groups=2,
    )
    adapter = MotionAdapter(
        block_out_channels=(8, 16),
        motion_layers_per_block=1,
        motion_num_attention_heads=2,
        motion_norm_num_groups=2,
        conv_in_channels=9,
    )
    return PIAPipeline(
        vae=tiny.autoencoder(),
        text_encoder=tiny.text_encoder(),
        tokenizer=tiny.tokenizer(),
        unet=unet,
        motion_adapter=adapter,
        scheduler=tiny.scheduler(),
    )


def ltx(kind: Any = LTXPipeline) -> Any:
    """LTX-Video; its decoder draws noise, as the published one."""
    torch.manual_seed(0)
    transformer = LTXVideoTransformer3DModel(
        in_channels=8,
        out_channels=8,
        num_attention_heads=2,
        attention_head_dim=8,
        cross_attention_dim=16,
        num_layers=1,
        caption_channels=TEXT,
    )
    vae = AutoencoderKLLTXVideo(
        latent_channels=8,
        block_out_channels=(8, 8, 8, 8),
        decoder_block_out_channels=(8, 8, 8, 8),
        layers_per_block=(1, 1, 1, 1, 1),
        decoder_layers_per_block=(1, 1, 1, 1, 1),
        decoder_inject_noise=(True, True, False, False, False),
    )
    return kind(
        tokenizer=tokenizer(),
        text_encoder=t5(),
        vae=vae,
        transformer=transformer,
        scheduler=FlowMatchEulerDiscreteScheduler(),
    )


def mochi() -> Any:
    """Mochi."""
    torch.manual_seed(0)
    transformer: Any = MochiTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=8,
        num_layers=2,
        pooled_projection_dim=16,
        in_channels=12,
        text_embed_dim=TEXT,
        time_embed_dim=4,
        max_sequence_length=16,
    )
    transformer.pos_frequencies.data.zero_()
    vae = AutoencoderKLMochi(
        encoder_block_out_channels=(32, 32, 32, 32),
        decoder_block_out_channels=(32, 32, 32, 32),
        layers_per_block=(1, 1, 1, 1, 1),
    )
    return MochiPipeline(
        tokenizer=tokenizer(),
        text_encoder=t5(),
        vae=vae,
        transformer=transformer,
        scheduler=FlowMatchEulerDiscreteScheduler(),
    )


def allegro() -> Any:
    """Allegro, whose VAE decodes in whole tiles only, the smallest of 24 frames of 128 pixels."""
    torch.manual_seed(0)
    transformer = AllegroTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=12,
        in_channels=4,
        out_channels=4,
        num_layers=1,
        cross_attention_dim=24,
        sample_width=8,
        sample_height=8,
        sample_frames=8,
        caption_channels=TEXT,
    )
    vae = AutoencoderKLAllegro(
        down_block_types=("AllegroDownBlock3D",) * 4,
        up_block_types=("AllegroUpBlock3D",) * 4,
        block_out_channels=(8, 8, 8, 8),
        latent_channels=4,
        layers_per_block=1,
        norm_num_groups=2,
        sample_size=128,
    )
    return AllegroPipeline(
        tokenizer=tokenizer(),
        text_encoder=t5(),
        vae=vae,
        transformer=transformer,
        scheduler=DDIMScheduler(clip_sample=False),
    )


def svd() -> Any:
    """Stable Video Diffusion."""
    torch.manual_seed(0)
    unet = UNetSpatioTemporalConditionModel(
        block_out_channels=(32, 64),
        down_block_types=("CrossAttnDownBlockSpatioTemporal", "DownBlockSpatioTemporal"),
        up_block_types=("UpBlockSpatioTemporal", "CrossAttnUpBlockSpatioTemporal"),
        layers_per_block=1,
        sample_size=8,
        cross_attention_dim=16,
        num_attention_heads=2,
        projection_class_embeddings_input_dim=24,
        addition_time_embed_dim=8,
    )
    vae = AutoencoderKLTemporalDecoder(
        block_out_channels=(32, 32), down_block_types=("DownEncoderBlock2D",) * 2, latent_channels=4
    )
    return StableVideoDiffusionPipeline(
        vae=vae,
        image_encoder=vision(transformers.CLIPVisionModelWithProjection, 16, size=224),
        unet=unet,
        scheduler=EulerDiscreteScheduler(prediction_type="v_prediction", use_karras_sigmas=True, sigma_max=700.0),
        feature_extractor=transformers.CLIPImageProcessor(),
    )


def i2vgen_xl() -> Any:
    """I2VGen-XL."""
    torch.manual_seed(0)
    unet = I2VGenXLUNet(
        block_out_channels=(8, 16),
        layers_per_block=1,
        sample_size=8,
        in_channels=4,
        out_channels=4,
        down_block_types=("CrossAttnDownBlock3D", "DownBlock3D"),
        up_block_types=("UpBlock3D", "CrossAttnUpBlock3D"),
        cross_attention_dim=tiny.WIDTH,
        attention_head_dim=4,
        num_attention_heads=None,
        norm_num_groups=2,
    )
    return I2VGenXLPipeline(
        vae=tiny.autoencoder(),
        text_encoder=tiny.text_encoder(),
        tokenizer=tiny.tokenizer(),
        image_encoder=vision(transformers.CLIPVisionModelWithProjection, tiny.WIDTH),
        feature_extractor=transformers.CLIPImageProcessor(crop_size=16, size=16),
        unet=unet,
        scheduler=DDIMScheduler(clip_sample=False),
    )


def wan_vae() -> AutoencoderKLWan:
    """Wan's VAE, which others share."""
    torch.manual_seed(0)
    return AutoencoderKLWan(base_dim=4, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1)


def hunyuan_vae(channels: int = 4) -> AutoencoderKLHunyuanVideo:
    """HunyuanVideo's VAE, which Kandinsky shares."""
    return AutoencoderKLHunyuanVideo(
        latent_channels=channels,
        down_block_types=("HunyuanVideoDownBlock3D",) * 4,
        up_block_types=("HunyuanVideoUpBlock3D",) * 4,
        block_out_channels=(8, 8, 8, 8),
        layers_per_block=1,
        norm_num_groups=4,
    )


def t5(kind: Any = transformers.T5EncoderModel, vocabulary: int = 0) -> Any:
    """T5's encoder, one layer; UMT5's is another class."""
    config = kind.config_class(
        vocab_size=vocabulary or len(tokenizer()),
        d_model=TEXT,
        d_kv=8,
        d_ff=16,
        num_layers=1,
        num_heads=2,
        dropout_rate=0.0,
    )
    return kind(config).eval()


def clip() -> Any:
    """CLIP's text side for as many tokens as the real one."""
    config = tiny.text_encoder().config
    config.max_position_embeddings = 77
    return transformers.CLIPTextModel(config).eval()


def vision(kind: Any, width: int, size: int = 16) -> Any:
    """CLIP's image side, two layers."""
    config = transformers.CLIPVisionConfig(
        hidden_size=width,
        projection_dim=width,
        intermediate_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=size,
        patch_size=size // 2,
    )
    return kind(config).eval()


def tokenizer(padding: str = "right") -> Any:
    """A fast tokenizer with a token for each printable character."""
    vocabulary = {token: place for place, token in enumerate(["<pad>", "</s>", "<s>", "<unk>", *string.printable])}
    tokens = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokens.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokens.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokens,
        pad_token="<pad>",
        eos_token="</s>",
        bos_token="<s>",
        unk_token="<unk>",
        padding_side=padding,
        model_max_length=512,
    )


_VISION = {"hidden_size": 16, "intermediate_size": 16}

_QWEN: dict[str, Any] = {
    "hidden_size": 16,
    "intermediate_size": 16,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "rope_parameters": {"rope_type": "default", "mrope_section": [1, 1, 2], "rope_theta": 10000.0},
}


def _wan_like(in_channels: int = 16, image_dim: int | None = None) -> dict[str, Any]:
    return {
        "patch_size": (1, 2, 2),
        "num_attention_heads": 2,
        "attention_head_dim": 12,
        "in_channels": in_channels,
        "out_channels": 16,
        "text_dim": TEXT,
        "freq_dim": 16,
        "ffn_dim": 16,
        "num_layers": 1,
        "cross_attn_norm": True,
        "qk_norm": "rms_norm_across_heads",
        "image_dim": image_dim,
    }


FAMILIES: dict[str, Family] = {
    "animatediff": Family(tiny.animatediff, 4),
    "modelscope": Family(tiny.text_to_video_sd, 4),
    "latte": Family(latte, 4),
    "cogvideox": Family(cogvideox, 9),
    "cogvideox-i2v": Family(lambda: cogvideox(image=True), 9, image=True),
    "wan": Family(wan, 5),
    "wan2.2": Family(wan22, 5),
    "wan2.2-i2v": Family(wan22_image, 5, image=True),
    "cogvideox-1.5": Family(cogvideox15, 9),
    "framepack": Family(framepack, 37, size="64x64", image=True),
    "skyreels-v2-df-i2v": Family(lambda: skyreels(SkyReelsV2DiffusionForcingImageToVideoPipeline), 5, image=True),
    "sana-video-i2v": Family(lambda: sana(SanaImageToVideoPipeline), 1, size="224x128", image=True),
    "ltx-video-0.9.7": Family(lambda: ltx(LTXConditionPipeline), 9),
    "wan-i2v": Family(wan_image, 5, image=True),
    "skyreels-v2": Family(skyreels, 5),
    "skyreels-v2-df": Family(lambda: skyreels(SkyReelsV2DiffusionForcingPipeline), 5),
    "anyflow": Family(anyflow, 5),
    "hunyuanvideo": Family(hunyuan_video, 5),
    "hunyuanvideo-1.5": Family(hunyuan_video_15, 5),
    "skyreels-v1-i2v": Family(skyreels_v1, 5, image=True),
    "kandinsky-5": Family(kandinsky, 5),
    "helios": Family(helios, 33),
    "sana-video": Family(sana, 1, size="224x128"),
    "motif-video": Family(motif, 5),
    "animatediff-sdxl": Family(animatediff_sdxl, 4),
    "pia": Family(pia, 4, image=True),
    "ltx-video": Family(ltx, 9),
    "ltx-video-i2v": Family(lambda: ltx(LTXImageToVideoPipeline), 9, image=True),
    "mochi-1": Family(mochi, 7),
    "allegro": Family(allegro, 24, size="128x128", options=("tiling=yes",)),
    "svd": Family(svd, 4, image=True),
    "i2vgen-xl": Family(i2vgen_xl, 4, image=True),
}
"""By name, as the presets' where there is one."""
