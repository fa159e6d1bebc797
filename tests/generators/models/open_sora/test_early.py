"""Open-Sora 1.0 and 1.1 against the reference's figures, and on the command line with small random networks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from diffusers.schedulers import scheduling_ddpm
from safetensors.torch import save_file
from typer.testing import CliRunner

from tests.generators import tiny_families, tiny_pipelines
from tests.generators.models.open_sora import tiny_t5
from tests.generators.network_goldens import distance, seeded_input
from tests.generators.own_goldens import figures, keys, seeded_by_name
from vbench.cli import app
from vbench.errors import UsageError
from vbench.generators.base import Request
from vbench.generators.catalog import build
from vbench.generators.models.inflated_sd.sampling import kept_timesteps, scheduled
from vbench.generators.models.open_sora.early_generator import EarlyOpenSora
from vbench.generators.models.open_sora.early_sampling import ddpm, guided
from vbench.generators.models.open_sora.early_transformer import EarlyTransformer, Sizes
from vbench.generators.models.open_sora.second_transformer import SecondTransformer
from vbench.generators.models.open_sora.weights_files import EARLY
from vbench.sampling.record import read_sampling

FILES = {
    "open-sora-1.0": ("open-sora-1.0/OpenSora-v1-HQ-16x512x512.pth", EarlyTransformer),
    "open-sora-1.1": ("open-sora-1.1/transformer.safetensors", SecondTransformer),
}
SECOND = figures(Path(__file__).parent / "second_golden.json")
GOLDEN = figures(Path(__file__).parent / "early_golden.json")
CASES = GOLDEN["cases"]
SIZES = {"width": 24, "depth": 1, "heads": 2, "text_width": tiny_families.TEXT, "text_tokens": 40}


def test_the_transformers_output_is_the_references() -> None:
    network = seeded_by_name(EarlyTransformer(Sizes(width=32, depth=2, heads=2, text_width=12, text_tokens=7)))
    assert keys(network) == CASES["transformer"]["keys"]
    latents, text = seeded_input("input.x", (1, 4, 5, 4, 6)), seeded_input("input.text", (1, 1, 7, 12))[:, 0, :4]
    assert distance(network(latents, torch.tensor([713]), text), CASES["transformer"]) < 1e-4


def test_the_second_transformers_output_is_the_references() -> None:
    network = seeded_by_name(SecondTransformer(Sizes(width=48, depth=2, heads=2, text_width=12, text_tokens=7)))
    case = SECOND["cases"]["transformer"]
    assert keys(network) == case["keys"]
    latents, text = seeded_input("input.x", (1, 4, 5, 5, 6)), seeded_input("input.text", (1, 1, 7, 12))[:, 0, :4]
    output = network(latents, torch.tensor([713]), text, (40, 50), 5, 24.0)
    assert distance(output, case) < 1e-4


def test_full_size_has_the_published_keys_and_shapes() -> None:
    with torch.device("meta"):
        first, second = EarlyTransformer(Sizes()), SecondTransformer(Sizes(text_tokens=200))
    assert keys(first) == GOLDEN["published"]["transformer"]
    assert keys(second) == SECOND["published"]["transformer"]


def test_sampling_is_the_references(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any function would do for a network; it is the one of the figures."""

    def stub(latents: torch.Tensor, timestep: torch.Tensor, text: float) -> torch.Tensor:
        noise = torch.tanh(0.7 * latents) * (0.5 + 0.5 * timestep / 1000) + 0.1 * text
        return torch.cat([noise, torch.sin(latents) + 0.05 * text], dim=1)

    shape, places = (1, 4, 2, 3, 5), iter(range(6))
    monkeypatch.setattr(
        scheduling_ddpm, "randn_tensor", lambda *_, **__: seeded_input(f"noise.{next(places)}", shape)
    )  # fmt: skip
    assert kept_timesteps(6) == GOLDEN["timesteps_6"]
    latents = scheduled(
        lambda x, t: guided(stub(x, t, 0), stub(x, t, 1), 7.0),
        seeded_input("input.x", shape),
        ddpm(),
        6,
        torch.Generator(),
    )
    assert distance(latents, CASES["sampler"]) < 1e-4


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, model in EARLY.items():
        monkeypatch.setitem(EARLY, name, replace(model, sizes=tuple(SIZES.items())))


