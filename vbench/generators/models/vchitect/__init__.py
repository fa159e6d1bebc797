"""Vchitect-2.0: text to video by Stable Diffusion 3's transformer with time in it, ``vchitect-2``.

Fan et al., "Vchitect-2.0: Parallel Transformer for Scaling Up Video Diffusion Models" (2025). Checkpoint:
https://huggingface.co/Vchitect/Vchitect-2.0-2B, in the layout of Stable Diffusion 3.
"""
