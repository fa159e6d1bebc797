"""Do the lowest versions that pyproject.toml names work? Each environment has the lowest of its extras, and runs tests.

python -m tests.release.lowest [ENVIRONMENT...]

What one extra needs can forbid the lowest version of what another one needs (diffusers wants a newer transformers than
CLIP does), so there are several environments. A lower bound that is reached in none of them is a claim that nobody
checked: it is named, and the check fails.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

from tests.release.environments import ROOT, Environment
from tests.release.extras import requirements_of

FAST = "not parity and not slow"

OTHER_DECODERS = tuple(
    f"--deselect=tests/media/test_against_decoders.py::{name}"
    for name in (
        "test_what_both_read_alike_is_read_as_they_do[bt709.mp4]",
        "test_opencv_is_followed[10 bit 420.mp4]",
        "test_opencv_is_followed[422 of odd height.mp4]",
        "test_opencv_is_followed[grey of odd height.mp4]",
        "test_an_animation_has_the_average_rate_of_its_delays[a.gif]",
    )
)
"""What OpenCV's own decoder, with which these tests compare ours, reads otherwise before its version 4.13."""


@dataclass(frozen=True)
class Lowest:
    """An environment.

    Attributes:
        extras: whose lowest versions it has.
        tests: what runs there, as pytest takes it.
    """

    extras: tuple[str, ...]
    tests: tuple[str, ...]


WITHOUT_ACCELERATE = "--ignore=tests/harness/test_training.py"
"""Accelerate comes with the generators."""

LOWEST = {
    "scoring": Lowest(
        ("official", "lite", "scenes", "report", "harness", "test"),
        ("tests/dimensions", "tests/harness", "tests/media", "tests/reports", WITHOUT_ACCELERATE),
    ),
    "imaging": Lowest(("lite", "iqa", "test"), ("tests/cli/test_imaging_metric.py",)),
    "everything": Lowest(("all", "cluster", "test"), ()),
}  # fmt: skip
"""By name; ``everything`` runs every fast test."""


def main(names: list[str]) -> int:
    """Make and test the environments; 1 where a test fails or a bound was not reached."""
    failed, reached = [], set()
    for name in names or LOWEST:
        chosen = LOWEST[name]
        with tempfile.TemporaryDirectory(prefix=f"lowest-{name}-") as scratch:
            environment = Environment.fresh(Path(scratch) / "venv")
            environment.install("--resolution", "lowest-direct", "--editable", f".[{','.join(chosen.extras)}]")
            reached |= reached_in(environment.versions(), chosen.extras)
            print(f"{name}: the lowest of {', '.join(chosen.extras)}", flush=True)
            side_by_side = ["-n", "2", "--dist", "loadfile"]
            tests = ["python", "-m", "pytest", "-q", *side_by_side, "-m", FAST, *OTHER_DECODERS, *chosen.tests]
            if subprocess.run(tests, cwd=ROOT, env=environment.variables).returncode:
                failed.append(name)
    unchecked = [] if names else sorted(bounds_of(all_extras()) - reached)
    for bound in unchecked:
        print(f"No environment reaches {bound}: raise it to the lowest version that one reaches.")
    for name in failed:
        print(f"Tests fail with the lowest versions of {name}: raise the bound of what breaks.")
    return int(bool(failed or unchecked))


def all_extras() -> tuple[str, ...]:
    """Every extra that some environment has."""
    return tuple(sorted({extra for lowest in LOWEST.values() for extra in lowest.extras}))


def bounds_of(extras: tuple[str, ...]) -> set[str]:
    """``package>=version`` of everything that these extras and the package itself ask for on this machine."""
    asked = [requirement for extra in ("", *extras) for requirement in requirements_of(extra)]
    return {bound for requirement in asked if (bound := bound_of(requirement))}


def bound_of(requirement: Requirement) -> str:
    """``package>=version``, ``""`` where there is none."""
    found = next((one.version for one in requirement.specifier if one.operator == ">="), "")
    return f"{canonical(requirement.name)}>={found}" if found else ""


def reached_in(versions: dict[str, str], extras: tuple[str, ...]) -> set[str]:
    """The bounds that installed versions are: the same release, or the first one after it that there is."""
    installed = {canonical(name): Version(version) for name, version in versions.items()}
    return {
        bound for bound in bounds_of(extras)
        if (version := installed.get(bound.split(">=")[0])) and is_lowest(version, Version(bound.split(">=")[1]))
    }  # fmt: skip


def is_lowest(installed: Version, bound: Version) -> bool:
    """Whether it is the bound itself in the numbers that the bound gives.

    >>> is_lowest(Version("4.10.0.82"), Version("4.10")), is_lowest(Version("0.24.0"), Version("0.15"))
    (True, False)
    """
    count = len(bound.release)
    return installed.release[:count] == bound.release


def canonical(name: str) -> str:
    """A package's name as indexes compare it.

    >>> canonical("open_clip_torch")
    'open-clip-torch'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
