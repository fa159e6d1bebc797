"""The prompts that ship here: structure of the protocol, facts that the scorers can use, names that disks can hold."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import pytest

import vbench.dimensions
import vbench.prompts
from vbench.prompts.sampling_plan import file_stems
from vbench.prompts.suite import Prompt, read_category, read_suite

DATA = Path(vbench.prompts.__file__ or "").parent / "data"
DIMENSIONS_DATA = Path(vbench.dimensions.__file__ or "").parent / "data"

OPEN = read_suite(DATA / "open.json").prompts
MINI = read_suite(DATA / "mini.json").prompts
CATEGORIES = {path.stem: path.read_text("utf-8").splitlines() for path in sorted((DATA / "categories").glob("*.txt"))}

GROUPS = {
    ("subject_consistency", "dynamic_degree", "motion_smoothness"): 72,
    ("scene", "background_consistency"): 86,
    ("overall_consistency", "aesthetic_quality", "imaging_quality"): 93,
    ("temporal_flickering",): 75,
    ("object_class",): 79,
    ("multiple_objects",): 82,
    ("human_action",): 100,
    ("color",): 85,
    ("spatial_relationship",): 84,
    ("temporal_style",): 100,
    ("appearance_style",): 90,
}
PATTERNED = {"human_action", "color", "spatial_relationship"}
"""Dimensions whose prompts share their words by design."""

NEED_FACTS = {"scene", "object_class", "multiple_objects", "color", "spatial_relationship", "appearance_style"}

SAYS = {
    "on the left of": r"\bleft of\b",
    "on the right of": r"\bright of\b",
    "on the top of": r"\b(on top of|above)\b",
    "on the bottom of": r"\b(below|beneath|under|underneath|at the bottom of)\b",
}
"""How a prompt may put a relation."""

TEMPORAL_STYLES = (
    r"slow motion",
    r"time-lapse",
    r"\bzoom(s|ing)? in\b",
    r"\bzoom(s|ing)? out\b",
    r"\bpan(s|ning)? left\b",
    r"\bpan(s|ning)? right\b",
    r"\btilt(s|ing)? up\b",
    r"\btilt(s|ing)? down\b",
    r"\brack(s|ing)? focus\b|\bfocus racks\b",
    r"\b(shaky|shakes|shaking|handheld)\b",
)

RESERVED = re.compile(r'[/\\:*?"<>|]')
LONGEST = 180
"""Bytes of a prompt in UTF-8, so that an index and a suffix still fit beside it."""


def vocabulary(name: str) -> list[str]:
    return (DATA / "vocabulary" / name).read_text("utf-8").splitlines()


def kinetics() -> set[str]:
    return set((DIMENSIONS_DATA / "kinetics_400.txt").read_text("utf-8").splitlines())


def of(dimension: str) -> list[Prompt]:
    return [prompt for prompt in OPEN if dimension in prompt.dimensions]


def folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def repeated(texts: Iterable[str]) -> list[str]:
    return [text for text, times in Counter(map(folded, texts)).items() if times > 1]


def mentions(text: str, words: str) -> bool:
    return re.search(rf"\b{re.escape(words)}\b", text.casefold()) is not None


def overused_starts(texts: Iterable[str]) -> list[str]:
    """First three words of more than two texts."""
    starts = Counter(" ".join(folded(text).split()[:3]) for text in texts)
    return [start for start, times in starts.items() if times > 2]


def test_the_groups_have_the_size_and_the_sharing_of_the_protocol() -> None:
    assert Counter(prompt.dimensions for prompt in OPEN) == GROUPS


def test_every_text_is_there_once() -> None:
    everything = [prompt.text for prompt in OPEN] + [text for texts in CATEGORIES.values() for text in texts]
    assert repeated(everything) == []


def test_facts_are_there_for_the_dimensions_that_need_them_and_for_no_other() -> None:
    for prompt in OPEN:
        assert set(prompt.facts) == NEED_FACTS & set(prompt.dimensions), prompt.text


@pytest.mark.parametrize(
    ("name", "size"), [("coco_objects", 80), ("colors", 9), ("relations", 4), ("scenes", 86), ("styles", 10)]
)
def test_vocabularies_have_no_blanks_and_no_repeats(name: str, size: int) -> None:
    words = vocabulary(f"{name}.txt")
    assert len(words) == size
    assert repeated(words) == []
    assert all(word == folded(word) for word in words if name != "styles")
    assert all(words)


def test_objects_are_coco_classes_that_the_prompt_names() -> None:
    facts = [prompt.facts["object_class"] for prompt in of("object_class")]
    assert all(set(fact) == {"object"} for fact in facts)
    objects = [fact["object"] for fact in facts]
    assert repeated(objects) == []
    assert set(objects) <= set(vocabulary("coco_objects.txt"))
    for prompt, name in zip(of("object_class"), objects, strict=True):
        assert mentions(prompt.text, name), prompt.text


def test_pairs_are_two_coco_classes_that_the_prompt_names() -> None:
    known = set(vocabulary("coco_objects.txt"))
    pairs = []
    for prompt in of("multiple_objects"):
        (key,) = prompt.facts["multiple_objects"]
        assert key == "object"
        pair = prompt.facts["multiple_objects"]["object"].split(" and ")
        assert len(pair) == len(set(pair)) == 2, prompt.text
        assert set(pair) <= known, prompt.text
        assert all(mentions(prompt.text, name) for name in pair), prompt.text
        pairs.append(" and ".join(sorted(pair)))
    assert repeated(pairs) == []


def test_a_color_prompt_without_articles_and_color_is_a_coco_class() -> None:
    known, colors = set(vocabulary("coco_objects.txt")), vocabulary("colors.txt")
    seen: Counter[str] = Counter()
    for prompt in of("color"):
        fact = prompt.facts["color"]
        assert set(fact) == {"color"}
        color = fact["color"]
        assert color in colors
        assert prompt.text.replace("a ", "").replace("an ", "").replace(color, "").strip() in known, prompt.text
        article = "an" if color[0] in "aeiou" else "a"
        assert prompt.text.startswith(f"{article} {color} "), prompt.text
        seen[color] += 1
    assert set(seen) == set(colors)
    assert max(seen.values()) - min(seen.values()) <= 1


def test_relations_hold_between_two_coco_classes_in_the_order_of_the_prompt() -> None:
    known, relations = set(vocabulary("coco_objects.txt")), vocabulary("relations.txt")
    assert set(relations) == set(SAYS)
    seen: Counter[str] = Counter()
    for prompt in of("spatial_relationship"):
        fact = prompt.facts["spatial_relationship"]["spatial_relationship"]
        assert set(fact) == {"object_a", "object_b", "relationship"}
        first, second, relation = fact["object_a"], fact["object_b"], fact["relationship"]
        assert first != second
        assert {first, second} <= known, prompt.text
        named = re.search(rf"\b{first}\b(.*)\b{second}\b", prompt.text.casefold())
        assert named, prompt.text
        said = [phrase for phrase, form in SAYS.items() if re.search(form, named[1])]
        assert said == [relation], prompt.text
        seen[relation] += 1
    assert set(seen.values()) == {21}


def test_a_relation_is_asked_of_the_same_objects_only_once() -> None:
    facts = [prompt.facts["spatial_relationship"]["spatial_relationship"] for prompt in of("spatial_relationship")]
    assert len({tuple(sorted(fact.items())) for fact in facts}) == len(facts)


def test_scenes_are_words_that_the_prompt_has() -> None:
    scenes = []
    for prompt in of("scene"):
        assert set(prompt.facts["scene"]) == {"scene"}
        assert set(prompt.facts["scene"]["scene"]) == {"scene"}
        scenes.append(prompt.facts["scene"]["scene"]["scene"])
        assert all(word in prompt.text.casefold() for word in scenes[-1].split()), prompt.text
    assert sorted(scenes) == vocabulary("scenes.txt")


def test_scenes_are_tags_that_the_captioner_knows() -> None:
    assert set(vocabulary("scenes.txt")) <= set(json.loads((DIMENSIONS_DATA / "tag2text_tags.json").read_text("utf-8")))


def test_appearance_styles_are_in_the_prompt_and_equally_many() -> None:
    styles = []
    for prompt in of("appearance_style"):
        assert set(prompt.facts["appearance_style"]) == {"appearance_style"}
        styles.append(prompt.facts["appearance_style"]["appearance_style"])
        assert prompt.text.endswith(styles[-1]), prompt.text
    assert Counter(styles) == dict.fromkeys(vocabulary("styles.txt"), 9)


def test_any_two_appearance_styles_share_one_content() -> None:
    contents: dict[str, set[str]] = {}
    for prompt in of("appearance_style"):
        content = prompt.text.rpartition(", ")[0]
        contents.setdefault(content, set()).add(prompt.facts["appearance_style"]["appearance_style"])
    pairs = [tuple(sorted(styles)) for styles in contents.values()]
    assert {len(pair) for pair in pairs} == {2}
    assert len(set(pairs)) == len(pairs) == 45


def test_every_temporal_prompt_has_one_of_ten_styles() -> None:
    seen: Counter[str] = Counter()
    for prompt in of("temporal_style"):
        found = [style for style in TEMPORAL_STYLES if re.search(style, prompt.text.casefold())]
        assert len(found) == 1, prompt.text
        seen[found[0]] += 1
    assert seen == dict.fromkeys(TEMPORAL_STYLES, 10)


def test_every_action_is_a_label_of_the_classifier() -> None:
    labels = []
    for prompt in of("human_action"):
        before, _, label = prompt.text.casefold().rpartition("person is ")
        assert before.endswith("a "), prompt.text
        labels.append(label)
    assert set(labels) <= kinetics()
    assert repeated(labels) == []


def test_action_prompts_survive_the_cuts_that_the_reference_makes_in_file_names() -> None:
    assert [prompt.text for prompt in of("human_action") if set(prompt.text) & set("-_")] == []


@pytest.mark.parametrize("texts", [[prompt.text for prompt in OPEN], *CATEGORIES.values()], ids=["open", *CATEGORIES])
def test_every_prompt_can_be_a_file_name(texts: list[str]) -> None:
    for text in texts:
        assert text.isascii(), text
        assert text.isprintable(), text
        assert text == " ".join(text.split()).strip("."), text
        assert not RESERVED.search(text), text
        assert not re.search(r"-\d+$", text), f"{text}: would read as the index of a sample"
        assert len(text.encode()) <= LONGEST, text
    assert file_stems(texts) == {text: text for text in texts}


def test_prompts_are_short_sentences() -> None:
    texts = [prompt.text for prompt in OPEN if prompt.dimensions != ("color",)]
    texts += [text for prompts in CATEGORIES.values() for text in prompts]
    lengths = [len(text.split()) for text in texts]
    assert min(lengths) >= 4
    assert max(lengths) <= 25
    assert sum(5 <= length <= 12 for length in lengths) > 0.8 * len(lengths)


@pytest.mark.parametrize("group", [group for group in GROUPS if not PATTERNED & set(group)], ids="-".join)
def test_prompts_of_a_group_do_not_start_alike(group: tuple[str, ...]) -> None:
    assert overused_starts(prompt.text for prompt in OPEN if prompt.dimensions == group) == []


def test_the_eight_categories_have_a_hundred_prompts_each() -> None:
    assert {name: len(texts) for name, texts in CATEGORIES.items()} == dict.fromkeys(
        ("animal", "architecture", "food", "human", "lifestyle", "plant", "scenery", "vehicles"), 100
    )
    for name, texts in CATEGORIES.items():
        assert [prompt.text for prompt in read_category(DATA / "categories" / f"{name}.txt").prompts] == texts


@pytest.mark.parametrize("name", CATEGORIES)
def test_prompts_of_a_category_differ_from_their_first_words_on(name: str) -> None:
    texts = sorted(map(folded, CATEGORIES[name]))
    assert [first for first, second in pairwise(texts) if second.startswith(first)] == []
    assert overused_starts(texts) == []


def test_mini_covers_every_dimension_twice_and_every_category() -> None:
    assert 36 <= len(MINI) <= 44
    assert repeated(prompt.text for prompt in MINI) == []
    times = Counter(dimension for prompt in MINI for dimension in prompt.dimensions)
    assert set(times) == {dimension for group in GROUPS for dimension in group}
    assert min(times.values()) >= 2
    assert {prompt.category for prompt in MINI} - {""} == set(CATEGORIES)


def test_mini_is_a_part_of_the_open_suite() -> None:
    whole = {prompt.text: (prompt.dimensions, prompt.facts) for prompt in OPEN}
    assert all(whole[prompt.text] == (prompt.dimensions, prompt.facts) for prompt in MINI)


@pytest.mark.parametrize("name", ["open", "mini"])
def test_a_suite_file_has_a_prompt_a_line(name: str) -> None:
    lines = (DATA / f"{name}.json").read_text("utf-8").splitlines()
    assert (lines[0], lines[-1]) == ("[", "]")
    assert len(lines) - 2 == len(read_suite(DATA / f"{name}.json"))
    assert all(line.startswith('{"prompt_en": ') and line.rstrip(",").endswith("}") for line in lines[1:-1])
