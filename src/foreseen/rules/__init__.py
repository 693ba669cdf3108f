"""Sigma rules: load, lint, compile, label; `packs` holds the rules that we ship, each with its tests."""
