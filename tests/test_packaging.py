"""The house holds together: links, wheel, imports, speed of the first import."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import vbench.dimensions

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
ROOMS = ("dimensions", "generators", "leaderboard", "prompts")


def test_the_names_at_the_top_are_relative_links_to_rooms_of_the_package() -> None:
    for room in ROOMS:
        assert not (ROOT / "vbench" / room).is_symlink()
        assert (ROOT / room).readlink() == Path("vbench") / room
    assert str(vbench.dimensions.__file__).endswith("vbench/dimensions/__init__.py")


@pytest.mark.parametrize("room", ROOMS)
def test_a_link_cannot_make_a_second_set_of_classes(room: str) -> None:
    module = {"dimensions": "base", "generators": "base", "leaderboard": "board", "prompts": "suite"}[room]
    done = subprocess.run([sys.executable, "-c", f"import {room}.{module}"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert f"{room} is the room vbench.{room}: import vbench.{room}" in done.stderr


def test_a_clone_without_links_builds_a_whole_wheel(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git = ["git", "clone", "-q", "-c", "core.symlinks=false", str(ROOT), str(clone)]
    subprocess.run(git, check=True, capture_output=True)
    assert (clone / "dimensions").is_file(), "the clone has links after all"
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(clone)]
    built = subprocess.run(command, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    held = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("vbench/")}
    listed = subprocess.run(["git", "ls-files", "vbench"], cwd=clone, check=True, capture_output=True, text=True)
    assert held == set(listed.stdout.splitlines())
    assert {f"vbench/{room}/__init__.py" for room in ROOMS} < held


def loaded_after(code: str) -> set[str]:
    printed = subprocess.run(
        [sys.executable, "-c", f"{code}; import sys; print(*sys.modules)"], capture_output=True, text=True
    )
    assert printed.returncode == 0, printed.stderr
    return set(printed.stdout.split())


def test_importing_the_package_imports_nothing_heavy() -> None:
    assert not loaded_after("import vbench") & {"torch", "numpy", "av", "rich"}


def test_what_a_lite_run_computes_with_imports_no_torchvision() -> None:
    assert "torchvision" not in loaded_after(
        "import vbench.dimensions.imaging_quality, vbench.dimensions.backbones.niqe"
    )


def test_help_imports_nothing_heavy() -> None:
    code = """
import contextlib, io, sys, vbench.cli
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    vbench.cli.app(["--help"])
print(*sys.modules)
"""
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert printed.returncode == 0, printed.stderr
    assert not set(printed.stdout.split()) & {"torch", "numpy", "av", "pandas", "matplotlib"}
