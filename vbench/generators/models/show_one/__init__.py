"""Show-1: key frames, interpolation and a first enlargement in pixels, the last one in latents."""
