"""Which frames and sides each family of diffusers' pipelines can sample; the one table of them.

A pipeline rounds what is off its grid, or samples it and leaves tails of noise or grey: here it is refused before
anything is loaded. What a checkpoint's own configuration says of the grid is taken from there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from vbench.generators.grid import Axis, multiples

Config = Callable[[str], Mapping[str, Any]]
"""Component -> its configuration, empty where it has none."""

FAMILIES: dict[str, tuple[int, int]] = {
    "AnyFlow": (4, 16), "CogVideoX": (8, 16), "ConsisID": (8, 16), "Cosmos": (8, 16), "Cosmos2": (4, 16),
    "EasyAnimate": (4, 16), "Flux": (1, 16), "Hunyuan": (4, 16), "Kandinsky5": (4, 16), "LTX": (8, 32),
    "Mochi": (6, 16), "MotifVideo": (4, 16), "QwenImage": (1, 16), "Sana": (4, 32), "SkyReelsV2": (4, 16),
    "StableDiffusion3": (1, 16), "Wan": (4, 16), "ZImage": (1, 16),
}  # fmt: skip
"""How a pipeline's class begins -> n and m where it samples ``n * k + 1`` frames of multiples of m pixels.

n is how many frames a latent holds, m the pixels of a latent times the latents of a token.
"""

OTHERS = (1, 8)
"""Of a pipeline of no family here: any number of frames, and whole latents."""


def grid(
    pipeline: str, config: Config = lambda name: {}, arguments: Mapping[str, Any] | None = None
) -> dict[str, Axis]:
    """The axes of a pipeline.

    Args:
        pipeline: its class.
        config: of its components.
        arguments: what it is called with besides the settings.

    Returns:
        ``frames``, ``height`` and ``width``.

    >>> axes = grid("SkyReelsV2DiffusionForcingPipeline", arguments={"causal_block_size": 5})
    >>> axes["frames"].nearest(81), axes["height"].described
    ((77, 97), 'multiples of 16')
    """
    begins = [name for name in FAMILIES if pipeline.startswith(name)]
    step, side = FAMILIES[max(begins, key=len)] if begins else OTHERS
    axes = {"frames": Axis(step), **multiples(side)}
    own = next((rule for begin, rule in RULES.items() if pipeline.startswith(begin)), None)
    return {**axes, **(own(config, arguments or {}) if own else {})}


def _allegro(config: Config, arguments: Mapping[str, Any]) -> dict[str, Axis]:
    """Tiles of 24 x 320 x 320 that begin every 16, 200 and 240; what no whole tile covers stays grey.

    Heights and widths are of whole tokens of 16 pixels, too.
    """
    tile = int(config("vae").get("sample_size", 320))
    reason = "whole tiles of its VAE; the rest would be grey"
    return {
        "frames": Axis(24 - 8, 24, reason=reason),
        "height": _of_tokens(tile - 120, tile, reason),
        "width": _of_tokens(tile - 80, tile, reason),
    }


def _of_tokens(step: int, first: int, reason: str, token: int = 16) -> Axis:
    """``first + step k`` that are multiples of a token, too; the first one is."""
    while step % token:
        step *= 2
    return Axis(step, first, reason=reason)


def _skyreels_forcing(config: Config, arguments: Mapping[str, Any]) -> dict[str, Axis]:
    """Blocks of latents that are denoised together; a last block that is not full would stay noise."""
    block = int(arguments.get("causal_block_size") or config("transformer").get("num_frame_per_block") or 1)
    most = 0 if arguments.get("overlap_history") else int(arguments.get("base_num_frames") or 97)
    return {"frames": Axis(4 * block, 4 * (block - 1) + 1, most, f"whole causal blocks of {block} latents")}


def _helios(config: Config, arguments: Mapping[str, Any]) -> dict[str, Axis]:
    chunk = 4 * (int(arguments.get("num_latent_frames_per_chunk") or 9) - 1) + 1
    return {"frames": Axis(chunk, chunk, reason="whole chunks"), **multiples(16)}


def _framepack(config: Config, arguments: Mapping[str, Any]) -> dict[str, Axis]:
    window = 4 * int(arguments.get("latent_window_size") or 9)
    return {"frames": Axis(window, window + 1, reason="whole sections behind the picture")}


def frames_to_ask(pipeline: str, frames: int, arguments: Mapping[str, Any]) -> int:
    """The number that a pipeline must be given for so many frames: one counts its sections shorter than it makes them.

    >>> frames_to_ask("HunyuanVideoFramepackPipeline", 145, {}), frames_to_ask("WanPipeline", 81, {})
    (132, 81)
    """
    if not pipeline.startswith("HunyuanVideoFramepack"):
        return frames
    window = 4 * int(arguments.get("latent_window_size") or 9)
    return (frames - 1) // window * (window - 3)


def _animatediff(config: Config, arguments: Mapping[str, Any]) -> dict[str, Axis]:
    """As many frames as the motion adapter has positions for, 32 where it does not say."""
    return {"frames": Axis(most=int(config("motion_adapter").get("motion_max_seq_length") or 32))}


def _latte(config: Config, arguments: Mapping[str, Any]) -> dict[str, Axis]:
    """The frames that the network is built for."""
    frames = int(config("transformer").get("video_length") or 0)
    sides = multiples(_pixels(config("vae")) * int(config("transformer").get("patch_size") or 2))
    return {"frames": Axis(1, frames, frames, "as its network is built for"), **sides} if frames else sides


def _wan(config: Config, arguments: Mapping[str, Any]) -> dict[str, Axis]:
    """The VAE of Wan 2.2's small model makes latents of 16 pixels."""
    vae = config("vae")
    patch = config("transformer").get("patch_size") or (1, 2, 2)
    return {
        "frames": Axis(int(vae.get("scale_factor_temporal") or 4)),
        **multiples(int(vae.get("scale_factor_spatial") or 8) * int(patch[1])),
    }


def _pixels(vae: Mapping[str, Any]) -> int:
    """Pixels of a latent of Stable Diffusion's VAE."""
    return 1 << (len(vae.get("block_out_channels") or (0,) * 4) - 1)


RULES: dict[str, Callable[[Config, Mapping[str, Any]], dict[str, Axis]]] = {
    "Allegro": _allegro,
    "AnimateDiff": _animatediff,
    "Helios": _helios,
    "HunyuanVideoFramepack": _framepack,
    "Latte": _latte,
    "PIA": _animatediff,
    "SkyReelsV2DiffusionForcing": _skyreels_forcing,
    "Wan": _wan,
}
"""How a pipeline's class begins -> what its checkpoint and its call say of the grid."""
