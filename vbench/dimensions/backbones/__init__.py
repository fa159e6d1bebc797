"""Pretrained models, one file (or one small package) each. Nothing here knows of dimensions or runs."""
