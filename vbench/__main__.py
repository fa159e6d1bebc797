"""The program: ``vbench``, or ``python -m vbench`` without an installed script."""

from __future__ import annotations

from vbench.cli import main
from vbench.cli.survive import survived


def run() -> None:
    """The command line, for whoever calls it as a program; a video that ends its process does not end the command."""
    survived(main)


if __name__ == "__main__":
    run()
