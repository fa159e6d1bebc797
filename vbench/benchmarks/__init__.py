"""Benchmarks, one file each: which prompts, how many samples, which dimensions under which rules, parts, total."""
