"""How bytes arrive: one source a file."""
