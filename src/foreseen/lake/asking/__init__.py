"""Questions to the lake: SQL, search, windows, counts."""
