"""The files of the networks that sets of videos are compared by; fetched where they are named."""

from __future__ import annotations

from vbench.weights.card import Checkpoint

_GITHUB = "https://github.com"

DISTANCES: tuple[Checkpoint, ...] = (
    Checkpoint(
        name="inception_2015_12_05",
        title="Inception-v3 of December 2015, ImageNet",
        path="inception_model/pt_inception-2015-12-05-6726825d.pth",
        url=f"{_GITHUB}/mseitzer/pytorch-fid/releases/download/fid_weights/pt_inception-2015-12-05-6726825d.pth",
        licence="Apache-2.0 (weights of tensorflow/models)",
        paper="https://arxiv.org/abs/1512.00567",
        sha256="6726825d",
        names=("weights-inception-2015-12-05-6726825d.pth",),
        elsewhere=(
            "torch/hub/checkpoints/pt_inception-2015-12-05-6726825d.pth",
            "torch/hub/checkpoints/weights-inception-2015-12-05-6726825d.pth",
        ),
    ),
    Checkpoint(
        name="i3d_kinetics_400",
        title="I3D, Kinetics-400",
        path="i3d_model/i3d_pretrained_400.pt",
        url=f"{_GITHUB}/songweige/TATS/raw/main/tats/fvd/i3d_pretrained_400.pt",
        licence="not stated by the publishers of the file",
        paper="https://arxiv.org/abs/1705.07750",
        git_blobs=("a867b87ac3a9097d200598b1d48a1b890d8ec744", "93daef59c7ae0e9e8f76225521407e60cbafa6aa"),
        names=("i3d_torchscript.pt",),
        note="StyleGAN-V's TorchScript archive of the same network, i3d_torchscript.pt, is read from the same folder. "
        "rgb_imagenet.pt of pytorch-i3d has the same keys and is another training: it is not the network of FVD.",
    ),
    Checkpoint(
        name="videomae_v2_g_ssv2",
        title="VideoMAE v2 ViT-g, Something-Something v2",
        path="videomae_model/vit_g_hybrid_pt_1200e_ssv2_ft.pth",
        url="https://huggingface.co/OpenGVLab/InternVideoMAE_models/resolve/main/mae-g/vit_g_hybrid_pt_1200e_ssv2_ft.pth",
        licence="not stated with the file; the publisher asks for a form",
        paper="https://arxiv.org/abs/2303.16727",
        entry="module",
        note="4 GB.",
    ),
)
