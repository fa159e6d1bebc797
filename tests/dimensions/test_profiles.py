"""Every entry of the tables imports and is what its name says."""

from __future__ import annotations

import pytest

from vbench.benchmarks.score_card import RULES
from vbench.dimensions.backbones.base import Backbone
from vbench.dimensions.base import Dimension
from vbench.dimensions.profiles import BACKBONES, DIMENSIONS, PROFILES
from vbench.errors import UsageError
from vbench.registry import Registry
from vbench.runs.plan import ON_REQUEST
from vbench.weights import cards


@pytest.mark.parametrize("name", DIMENSIONS.builtin)
def test_dimensions(name: str) -> None:
    found = DIMENSIONS.get(name)
    assert issubclass(found, Dimension)
    assert found.name == name
    assert found.title
    assert found.meaning
    if name in RULES:
        assert found.family.value == RULES[name].side
    assert set(found.roles) <= set(PROFILES["official"].roles)


@pytest.mark.parametrize("name", BACKBONES.builtin)
def test_backbones(name: str) -> None:
    found = BACKBONES.get(name)
    assert issubclass(found, Backbone)
    assert found.name == name
    assert set(found.checkpoints) <= set(cards.CHECKPOINTS)


@pytest.mark.parametrize("name", PROFILES)
def test_profiles_name_backbones_that_exist(name: str) -> None:
    assert set(PROFILES[name].roles.values()) <= set(BACKBONES.names())


def test_every_dimension_of_the_protocol_is_there() -> None:
    assert set(DIMENSIONS.builtin) == {*RULES, *ON_REQUEST}


def test_what_is_outside_the_protocol_is_never_ranked() -> None:
    assert not set(ON_REQUEST) & set(RULES)
    assert set(ON_REQUEST.values()) <= set(RULES)


def test_a_name_is_taken_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib.metadata import EntryPoint

    twice = EntryPoint("scene", "elsewhere:Scene", "vbench.dimensions")
    monkeypatch.setattr("vbench.registry.entry_points", lambda group: [twice])
    registry: Registry[Dimension] = Registry("dimension", {"scene": "here:Scene"}, "vbench.dimensions")
    with pytest.raises(UsageError, match="'scene' is registered twice: here:Scene and elsewhere:Scene"):
        registry.names()


def test_plug_ins_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib.metadata import EntryPoint

    extra = EntryPoint("brightness", "tests.toys:Brightness", "vbench.dimensions")
    monkeypatch.setattr("vbench.registry.entry_points", lambda group: [extra])
    registry: Registry[Dimension] = Registry("dimension", {}, "vbench.dimensions")
    assert registry.get("brightness").name == "brightness"
