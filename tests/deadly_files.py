"""Videos that end whoever decodes them, as a crash in a library does; in every process that is started with them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

HOOK = """
import os, signal
from vbench.media import decode

def deadly(name):
    decoder = getattr(decode, name)
    def decoder_or_death(path, *how):
        if {which}:
            os.kill(os.getpid(), signal.SIGSEGV)
        return decoder(path, *how)
    setattr(decode, name, decoder_or_death)

deadly("{name}")
"""

OPENED, DECODED = "_container", "_of_container"
"""When they end it: as soon as they are opened, or once they are decoded."""

TOLD = f"ended the process that looked at it: it crashed ({signal.SIGSEGV.name})"


def environment(folder: Path, when: str = DECODED, which: str = 'path.stem.endswith("-1")') -> dict[str, str]:
    """In which some videos are deadly.

    Args:
        folder: for the hook.
        when: they are.
        which: an expression of a path.
    """
    (folder / "hook").mkdir(exist_ok=True)
    (folder / "hook" / "sitecustomize.py").write_text(HOOK.format(name=when, which=which))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (folder / "hook", ROOT)))}


def call(folder: Path, *command: str, when: str = DECODED) -> subprocess.CompletedProcess[str]:
    """``vbench`` with deadly videos, in the folder."""
    given = [sys.executable, "-m", "vbench", *command]
    return subprocess.run(given, env=environment(folder, when), cwd=folder, capture_output=True, text=True)
