"""What Open-Sora is fed: a prompt, in 1.2 with an aesthetic score behind it, cleaned as its training texts were."""

from __future__ import annotations

from vbench.generators.cleaning import cleaned


def fed(prompt: str, aesthetic: float) -> str:
    """What the text encoder reads.

    Args:
        prompt: what is wanted.
        aesthetic: score that the video is to have, 0 for none.
    """
    scored = f"{prompt} aesthetic score: {aesthetic:.1f}." if aesthetic and "aesthetic score:" not in prompt else prompt
    return cleaned(scored)
