"""Files on disk: replaced whole, never somebody else's, known by digest, held by one process at a time, parsed strictly."""
