"""What a server tells Prometheus: its own requests and checks, and what the board holds.

Each server process counts for itself; what the board holds is the same at all of them.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from vbench.leaderboard.board import Board
from vbench.leaderboard.db.tables import PENDING, PUBLISHED, WITHDRAWN, Vote
from vbench.leaderboard.web.places import Places

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")

AREAS = {"/api/": "api", "/gradio_api/": "pages", "/healthz": "health", "/metrics": "metrics"}
"""Start of an address -> what it is called; all others are pages and their files."""


class Metrics:
    """The figures of one server process.

    Args:
        board: what it serves.
        checks: the places where archives are checked.
    """

    def __init__(self, board: Board, checks: Places) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "vbench_board_requests",
            "Requests that were answered.",
            ["area", "method", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "vbench_board_request_seconds", "From a request to the end of its answer.", ["area"], registry=self.registry
        )
        places = Gauge("vbench_board_checks", "Archives at the desk.", ["state"], registry=self.registry)
        places.labels("running").set_function(lambda: checks.running)
        places.labels("waiting").set_function(lambda: checks.queued)
        ProcessCollector(registry=self.registry)
        self.registry.register(_Holds(board))

    def answered(self, method: str, path: str, status: int, seconds: float) -> None:
        """Count a request."""
        area = next((area for start, area in AREAS.items() if path.startswith(start)), "pages")
        self._requests.labels(area, method if method in METHODS else "other", str(status)).inc()
        self._seconds.labels(area).observe(seconds)

    def text(self) -> bytes:
        """All figures in the form that Prometheus reads.

        Raises:
            Unavailable: the database does not answer.
        """
        return generate_latest(self.registry)


class _Holds(Collector):
    """What the board holds, counted when it is asked for."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def describe(self) -> list[Metric]:
        """Nothing: a server starts without counting."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Counted now."""
        states = Tally(self._board.states().values())
        submissions = GaugeMetricFamily("vbench_board_submissions", "By state.", labels=["state"])
        for state in (PENDING, PUBLISHED, WITHDRAWN):
            submissions.add_metric([state], states[state])
        yield submissions
        with self._board.database.reading() as session:
            votes = session.scalar(select(func.count()).select_from(Vote)) or 0
        yield GaugeMetricFamily("vbench_board_votes", "That were ever cast in the arena.", value=votes)
