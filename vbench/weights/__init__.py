"""Pretrained files: their cards, the one strict way to load them, downloads."""
