"""Headers that every answer with foreign bytes carries."""

from __future__ import annotations

GUARDED = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}
"""Whatever somebody uploaded is never taken for a page."""
