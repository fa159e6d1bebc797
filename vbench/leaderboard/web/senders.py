"""Who sends a request: the address, as far as proxies are believed, and a name for it that cannot be turned back."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address, ip_network

from starlette.types import Scope

from vbench.leaderboard.settings import PREFIX
from vbench.leaderboard.web.salt import Salt

log = logging.getLogger("vbench.board")

FORWARDED = (b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-real-ip")
"""Headers of proxies; from anybody else they are taken away."""

NEVER = (b"x-gradio-server",)
"""Headers that change addresses in a page's answer and that no proxy of ours sends."""


MOST_TOLD = 100


class Senders:
    """The senders of a board.

    Args:
        proxies: addresses and networks whose headers are believed.
        salt: makes their names; after it was replaced the old ones are nobody's.
    """

    def __init__(self, proxies: Iterable[str], salt: Salt) -> None:
        self._proxies = [ip_network(proxy) for proxy in proxies]
        self.salt = salt
        salt.renew()
        self._told: set[str] = set()

    def is_proxy(self, address: str) -> bool:
        """Whether what an address says of others is believed."""
        try:
            found = ip_address(address)
        except ValueError:
            return False
        if isinstance(found, IPv6Address):
            found = found.ipv4_mapped or found
        return any(found in network for network in self._proxies)

    def settle(self, scope: Scope) -> str:
        """Write into a request who sent it, and take away what is not to be believed.

        Returns:
            The address.
        """
        peer = (scope.get("client") or ("", 0))[0]
        headers = [(name, value) for name, value in scope["headers"] if name not in NEVER]
        if self.is_proxy(peer):
            given = dict(headers)
            forwarded = b",".join(value for name, value in headers if name == b"x-forwarded-for")
            peer = self._farthest(peer, forwarded.decode("latin-1"))
            if (scheme := given.get(b"x-forwarded-proto", b"").decode("latin-1")) in ("http", "https"):
                scope["scheme"] = scheme
        elif any(name in FORWARDED for name, _ in headers):
            headers = [(name, value) for name, value in headers if name not in FORWARDED]
            self._tell(peer)
        scope["headers"], scope["client"] = headers, (peer, 0)
        return peer

    def name(self, address: str) -> str:
        """A sender's name in the log and in the database.

        It is made with a random key that is replaced after so many hours; from then on nobody can tell which address a
        name was.
        """
        return self.keyed(one_of(address))[:16]

    def keyed(self, text: str) -> str:
        """What stands for a text while the key holds."""
        return hmac.new(self.salt.value, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def _farthest(self, peer: str, forwarded: str) -> str:
        """The address that the last proxy that we trust was asked by."""
        for part in reversed(forwarded.split(",")):
            try:
                found = str(ip_address(_without_port(part.strip())))
            except ValueError:
                return peer
            peer = found
            if not self.is_proxy(found):
                return found
        return peer

    def _tell(self, peer: str) -> None:
        """Say once that a proxy is not trusted; the address of somebody on the open net is not for the log."""
        shown = peer if peer and not ip_address(peer).is_global else "its address"
        if shown not in self._told and len(self._told) < MOST_TOLD:
            self._told.add(shown)
            log.warning(
                "Somebody forwards requests of others and is not trusted, so that all of them count as one sender. "
                "If that is your proxy, set %sTRUSTED_PROXIES=%s",
                PREFIX, shown,
            )  # fmt: skip


def _without_port(address: str) -> str:
    """An address as some proxies write it, which add the port.

    >>> _without_port("192.0.2.7:4711"), _without_port("[2001:db8::1]:443"), _without_port("2001:db8::1")
    ('192.0.2.7', '2001:db8::1', '2001:db8::1')
    """
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address


def one_of(address: str) -> str:
    """What counts as one sender: an IPv4 address, or the network that a household gets of IPv6.

    >>> one_of("192.0.2.7"), one_of("2001:db8:1:2:3:4:5:6"), one_of("::ffff:192.0.2.7"), one_of("testclient")
    ('192.0.2.7', '2001:db8:1:2::', '192.0.2.7', 'testclient')
    """
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ip_network((found, 64), strict=False).network_address)
