"""Networks of distances against the features of the reference, and distances of its clips."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

import vbench
from tests.parity.checkpoint_cache import manifest, seeded_state
from tests.parity.conftest import SEEDED_CACHE, clip
from tests.parity.figures import reference, seeded
from vbench.dimensions.backbones.base import WindowEmbedder
from vbench.dimensions.backbones.i3d import I3D, I3DOfPorts, in_the_archive
from vbench.dimensions.backbones.inception_2015 import Inception2015
from vbench.dimensions.backbones.videomae import VideoMAE
from vbench.distances.frechet import frechet, moments
from vbench.distances.inception_score import inception_scores
from vbench.distances.kernels import cubic, discrepancy, in_subsets
from vbench.media.video import Video
from vbench.parity import seeded as kit
from vbench.parity.checkpoints import save

pytestmark = pytest.mark.parity

FRAMES = reference("distance_frames")
I3D_FIGURES = reference("distance_videos_i3d")
VIDEOMAE = reference("distance_videos_videomae")

Features = Mapping[str, NDArray[np.float32]]

FLOATING = 2e-3
"""The kit's bound, relatively, for distances of float32 features."""


def window(place: str, frames: int) -> Tensor:
    """``shared/clip@start`` as ``(1, frames, 3, H, W)`` uint8."""
    name, _, start = place.removeprefix("shared/").partition("@")
    first = int(start or 0)
    return Video(clip(name)).frames(range(first, first + frames))[None]


def looked(network: WindowEmbedder, windows: Tensor, resizing: str = "") -> dict[str, NDArray[np.float32]]:
    found = network.look(windows, resizing or network.resizing)
    return {layer: values.numpy() for layer, values in found.items()}


def near(figures: Iterable[float], place: str, yuv: float = 2e-3) -> Any:
    return pytest.approx(list(figures), abs=yuv if "_yuv" in place else 1e-4)


# Frames ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def inception() -> Inception2015:
    return seeded(Inception2015)


@pytest.fixture(scope="module")
def frames(inception: Inception2015) -> dict[str, Features]:
    """Features of every frame of the clips that the lossless group needs, and of the ends of the others."""
    found: dict[str, Features] = {}
    for place, figures in FRAMES["clips"].items():
        video = Video(clip(place.removeprefix("shared/")))
        whole = place in LOSSLESS
        chosen = range(figures["frames"]) if whole else (0, figures["frames"] - 1)
        found[place] = looked(inception, video.frames(list(chosen))[:, None])
    return found


LOSSLESS = {f"shared/{name}" for side in ("real", "generated") for _, name in FRAMES["groups"]["rgb_only"][side]}


@pytest.mark.parametrize("place", FRAMES["clips"])
def test_inception_features_and_classes(frames: dict[str, Features], place: str) -> None:
    figures, found = FRAMES["clips"][place], frames[place]
    largest = figures["feature_mean_first8"][0]  # the kit's bound is relative to the largest feature
    bound = {"abs": (1e-3 if "_yuv" in place else 1e-4) * largest}
    assert found["pool"][0, :8].tolist() == pytest.approx(figures["frame0_feature_first8"], **bound)
    assert found["pool"][-1, :8].tolist() == pytest.approx(figures["last_frame_feature_first8"], **bound)
    assert found["logits"][0, :8].tolist() == pytest.approx(figures["frame0_logits_unbiased_first8"], abs=4e-3)
    assert int(found["logits"][0].argmax()) == figures["frame0_argmax"]
    norms = np.linalg.norm(found["pool"], axis=1)
    assert [norms[0], norms[-1]] == pytest.approx([figures["feature_norm_per_frame"][at] for at in (0, -1)], rel=2e-4)


@pytest.mark.parametrize("variant", FRAMES["resize_variants"])
def test_inception_after_other_ways_of_resizing(inception: Inception2015, variant: str) -> None:
    place, _, resizing = variant.rpartition("/")
    found = looked(inception, window(place, 1), resizing)["pool"]
    figures = FRAMES["resize_variants"][variant]["frame0_feature_first8"]
    assert found[0, :8].tolist() == pytest.approx(figures, abs=2e-3 if "_yuv" in place else 3e-4)


def test_distances_of_frames(frames: dict[str, Features]) -> None:
    figures = FRAMES["groups"]["rgb_only"]
    real, generated = (
        {
            layer: np.concatenate([frames[f"shared/{name}"][layer] for _, name in figures[side]])
            for layer in ("pool", "logits")
        }
        for side in ("real", "generated")
    )
    assert [len(real["pool"]), len(generated["pool"])] == figures["frames"]
    for freedom, expected in ((1, figures["fid"]["fd"]), (0, figures["fid_ddof0"])):
        found = frechet(moments(real["pool"], freedom), moments(generated["pool"], freedom))
        assert found.distance == pytest.approx(expected, rel=FLOATING)
    kid = discrepancy(real["pool"], generated["pool"], cubic, unbiased=True)
    assert kid == pytest.approx(figures["kid_all_pairs"], rel=FLOATING)
    drawn = figures["kid_torch_fidelity"]
    subsets = in_subsets(real["pool"], generated["pool"], drawn["subsets"], drawn["size"], drawn["rng_seed"])
    assert np.mean(subsets) == pytest.approx(drawn["mean"], rel=FLOATING)
    assert np.std(subsets) == pytest.approx(drawn["std"], rel=FLOATING)
    for splits, expected in figures["is_generated"].items():
        found_scores = inception_scores(generated["logits"], int(splits))
        assert found_scores == pytest.approx(expected["per_split"], rel=FLOATING)
    shuffled = figures["is_torch_fidelity_shuffled"]
    scores = inception_scores(generated["logits"], shuffled["splits"], shuffled["rng_seed"])
    assert np.mean(scores) == pytest.approx(shuffled["mean"], rel=FLOATING)


