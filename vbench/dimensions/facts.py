"""What a prompt tells a dimension, beside its text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vbench.errors import NotApplicable
from vbench.prompts.suite import Prompt


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
