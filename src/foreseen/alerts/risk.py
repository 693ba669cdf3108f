"""How much an alert risks: its severity, raised by how surprising it is."""

_POINTS = {"informational": 5.0, "low": 20.0, "medium": 40.0, "high": 65.0, "critical": 85.0}
_MOST_BITS = 15.0


def risk_of(severity: str, surprise: float | None) -> float:
    """0 to 100: points of the Sigma level, and a point a bit of surprise, up to 15.

    Surprise orders alerts of one severity and lifts none over one of the next that is expected
    least. Severity and surprise stand beside it as they are.
    """
    bits = min(max(surprise or 0.0, 0.0), _MOST_BITS)
    return _POINTS.get(severity, _POINTS["medium"]) + bits
