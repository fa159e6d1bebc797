"""``python -m vbench``: the command line without an installed script."""

from __future__ import annotations

from vbench.cli import main

if __name__ == "__main__":
    main()
