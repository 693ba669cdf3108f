"""Reports that people hand on: what the rules cover."""
