"""Suppressions by hand: matches of a rule that somebody answers for, until a day."""
