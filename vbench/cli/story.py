"""``vbench generate --story``: what is asked, and what is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from vbench.cli.card import print_json
from vbench.errors import UsageError

if TYPE_CHECKING:
    from vbench.sampling.story import Told


def refuse_beside(given: Mapping[str, object]) -> None:
    """Refuse what a story says itself.

    Args:
        given: option -> its value, empty where it was not given.

    Raises:
        UsageError: with the options that were.
    """
    said = [option for option, value in given.items() if value not in (None, (), [], "", False)]
    if said:
        raise UsageError(
            f"With --story {', '.join(said)} cannot be: the file says what is sampled, and how each of its models does "
            "(docs/generate.md). Beside it go --shots, --transitions, --seed, --size, --fps and --option."
        )


def print_told(told: Told, json_output: bool) -> None:
    """Say how a story ended."""
    if json_output:
        answer: dict[str, Any] = {
            "folder": str(told.folder), "video": str(told.video) if told.video else None, "frames": told.frames,
            "fps": told.fps, "made": told.made, "kept": told.kept, "failures": told.failures,
        }  # fmt: skip
        print_json(answer)
        return
    kept = f", {told.kept} were there before" if told.kept else ""
    typer.echo(f"{told.made} parts sampled{kept}, {len(told.failures)} failed.")
    for part, reason in told.failures.items():
        typer.echo(f"{part}: {reason}", err=True)
    if told.video:
        typer.echo(f"The story: {told.video} ({told.frames} frames, {told.frames / told.fps:.1f} s)")


def exit_status(told: Told) -> int:
    """0 the story is there, 1 parts are, 3 nothing is."""
    if told.video:
        return 0
    return 1 if told.made or told.kept else 3