# Videos ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def i3d() -> I3D:
    return seeded(I3D)


@pytest.fixture(scope="module")
def windows(i3d: I3D) -> dict[str, NDArray[np.float32]]:
    return {place: looked(i3d, window(place, 16))["logits"][0] for place in I3D_FIGURES["windows"]}


@pytest.mark.parametrize("place", I3D_FIGURES["windows"])
def test_i3d_classes(windows: dict[str, NDArray[np.float32]], place: str) -> None:
    figures = I3D_FIGURES["windows"][place]
    assert windows[place][:8].tolist() == near(figures["logits_first8"], place, 5e-3)
    assert int(windows[place].argmax()) == figures["argmax"]


@pytest.mark.parametrize("group", I3D_FIGURES["groups"])
def test_distances_of_videos(windows: dict[str, NDArray[np.float32]], group: str) -> None:
    figures = I3D_FIGURES["groups"][group]
    real, generated = (
        np.stack([windows[f"{owner}/{name}@{start}"] for owner, name, start in figures[side]])
        for side in ("real", "generated")
    )
    expected = figures["direct_eps_1e-3"]
    for freedom in (0, 1):
        (terms,) = (terms for name, terms in expected.items() if name.startswith(f"ddof{freedom}"))
        found = frechet(moments(real, freedom), moments(generated, freedom))
        assert found.distance == pytest.approx(terms["fd"], rel=1e-3)
        assert found.mean_term == pytest.approx(terms["mean_term"], rel=1e-3)
        assert found.trace_root == pytest.approx(terms["trace_sqrt"], rel=1e-3)
    kvd = discrepancy(real, generated, cubic, unbiased=True)
    assert kvd == pytest.approx(expected["kernel_video_distance_all_pairs_unbiased"], rel=2e-3)


def test_i3d_with_another_epsilon_another_crop_and_fewer_frames(i3d: I3D) -> None:
    place = "shared/pan_wide_rgb@0"
    figures = I3D_FIGURES["windows"][place]
    of_ports = looked(seeded(I3DOfPorts), window(place, 16))["logits"][0]
    assert of_ports[:8].tolist() == near(figures["logits_first8_eps_1e-5"], place)
    cropped = looked(i3d, window(place, 16), "crop")["logits"][0]
    assert cropped[:8].tolist() == near(figures["logits_first8_crop"], place)
    ten = looked(i3d, window(place, 10))["logits"][0]
    assert ten[:8].tolist() == near(I3D_FIGURES["ten_frames"][place]["logits_first8"], place)


def test_from_folders_to_a_figure_with_a_file_that_is_not_the_published_one(
    i3d: I3D, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VBENCH_CACHE_DIR", str(SEEDED_CACHE))
    for side, names in (("real", ("still_rgb", "pan_wide_rgb")), ("made", ("fast_square_rgb", "flicker_yuv"))):
        (tmp_path / side).mkdir()
        for name in names:
            (tmp_path / side / f"{name}.mp4").symlink_to(clip(name))
    found = vbench.distance(
        tmp_path / "real", tmp_path / "made", protocol="stylegan-v", features=tmp_path / "store", device="cpu"
    )
    assert found.value > 0
    assert found.interval is None
    told = " ".join(found.notes)
    assert "i3d_pretrained_400.pt is not the published file of i3d_kinetics_400" in told
    assert "2,048 real videos are asked for and 2 were used" in told
    assert "2 windows are few for 400 features" in told
    assert "No interval: parts of 2 videos say nothing" in told


def test_both_publications_of_i3d_are_one_network(i3d: I3D, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = {in_the_archive(key): value for key, value in seeded_state("i3d_kinetics_400").items()}
    counters = {
        f"{key.removesuffix('weight')}num_batches_tracked": torch.tensor(7) for key in state if "batch3d.w" in key
    }
    (tmp_path / "i3d_model").mkdir()
    save({**state, **counters}, tmp_path / "i3d_model" / "i3d_torchscript.pt", torchscript=True)
    monkeypatch.setenv("VBENCH_CACHE_DIR", str(tmp_path))
    archive = I3D.load(torch.device("cpu"))
    assert all(torch.equal(value, archive.network.state_dict()[key]) for key, value in i3d.network.state_dict().items())


def two_blocks_of_videomae(device: torch.device) -> VideoMAE:
    """The first two, which the golden is of."""
    published = manifest("videomae_v2_g_ssv2")
    keys = {key: one for key, one in published["keys"].items() if key.split(".")[1] in ("0", "1") or key[0] != "b"}
    return VideoMAE.of(kit.state_dict({**published, "keys": keys}, 0), 2, device)


def test_videomae_features() -> None:
    videomae = two_blocks_of_videomae(torch.device("cpu"))
    place = "shared/fast_square_rgb@0"
    found, figures = looked(videomae, window(place, 16))["features"][0], VIDEOMAE["windows"][place]
    assert found[:8].tolist() == near(figures["feature_first8"], place)
    assert np.linalg.norm(found) == pytest.approx(figures["feature_norm"], rel=1e-5)
