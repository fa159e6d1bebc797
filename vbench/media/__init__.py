"""Videos: read into frames, written from frames, shown as thumbnails."""