def files(folder: Path, drop: str = "") -> Path:
    """The published places of both, positions in the file of 1.0; without one key."""
    torch.manual_seed(0)
    for place, kind in FILES.values():
        network = kind(Sizes(**SIZES))
        for parameter in network.parameters():
            torch.nn.init.normal_(parameter, std=0.2)
        state = {key: value.contiguous() for key, value in network.state_dict().items() if key != drop}
        (folder / place).parent.mkdir(parents=True)
        if place.endswith(".pth"):
            torch.save({"pos_embed": torch.zeros(1, 4, 16), **state}, folder / place)
        else:
            save_file(state, folder / place)
    tiny_pipelines.autoencoder().save_pretrained(folder / "sd-vae-ft-ema")  # type: ignore[attr-defined]
    tiny_t5.save(folder / "t5-v1_1-xxl")
    return folder


def arguments(name: str, checkpoints: Path, out: Path) -> list[str]:
    asked = ["generate", "-m", name, "-o", str(out), "--samples", "1", "--prompt", "a cat", "--prompt", "a red bus"]
    asked += ["--steps", "2", "--size", "64x32", "--frames", "3"]
    return [*asked, "--option", f"checkpoints={checkpoints}", "--option", "device=cpu"]


def videos(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.mp4"))}


@pytest.mark.parametrize("name", FILES)
def test_samples_on_the_command_line_and_goes_on(name: str, tmp_path: Path) -> None:
    folder, out = files(tmp_path / "checkpoints"), tmp_path / "out"
    result = CliRunner().invoke(app, arguments(name, folder, out))
    assert result.exit_code == 0, result.output
    made = videos(out)
    assert len(set(made.values())) == 2
    (out / "a red bus-0.mp4").unlink()
    CliRunner().invoke(app, arguments(name, folder, out))
    assert videos(out) == made


def test_a_single_frame_is_told_the_rate_of_pictures(tmp_path: Path) -> None:
    generator = build("open-sora-1.1", (f"checkpoints={files(tmp_path)}", "device=cpu"))
    assert isinstance(generator, EarlyOpenSora)

    def told(frames: int) -> float:
        settings = generator.defaults.with_given(frames=frames)
        rate: float = generator._sampler._told(Request("a cat", 0, 1, settings, "x.mp4"))["fps"]
        return rate

    assert (told(16), told(1)) == (24, 120)


@pytest.mark.parametrize("name", FILES)
def test_a_prompt_of_which_cleaning_leaves_nothing_is_a_failure(name: str, tmp_path: Path) -> None:
    folder, out = files(tmp_path / "checkpoints"), tmp_path / "out"
    CliRunner().invoke(app, [*arguments(name, folder, out), "--prompt", "一只猫"])
    record = read_sampling(out)
    assert record is not None
    assert list(record["failures"]) == ["一只猫-0.mp4"]
    assert "nothing is left of '一只猫'" in record["failures"]["一只猫-0.mp4"]


def test_what_was_read_of_a_cleaned_prompt_is_told(tmp_path: Path) -> None:
    generator = build("open-sora-1.1", (f"checkpoints={files(tmp_path)}", "device=cpu"))
    settings = generator.defaults.with_given(frames=2, steps=2, height=32, width=32)
    (delivery,) = generator.sample_all([Request("a cat at 640x480", 0, 1, settings, "x.mp4")])
    assert delivery.read


def test_the_published_protocols_are_the_defaults() -> None:
    told = {name: build(name).defaults.stated() for name in EARLY}
    others = {"fps": 8, "steps": 100, "guidance": 7.0}
    assert told == {
        "open-sora-1.0": {"frames": 16, "height": 512, "width": 512, **others},
        "open-sora-1.1": {"frames": 16, "height": 240, "width": 426, **others},
        "open-sora-1.1@vbench": {"frames": 64, "height": 240, "width": 426, **others},
    }


@pytest.mark.parametrize("name", FILES)
def test_a_file_without_a_key_is_refused(name: str, tmp_path: Path) -> None:
    key = "blocks.0.attn_temp.qkv.bias"
    result = CliRunner().invoke(app, arguments(name, files(tmp_path / "checkpoints", key), tmp_path / "out"))
    assert isinstance(result.exception, UsageError)
    assert f"1 missing: {key}" in str(result.exception)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"height": 100}, "multiples of 16 pixels"),
        ({"steps": 1}, "at least --steps 2"),
        ({"steps": 1001}, "at most --steps 1000, not 1001"),
    ],
)
def test_what_cannot_be_sampled_is_refused_before(given: dict[str, int], message: str, tmp_path: Path) -> None:
    generator = build("open-sora-1.0", [f"checkpoints={files(tmp_path)}", "device=cpu"])
    with pytest.raises(UsageError, match=message):
        generator.prepare([Request("a cat", 0, 1, generator.defaults.with_given(**given), "x.mp4")])
