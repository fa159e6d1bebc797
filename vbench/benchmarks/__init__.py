"""One file a benchmark: its prompts, samples, dimensions, parts and total."""
