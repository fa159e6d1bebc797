"""Prompt suites: what is asked of a model, and which dimension judges the answer."""
