"""Does the wheel keep what it promises? It is installed with each extra alone, and does there what the extra is for.

python -m tests.release.wheels [--dist FOLDER] [EXTRA...]

The wheel and the source archive are built, the wheel from that archive, so that neither lacks a file of the other. Each
environment is fresh, under constraints.txt, and far from the checkout.
"""

from __future__ import annotations

import argparse
import shlex
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.release.environments import ROOT, Environment
from tests.release.extras import extras

BARE = "no extra"

PATIENCE = 180
"""Seconds until a server that is started answers."""

EVERY_JUDGE = (
    "; from vbench.dimensions.profiles import BACKBONES, profile; "
    "[BACKBONES.get(name) for name in profile('official').roles.values()]"
)
"""Imports whatever plays a role in the official profile."""


@dataclass(frozen=True)
class Promise:
    """Something that works with an extra.

    Attributes:
        command: what is called; ``{port}`` is a free one.
        leaves: a file that is there afterwards.
        answers: the command serves: the path that answers 200 before it is ended.
    """

    command: str
    leaves: str = ""
    answers: str = ""


def python(code: str) -> Promise:
    """What works is a piece of code."""
    return Promise(f"python -c {shlex.quote(code)}")


PROMISES: dict[str, tuple[Promise, ...]] = {
    BARE: (
        Promise("vbench --version"),
        Promise("vbench generate --model synthetic --suite demo --samples 1 --frames 8 --out videos"),
        Promise("vbench check videos --profile lite"),
        Promise("vbench evaluate videos -d temporal_flickering --output run", leaves="run/run.json"),
        Promise("vbench score run -o scores.csv", leaves="scores.csv"),
        Promise("vbench compare run run"),
        Promise("vbench card run"),
        Promise("vbench dimensions"),
        Promise("vbench generators"),
        Promise("vbench weights list"),
        Promise("vbench verify run videos"),
    ),
    "official": (
        python("import cv2, ftfy, open_clip, regex, timm, tokenizers, transformers" + EVERY_JUDGE),
        python("from transformers import CLIPVisionModel, Blip2QFormerModel, VideoMAEModel"),
        python("import open_clip; open_clip.tokenize('a cat')"),
    ),
    "lite": (
        Promise("vbench evaluate videos --profile lite --output lite", leaves="lite/run.json"),
        Promise("vbench sensitivity -d imaging_quality --profile lite --steps 2 --json"),
    ),
    "iqa": (
        Promise("vbench evaluate videos -d temporal_flickering --imaging-metric entropy --output by_metric"),
    ),
    "scenes": (
        python("from pathlib import Path; from vbench.media.scenes import scene_cuts; "
               "print([scene_cuts(file) for file in Path('videos').glob('*.mp4')])"),
    ),
    "report": (
        Promise("vbench report run -o report.html --figures figures --latex scores.tex", leaves="report.html"),
        Promise("vbench score run -o scores.parquet", leaves="scores.parquet"),
    ),
    "generators": (
        python("import accelerate, peft, sentencepiece; from diffusers import AutoencoderKLWan, WanPipeline; "
               "from transformers import CLIPTextModel, T5EncoderModel, UMT5EncoderModel"),
        python("from vbench.generators.listing import listing; print(len(listing()))"),
        Promise("vbench generators wan2.1-1.3b"),
    ),
    "leaderboard": (
        Promise("vbench leaderboard list"),
        Promise("vbench leaderboard export"),
        Promise("vbench leaderboard --port {port}", answers="/"),
    ),
    "harness": (
        python("import torch; from vbench import Scorer; from vbench.harness.torchmetrics import VBenchMetric; "
               "metric = VBenchMetric(Scorer(['temporal_flickering'])); "
               "metric.update(torch.zeros(1, 4, 3, 32, 32, dtype=torch.uint8)); print(metric.compute())"),
        Promise("vbench serve -d temporal_flickering --port {port}", answers="/health"),
    ),
    "cluster": (python("import ray; from vbench.runs.cluster import connected"),),
    "remote": (
        python("from functools import partial; from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer; "
               "from threading import Thread; from vbench.files.remote import located; "
               "from vbench.media.decode import probe; "
               "here = partial(SimpleHTTPRequestHandler, directory='videos'); "
               "server = ThreadingHTTPServer(('127.0.0.1', 0), here); "
               "Thread(target=server.serve_forever, daemon=True).start(); "
               "there = located('http://127.0.0.1:%d' % server.server_port); "
               "print([probe(file) for file in there.iterdir() if file.suffix == '.mp4'])"),
    ),
    "all": (
        Promise("vbench demo --no-open --output demo", leaves="demo/report.html"),
    ),
    "docs": (Promise("mkdocs --version"), Promise("mike --version"), python("import mkdocs_gen_files, mkdocstrings")),
    "test": (
        Promise("pytest --version"),
        Promise("python -m build --version"),
        python("import hypothesis, playwright.sync_api, xdist"),
    ),
    "dev": (
        Promise("ruff --version"),
        Promise("mypy --version"),
        Promise("lint-imports --help"),
        Promise("uv --version"),
    ),
}  # fmt: skip
"""Extra -> what works with it alone."""


