"""VideoBooth: a clip of what a picture shows.

Jiang et al., "VideoBooth: Diffusion-based Video Generation with Image Prompts" (CVPR 2024). Checkpoints:
https://huggingface.co/yumingj/VideoBooth_models, with CLIP ViT-L/14 for words and pictures and Stable Diffusion's VAE.
The network is LaVie's interpolation network with an eye on the picture and a branch that removes watermarks.
"""
