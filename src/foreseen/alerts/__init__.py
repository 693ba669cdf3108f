"""From predictions to decisions, alerts and incidents."""
