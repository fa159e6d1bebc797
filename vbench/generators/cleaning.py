"""How DeepFloyd cleaned the texts that its T5 was tuned with, as Open-Sora and some pipelines of diffusers still do.

Addresses, numbers behind ``#``, sizes such as 640x480, and Chinese letters are taken out.
"""

from __future__ import annotations

from typing import Any

from vbench.generators.base import SamplingError


def cleaned(text: str) -> str:
    """What is left of a text, in small letters; it is cleaned twice, as published."""
    import diffusers

    cleaner: Any = object.__new__(diffusers.LattePipeline)  # the cleaning needs none of its networks
    left: str = cleaner._clean_caption(cleaner._clean_caption(text))
    return left


def refuse_emptied(prompt: str) -> None:
    """Refuse to make a video of nothing.

    Raises:
        SamplingError: nothing is left of the prompt.
    """
    if not cleaned(prompt):
        raise SamplingError(
            f"the model cleans what it reads, and nothing is left of {prompt!r}: Chinese letters, addresses and "
            "numbers behind # are taken out; feed an English text with --texts"
        )
