"""Attack replays that ship with the product, as `make replays` makes them of a recording."""
