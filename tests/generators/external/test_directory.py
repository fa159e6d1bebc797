from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.counted import assert_linear, instructions
from tests.footage import noise, write_video
from vbench.errors import UsageError
from vbench.generators import catalog as catalogue
from vbench.generators.base import Request, Settings
from vbench.generators.external.directory import Directory
from vbench.media.clip import Encoded
from vbench.prompts.sampling_plan import file_stems, seed_of
from vbench.sampling.generate import generate
from vbench.sampling.wanted import wanted_samples

LONG = "a very long prompt about " + "a cat that walks along the river and " * 5 + "sleeps"


def requests(prompts: Iterable[str], samples: int = 2, fed: str = "") -> list[Request]:
    return [
        Request(fed or text, index, seed_of(0, text, index), Settings(), f"{stem}-{index}.mp4")
        for text, stem in file_stems(prompts).items()
        for index in range(samples)
    ]


def place(folder: Path, *names: str) -> Path:
    """Different small videos under these names."""
    for seed, name in enumerate(names):
        write_video(folder / name, noise(2, 16, 16, seed=seed))
    return folder


def answers(wanted: list[Request], folder: Path, *options: str) -> tuple[dict[str, str], dict[str, str], Directory]:
    """Request -> its file, request -> reason, and the generator."""
    generator = catalogue.build(f"directory:{folder}", options)
    assert isinstance(generator, Directory)
    generator.prepare(wanted)
    found, failed = {}, {}
    for delivery in generator.sample_all(wanted):
        if isinstance(delivery.video, Encoded):
            assert delivery.video.borrowed
            found[delivery.request.file] = delivery.video.path.relative_to(folder).as_posix()
        else:
            failed[delivery.request.file] = delivery.reason
    return found, failed, generator


def test_one_folder_with_the_references_names(tmp_path: Path) -> None:
    folder = place(tmp_path, "a cat-0.mp4", "a cat-1.MP4", "a 3.5 mm lens, red-haired-0.gif.mp4", "a dog-0.mp4")
    found, failed, generator = answers(requests(["a cat", "a dog"]), folder)
    assert found == {"a cat-0.mp4": "a cat-0.mp4", "a cat-1.mp4": "a cat-1.MP4", "a dog-0.mp4": "a dog-0.mp4"}
    assert list(failed) == ["a dog-1.mp4"]
    assert "expected 'a dog-1.mp4'" in failed["a dog-1.mp4"]
    assert generator.leftovers == ("a 3.5 mm lens, red-haired-0.gif.mp4",)
    assert not generator.seeded


def test_a_folder_for_each_dimension_and_litter_of_archives(tmp_path: Path) -> None:
    folder = place(
        tmp_path, "scene/alley-0.mp4", "color/a red car-0.mp4", "__MACOSX/scene/alley-0.mp4", ".x/alley-0.mp4"
    )
    found, failed, _ = answers(requests(["alley", "a red car"], samples=1), folder)
    assert found == {"alley-0.mp4": "scene/alley-0.mp4", "a red car-0.mp4": "color/a red car-0.mp4"}
    assert not failed


def test_names_of_generate_itself_and_prompts_that_differ_in_case(tmp_path: Path) -> None:
    prompts = ["a cat", "A cat", "50/50", 'say "hi"', LONG * 2]
    stems = file_stems(prompts)
    found, failed, _ = answers(requests(prompts, 1), place(tmp_path, *(f"{stem}-0.mp4" for stem in stems.values())))
    assert not failed
    assert all(name == file for name, file in found.items())


def test_the_references_names_where_ours_differ(tmp_path: Path) -> None:
    folder = place(tmp_path, "a cat-0.mp4", "A cat-0.mp4", 'say "hi"-0.mp4')
    wanted = requests(["a cat", "A cat", 'say "hi"'], 1)
    found, failed, _ = answers(wanted, folder)
    assert list(found.values()) == ["a cat-0.mp4", "A cat-0.mp4", 'say "hi"-0.mp4']
    assert not failed


def test_an_extended_prompt_leaves_the_name(tmp_path: Path) -> None:
    wanted = requests(["a cat", "A cat"], 1, fed="a cat in the evening sun, highly detailed")
    found, failed, _ = answers(wanted, place(tmp_path, "a cat-0.mp4", "A cat-0.mp4"))
    assert list(found.values()) == ["a cat-0.mp4", "A cat-0.mp4"]
    assert not failed


