"""Prompt suites: what is asked of a model, and which dimension judges the answer."""

if __name__ != "vbench.prompts":  # by the link at the top it would be a second copy of every class in it
    raise ImportError(f"{__name__} is the room vbench.prompts: import vbench.prompts")
