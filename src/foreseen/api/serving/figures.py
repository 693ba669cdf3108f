"""What the server counts of HTTP: requests, their time, connections, refusals."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Lock

from foreseen.runners.metrics import Families, Family, Histogram, HistogramFamily

_MOST_ROUTES = 500
OTHERS = "(others)"


class Closed(StrEnum):
    """Why a connection was closed by us, or not taken."""

    HEAD = "slow head"
    BODY = "slow body"
    ANSWER = "answer not read"
    FULL = "too many"
    ADDRESS = "too many of one address"


@dataclass(slots=True)
class HttpFigures:
    """Counts of one process; the event loop and threads share it."""

    open: int = 0
    closed: Counter[Closed] = field(default_factory=Counter)
    limited: Counter[str] = field(default_factory=Counter)
    requests: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    seconds: Histogram = field(default_factory=Histogram)
    body_bytes: int = 0
    _lock: Lock = field(default_factory=Lock)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered; routes are templates, so that there are few."""
        with self._lock:
            key = (method, route, status)
            if key not in self.requests and len(self.requests) >= _MOST_ROUTES:
                key = (OTHERS, OTHERS, status)
            self.requests[key] += 1
            self.seconds.add(seconds)

    def families(self) -> Families:
        """As scrapers see them."""
        with self._lock:
            requests, seconds = dict(self.requests), self.seconds.copy()
            closed, limited = dict(self.closed), dict(self.limited)
        by_route = [
            ({"method": method, "route": route, "status": str(status)}, float(count))
            for (method, route, status), count in sorted(requests.items())
        ]
        return [
            Family("http_requests_total", "counter", "Requests by route and status", by_route),
            HistogramFamily("http_request_seconds", "Time of a request", seconds),
            _gauge("http_connections", "Open connections", self.open),
            _gauge("http_body_bytes", "Memory of bodies that are being received", self.body_bytes),
            _by("http_connections_closed_total", "Connections we closed, by reason", "reason",
                [(each.value, closed.get(each, 0)) for each in Closed]),
            _by("http_limited_total", "Requests over a rate, by what is limited", "limit",
                sorted(limited.items())),
        ]  # fmt: skip


def _gauge(name: str, about: str, value: float) -> Family:
    return Family(name, "gauge", about, [({}, float(value))])


def _by(name: str, about: str, label: str, counts: Sequence[tuple[str, int]]) -> Family:
    return Family(name, "counter", about, [({label: key}, float(n)) for key, n in counts])
