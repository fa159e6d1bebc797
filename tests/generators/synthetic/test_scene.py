from __future__ import annotations

import pytest

from vbench.generators.synthetic.scene import COLORS, read_scene
from vbench.prompts.library import DATA, suite


def test_colours_belong_to_their_objects() -> None:
    bus, kite = read_scene("a red bus below a yellow kite", 0).things
    assert (bus.name, bus.color) == ("bus", COLORS["red"])
    assert (kite.name, kite.color) == ("kite", COLORS["yellow"])
    (orange,) = read_scene("an orange", 0).things
    assert orange.name == "subject"


@pytest.mark.parametrize(
    ("prompt", "axis", "sign"),
    [
        ("a dog on the left of a bench", 0, -1),
        ("a dog on the right of a bench", 0, 1),
        ("a dog on the top of a bench", 1, -1),
        ("a dog above a bench", 1, -1),
        ("a dog below a bench", 1, 1),
        ("a dog beside a bench", 0, -1),
    ],
)
def test_relations_place_the_first_thing_where_they_say(prompt: str, axis: int, sign: int) -> None:
    dog, bench = read_scene(prompt, 3).things
    assert (dog.name, bench.name) == ("dog", "bench")
    assert (dog.place[axis] - bench.place[axis]) * sign > 0
    assert dog.place[1 - axis] == bench.place[1 - axis]


def test_longer_words_hide_shorter_ones() -> None:
    assert [thing.name for thing in read_scene("a baseball bat near two traffic lights", 0).things] == [
        "baseball bat",
        "traffic light",
    ]


def test_camera_and_pace() -> None:
    assert read_scene("pan left over a lake", 0).camera == (-1, 0, 0)
    assert read_scene("zoom in on a tent", 0).camera == (0, 0, 1)
    assert read_scene("a motionless pond", 0).speed == 0
    slow, usual, fast = (read_scene(f"a car{pace}", 5).speed for pace in (", slow motion", "", ", time-lapse"))
    assert 0 < slow < usual < fast


def test_the_same_prompt_and_seed_give_the_same_scene() -> None:
    assert read_scene("a cat", 1) == read_scene("a cat", 1) != read_scene("a cat", 2)


def test_every_shipped_prompt_is_a_scene() -> None:
    for prompt in suite("open", DATA):
        scene = read_scene(prompt.text, 0)
        assert 1 <= len(scene.things) <= 2
        if color := prompt.facts.get("color"):
            assert scene.things[0].color == COLORS[color["color"]], prompt.text
