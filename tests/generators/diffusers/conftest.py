"""Tiny pipelines as folders, and no hub."""

# mypy: disable-error-code="no-untyped-call"
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.generators.tiny_families import FAMILIES

Folders = Callable[[str], Path]


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    """The folder of a family's checkpoint, saved when it is first asked for."""
    root = tmp_path_factory.mktemp("checkpoints")

    def saved(name: str) -> Path:
        folder = root / name
        if not folder.exists():
            FAMILIES[name].build().save_pretrained(folder)
        return folder

    return saved


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No hub, and nothing in its cache."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
