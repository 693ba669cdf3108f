"""The benign work of the four hosts."""
