"""The VAE's published names are those that diffusers reads."""

from __future__ import annotations

import torch
from diffusers.loaders.single_file_utils import convert_ldm_vae_checkpoint

from vbench.generators.models.ldm.vae import autoencoder, decoded, published_name, with_linear_attention


def test_names_are_those_that_diffusers_converts() -> None:
    vae = autoencoder((32, 64, 64))
    weights = vae.state_dict()
    published = {
        published_name(key, 3): value[..., None, None] if ".to_" in key and value.ndim == 2 else value
        for key, value in weights.items()
    }
    prefixed = {f"first_stage_model.{key}": value for key, value in published.items()}
    converted = convert_ldm_vae_checkpoint(prefixed, dict(vae.config))
    assert converted.keys() == weights.keys()
    assert all(torch.equal(converted[key], value) for key, value in weights.items())
    linear = with_linear_attention(published)
    assert all(torch.equal(linear[published_name(key, 3)], value) for key, value in weights.items())


@torch.inference_mode()
def test_frames_are_decoded_by_themselves() -> None:
    vae = autoencoder((32, 32, 32, 32)).eval()
    latents = torch.randn(3, 4, 2, 2)
    frames = decoded(vae, latents)
    assert frames.shape == (3, 3, 16, 16)
    assert 0 <= frames.min() <= frames.max() <= 1
    torch.testing.assert_close(decoded(vae, latents, together=2), frames, atol=1e-5, rtol=0)
