"""A run: planned, checked, scored, stored, read, verified."""
