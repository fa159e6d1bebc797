"""What is sent to the board: packed, unpacked, validated."""
