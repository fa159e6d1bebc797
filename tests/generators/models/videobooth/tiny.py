"""VideoBooth's checkpoints as they are published, with random weights of a few megabytes."""

# mypy: disable-error-code="no-untyped-call,attr-defined"
from __future__ import annotations

from pathlib import Path

import torch
from diffusers import AutoencoderKL
from transformers import CLIPConfig, CLIPModel

from tests.generators.tiny_pipelines import WIDTH, text_encoder, tokenizer
from vbench.generators.models.inflated_sd.unet import Architecture
from vbench.generators.models.videobooth.mapper import DEPTHS, Mapper
from vbench.generators.models.videobooth.unet import UNet
from vbench.generators.models.videobooth.weights import whole_mapper

ARCHITECTURE = Architecture(
    widths=(16, 16), attends=(True, False), only_text=(False, False), layers=1, heads=2, text_width=WIDTH, groups=8,
    first_frame=True,
)  # fmt: skip


def write(folder: Path) -> Path:
    """All files of VideoBooth; the folder."""
    torch.manual_seed(0)
    network = UNet(ARCHITECTURE)
    published = {key: value for key, value in network.state_dict().items() if "exemplar" not in key}
    torch.save({"ema_unet": published}, folder / "watermark_remove_module.pt")
    torch.save({"ema": whole_mapper(network, Mapper(WIDTH, WIDTH)).state_dict()}, folder / "mapper.pt")
    clip = CLIPConfig(
        text_config=text_encoder().config.to_dict(),
        vision_config={
            "hidden_size": WIDTH,
            "intermediate_size": WIDTH,
            "num_hidden_layers": max(DEPTHS),
            "num_attention_heads": 2,
            "image_size": 224,
            "patch_size": 112,
        },
        projection_dim=WIDTH,
    )
    CLIPModel(clip).save_pretrained(folder / "clip-vit-large-patch14")
    tokenizer().save_pretrained(folder / "clip-vit-large-patch14")
    AutoencoderKL(
        block_out_channels=(8,) * 4,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=4,
        norm_num_groups=2,
        sample_size=16,
    ).save_pretrained(folder / "sd-vae-ft-ema")
    return folder
