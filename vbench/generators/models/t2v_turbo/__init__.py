"""T2V-Turbo and T2V-Turbo-v2: VideoCrafter2 distilled to a few steps."""