def test_names_that_a_file_system_cut(tmp_path: Path) -> None:
    twins = [LONG + " by the sea", LONG + " in a bed"]
    cut, ambiguous = LONG[:120].replace("very", "truly"), twins[0][:120]
    folder = place(tmp_path, f"{cut}-0.mp4", f"{ambiguous}-0.mp4")
    found, failed, _ = answers(requests([LONG.replace("very", "truly"), *twins], 1), folder)
    assert list(found.values()) == [f"{cut}-0.mp4"]
    assert len(failed) == 2, "the start of two prompts is the name of neither"


@pytest.mark.parametrize("text", ["a cat", LONG], ids=["short", "long"])
def test_a_request_without_a_file_costs_as_much_among_many(tmp_path: Path, text: str) -> None:
    def matched(count: int) -> int:
        folder = tmp_path / str(count)
        folder.mkdir()
        for one in range(count):
            (folder / f"{text} and {count + one}-0.mp4").write_bytes(b"a video")
        wanted = requests((f"{text} and {one}" for one in range(count + 1)), 1)
        return instructions(lambda: answers(wanted, folder))

    assert_linear(matched)


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (["names={prompt}_{index:02}", "spaces=_"], ["a_cat_00.mp4", "a_cat_01.mp4"]),
        (["names={prompt}/{index}", "first=1"], ["a cat/1.mp4", "a cat/2.mp4"]),
        (["names=seed{seed}"], [f"seed{seed_of(0, 'a cat', index)}.webm" for index in range(2)]),
        (["names={number:04}_{index}", "prompts=list.txt", "first=1"], ["0002_1.mp4", "0002_2.mp4"]),
    ],
)
def test_other_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], names: list[str]) -> None:
    monkeypatch.chdir(tmp_path)
    Path("list.txt").write_text("a dog\na cat\n")
    found, failed, _ = answers(requests(["a cat"]), place(tmp_path / "videos", *names), *options)
    assert list(found.values()) == names
    assert not failed


@pytest.mark.parametrize("form", ["csv", "csv without index", "json", "prompt file"])
def test_a_table_for_names_without_a_rule(tmp_path: Path, form: str) -> None:
    folder = place(tmp_path / "videos", "final.mp4", "final (2).mp4", "other.mp4")
    rows = [("final.mp4", "a cat, asleep", 0), ("final (2).mp4", "a cat, asleep", 1)]
    table = tmp_path / ("table.csv" if form.startswith("csv") else "table.json")
    table.write_text(
        {
            "csv": "file,prompt,index\n" + "".join(f'{file},"{text}",{index}\n' for file, text, index in rows),
            "csv without index": "file,prompt\n" + "".join(f'{file},"{text}"\n' for file, text, _ in rows),
            "json": json.dumps([dict(zip(("file", "prompt", "index"), row, strict=True)) for row in rows]),
            "prompt file": json.dumps({file: text for file, text, _ in rows}),
        }[form]
    )
    found, failed, generator = answers(requests(["a cat, asleep", "a dog"]), folder, f"table={table}")
    assert found == {"a cat, asleep-0.mp4": "final.mp4", "a cat, asleep-1.mp4": "final (2).mp4"}
    assert "a row of" in failed["a dog-0.mp4"]
    assert generator.leftovers == ("other.mp4",)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("file,prompt\nnone.mp4,a cat\n", "line 2: there is no file"),
        ("name,text\na.mp4,a cat\n", "line 2: expected a file and a prompt"),
        ("file,prompt,index\na.mp4,a cat,first\n", "line 2: index must be a number"),
        (f"file,prompt\na.mp4,{'x' * 140_000}\n", "line 2 is not CSV: field larger than"),
    ],
    ids=["no file", "other columns", "no number", "a cell without end"],
)
def test_a_table_that_cannot_be_used(tmp_path: Path, table: str, message: str) -> None:
    (tmp_path / "table.csv").write_text(table)
    with pytest.raises(UsageError, match=message):
        answers(requests(["a cat"]), place(tmp_path / "videos", "a.mp4"), f"table={tmp_path / 'table.csv'}")


def test_near_misses_are_named(tmp_path: Path) -> None:
    _, failed, _ = answers(requests(["a cat", "a dog"], 1), place(tmp_path, "A_Cat-0.mp4", "a dog-0.mp4"))
    assert failed["a cat-0.mp4"].endswith("there is A_Cat-0.mp4")


