"""Foreseen: alerts that were not to be expected, with the proof of what was silenced."""

__version__ = "0.1.0"
