"""Whether a request comes from a page of the board itself: no other site votes through its visitors."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from vbench.leaderboard.errors import NotAllowed

OWN = ("same-origin", "none")
"""What a browser says in ``Sec-Fetch-Site`` of the board's own pages, and of what a person typed."""


def demand_own_origin(headers: Mapping[str, str]) -> None:
    """Turn away what another site's page sends.

    Args:
        headers: of the request, their names in lower case.

    Raises:
        NotAllowed: a browser says that it comes from elsewhere.
    """
    origin, site = headers.get("origin", ""), headers.get("sec-fetch-site", "same-origin")
    if site not in OWN or (origin and urlsplit(origin).netloc != headers.get("host", "")):
        raise NotAllowed("Votes are taken from the board's own pages only.")
