"""VideoCrafter2's U-Net that is told of guidance, and the LoRA that makes one of the published U-Net.

Li et al., "T2V-Turbo" (NeurIPS 2024) and "T2V-Turbo-v2" (ICLR 2025). Parameter names are those of the published files.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from vbench.generators.models.ldm.sizes import Plan
from vbench.generators.models.t2v_turbo.consistency import embedded
from vbench.generators.models.videocrafter.unet import UNet

TOLD = 256
"""Numbers that a guidance becomes before it is projected."""

RANK = 64
"""Of the published LoRA; less where a layer is narrower."""


class GuidedUNet(UNet):
    """The denoiser; ``beside`` of its call is what :meth:`told` gives.

    Args:
        plan: sizes.
        knows_motion: whether it is told of motion guidance, too.
    """

    def __init__(self, plan: Plan, knows_motion: bool) -> None:
        super().__init__(plan, knows_fps=True)
        following = {name: self._modules.pop(name) for name in _AFTER}
        self.time_cond_proj = nn.Linear(TOLD, plan.width, bias=False)
        if knows_motion:
            self.motion_cond_proj = nn.Linear(TOLD, plan.width, bias=False)
            self.combine_proj = nn.Linear(2 * plan.width, plan.width, bias=False)
        self._modules.update(following)  # a LoRA names layers by their order

    def told(self, guidance: float, motion: float | None) -> Tensor:
        """What is added to the timestep's sinusoids.

        Args:
            guidance: of classifier-free guidance, which the network imitates.
            motion: guidance of motion, ``None`` for a network that knows of none.
        """
        weight = self.time_cond_proj.weight
        projected: Tensor = self.time_cond_proj(embedded(guidance, TOLD).to(weight))
        if motion is None:
            return projected
        moved = self.motion_cond_proj(embedded(motion, TOLD).to(weight))
        combined: Tensor = self.combine_proj(torch.cat([projected, moved], dim=1))
        return combined


_AFTER = ("input_blocks", "init_attn", "middle_block", "output_blocks", "out")


def changed_layers(unet: nn.Module) -> dict[str, nn.Module]:
    """The layers that a LoRA changes, by name, in the order of its file: linear ones, convolutions in 2-D and 3-D."""
    return {name: layer for name, layer in unet.named_modules() if isinstance(layer, nn.Linear | nn.Conv2d | nn.Conv3d)}


class Lora(nn.ParameterList):
    """The tensors of a LoRA's file, empty: of each layer what leads up from the rank, then what leads down to it."""

    def __init__(self, unet: nn.Module) -> None:
        super().__init__()
        for layer in changed_layers(unet).values():
            weight: Tensor = layer.weight  # type: ignore[assignment]
            out, width, *kernel = weight.shape
            rank = min(RANK, out, width)
            self.append(nn.Parameter(weight.new_empty(out, rank, *(1 for _ in kernel))))
            self.append(nn.Parameter(weight.new_empty(rank, width, *kernel)))


def merged(unet: nn.Module, lora: Lora, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights of a U-Net with a LoRA in them.

    Args:
        unet: whose layers they are.
        lora: filled.
        weights: of the U-Net without it. A layer that it does not have is nothing but the LoRA: of the projection of
            guidance no other weights are published, and the authors' program draws them anew at each start, around 0.
    """
    state = dict(weights)
    for place, (name, layer) in enumerate(changed_layers(unet).items()):
        shape = layer.weight.shape
        up, down = lora[2 * place].flatten(1), lora[2 * place + 1].flatten(1)
        state[f"{name}.weight"] = state.get(f"{name}.weight", 0) + (up @ down).reshape(shape)
    return state
