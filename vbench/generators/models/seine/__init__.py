"""SEINE: a clip from its first frame, or from its first and its last one.

Chen et al., "SEINE: Short-to-Long Video Diffusion Model for Generative Transition and Prediction" (ICLR 2024).
Checkpoint: https://huggingface.co/xinyuanc91/SEINE, with Stable Diffusion 1.4 for text and pixels. The network is
LaVie's with five more channels.
"""
