"""Whether the head of a Ray cluster is there: a minute after it went, Ray ends whoever called without a word."""

from __future__ import annotations

import socket
import time

from vbench.worker import WorkerDied

BETWEEN = 2.0
"""Seconds between two looks at it."""

TIMEOUT = 1.0
"""Seconds within which it answers."""

SILENT = 40.0
"""Seconds after which a head that does not answer is taken for gone; Ray waits for 60."""


class Head:
    """The head of a cluster, looked at now and then.

    Args:
        address: its ``HOST:PORT``; ``""`` where Ray's own client tells when it has gone.
        silent: seconds for which it may not answer.
    """

    def __init__(self, address: str, silent: float = SILENT) -> None:
        self.address, self.silent = address, silent
        self.looked = self.heard = time.monotonic()

    def refuse_gone(self) -> None:
        """Look at it, if that was not done just now.

        Raises:
            WorkerDied: it has not answered for long.
        """
        now = time.monotonic()
        if not self.address or now - self.looked < BETWEEN:
            return
        self.looked = now
        if self._answers():
            self.heard = now
        elif now - self.heard > self.silent:
            raise WorkerDied(
                f"The head of the cluster at {self.address} has not answered for {self.silent:g} s. What was scored is "
                "stored; call again to continue, once the cluster is there."
            )

    def _answers(self) -> bool:
        host, _, port = self.address.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=TIMEOUT).close()
        except OSError:
            return False
        return True
