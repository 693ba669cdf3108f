"""Rule files and suppressions: found, followed, laid over each other."""
