"""A match as models see it: its act, its window, its people; folded and gathered in bulk."""
