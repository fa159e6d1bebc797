"""Sample two synthetic image-to-video models, score and compare them, and put what is printed into docs/i2v.md.

python docs/make_i2v_run.py
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

PAGE = Path(__file__).parent / "i2v.md"

START, END = "<!-- made by docs/make_i2v_run.py -->", "<!-- end -->"

GENERATE = "vbench generate --benchmark vbench-i2v --suite i2v-demo --samples 1 --progress none"

EVALUATE = "vbench evaluate --profile lite --progress none"

COMMANDS = (
    f"{GENERATE} --model synthetic --out videos/follows",
    f"{GENERATE} --model synthetic:stillness=1 --out videos/stands",
    f"{EVALUATE} videos/follows --output runs/follows",
    f"{EVALUATE} videos/stands --output runs/stands",
    "vbench compare runs/follows runs/stands",
)


def main() -> None:
    """Write the commands and what they print into the page."""
    page = PAGE.read_text(encoding="utf-8")
    made = f"{START}\n```\n{shown()}\n```\n{END}"
    PAGE.write_text(re.sub(f"{START}.*{END}", lambda _: made, page, flags=re.DOTALL), encoding="utf-8")


def shown() -> str:
    """The commands, run in a folder of their own, with what they print."""
    said = []
    with tempfile.TemporaryDirectory() as folder:
        for command in COMMANDS:
            arguments = [sys.executable, "-m", *shlex.split(command)]
            environment = {**os.environ, "COLUMNS": "80"}
            done = subprocess.run(arguments, cwd=folder, env=environment, capture_output=True, text=True, check=False)
            if done.returncode not in (0, 1):
                raise SystemExit(f"{command}\n{done.stdout}{done.stderr}")
            said.append("\n".join(line.rstrip() for line in f"$ {command}\n{done.stdout}".rstrip().splitlines()))
    return "\n\n".join(said)


if __name__ == "__main__":
    main()
