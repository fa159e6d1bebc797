"""CLIP, OpenAI's: frames and texts in one space.

- Paper: Radford et al., "Learning Transferable Visual Models From Natural Language Supervision", ICML 2021.
- Checkpoints: ``clip_vit_b_32`` (ViT-B-32.pt) and ``clip_vit_l_14`` (ViT-L-14.pt), TorchScript archives; MIT. The
  network is open_clip's with QuickGELU, which OpenAI's weights were trained with; it has OpenAI's parameter names. Its
  image tower's transformer is :mod:`~vbench.dimensions.backbones.summary_transformer`'s.
- Input: uint8 RGB frames. Two ways to 224 x 224, which give other numbers: :meth:`CLIP.embed` scales floats
  bicubically without antialiasing, clamping or rounding; :meth:`CLIP.embed_as_images` goes through PIL, which
  antialiases and rounds. Both take the shorter side to 224 px and crop the middle. Texts: 77 tokens.
- Output: 512 (B/32) or 768 (L/14) values, not of unit length.

On a CUDA device the reference keeps OpenAI's float16 weights. Here it is float32 everywhere, as on its CPU, unless
``--clip-precision float16`` asks for what the reference does on CUDA: weights, activations and embeddings are float16
then, and normalisations are computed in float32. A CPU rounds at the same places.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, ClassVar, Self

import torch
from torch import Tensor, nn

from vbench.dimensions.backbones.arithmetic import computes
from vbench.dimensions.backbones.base import TextImageScorer
from vbench.dimensions.backbones.pixels import CLIP as COLOURS
from vbench.dimensions.backbones.pixels import centre_crop, normalise, resize, resized_by_pil
from vbench.dimensions.backbones.summary_transformer import SummaryTransformer
from vbench.dimensions.backbones.texts import TextVectors
from vbench.errors import CheckpointMismatch, MissingExtra
from vbench.weights.cards import checkpoint
from vbench.weights.load import load_strictly, state_dict

if TYPE_CHECKING:
    import open_clip

_SIDE, _TOKENS, _WORDS = 224, 77, 49408
_CONSTANTS = {"input_resolution": _SIDE, "context_length": _TOKENS, "vocab_size": _WORDS}
"""Whole numbers that OpenAI's archives hold beside the weights."""


class CLIP(TextImageScorer):
    """Embeddings of frames and texts by one of OpenAI's models; the subclasses say which."""

    extra: ClassVar[str] = "official"
    vision: ClassVar[dict[str, int]]
    text: ClassVar[dict[str, int]]
    features: ClassVar[int]
    dtype: ClassVar[torch.dtype] = torch.float32

    def __init__(self, network: open_clip.CLIP, tokenizer: open_clip.SimpleTokenizer, device: torch.device) -> None:
        self.network, self.tokenizer, self.device = network.to(device), tokenizer, device
        if self.dtype == torch.float16:
            in_half(self.network)
        self._texts = TextVectors()

    @classmethod
    def load(cls, device: torch.device) -> Self:
        """Read the checkpoint; see :meth:`Backbone.load` for the errors."""
        try:
            import open_clip
        except ModuleNotFoundError as error:
            raise MissingExtra(
                f'CLIP needs the package {error.name}. Install it with: pip install "vbench-suite[official]"'
            ) from error
        with torch.device("meta"):
            network = open_clip.CLIP(
                cls.features,
                vision_cfg=cls.vision | {"image_size": _SIDE},
                text_cfg=cls.text | {"context_length": _TOKENS, "vocab_size": _WORDS},
                quick_gelu=True,
            )
            network.visual.transformer = summary_transformer(cls.vision)
        (name,) = cls.checkpoints
        load_strictly(network, without_constants(state_dict(name), name), name)
        network.attn_mask = torch.full((_TOKENS, _TOKENS), -torch.inf).triu(1)
        return cls(network, open_clip.SimpleTokenizer(context_length=_TOKENS), device)

    @property
    def scale(self) -> float:
        """What CLIP multiplies a cosine with: 100 in OpenAI's models, but for rounding."""
        return float(self.network.logit_scale.detach().exp())

    def embed(self, frames: Tensor) -> Tensor:
        """``(N, 3, H, W)`` uint8 RGB -> ``(N, D)`` in the backbone's precision on the CPU, not normalised."""
        return self._embed(frames, lambda chunk: resize(self.here(chunk).float(), _SIDE, "bicubic"))

    def embed_as_images(self, frames: Tensor) -> Tensor:
        """The same of frames that PIL scales: antialiased, clamped and rounded to uint8."""
        return self._embed(frames, lambda chunk: resized_by_pil(self.here(chunk), _SIDE).float())

    @computes
    def _embed(self, frames: Tensor, scaled: Callable[[Tensor], Tensor]) -> Tensor:
        squares = (centre_crop(scaled(chunk), _SIDE) for chunk in self.chunks(frames))
        inputs = (normalise(square, COLOURS).to(self.dtype) for square in squares)
        return torch.cat([self.network.encode_image(images).cpu() for images in inputs])

    @computes
    def embed_text(self, text: str) -> Tensor:
        """One text -> ``(D,)`` on the CPU, not normalised; kept, cut after 77 tokens."""
        return self._texts.of(text, self._embed_text)

    def _embed_text(self, text: str) -> Tensor:
        vector: Tensor = self.network.encode_text(self.tokenizer(text).to(self.device))[0].cpu()
        return vector


