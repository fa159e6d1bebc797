"""Adapters that sample videos from a prompt suite with a generative model."""
