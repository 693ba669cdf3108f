"""Move batches and state through the two steps; no logic of detection."""
