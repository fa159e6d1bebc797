"""Models that the diffusers library samples."""
