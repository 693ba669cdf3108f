"""Harmless attack chains on loopback, and the truth about them."""
