"""Suites by name: those that ship here, the official one once it is fetched, and any file."""

from __future__ import annotations

from pathlib import Path

from vbench.errors import UsageError
from vbench.files.cache import cache_dir
from vbench.prompts.official import CATEGORIES as OFFICIAL_CATEGORIES
from vbench.prompts.official import NAME as OFFICIAL
from vbench.prompts.official import SUITE_FILES
from vbench.prompts.suite import PromptSuite, SuiteError, read_category, read_suite
from vbench.registry import did_you_mean

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
        known = [*SHIPPED, *SUITE_FILES]
        raise SuiteError(
            f"There is no prompt suite {name!r}.{did_you_mean(name, known)} Known: {', '.join(known)}, or a JSON file."
        )
    return read_suite(Path(name))


def categories_of(name: str, fetched: Path) -> list[str]:
    """Names of a suite's content categories: those that its prompts name, or else those of the lists beside it.

    Args:
        name: as for :func:`suite`.
        fetched: folder of fetched suites.
    """
    return list(_named(name, fetched) or _lists(name, fetched))


def category(suite_name: str, name: str | None, fetched: Path) -> PromptSuite:
    """The prompts of one content category of a suite, which is what ``--category`` means everywhere.

    Where prompts of the suite name their category, they are those prompts, with the dimensions that they test. A suite
    whose prompts name none has, as the official one, a list of further prompts for each category.

    Raises:
        SuiteError: the suite has no such category; the message lists those that it has.
    """
    named, lists = _named(suite_name, fetched), _lists(suite_name, fetched)
    if not name or name not in (named or lists):
        raise SuiteError(_no_category(name, suite_name, list(named or lists)))
    return named[name] if named else read_category(lists[name])


def _named(suite_name: str, fetched: Path) -> dict[str, PromptSuite]:
    """The prompts of a suite that name a category, by category."""
    if suite_name == OFFICIAL:  # whose prompts name none, and whose lists can be here without them
        return {}
    whole = suite(suite_name, fetched)
    names = sorted({prompt.category for prompt in whole} - {""})
    return {name: whole.of_category(name) for name in names}


def _lists(suite_name: str, fetched: Path) -> dict[str, Path]:
    """Files with a prompt a line, by category: beside the suite's file, or in our own data."""
    if suite_name in SHIPPED:
        folder = OWN_CATEGORIES
    elif suite_name == OFFICIAL:
        folder = fetched / OFFICIAL / OFFICIAL_CATEGORIES
    else:
        folder = Path(suite_name).parent / OFFICIAL_CATEGORIES
    return {path.stem: path for path in sorted(folder.glob("*.txt"))}


def _no_category(name: str | None, suite_name: str, known: list[str]) -> str:
    has = f"{suite_name} has: {', '.join(known) or 'none'}."
    if suite_name == OFFICIAL and not known:
        has = f"Those of {OFFICIAL} are not here yet. Get them with: vbench prompts fetch {OFFICIAL}"
    if not name:
        return f"Name a content category with --category. {has}"
    return f"There is no content category {name!r}.{did_you_mean(name, known)} {has}"


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
    """The prompts of a content category of a suite.

    Raises:
        UsageError: no suite is named, or it has no such category.
    """
    if suite_name is None:
        raise UsageError(
            "Name the suite whose content category is meant: --suite open, --suite vbench-t2v or --suite FILE."
        )
    return category(str(suite_name), name, fetched_suites())


def fetched_suites() -> Path:
    """Folder of fetched prompt suites, in the cache."""
    return cache_dir() / "prompts"
