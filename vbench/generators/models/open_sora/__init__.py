"""Open-Sora 1.0, 1.1 and 1.2, text to video."""
