"""Every entry of the tables imports and is what its name says."""

from __future__ import annotations

import logging
from importlib.metadata import EntryPoint
from typing import Any

import pytest
import torch

from vbench.benchmarks.base import Benchmark, DimensionSpec
from vbench.benchmarks.i2v import VBENCH_I2V
from vbench.benchmarks.registry import BENCHMARKS, implementation
from vbench.benchmarks.t2v import T2V
from vbench.benchmarks.trustworthiness import TRUSTWORTHINESS
from vbench.dimensions.backbones.base import Backbone
from vbench.dimensions.base import Dimension
from vbench.dimensions.profiles import BACKBONES, profile, profiles
from vbench.errors import PluginError, UsageError
from vbench.generators.synthetic.dials import NAMES as DIALS
from vbench.provenance import machine
from vbench.registry import Registry
from vbench.runs.evaluators import Evaluators
from vbench.weights import cards

SPECS = [(benchmark, spec) for benchmark in (T2V, VBENCH_I2V, TRUSTWORTHINESS) for spec in benchmark.specs]


@pytest.mark.parametrize(("benchmark", "spec"), SPECS, ids=[f"{one.name} {spec.name}" for one, spec in SPECS])
def test_dimensions(benchmark: Benchmark, spec: DimensionSpec) -> None:
    found = implementation(spec)
    assert issubclass(found, Dimension)
    assert found.name == spec.name
    assert found.title
    assert found.meaning
    assert set(found.roles) <= set(profile("official").roles)
    own = found.__mro__[: found.__mro__.index(Dimension)]
    assert spec.together == any({"of_prompt", "group_of"} & vars(kind).keys() for kind in own)
    assert spec.dial in ("", *DIALS)
    read = Evaluators(profile("official"), torch.device("cpu"), benchmark=benchmark).checkpoints(spec.name)
    assert list(spec.checkpoints) == [file for file in read if file != "bert_vocabulary"]


@pytest.mark.parametrize("name", BACKBONES.builtin)
def test_backbones(name: str) -> None:
    found = BACKBONES.get(name)
    assert issubclass(found, Backbone)
    assert found.name == name
    assert set(found.checkpoints) <= set(cards.CHECKPOINTS)


@pytest.mark.parametrize("name", profiles())
def test_profiles_name_backbones_that_exist(name: str) -> None:
    assert set(profile(name).roles.values()) <= set(BACKBONES.names())


@pytest.mark.parametrize("name", profiles())
def test_a_record_tells_the_arithmetic_of_its_profile(name: str) -> None:
    reduced = {end for role in profile(name).roles.values() for end in ("float16", "tf32") if role.endswith(end)}
    told = machine(torch.device("cpu"), profile(name).arithmetic)["dtype"]
    assert {end for end in ("float16", "tf32") if end in told.lower()} == reduced


@pytest.mark.parametrize("name", BENCHMARKS.builtin)
def test_benchmarks_hold_together(name: str) -> None:
    benchmark = BENCHMARKS.get(name)
    names = [spec.name for spec in benchmark.specs]
    assert benchmark.name == name
    assert len(set(names)) == len(names)
    assert {spec.part for spec in benchmark.rules.values()} == ({part.name for part in benchmark.parts} or {""})
    for spec in benchmark.specs:
        assert spec.minimum < spec.maximum
        assert spec.judges in ("", spec.name, *benchmark.rules), "it judges beside what is in the protocol, or itself"
        assert spec.traded_for in ("", *names)


def brought(monkeypatch: pytest.MonkeyPatch, *entries: EntryPoint, builtin: dict[str, str] | None = None) -> Any:
    monkeypatch.setattr("vbench.registry.entry_points", lambda group: list(entries))
    base = "vbench.dimensions.base:Dimension"
    registry: Registry[type[Dimension]] = Registry("dimension", builtin or {}, "vbench.dimensions", base)
    return registry


def test_plug_ins_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = brought(monkeypatch, EntryPoint("brightness", "tests.toys:Brightness", "vbench.dimensions"))
    assert registry.get("brightness").name == "brightness"


def test_a_name_of_ours_stays_ours(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    twice = EntryPoint("scene", "elsewhere:Scene", "vbench.dimensions")
    registry = brought(monkeypatch, twice, builtin={"scene": "vbench.dimensions.scene:Scene"})
    with caplog.at_level(logging.WARNING):
        assert registry.get("scene").__module__ == "vbench.dimensions.scene"
    assert "The dimension scene is claimed by vbench-suite and elsewhere: that of vbench-suite is used." in caplog.text


def test_a_name_that_two_packages_claim_is_neithers(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    entries = [EntryPoint(name, f"{where}:X", "vbench.dimensions") for name, where in (("x", "one"), ("x", "two"))]
    registry = brought(monkeypatch, *entries, EntryPoint("brightness", "tests.toys:Brightness", "vbench.dimensions"))
    with caplog.at_level(logging.WARNING):
        assert registry.names() == ["brightness"]
    assert "The dimension x is claimed by one and two: none is used." in caplog.text
    with pytest.raises(UsageError, match="no dimension named 'x'"):
        registry.get("x")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("no_such_module:X", "No module named 'no_such_module'"),
        ("tests.toys:NoSuchClass", "has no attribute 'NoSuchClass'"),
        ("tests.toys:Scale", "expected a subclass of Dimension"),
        ("tests.toys:note_call", "expected a subclass of Dimension"),
    ],
)
def test_a_broken_entry_is_named_with_its_package(value: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = brought(monkeypatch, EntryPoint("mine", value, "vbench.dimensions"))
    with pytest.raises(PluginError, match=rf"The dimension mine of the package .* is broken: .*{reason}"):
        registry.get("mine")
    assert dict(registry.brought()) == {}
