"""The durable log: append, fsync, acknowledge, read by offset."""
