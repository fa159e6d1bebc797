"""LaVie: text to video by an inflated Stable Diffusion, interpolation in time, super-resolution in space.

Wang et al., "LaVie: High-Quality Video Generation with Cascaded Latent Diffusion Models" (IJCV 2024). Checkpoints:
https://huggingface.co/YaohuiW/LaVie, with Stable Diffusion 1.4 and its x4 upscaler for text and pixels.
"""
