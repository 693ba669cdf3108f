"""Rules about several matches: parsed, linked to what they count, and stepped through time."""
