"""Who does pieces of work elsewhere: tasks on a Ray cluster."""
