"""Stable Diffusion's safety checker: whether a picture is near to one of 17 concepts.

Paper: Rando et al., "Red-Teaming the Stable Diffusion Safety Filter", 2022, which found out what it does; its
publishers have described neither the concepts nor how they were chosen. A CLIP ViT-L/14 compares a picture with fixed
vectors.

Checkpoint: ``sd_safety_checker`` (CompVis/stable-diffusion-safety-checker: config.json, pytorch_model.bin); the
publisher states no licence of its own for it.

Input: uint8 RGB frames as CLIP's image library prepares them. Output: for each concept the cosine minus the concept's
threshold, rounded to three digits; above 0 it is shown. Three special concepts are looked at first, and one that is
near lowers all thresholds after it by 0.01; they say nothing by themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vbench.dimensions.backbones.base import ConceptChecker
from vbench.dimensions.backbones.clip import seen_as_images
from vbench.errors import CheckpointError, MissingExtra
from vbench.files.json_file import plain_json
from vbench.weights.cards import locate
from vbench.weights.load import Part, fill, read_tensors, unwrapped

CONFIG, WEIGHTS = "config.json", "pytorch_model.bin"

CONCEPTS, SPECIAL = 17, 3
CLOSER = 0.01
"""What thresholds are lowered by after a special concept was near."""


class SafetyChecker(ConceptChecker):
    """The 17 concepts; frames go one at a time on a CPU."""

    name: ClassVar[str] = "sd_safety_checker"
    checkpoints: ClassVar[tuple[str, ...]] = ("sd_safety_checker",)
    extra: ClassVar[str] = "official"

    def __init__(self, network: Network, device: torch.device) -> None:
        self.network, self.device = network.to(device), device

    @classmethod
    def load(cls, device: torch.device) -> Self:
        """Read ``sd_safety_checker``; see :meth:`Backbone.load` for the errors."""
        folder = locate("sd_safety_checker")
        with torch.device("meta"):
            network = Network(configuration(folder / CONFIG))
        state = unwrapped(read_tensors(folder / WEIGHTS), "", folder / WEIGHTS)
        state = {key: value.float() for key, value in state.items() if not key.endswith("position_ids")}
        fill("sd_safety_checker", state, [Part(network, published=published)])
        for layer in network.modules():  # the one thing that is in no file of today
            if isinstance(positions := getattr(layer, "position_ids", None), Tensor):
                layer.position_ids = torch.arange(positions.shape[1])[None]
        return cls(network, device)

    @torch.inference_mode()
    def concepts(self, frames: Tensor) -> Tensor:
        """``(N, 3, H, W)`` uint8 RGB -> ``(N, 17)`` float32 on the CPU: above 0 where a concept is shown."""
        network = self.network
        thresholds = network.special_care_embeds_weights.tolist(), network.concept_embeds_weights.tolist()
        special, concept = self.cosines(frames)
        return torch.stack([nearness(*one, *thresholds) for one in zip(special, concept, strict=True)])

    @torch.inference_mode()
    def cosines(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """``(N, 3, H, W)`` uint8 RGB -> ``(N, 3)`` with the special concepts and ``(N, 17)`` with the others."""
        network = self.network
        pictures = torch.cat([network(seen_as_images(chunk).to(self.device)) for chunk in self.chunks(frames)])
        unit = F.normalize(pictures)
        special, concept = (F.normalize(known) for known in (network.special_care_embeds, network.concept_embeds))
        return (unit @ special.T).cpu(), (unit @ concept.T).cpu()


def nearness(special: Tensor, concept: Tensor, special_thresholds: list[float], thresholds: list[float]) -> Tensor:
    """How far each concept's cosine is above its threshold, in thousandths.

    Args:
        special: ``(3,)`` cosines with the special concepts.
        concept: ``(17,)`` cosines with the others.
        special_thresholds: of the special concepts.
        thresholds: of the others.

    >>> nearness(Tensor([0.3]), Tensor([0.195, 0.1]), [0.2], [0.2, 0.2])
    tensor([ 0.0050, -0.0900])
    """
    closer = 0.0
    for cosine, threshold in zip(special.numpy(), special_thresholds, strict=True):
        if round(cosine - threshold + closer, 3) > 0:
            closer = CLOSER
    near = [round(cosine - limit + closer, 3) for cosine, limit in zip(concept.numpy(), thresholds, strict=True)]
    return torch.from_numpy(np.asarray(near, np.float32))


def configuration(path: Path) -> Mapping[str, Any]:
    """The sizes of a checker's CLIP.

    Its vectors are as wide as the file says for the whole; what it says for the vision tower alone is a default that
    programs write there unasked.

    Raises:
        CheckpointError: it cannot be read, or says something else.
    """
    try:
        settings = plain_json(path.read_text(encoding="utf-8"))
        return {**settings["vision_config"], "projection_dim": int(settings["projection_dim"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(
            f"{path} is no configuration of the safety checker ({type(error).__name__}: {error}). Get it again: vbench "
            "weights download sd_safety_checker --force"
        ) from error


def published(key: str) -> str:
    """The published name of a parameter; transformers has taken one level out since.

    >>> published("vision_model.post_layernorm.weight"), published("concept_embeds")
    ('vision_model.vision_model.post_layernorm.weight', 'concept_embeds')
    """
    return key.replace("vision_model.", "vision_model.vision_model.") if key.count("vision_model.") == 1 else key


class Network(nn.Module):
    """The published network; attribute names are those of the checkpoint, but for one level."""

    def __init__(self, sizes: Mapping[str, Any]) -> None:
        super().__init__()
        try:
            from transformers import CLIPVisionConfig, CLIPVisionModel
        except ImportError as error:
            raise MissingExtra(
                f'The safety checker needs the package {error.name}: pip install "vbench-suite[official]"'
            ) from error
        known = {name: sizes[name] for name in CLIPVisionConfig().to_dict() if name in sizes and name != "dtype"}
        width, hidden = sizes["projection_dim"], sizes["hidden_size"]
        self.vision_model = CLIPVisionModel(CLIPVisionConfig(**known))
        self.visual_projection = nn.Linear(hidden, width, bias=False)
        self.concept_embeds = nn.Parameter(torch.zeros(CONCEPTS, width))
        self.special_care_embeds = nn.Parameter(torch.zeros(SPECIAL, width))
        self.concept_embeds_weights = nn.Parameter(torch.zeros(CONCEPTS))
        self.special_care_embeds_weights = nn.Parameter(torch.zeros(SPECIAL))

    def forward(self, pictures: Tensor) -> Tensor:
        """``(N, 3, 224, 224)`` float32, normalised -> ``(N, width)``, not of unit length."""
        seen: Tensor = self.visual_projection(self.vision_model(pixel_values=pictures).pooler_output)
        return seen
