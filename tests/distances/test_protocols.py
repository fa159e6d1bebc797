"""Protocols are data: what they say, what moves their digest, how a setting is told."""

from __future__ import annotations

import pytest

from vbench.distances.metrics import METRICS, metric_named, resolved
from vbench.distances.protocols import PROTOCOLS, differences, protocol_named, read_settings, with_settings
from vbench.errors import UsageError


def test_published_protocols_are_what_their_authors_ran() -> None:
    latte, stylegan, debiased = (protocol_named(name) for name in ("latte-fvd2048-16f", "stylegan-v", "cd-fvd"))
    assert (latte.stride_real, latte.stride_generated) == (3, 1)
    assert (latte.start_real, latte.start_generated, latte.samples_real) == ("random", "first", 2048)
    assert {one.divisor for one in (latte, stylegan, debiased)} == {"n"}
    assert (latte.coding, stylegan.coding, debiased.coding) == ("jpeg-75", "jpeg-75", "")
    assert (latte.choice, stylegan.choice) == ("random", "first")
    assert (latte.network, debiased.network) == ("i3d_kinetics_400", "videomae_v2_g_ssv2")
    assert "Taichi-HD with stride_real=6" in latte.note


def test_every_protocol_fits_each_of_its_metrics() -> None:
    digests = set()
    for protocol in PROTOCOLS.values():
        for name in protocol.metrics:
            whole = resolved(protocol, METRICS[name])
            assert whole.network
            assert whole.resizing
            assert whole.frames == (1 if METRICS[name].of_frames else 16)
            assert resolved(whole, METRICS[name]) == whole
        digests.add(protocol.digest)
    assert len(digests) == len(PROTOCOLS)


def test_the_digest_is_that_of_the_settings_whatever_the_name() -> None:
    taichi = with_settings(protocol_named("latte-fvd2048-16f"), {"stride_real": "6"})
    assert taichi.name == "latte-fvd2048-16f:stride_real=6"
    assert taichi.digest != protocol_named("latte-fvd2048-16f").digest
    assert differences(taichi.plain(), protocol_named("latte-fvd2048-16f").plain()) == ["stride_real 6 and 3"]
    back = with_settings(taichi, {"stride_real": 3})
    assert back.digest == protocol_named("latte-fvd2048-16f").digest
    assert with_settings(back, {}) is back


def test_what_a_metric_never_asks_makes_no_difference() -> None:
    other = with_settings(protocol_named("free"), {"splits": 5, "shuffle": 2020, "subset_size": 7})
    assert resolved(other, metric_named("fvd")).digest == resolved(protocol_named("free"), metric_named("fvd")).digest
    assert resolved(other, metric_named("is")).splits == 5


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"stride": 2}, "no setting named 'stride' of a protocol. Did you mean stride_real"),
        ({"stride_real": "two"}, "stride_real must be a whole number, found 'two'"),
        ({"stride_real": 0}, "stride_real must be 1 at least, found 0"),
        ({"start_real": "middle"}, "start_real must be every or first or random, found 'middle'"),
        ({"coding": "png"}, "coding must be none or jpeg-75, found 'png'"),
    ],
)
def test_a_wrong_setting_is_refused(settings: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        with_settings(protocol_named("free"), settings)


@pytest.mark.parametrize(
    ("metric", "settings", "said"),
    [
        ("fvd", {"frames": 8}, "i3d_kinetics_400 sees windows of 9 or more frames, found frames=8"),
        ("fvd", {"network": "videomae_v2_g_ssv2", "frames": 32}, "sees windows of 16 frames, found frames=32"),
        ("fvd", {"network": "inception_2015_12_05"}, "sees windows of 1 frames, found frames=16"),
        ("fid", {"frames": 2}, "fid compares single frames: frames must be 1, found 2"),
        ("fid", {"network": "i3d_kinetics_400"}, "sees windows of 9 or more frames, found frames=1"),
        ("isv", {"network": "videomae_v2_g_ssv2"}, "needs a network with classes"),
        ("fvd", {"network": "i3d"}, "no network of distances named 'i3d'. Known: i3d_kinetics_400"),
        ("fvd", {"network": "raft_things"}, "no network of distances named 'raft_things'"),
        ("fvd", {"resizing": "bicubic"}, "no way of resizing named 'bicubic'"),
        ("fvd", {"size": 256}, "fit and size go together"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(metric: str, settings: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        resolved(with_settings(protocol_named("free"), settings), metric_named(metric))


def test_a_protocol_of_videos_defines_nothing_of_frames() -> None:
    with pytest.raises(UsageError, match=r"latte-fvd2048-16f defines fvd, kvd and not fid. Use --protocol free"):
        resolved(protocol_named("latte-fvd2048-16f"), metric_named("fid"))
    with pytest.raises(UsageError, match="Did you mean stylegan-v"):
        protocol_named("styleganv")


def test_settings_of_a_command_line() -> None:
    assert read_settings(["stride-real=6", " fit = none"]) == {"stride_real": "6", "fit": "none"}
    with pytest.raises(UsageError, match="--set takes NAME=VALUE"):
        read_settings(["6"])
