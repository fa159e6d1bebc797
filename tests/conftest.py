"""What all tests share, and which files begin."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from tests import toys
from tests.accessible import axe_of
from vbench.benchmarks import registry
from vbench.dimensions import profiles

collect_ignore_glob = ["plugin/*/vbench_*.py"]  # packages of their own, which tests/plugin puts on the path

LONGEST_FIRST = ("parity", "slow")
"""Marks of files that take long, the longest first."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take longest begin, so that no process is left with one of them when the others have ended."""
    ranks: dict[Path, int] = {}
    for item in items:
        marked = [rank for rank, mark in enumerate(LONGEST_FIRST) if item.get_closest_marker(mark)]
        ranks[item.path] = min([ranks.get(item.path, len(LONGEST_FIRST)), *marked])
    items.sort(key=lambda item: ranks[item.path])


@pytest.fixture(autouse=True)
def only_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reaches beyond the loopback interface."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise OSError(f"a test tried to reach {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The checker of accessibility."""
    return axe_of(tmp_path_factory.mktemp("axe"))


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkpoint cache with nothing in it, and no other library's cache either."""
    monkeypatch.setenv("VBENCH_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "cache"


@pytest.fixture
def toy_dimensions(monkeypatch: pytest.MonkeyPatch) -> None:
    """The toys are known, as if a package brought them."""
    monkeypatch.setattr(registry, "_brought", lambda: toys.SPECS)
    monkeypatch.setattr(profiles.BACKBONES, "table", {**profiles.BACKBONES.table, **toys.BACKBONES})
    known = {**profiles.profiles(), "toy": toys.PROFILE}
    monkeypatch.setattr(profiles, "profiles", lambda: known)
