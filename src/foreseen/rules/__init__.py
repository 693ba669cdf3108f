"""Sigma rules: load, lint, compile, label; `packs` holds those that we ship, with tests."""
