"""Where everything that is fetched lies: checkpoints, prompt suites."""

from __future__ import annotations

import os
from pathlib import Path

CACHE_DIR = "VBENCH_CACHE_DIR"
"""Environment variable that names the cache folder."""


def cache_dir() -> Path:
    """The cache folder: ``$VBENCH_CACHE_DIR``, otherwise ``~/.cache/vbench``. It need not exist."""
    configured = os.environ.get(CACHE_DIR)
    return Path(configured).expanduser() if configured else Path.home() / ".cache" / "vbench"
