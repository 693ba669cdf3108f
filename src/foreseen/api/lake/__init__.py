"""Routes that read the lake: events, matches, processes, workloads, people, the overview."""
