"""Jobs that people ask for: run one at a time, each by a process of its own."""
