"""Files on disk: replaced whole, known by digest, held by one process at a time, parsed strictly."""
