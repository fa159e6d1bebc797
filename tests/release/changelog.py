"""CHANGELOG.md as data, and the notes of one release.

python -m tests.release.changelog v0.1.0

prints what stands under that version, and refuses a tag that is not the package's version or has no date yet.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from datetime import date

from packaging.version import Version

from tests.release.environments import ROOT
from tests.release.extras import project

UNRELEASED = "Unreleased"

KINDS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
"""What can stand under a version, as Keep a Changelog names it."""

HEADING = re.compile(r"\[(?P<version>[0-9][^\]]*)\] - (?P<date>\d{4}-\d{2}-\d{2}|Unreleased)")


@dataclass(frozen=True)
class Entry:
    """A version.

    Attributes:
        version: of the package.
        released: the day, ``None`` where it is yet to come.
        notes: what stands under it, by kind.
    """

    version: Version
    released: date | None
    notes: dict[str, str]


def entries() -> list[Entry]:
    """Every version, newest first.

    Raises:
        ValueError: a heading is none of a version, or of a kind.
    """
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    _, *blocks = re.split(r"^## ", text, flags=re.MULTILINE)
    return [_entry(*block.split("\n", 1)) for block in blocks]


def _entry(heading: str, body: str) -> Entry:
    found = HEADING.fullmatch(heading)
    if not found:
        raise ValueError(f"CHANGELOG.md: '## {heading}' is not '## [VERSION] - YYYY-MM-DD', or '- {UNRELEASED}'.")
    before, *parts = re.split(r"^### ", body, flags=re.MULTILINE)
    notes = {kind: text.strip() for kind, text in (part.split("\n", 1) for part in parts)}
    if before.strip() or not set(notes) <= set(KINDS):
        raise ValueError(f"CHANGELOG.md, {heading}: what changed stands under ### {', ### '.join(KINDS)}.")
    day = None if found["date"] == UNRELEASED else date.fromisoformat(found["date"])
    return Entry(Version(found["version"]), day, notes)


def main(tag: str) -> int:
    """Print the notes of a tag's version; 1 where it cannot be released."""
    newest = entries()[0]
    if tag != f"v{project()['version']}" or newest.version != Version(project()["version"]) or not newest.released:
        print(
            f"The tag is {tag}, pyproject.toml says {project()['version']}, and CHANGELOG.md says {newest.version}, "
            f"{newest.released or UNRELEASED}. They must agree, and the day of the release must stand there.",
            file=sys.stderr,
        )
        return 1
    print("\n\n".join(f"### {kind}\n\n{notes}" for kind, notes in newest.notes.items()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
