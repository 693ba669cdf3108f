"""The control database: who, what was decided, and how far the work has come."""
