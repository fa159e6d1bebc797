from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.counted import assert_linear, instructions
from vbench.errors import UsageError
from vbench.files import ours


def test_what_we_left_is_written_over_and_what_was_changed_since_is_not(tmp_path: Path) -> None:
    file = tmp_path / "out" / "report.html"
    ours.write(file, "first")
    ours.write(file, "second")
    assert file.read_text() == "second"
    file.write_text("second, with a remark of mine")
    with pytest.raises(UsageError, match="not as vbench left it"):
        ours.write(file, "third")
    assert file.read_text() == "second, with a remark of mine"
    assert sorted(path.name for path in file.parent.iterdir()) == [ours.LIST, "report.html"]


@pytest.mark.parametrize(
    "name", ["a b", "two\nlines", "a\rb", "back\\slash", "back\\nslash", "a\u2028b", "a\x85b", "\\"]
)
def test_the_list_is_of_a_format_that_others_read(tmp_path: Path, name: str) -> None:
    ours.write(tmp_path / f"{name}.txt", "text")
    subprocess.run(["sha256sum", "--check", "--strict", ours.LIST], cwd=tmp_path, check=True)
    assert not ours.is_foreign(tmp_path / f"{name}.txt")
    ours.write(tmp_path / f"{name}.txt", "another")


def test_a_line_that_a_full_disk_cut_takes_no_other_with_it(tmp_path: Path) -> None:
    (tmp_path / ours.LIST).write_text("0123abc")
    ours.write(tmp_path / "a.txt", "first")
    ours.write(tmp_path / "a.txt", "second")


def test_a_link_is_never_ours(tmp_path: Path) -> None:
    thesis, link = tmp_path / "thesis.html", tmp_path / "out" / "report.html"
    thesis.write_text("years of work")
    link.parent.mkdir()
    link.symlink_to(thesis)
    with pytest.raises(UsageError):
        ours.write(link, "report")
    assert link.is_symlink()
    assert thesis.read_text() == "years of work"


def test_only_what_is_as_we_left_it_is_removed(tmp_path: Path) -> None:
    for name in ("kept", "changed", "gone"):
        ours.write(tmp_path / name, name)
    (tmp_path / "changed").write_text("by hand")
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "gone").unlink()
    ours.remove_own(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"changed", "mine", ours.LIST}
    assert [path.name for path in ours.foreign_files(tmp_path)] == ["changed", "mine"]


def test_a_file_costs_as_much_among_many(tmp_path: Path) -> None:
    def looked_at(count: int) -> int:
        folder = tmp_path / str(count)
        for number in range(count):
            ours.write(folder / f"{number}.txt", "text")
        found = instructions(lambda: ours.foreign_files(folder)) + instructions(lambda: ours.remove_own(folder))
        assert [path.name for path in folder.iterdir()] == [ours.LIST]
        return found

    assert_linear(looked_at)


@pytest.mark.parametrize("there", [[], ["thesis.tex"], [".hidden"], ["folder/"]])
def test_a_folder_is_claimed_when_it_is_nobodys(tmp_path: Path, there: list[str]) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    for name in there:
        (folder / name).mkdir() if name.endswith("/") else (folder / name).write_text("x")
    if there:
        with pytest.raises(UsageError, match="new or empty"):
            ours.claim(folder)
        assert len(list(folder.iterdir())) == len(there)
    else:
        ours.claim(folder)
        (folder / "work.txt").write_text("x")
        ours.claim(folder)


def test_a_half_written_file_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    ours.write(tmp_path / "a", "whole")
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        ours.write(tmp_path / "a", "half")
    assert (tmp_path / "a").read_text() == "whole"
    assert {path.name for path in tmp_path.iterdir()} == {"a", ours.LIST}
