"""What identifies a score: everything that can change its value."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from vbench.files.digest import content_of
from vbench.media.decode import VERSION as DECODING
from vbench.prompts.suite import Prompt
from vbench.runs.plan import Cutting, VideoTask


def cache_key(sha256: str, prompt: Prompt, signature: Mapping[str, Any]) -> str:
    """Digest of everything that can change a unit's value.

    Args:
        sha256: of the video.
        prompt: what it is judged against.
        signature: of the dimension, as :meth:`vbench.runs.evaluators.Evaluators.signature` gives it.
    """
    parts = {**signature, "content": sha256, "prompt": prompt.text, "facts": prompt.facts}
    if signature.get("picture") and prompt.image:
        parts["picture"] = content_of(prompt.image)
    return judge_key(parts)


def judge_key(signature: Mapping[str, Any]) -> str:
    """Digest of everything that can change a dimension's scores of the same videos; argument as :func:`cache_key`."""
    parts = {"decoding": DECODING, **signature}
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def clips_of(task: VideoTask, cutting: Cutting | None) -> dict[str, Any]:
    """What identifies a clip, or several, beside the content of their video."""
    if not task.spans or not cutting:
        return {}
    return {"clips": [span.numbers for span in task.spans], "cutting": cutting.plain()}


def picture_of(task: VideoTask, signatures: Mapping[str, Mapping[str, Any]]) -> str:
    """Digest of the prompt's picture, where one of the task's dimensions looks at it."""
    looked_at = any(signatures.get(name, {}).get("picture") for name in task.dimensions)
    return content_of(task.prompt.image) if looked_at and task.prompt.image else ""
