"""Fresh environments, made with uv: its cache makes the tenth cost seconds, and it can choose the lowest versions."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

QUIET = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "OMP_WAIT_POLICY": "passive",
}
"""As in the Makefile: nothing asks another host."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment.

    Attributes:
        folder: where it is.
    """

    folder: Path

    @classmethod
    def fresh(cls, folder: Path) -> Environment:
        """An empty one of this interpreter's version, in place of what was there."""
        uv("venv", "--quiet", "--clear", "--python", sys.executable, str(folder))
        return cls(folder)

    def install(self, *asked: str) -> None:
        """Install into it what ``uv pip install`` is asked for."""
        uv("pip", "install", "--quiet", "--python", str(self.folder / "bin" / "python"), *asked)

    def versions(self) -> dict[str, str]:
        """Package -> version of what is installed."""
        listed = uv("pip", "freeze", "--exclude-editable", "--python", str(self.folder / "bin" / "python"))
        return dict(line.split("==") for line in listed.splitlines() if "==" in line)

    @property
    def variables(self) -> dict[str, str]:
        """Environment variables of a process in it: its commands first, and nothing of ours from elsewhere."""
        inherited = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
        return {**inherited, **QUIET, "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}


def uv(*arguments: str) -> str:
    """What a call of uv prints.

    Raises:
        SystemExit: it failed; what it says stands on standard error.
    """
    done = subprocess.run([sys.executable, "-m", "uv", *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(done.returncode)
    return done.stdout
