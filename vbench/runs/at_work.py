"""Which videos are being looked at: a file in the run's folder, for the call after one that was killed.

A video that crashes a library, or has the system end who looks at it, takes a run with it that scores in its own
process. The next call finds here what was looked at, and looks at that last, in a process that may end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from io import FileIO
from pathlib import Path

from vbench.runs.jobs import Job, contents_of

NAME = ".vbench.at-work"

ALONE, BESIDE = "alone", "beside others"


class AtWork:
    """The file, in each of the folders of runs that go together.

    Args:
        folders: of the runs.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._paths = [folder / NAME for folder in folders]
        self._files: dict[Path, FileIO] = {}
        self._last: set[str] = set()
        self._left_alone: set[str] = set()

    def left(self) -> dict[str, bool]:
        """What an earlier call was at when it ended without a word: SHA-256 of a video -> whether at nothing else."""
        found: dict[str, bool] = {}
        for path in self._paths:
            with suppress(OSError, UnicodeDecodeError):
                lines = (line.partition(" ") for line in path.read_text(encoding="utf-8").splitlines())
                found |= {content: how == ALONE for content, _, how in lines}
        return found

    def later(self, jobs: Iterable[Job]) -> None:
        """These come last; a call that is stopped before leaves them to the next."""
        self._last |= {content for job in jobs for content in contents_of(job)}

    def leave_alone(self, contents: Iterable[str]) -> None:
        """These are given up by this call; the next does the same, unless this one comes to its end."""
        self._left_alone |= {*contents}

    def now(self, jobs: Iterable[Job], alone: bool = False) -> None:
        """These are being looked at.

        Args:
            jobs: what is done.
            alone: whether nothing else is, and nothing of it has been found yet: a call that ends now is to be the last
                that does.
        """
        seen = {content for job in jobs for content in contents_of(job)}
        how = dict.fromkeys(self._last, BESIDE) | dict.fromkeys(seen, ALONE if alone else BESIDE)
        self._write(how | dict.fromkeys(self._left_alone, ALONE))

    def done(self, job: Job) -> None:
        """One of those that come last is done."""
        self._last -= contents_of(job)

    def end(self) -> None:
        """Nothing is being looked at any more; only what comes last and did not come stays written down."""
        self._left_alone.clear()
        self.now([])
        for path in self._paths:
            with suppress(OSError):
                if file := self._files.pop(path, None):
                    file.close()
                if not self._last:
                    path.unlink(missing_ok=True)

    def _write(self, how: dict[str, str]) -> None:
        text = "".join(f"{content} {one}\n" for content, one in how.items())
        for path in self._paths:
            with suppress(OSError):  # it helps the next call; what this one finds is the store's matter
                file = self._file(path)
                file.seek(0)
                file.write(text.encode())
                file.truncate()

    def _file(self, path: Path) -> FileIO:
        """Open for the whole call, and written over in place: one that is made anew waits for the disk, each time."""
        if path not in self._files:
            path.touch()
            self._files[path] = path.open("r+b", buffering=0)
        return self._files[path]
