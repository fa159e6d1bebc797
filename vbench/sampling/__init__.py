"""Sampling a prompt suite with a generator, and the manifest of what was sampled."""
