"""The history of the board's schema."""
