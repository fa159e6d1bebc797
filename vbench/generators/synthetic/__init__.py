"""The built-in generator: scenes with known properties, rendered from prompts, with dials for known defects."""
