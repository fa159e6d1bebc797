"""What a prompt tells a dimension, beside its text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vbench.errors import NotApplicable
from vbench.prompts.suite import Prompt


def demand_facts(prompt: Prompt, needs: str) -> None:
    """Make sure that a prompt brings the kind of facts that a dimension needs.

    Args:
        prompt: that a video is to be judged against.
        needs: as :class:`~vbench.benchmarks.base.DimensionSpec` says, ``""`` for none.

    Raises:
        NotApplicable: it brings none.
    """
    if needs and needs not in prompt.facts:
        raise NotApplicable(f"the prompt {prompt.text!r} brings no facts for {needs}")


def named(prompt: Prompt, key: str) -> str:
    """The text that the prompt's facts name under a key that is nested in itself, however deep.

    >>> named(Prompt("alley", facts={"scene": {"scene": {"scene": "alley"}}}), "scene")
    'alley'

    Raises:
        NotApplicable: they name none.
    """
    fact: Any = prompt.facts
    while isinstance(fact, Mapping):
        fact = fact.get(key)
    if not isinstance(fact, str) or not fact.strip():
        raise NotApplicable(
            f"The prompt {prompt.text!r} names no {key.replace('_', ' ')}: expected facts like "
            f'{{"{key}": {{"{key}": "..."}}}}, found {dict(prompt.facts)!r}. Add it to the prompt suite.'
        )
    return fact
