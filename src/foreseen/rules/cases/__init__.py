"""Tests of rules: events that must match and events that must not, as files beside the rules."""
