"""What a scoring server tells Prometheus: requests, scores, how long a video takes, and its places."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

PATHS = ("/score", "/health", "/ready", "/metrics")


class Metrics:
    """The figures of one server process.

    Args:
        places: requests that may be there at once.
        taken: tells how many are.
    """

    def __init__(self, places: int, taken: Callable[[], int]) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "vbench_serve_requests", "Requests that were answered.", ["path", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "vbench_serve_request_seconds", "From a request to its answer.", ["path"], registry=self.registry
        )
        self._scores = Counter(
            "vbench_serve_scores", "Scores, and reasons in place of one.", ["dimension", "kind"], registry=self.registry
        )
        self._video = Histogram("vbench_serve_video_seconds", "To score one video.", registry=self.registry)
        state = Gauge("vbench_serve_places", "For requests.", ["state"], registry=self.registry)
        state.labels("taken").set_function(taken)
        state.labels("free").set_function(lambda: places - taken())
        ProcessCollector(registry=self.registry)

    def answered(self, path: str, status: int, seconds: float) -> None:
        """Count a request."""
        known = path if path in PATHS else "other"
        self._requests.labels(known, str(status)).inc()
        self._seconds.labels(known).observe(seconds)

    def scored(self, scores: Collection[str], reasons: Collection[str], seconds: float) -> None:
        """Count a video: the dimensions that have a score of it, and those that have none."""
        for kind, dimensions in (("value", scores), ("reason", reasons)):
            for dimension in dimensions:
                self._scores.labels(dimension, kind).inc()
        self._video.observe(seconds)

    def text(self) -> bytes:
        """All figures in the form that Prometheus reads."""
        return generate_latest(self.registry)


class Counted:
    """An application whose requests are counted, with the status of their answers.

    Args:
        app: the application.
        metrics: that count.
    """

    def __init__(self, app: Any, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.monotonic()

        def count(status: int) -> None:
            self.metrics.answered(scope["path"], status, time.monotonic() - began)

        async def noted(message: Any) -> None:
            if message["type"] == "http.response.start":
                count(message["status"])  # before it is sent: who has an answer finds it counted
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except Exception:  # answered further out, as a fault of the server
            count(500)
            raise