class CLIPB32(CLIP):
    """CLIP ViT-B/32: 512 values. Its 50 tokens a frame are too few to keep a core busy, so frames go in eights."""

    at_once_on_cpu: ClassVar[int] = 8

    name: ClassVar[str] = "clip_vit_b_32"
    checkpoints: ClassVar[tuple[str, ...]] = ("clip_vit_b_32",)
    vision: ClassVar[dict[str, int]] = {"layers": 12, "width": 768, "patch_size": 32}
    text: ClassVar[dict[str, int]] = {"layers": 12, "width": 512, "heads": 8}
    features: ClassVar[int] = 512


class CLIPL14(CLIP):
    """CLIP ViT-L/14: 768 values. Frames go in fours, which keeps a core busier than one by one."""

    at_once_on_cpu: ClassVar[int] = 4

    name: ClassVar[str] = "clip_vit_l_14"
    checkpoints: ClassVar[tuple[str, ...]] = ("clip_vit_l_14",)
    vision: ClassVar[dict[str, int]] = {"layers": 24, "width": 1024, "patch_size": 14}
    text: ClassVar[dict[str, int]] = {"layers": 12, "width": 768, "heads": 12}
    features: ClassVar[int] = 768


class CLIPB32Half(CLIPB32):
    """CLIP ViT-B/32 as the reference has it on CUDA."""

    name: ClassVar[str] = "clip_vit_b_32_float16"
    dtype: ClassVar[torch.dtype] = torch.float16


class CLIPL14Half(CLIPL14):
    """CLIP ViT-L/14 as the reference has it on CUDA."""

    name: ClassVar[str] = "clip_vit_l_14_float16"
    dtype: ClassVar[torch.dtype] = torch.float16


class CLIPB32TF32(CLIPB32):
    """CLIP ViT-B/32 with products of TF32."""

    name: ClassVar[str] = "clip_vit_b_32_tf32"
    arithmetic: ClassVar[str] = "tf32"


class CLIPL14TF32(CLIPL14):
    """CLIP ViT-L/14 with products of TF32."""

    name: ClassVar[str] = "clip_vit_l_14_tf32"
    arithmetic: ClassVar[str] = "tf32"


def in_half(network: open_clip.CLIP) -> None:
    """Weights and activations become float16, the scale does not; a normalisation is rounded when it is done."""
    scale = network.logit_scale.detach().clone()
    network.half()
    network.logit_scale.data = scale
    for norm in network.modules():
        if isinstance(norm, nn.LayerNorm):
            norm.float()
            norm.register_forward_pre_hook(lambda _, given: tuple(one.float() for one in given))
            norm.register_forward_hook(lambda _, given, result: result.half())


def summary_transformer(vision: Mapping[str, int]) -> SummaryTransformer:
    """The transformer of an image tower as open_clip's configuration describes it, with heads of 64 channels."""
    return SummaryTransformer(vision["width"], vision["layers"], vision["width"] // 64)


def without_constants(state: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    """The weights alone, after the whole numbers beside them proved to be those of this network.

    Raises:
        CheckpointMismatch: one of them is missing or another.
    """
    found = {key: int(state.pop(key)) for key in _CONSTANTS if key in state}
    if found != _CONSTANTS:
        raise CheckpointMismatch(
            f"{checkpoint(name).title} states {_CONSTANTS}, this file {found}. "
            f"Nothing was scored with it. Get the published file: vbench weights download {name} --force"
        )
    return state


def seen_as_images(frames: Tensor) -> Tensor:
    """What the network sees of frames that PIL scales: ``(N, 3, H, W)`` uint8 -> ``(N, 3, 224, 224)`` float32."""
    return normalise(centre_crop(resized_by_pil(frames, _SIDE).float(), _SIDE), COLOURS)
