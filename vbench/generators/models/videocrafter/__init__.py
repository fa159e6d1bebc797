"""VideoCrafter 0.9, 1 and 2, text to video and image to video."""
