"""Distances between sets of videos: what is compared, how the figure comes about, and what it is worth."""