def test_two_different_files_are_refused_and_copies_are_not(tmp_path: Path) -> None:
    folder = place(tmp_path, "scene/alley-0.mp4", "color/alley-0.mp4", "scene/a cat-0.mp4")
    shutil.copy(folder / "scene/a cat-0.mp4", folder / "color/a cat-0.mp4")
    found, failed, generator = answers(requests(["alley", "a cat"], 1), folder)
    assert list(found) == ["a cat-0.mp4"]
    assert "different files match: color/alley-0.mp4, scene/alley-0.mp4" in failed["alley-0.mp4"]
    assert not generator.leftovers


def test_a_name_that_is_not_utf_8_is_told(tmp_path: Path) -> None:
    place(tmp_path / "caf\udce9", "a cat-0.mp4")
    found, failed, _ = answers(requests(["a cat"], 1), tmp_path)
    assert not found
    assert failed["a cat-0.mp4"].startswith(r"'caf\udce9/a cat-0.mp4' is no name in UTF-8")


def test_a_source_that_changed_is_no_source_of_its_copy(tmp_path: Path) -> None:
    folder = place(tmp_path / "videos", "a cat-0.mp4", "a cat-1.mp4")

    def copied(samples: int) -> int:
        plan = wanted_samples(prompts=["a cat"], samples=samples)
        return generate(catalogue.build(f"directory:{folder}"), plan, Settings(), tmp_path / "out").made

    assert copied(1) == 1
    shutil.copy(folder / "a cat-1.mp4", folder / "a cat-0.mp4")
    with pytest.raises(UsageError, match=r"a cat-0\.mp4 was made from another picture or clip than is given now"):
        copied(2)
    (folder / "a cat-0.mp4").unlink()
    assert copied(2) == 1, "what was copied needs no source any more"


def test_one_file_answers_one_request(tmp_path: Path) -> None:
    found, failed, _ = answers(requests(["a cat"]), place(tmp_path, "a cat.mp4"), "names={prompt}")
    assert not found
    assert "matches 2 requests" in failed["a cat-0.mp4"]


@pytest.mark.parametrize(
    ("names", "options", "message"),
    [
        (["x.mp4"], [], "None of the 1 videos .* 'a cat-0.mp4', found names such as 'x.mp4'"),
        ([], [], "holds no videos"),
        (["a cat-0.mp4"], ["names={promt}-{index}"], "is no rule for names; it may hold {prompt}"),
        (["a cat-0.mp4"], ["names={number}"], "number} with --option prompts=FILE"),
        (["a cat-0.mp4"], ["names={prompt"], "is no rule"),
        (["a cat-0.mp4"], ["prompts=none.txt"], "none.txt cannot be read"),
        (["a cat-0.mp4"], ["first=one"], "first must be a number"),
        (["a cat-0.mp4"], ["name=x"], "Its options: names=text, spaces=text"),
    ],
)
def test_what_cannot_work_is_refused(tmp_path: Path, names: list[str], options: list[str], message: str) -> None:
    (tmp_path / "videos").mkdir()
    with pytest.raises(UsageError, match=message):
        answers(requests(["a cat"]), place(tmp_path / "videos", *names), *options)


def test_folders_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "videos.zip").write_bytes(b"PK")
    with pytest.raises(UsageError, match="Unpack it first"):
        answers(requests(["a cat"]), tmp_path / "videos.zip")
    with pytest.raises(UsageError, match="needs the folder"):
        catalogue.build("directory")


def test_settings_are_refused() -> None:
    with pytest.raises(UsageError, match="no setting frames; it has none"):
        catalogue.build("directory:x").defaults.with_given(frames=3)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_generate_names_is_found_again(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    letters = 'aAbB ~-_.0123{}/\\:?*"<>|\n\u00e9e\u0301\u732b\U0001f408'
    texts = ["x" + "".join(draw.choices(letters, k=draw.choice([1, 3, 90, 250]))) for _ in range(12)]
    wanted = requests(texts, 2)
    for number, request in enumerate(wanted):
        (tmp_path / request.file).write_bytes(bytes([number]))
    generator = catalogue.build(f"directory:{tmp_path}")
    generator.prepare(wanted)
    for number, delivery in enumerate(generator.sample_all(wanted)):
        assert isinstance(delivery.video, Encoded), delivery.reason
        assert delivery.video.path.read_bytes() == bytes([number])
