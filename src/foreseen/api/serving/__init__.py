"""How the API is served: connections, limits, logs, figures, start and stop."""
