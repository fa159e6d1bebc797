"""Look at the input before anything expensive: every finding is a line, nothing is loaded but headers.

A bad file is a finding here and a recorded state in a run; it never ends one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vbench.errors import VideoError
from vbench.plan import Plan
from vbench.video import probe

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be.

    Attributes:
        severity: ``"error"`` (it will not be scored, or a score is not the protocol's) or ``"warning"``.
        kind: ``unreadable``, ``missing``, ``unexpected``, ``one_frame`` or ``mixed_format``.
        video: path or name of the video.
        message: what was found and what to do.
    """

    severity: str
    kind: str
    video: str
    message: str


def check(plan: Plan) -> Iterator[Finding]:
    """Findings about the videos of a plan, in the plan's order; decodes one frame of each video."""
    for name in plan.missing:
        yield Finding(
            ERROR, "missing", name, "the suite expects this video; sample it, or the score is not the protocol's"
        )
    for video in plan.unexpected:
        yield Finding(WARNING, "unexpected", video, "belongs to no prompt; it is ignored")
    formats: dict[tuple[int, int, float], str] = {}
    for path, video in {visit.path: visit.video for visit in plan.visits}.items():
        try:
            facts = probe(path)
        except VideoError as error:
            yield Finding(ERROR, "unreadable", video, str(error))
            continue
        if facts.frames == 1:
            yield Finding(WARNING, "one_frame", video, "has one frame; the dimensions that need motion will say so")
        shape = (facts.height, facts.width, round(facts.fps, 3))
        formats.setdefault(shape, video)
    if len(formats) > 1:
        listed = "; ".join(
            f"{width}x{height} at {fps:g} fps ({video})" for (height, width, fps), video in formats.items()
        )
        yield Finding(
            WARNING, "mixed_format", str(plan.root), f"videos of {len(formats)} formats in one set: {listed[:400]}"
        )
