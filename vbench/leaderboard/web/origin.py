"""Whether a request comes from a page of the board itself: no other site votes through its visitors."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from vbench.leaderboard.errors import NotAllowed

OWN = ("same-origin", "none")
"""What a browser says in ``Sec-Fetch-Site`` of the board's own pages, and of what a person typed.

No page can say it for a browser, and no proxy changes it; only without it is ``Origin`` compared with ``Host``.
"""


def demand_own_origin(headers: Mapping[str, str]) -> None:
    """Turn away what another site's page sends.

    Args:
        headers: of the request, their names in lower case.

    Raises:
        NotAllowed: a browser says that it comes from elsewhere.
    """
    site, origin = headers.get("sec-fetch-site", ""), headers.get("origin", "")
    own = site in OWN if site else not origin or urlsplit(origin).netloc == headers.get("host", "")
    if not own:
        raise NotAllowed("Votes are taken from the board's own pages only.")
