"""What Open-Sora 1.2 is fed: a prompt with an aesthetic score behind it, cleaned as its training texts were."""

from __future__ import annotations

from typing import Any


def fed(prompt: str, aesthetic: float) -> str:
    """What the text encoder reads.

    Args:
        prompt: what is wanted.
        aesthetic: score that the video is to have, 0 for none.
    """
    import diffusers

    scored = f"{prompt} aesthetic score: {aesthetic:.1f}." if aesthetic and "aesthetic score:" not in prompt else prompt
    cleaner: Any = object.__new__(diffusers.LattePipeline)  # DeepFloyd's cleaning, which needs none of its networks
    cleaned: str = cleaner._clean_caption(cleaner._clean_caption(scored))
    return cleaned
