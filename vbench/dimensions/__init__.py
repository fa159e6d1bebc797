"""The evaluated abilities, one module each, and the pretrained models that they look through."""
