"""Suites by name: those that ship here, the official one once it is fetched, and any file."""

from __future__ import annotations

from pathlib import Path

from vbench.errors import UsageError
from vbench.files.cache import cache_dir
from vbench.prompts.official import CATEGORIES as OFFICIAL_CATEGORIES
from vbench.prompts.official import NAME as OFFICIAL
from vbench.prompts.official import SUITE_FILES
from vbench.prompts.suite import PromptSuite, SuiteError, read_category, read_suite

DATA = Path(__file__).parent / "data"

SHIPPED = {name: DATA / f"{name}.json" for name in ("open", "mini", "demo", "i2v-demo")}
"""Our own suites: the open suite has the protocol's structure and size, mini covers everything with few prompts, and
demo and i2v-demo have what the synthetic generator can show and the lite profile can judge."""

OWN_CATEGORIES = DATA / "categories"


def suite(name: str, fetched: Path) -> PromptSuite:
    """A suite by name or file.

    Args:
        name: ``open``, ``mini``, ``demo``, ``i2v-demo``, ``vbench-t2v``, ``vbench-i2v``, or the path of a file in the
            official schema.
        fetched: folder of fetched suites.

    Raises:
        SuiteError: there is none, or it is not fetched yet; the message has the command.
    """
    if name in SHIPPED:
        found = read_suite(SHIPPED[name])
        return PromptSuite(name, found.prompts, found.digest)
    if name in SUITE_FILES:
        file = fetched / name / SUITE_FILES[name]
        if not file.exists():
            raise SuiteError(f"The suite {name} is not here yet. Get it with: vbench prompts fetch {name}")
        found = read_suite(file)
        return PromptSuite(name, found.prompts, found.digest)
    if not Path(name).exists():
        known = ", ".join([*SHIPPED, *SUITE_FILES])
        raise SuiteError(f"There is no prompt suite {name!r}: expected one of {known}, or a JSON file.")
    return read_suite(Path(name))


def categories_of(name: str, fetched: Path) -> dict[str, Path]:
    """The files of a suite's content categories, by category: beside its file, or in our own data.

    Args:
        name: as for :func:`suite`.
        fetched: folder of fetched suites.
    """
    if name in SHIPPED:
        folder = OWN_CATEGORIES
    elif name == OFFICIAL:
        folder = fetched / OFFICIAL / OFFICIAL_CATEGORIES
    else:
        folder = Path(name).parent / OFFICIAL_CATEGORIES
    return {path.stem: path for path in sorted(folder.glob("*.txt"))}


def category(suite_name: str, name: str | None, fetched: Path) -> PromptSuite:
    """The prompts of one content category of a suite.

    Raises:
        SuiteError: the suite has no such category; the message lists those that it has.
    """
    files = categories_of(suite_name, fetched)
    if not name or name not in files:
        listed = ", ".join(files) or "none"
        raise SuiteError(f"Name a content category with --category. Found {name!r}, {suite_name} has: {listed}.")
    return read_category(files[name])


def load_suite(name: str | Path | None) -> PromptSuite:
    """A prompt suite by name or file.

    >>> suite = load_suite("open")
    >>> len(suite), next(iter(suite)).dimensions
    (946, ('subject_consistency', 'dynamic_degree', 'motion_smoothness'))

    Raises:
        UsageError: none is named, it is not there, or it is not a suite.
    """
    if name is None:
        raise UsageError("The standard mode needs a prompt suite: --suite open, --suite vbench-t2v or --suite FILE.")
    return suite(str(name), fetched_suites())


def pictures_of(name: str) -> Path:
    """Where the pictures of a suite lie: with us, in the cache, or for a file in the folder ``images`` beside it.

    Args:
        name: name or file of the suite.
    """
    if name in SHIPPED:
        return DATA / "images" / name
    return cache_dir() / "images" / name if name in SUITE_FILES else Path(name).parent / "images"


def load_category(suite_name: str | Path | None, name: str | None) -> PromptSuite:
    """The prompts of a content category of a suite; of our own suite where none is named.

    Raises:
        UsageError: there is no such category.
    """
    return category(str(suite_name or "open"), name, fetched_suites())


def fetched_suites() -> Path:
    """Folder of fetched prompt suites, in the cache."""
    return cache_dir() / "prompts"
