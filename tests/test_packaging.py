"""The house holds together: links, wheel, imports, speed of the first import."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import vbench.dimensions

ROOT = Path(__file__).parents[1]
ROOMS = ("dimensions", "generators", "leaderboard", "prompts")


def test_rooms_are_relative_links_into_the_package() -> None:
    for room in ROOMS:
        link = ROOT / "vbench" / room
        assert link.is_symlink()
        assert link.readlink() == Path("..") / room
        assert (ROOT / room / "__init__.py").is_file()


def test_rooms_are_imported_through_the_package() -> None:
    assert str(vbench.dimensions.__file__).endswith("vbench/dimensions/__init__.py")


def test_the_wheel_holds_every_source_and_data_file(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    built = subprocess.run(command, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "vbench").rglob("*.py") if "__pycache__" not in str(path)
    }
    for room in ROOMS:
        for path in (ROOT / room).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc":
                wanted.add(f"vbench/{path.relative_to(ROOT).as_posix()}")
    wanted |= {"vbench/py.typed", "vbench/templates/report.html"}
    assert wanted - held == set()


def loaded_after(code: str) -> set[str]:
    printed = subprocess.run(
        [sys.executable, "-c", f"{code}; import sys; print(*sys.modules)"], capture_output=True, text=True
    )
    assert printed.returncode == 0, printed.stderr
    return set(printed.stdout.split())


def test_importing_the_package_imports_nothing_heavy() -> None:
    assert not loaded_after("import vbench") & {"torch", "numpy", "av", "rich"}


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
