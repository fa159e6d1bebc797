"""Who sends a request, as proxies of several kinds write it."""

from __future__ import annotations

import pytest

from vbench.leaderboard.web.salt import Salt
from vbench.leaderboard.web.senders import Senders


@pytest.mark.parametrize(
    ("peer", "forwarded", "sender"),
    [
        ("10.0.0.1", ["192.0.2.7"], "192.0.2.7"),
        ("::ffff:10.0.0.1", ["192.0.2.7"], "192.0.2.7"),
        ("10.0.0.1", ["192.0.2.7, ::ffff:10.0.0.2"], "192.0.2.7"),
        ("10.0.0.1", ["192.0.2.7:4711"], "192.0.2.7"),
        ("10.0.0.1", ["[2001:db8::7]:443"], "2001:db8::7"),
        ("10.0.0.1", ["2001:db8::7"], "2001:db8::7"),
        ("10.0.0.1", ["192.0.2.7", "10.0.0.2"], "192.0.2.7"),
        ("10.0.0.1", ["198.51.100.1, 192.0.2.7"], "192.0.2.7"),
        ("10.0.0.1", ["192.0.2.7, nonsense"], "10.0.0.1"),
        ("192.0.2.7", ["198.51.100.1"], "192.0.2.7"),
    ],
)
def test_a_trusted_proxy_says_whose_a_request_is(peer: str, forwarded: list[str], sender: str) -> None:
    """Some write every IPv4 address as one of IPv6, some add the port, some a header of their own for each proxy."""
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    scope = {"type": "http", "client": (peer, 4711), "headers": headers}
    assert Senders(["10.0.0.0/8"], Salt(24)).settle(scope) == sender
