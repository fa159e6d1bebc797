"""The table "What happens to my file" of docs/decoding.md: files of every kind are made, checked and scored.

python docs/make_file_table.py
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
CASES = ROOT / "tests" / "media" / "cases"

KINDS = {"videos": "a video", "frames": "a video"}

DIMENSION = "temporal_flickering"


def main() -> None:
    """Print the table."""
    print(table())


def table() -> str:
    """The table: what is said of each file by ``vbench check`` and by a run."""
    sys.path.insert(0, str(ROOT))
    import torch

    from vbench.dimensions.profiles import profile
    from vbench.progress import Progress
    from vbench.runs.custom_plan import custom_plan
    from vbench.runs.discover import NOT_READ, discover, shown
    from vbench.runs.evaluate import evaluate
    from vbench.runs.evaluators import Evaluators
    from vbench.runs.preflight import unsound
    from vbench.runs.results import read_rows
    from vbench.runs.score_video import DAMAGE

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "videos"
        meanings = make(folder)
        plan = custom_plan(folder, [DIMENSION])
        evaluate(plan, Evaluators(profile("lite"), torch.device("cpu")), Path(name) / "run", Progress())
        states = {
            row.video: row.status.replace("_", " ") + ", marked" * (DAMAGE in row.details)
            for row in read_rows(Path(name) / "run")
        }
        findings = {one.video: one.kind for one in unsound(plan)}
        rows = ["| file | `vbench check` | a run |", "|---|---|---|"]
        found = {shown(one.path, folder): one for one in discover(folder).found}
        for file, meaning in meanings.items():
            one = found[file]
            said = f"not read: {one.why}" if one.kind == NOT_READ else findings.get(file, KINDS[one.kind])
            rows.append(f"| {meaning} | {said} | {states.get(file, '-')} |")
    return "\n".join(rows)


def make(folder: Path) -> dict[str, str]:
    """A folder with files of every kind; path -> what it is."""
    from PIL import Image

    from tests.footage import noise, write_gif, write_stills, write_text, write_truncated, write_video
    from tests.media.odd_containers import ALIKE, animated, encoded, trimmed
    from tests.runs.test_bad_files import huge_png

    write_video(folder / "whole.mp4")
    write_gif(folder / "a.gif")
    animated(folder / "b.webp", [100] * 8, lossless=True)
    write_stills(folder / "frames")
    ALIKE["one short gap.mp4"](folder / "uneven.mp4")
    for case in ("rotated90.mp4", "damaged_middle.mp4", "cut60_seq.avi", "a cat-0.avi"):
        shutil.copy(CASES / case, folder)
    trimmed(folder / "trimmed.mp4")
    (folder / "whole trimmed.mp4").unlink()
    stream = encoded(folder / "lost.ts", noise(32)).read_bytes()
    middle = len(stream) // 2 // 188 * 188
    (folder / "lost.ts").write_bytes(stream[:middle] + stream[middle + 5 * 188 :])
    (folder / "old.wmv").touch()
    Image.fromarray(noise(1)[0]).save(folder / "whole.png")
    Image.fromarray(noise(1)[0]).save(folder / "grid.png")
    write_video(folder / "one.mp4", noise(1))
    write_text(folder / "text.mp4")
    write_truncated(folder / "cut.mp4")
    gif = (folder / "a.gif").read_bytes()
    (folder / "cut.gif").write_bytes(gif[: len(gif) // 2])
    known = encoded(folder / "codec.mp4").read_bytes()
    (folder / "codec.mp4").write_bytes(known.replace(b"avc1", b"zzz1"))
    (folder / "empty.mp4").touch()
    (folder / "link.mp4").symlink_to(folder / "nothing")
    (folder / "disk.mp4").symlink_to("/proc/self/mem")
    os.mkfifo(folder / "pipe.mp4")
    (folder / "large").mkdir()
    huge_png(folder / "large" / "0.png")
    shutil.copy(folder / "whole.mp4", folder / os.fsdecode(b"caf\xc3.mp4"))
    shutil.copy(folder / "whole.mp4", folder / ".hidden.mp4")
    (folder / "deep" / "er").mkdir(parents=True)
    shutil.copy(folder / "whole.mp4", folder / "deep" / "er")
    (folder / "notes.txt").touch()
    return {
        "whole.mp4": "a video",
        "a.gif": "an animated GIF",
        "b.webp": "an animated WebP (or PNG)",
        "frames": "a folder of stills",
        "uneven.mp4": "a variable frame rate",
        "rotated90.mp4": "a video that is to be turned",
        "trimmed.mp4": "a clip trimmed without encoding (an edit list)",
        "damaged_middle.mp4": "bytes in the middle overwritten",
        "cut60_seq.avi": "an AVI (Matroska, WebM) that was cut",
        "lost.ts": "a transport stream that lost packets",
        "a cat-0.avi": "tags that are not UTF-8",
        "whole.png": "a still beside a video of its name",
        "grid.png": "another still in a folder of videos",
        "one.mp4": "a video of one frame",
        "text.mp4": "text under a video's name",
        "cut.mp4": "an MP4 that was cut",
        "cut.gif": "a GIF that was cut",
        "codec.mp4": "a codec that FFmpeg does not know",
        "empty.mp4": "an empty file",
        "link.mp4": "a link to nothing",
        "disk.mp4": "a disk that fails",
        "pipe.mp4": "a pipe",
        "large": "a still of 400 megapixels",
        "caf�.mp4": "a name that is not UTF-8",
        ".hidden.mp4": "a hidden file",
        "deep/er/whole.mp4": "a video two folders down",
        "old.wmv": "a video of a kind that is not read",
        "notes.txt": "any other file",
    }


if __name__ == "__main__":
    main()
