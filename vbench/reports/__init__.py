"""What is shown of runs: the report, one video explained, charts."""
