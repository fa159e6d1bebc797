"""Files on disk: replaced whole and only if ours, known by digest, held by one process at a time, parsed strictly."""
