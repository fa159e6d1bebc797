"""VEnhancer: more pixels, more frames and fewer artefacts, by one diffusion model."""
