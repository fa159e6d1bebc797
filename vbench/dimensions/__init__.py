"""The evaluated abilities, one module each, and the pretrained models that they look through."""

if __name__ != "vbench.dimensions":  # by the link at the top it would be a second copy of every class in it
    raise ImportError(f"{__name__} is the room vbench.dimensions: import vbench.dimensions")
