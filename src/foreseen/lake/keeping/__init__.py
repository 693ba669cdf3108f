"""The lake kept in order: merge, cool, expire, forget, verify, copy."""
