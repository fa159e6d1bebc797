"""Adapters that sample videos from a prompt suite with a generative model."""

if __name__ != "vbench.generators":  # by the link at the top it would be a second copy of every class in it
    raise ImportError(f"{__name__} is the room vbench.generators: import vbench.generators")