def main() -> int:
    """Check the extras asked for; 1 where a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("extras", nargs="*", help=f"by default each: {', '.join(extras())}; {BARE} is always checked")
    parser.add_argument("--dist", type=Path, help="folder with a wheel to check instead of building one")
    asked = parser.parse_args()
    broken = []
    with tempfile.TemporaryDirectory(prefix="wheels-") as scratch:
        wheel = wheel_in(asked.dist or built(Path(scratch) / "dist"))
        work = Path(scratch) / "work"
        work.mkdir()
        for extra in (BARE, *(asked.extras or extras())):
            environment = Environment.fresh(Path(scratch) / "venv")
            installed = str(wheel) if extra == BARE else f"{wheel}[{extra}]"
            environment.install("--constraint", str(ROOT / "constraints.txt"), installed)
            promises = PROMISES[extra]
            failures = [failure for promise in promises if (failure := broken_by(promise, environment, work))]
            print(f"{extra}: {len(promises) - len(failures)} of {len(promises)} promises kept", flush=True)
            broken += [f"{extra}: {failure}" for failure in failures]
    print("\n".join(broken))
    return int(bool(broken))


def built(dist: Path) -> Path:
    """The folder, with the source archive in it and the wheel that is made from that archive."""
    subprocess.run([sys.executable, "-m", "build", "--outdir", str(dist), str(ROOT)], check=True, stdout=sys.stderr)
    return dist


def wheel_in(dist: Path) -> Path:
    """The one wheel of a folder."""
    (wheel,) = dist.glob("*.whl")
    return wheel.absolute()


def broken_by(promise: Promise, environment: Environment, work: Path) -> str:
    """What is wrong with a promise in an environment, ``""`` if it is kept."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = shlex.split(promise.command.format(port=port) if "{port}" in promise.command else promise.command)
    if promise.answers:
        return unanswered(command, f"http://127.0.0.1:{port}{promise.answers}", environment, work)
    done = subprocess.run(command, cwd=work, env=environment.variables, capture_output=True, text=True)
    said = done.stdout + done.stderr
    fine = done.returncode == 0 or (command[0] == "vbench" and done.returncode == 1)  # "not whole", "worse"
    if fine and (not promise.leaves or (work / promise.leaves).exists()):
        return ""
    return f"`{shlex.join(command)}` ended with {done.returncode}:\n{said[-2000:]}"


def unanswered(command: list[str], address: str, environment: Environment, work: Path) -> str:
    """What is wrong with a server, ``""`` if it answers."""
    with (work / "server.log").open("w+", encoding="utf-8") as log:
        server = subprocess.Popen(command, cwd=work, env=environment.variables, stdout=log, stderr=subprocess.STDOUT)
        try:
            ends = time.monotonic() + PATIENCE
            while server.poll() is None and time.monotonic() < ends:
                try:
                    with urlopen(address, timeout=10):
                        return ""
                except (URLError, TimeoutError, ConnectionError):
                    time.sleep(0.5)
        finally:
            server.terminate()
            server.wait()
        log.seek(0)
        return f"`{shlex.join(command)}` does not answer at {address}:\n{log.read()[-2000:]}"


if __name__ == "__main__":
    raise SystemExit(main())
