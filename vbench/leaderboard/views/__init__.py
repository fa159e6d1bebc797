"""What the board shows of what it holds."""
