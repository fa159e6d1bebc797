"""Videos that are named by number get the names of their prompts, as links."""

from __future__ import annotations

from pathlib import Path

import pytest

from vbench.errors import UsageError
from vbench.sampling.numbered import linked_by_prompt, read_numbers


@pytest.fixture
def numbered(tmp_path: Path) -> Path:
    """Two videos of three, and the table of them."""
    (tmp_path / "videos").mkdir()
    for number in (0, 1):
        (tmp_path / "videos" / f"{number}.mp4").write_bytes(bytes([number]))
    (tmp_path / "table.txt").write_text("a cat, a dog-0.mp4, 0.mp4\na bus-0.mp4, 1.mp4\n\nan owl-0.mp4, 2.mp4\n")
    return tmp_path


def test_links_have_the_names_of_prompts(numbered: Path) -> None:
    for _ in range(2):
        folder = linked_by_prompt(numbered / "videos", numbered / "table.txt", numbered / "named")
        assert {link.name: link.read_bytes() for link in folder.iterdir()} == {
            "a cat, a dog-0.mp4": b"\0", "a bus-0.mp4": b"\1",
        }  # fmt: skip


def test_a_link_that_is_wrong_by_now_is_made_anew(numbered: Path) -> None:
    linked_by_prompt(numbered / "videos", numbered / "table.txt", numbered / "named")
    (numbered / "table.txt").write_text("a bus-0.mp4, 0.mp4\n")
    folder = linked_by_prompt(numbered / "videos", numbered / "table.txt", numbered / "named")
    assert {link.name: link.read_bytes() for link in folder.iterdir()} == {"a bus-0.mp4": b"\0"}


def test_what_is_not_ours_is_left_alone(numbered: Path) -> None:
    (numbered / "named").mkdir()
    (numbered / "named" / "mine.mp4").write_bytes(b"mine")
    with pytest.raises(UsageError, match="is no link of ours"):
        linked_by_prompt(numbered / "videos", numbered / "table.txt", numbered / "named")
    assert (numbered / "named" / "mine.mp4").read_bytes() == b"mine"


@pytest.mark.parametrize(
    "line", ["", "no comma", "a-0.mp4, ../0.mp4", "/a-0.mp4, 0.mp4", "a-0.mp4,", "a, 1\na, 2", "a, 1\nb, 1"]
)
def test_a_table_that_says_something_else_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "table.txt").write_text(line)
    with pytest.raises(UsageError):
        read_numbers(tmp_path / "table.txt")


def test_a_table_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "table.txt").write_bytes(b"caf\xe9-0.mp4, 1.mp4")
    for name, says in (("table.txt", "it is not UTF-8"), ("none.txt", "No such file")):
        with pytest.raises(UsageError, match=f"{name} cannot be read: {says}"):
            read_numbers(tmp_path / name)
