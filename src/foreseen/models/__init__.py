"""Windows to predictions: features, one model a rule, calibration, explanation."""
