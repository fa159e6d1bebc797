"""The extras of pyproject.toml, and what each asks for."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import Any

from packaging.requirements import Requirement

from tests.release.environments import ROOT


@cache
def project() -> dict[str, Any]:
    """The table ``[project]``."""
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return table


def extras() -> tuple[str, ...]:
    """The names of all extras, in the file's order."""
    return tuple(project()["optional-dependencies"])


def requirements_of(extra: str) -> list[Requirement]:
    """What an extra asks for on this machine, ``""``: the package itself; an extra made of others asks for theirs."""
    lines = project()["optional-dependencies"][extra] if extra else project()["dependencies"]
    asked = [requirement for requirement in map(Requirement, lines) if here(requirement)]
    found = []
    for requirement in asked:
        if requirement.name == project()["name"]:
            found += [inner for part in sorted(requirement.extras) for inner in requirements_of(part)]
        else:
            found.append(requirement)
    return found


def here(requirement: Requirement) -> bool:
    """Whether a requirement holds for this interpreter and machine."""
    return requirement.marker is None or requirement.marker.evaluate()
