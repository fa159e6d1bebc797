"""What systems share that grew out of latent diffusion: its U-Net with time in it, its text tower and its VAE."""
