"""``vbench serve``: scores over HTTP, for reward models."""

from __future__ import annotations

from typing import Annotated

import typer

from vbench.cli.leaderboard import refuse_taken
from vbench.errors import UsageError

HERE = ("127.0.0.1", "::1", "localhost")
"""Addresses at which nobody else reaches this machine."""


def serve(
    dimension: Annotated[list[str], typer.Option("--dimension", "-d", help="What to score.", show_default=False)],
    profile: Annotated[
        str, typer.Option(help="official: the reference's models. lite: a proxy without any download.")
    ] = "official",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps")] = "auto",
    host: Annotated[str, typer.Option(help="Address to listen on; one that others reach needs a token.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    token: Annotated[
        str, typer.Option(help="That a request must bear; better given by the variable.", show_default=False)
    ] = "",
    places: Annotated[int, typer.Option(min=1, help="Requests that are there at once; others are told to wait.")] = 64,
    videos: Annotated[int, typer.Option(min=1, help="Videos that a request may have.")] = 64,
    body_mib: Annotated[int, typer.Option(min=1, help="MiB that a request may have.")] = 64,
    wait: Annotated[float, typer.Option(min=0.0, help="Seconds within which a request's turn comes.")] = 600.0,
) -> None:
    """Score what is sent: a video file, or frames as JSON; the numbers are those of vbench evaluate.

    POST /score takes one video, or a list of them, and answers with a value or a reason for each dimension; GET
    /health says what is scored, /ready whether there is a place, /metrics tells Prometheus.

    Examples:
      vbench serve -d temporal_flickering --profile lite
      vbench serve -d motion_smoothness -d imaging_quality --port 8001
    """
    from vbench.harness.scorer_apart import ScorerApart
    from vbench.harness.scoring_server import Limits, create_app
    from vbench.harness.scoring_server import serve as serve_app

    if not token and host not in HERE:
        raise UsageError(
            f"{host} can be reached by others: give a token, as in VBENCH_SERVE_TOKEN=$(openssl rand -hex 16)"
        )
    refuse_taken(host, port)
    limits = Limits(places, videos, body_mib << 20, wait_seconds=wait)
    with ScorerApart(dimension, profile, device) as scorer:
        app = create_app(scorer, profile, token, limits)
        typer.echo(f"Videos are scored at http://{host}:{port}/score", err=True)
        serve_app(app, host, port, limits)
