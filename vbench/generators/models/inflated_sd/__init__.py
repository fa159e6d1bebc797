"""A Stable Diffusion U-Net with time added to it: the base of LaVie, SEINE and VideoBooth."""
