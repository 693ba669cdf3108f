"""The dated report of a soak: slopes, a verdict for each, and a table of what was sampled."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from tests.crash.report import commit, machine
from tests.crash.sampling import Sample

_SETTLED_SHARE = 0.2
"""The first part of the samples is warming up and not judged."""

_KEPT_SHARE = 0.9
"""Of the rate, that has to be acknowledged: an idle server proves nothing."""

_ROWS = 30


@dataclass(frozen=True, slots=True)
class Measure:
    """What must not grow.

    Attributes:
        name: What it is, with its unit.
        of: Its value in a sample.
        allowed: How much of its median it may grow over the soak, by the fitted line...
        least: ...or by so much: below it is noise.
    """

    name: str
    of: Callable[[Sample], float]
    allowed: float
    least: float


MEASURES = (
    Measure("memory, MB", lambda s: s.megabytes, 0.10, 20.0),
    Measure("file handles", lambda s: float(s.handles), 0.05, 3.0),
    Measure("threads", lambda s: float(s.threads), 0.05, 2.0),
    Measure("acknowledgement p50, ms", lambda s: s.p50, 0.25, 5.0),
    Measure("acknowledgement p99, ms", lambda s: s.p99, 0.50, 50.0),
    Measure("acknowledged to alert, s", lambda s: s.decided, 0.50, 1.0),
)


@dataclass(frozen=True, slots=True)
class Found:
    """One measure over the soak.

    Attributes:
        measure: What.
        first: Median of the first tenth of what is judged.
        median: Of all.
        worst: Largest.
        growth: From the first sample judged to the last, by a line fitted to all.
    """

    measure: Measure
    first: float
    median: float
    worst: float
    growth: float

    @property
    def allowed(self) -> float:
        """Growth that is allowed."""
        return max(self.measure.allowed * self.median, self.measure.least)

    @property
    def is_flat(self) -> bool:
        """Whether it grows by no more than is allowed."""
        return self.growth <= self.allowed


@dataclass(frozen=True, slots=True)
class Soak:
    """A soak that has ended.

    Attributes:
        most: Events a second at most; None where it was not measured.
        rate: Events a second that were sent.
        minutes: How long.
        samples: In order.
    """

    most: float | None
    rate: float
    minutes: float
    samples: Sequence[Sample]

    def found(self) -> list[Found]:
        """Each measure, without the warming up."""
        settled = self.samples[int(len(self.samples) * _SETTLED_SHARE) :]
        hours = np.array([sample.second for sample in settled]) / 3600
        return [_found(measure, hours, settled) for measure in MEASURES]

    @property
    def sent(self) -> float:
        """Events a second that were acknowledged."""
        events = sum(sample.events for sample in self.samples)
        return events / self.samples[-1].second if self.samples else 0.0

    @property
    def is_flat(self) -> bool:
        """Whether nothing grows, while the load was kept up."""
        return self.sent >= _KEPT_SHARE * self.rate and all(each.is_flat for each in self.found())


def _found(measure: Measure, hours: npt.NDArray[np.float64], samples: Sequence[Sample]) -> Found:
    values = np.array([measure.of(sample) for sample in samples])
    slope = float(np.polyfit(hours, values, 1)[0]) if len(values) > 1 else 0.0
    growth = slope * float(hours[-1] - hours[0])
    first = float(np.median(values[: max(1, len(values) // 10)]))
    return Found(measure, first, float(np.median(values)), float(values.max()), growth)


def text(soak: Soak) -> str:
    """The report."""
    events = sum(sample.events for sample in soak.samples)
    most = f"{soak.most:,.0f} events/s" if soak.most else "not measured"
    word = "Flat" if soak.is_flat else "NOT FLAT"
    refused = sum(sample.refused for sample in soak.samples)
    sent = f"{events:,} events, {soak.sent:,.0f}/s; refused: {refused} requests"
    lines = [
        "# Soak report",
        "",
        f"{word}: {soak.minutes:g} minutes at {soak.rate:,.0f} events/s.",
        "",
        f"Maximum, taken and decided: {most}. Sent: {sent}.",
        "",
        f"Machine: {machine()}. Commit: {commit()}.",
        "",
        *_verdicts(soak.found()),
        "## Samples",
        "",
        *_table(soak.samples),
        "",
    ]
    return "\n".join(lines)


def _verdicts(found: Sequence[Found]) -> list[str]:
    rows = [
        f"| {each.measure.name} | {each.first:,.1f} | {each.median:,.1f} | {each.worst:,.1f} | "
        f"{each.growth:+,.2f} | {each.allowed:,.1f} | "
        f"{'yes' if each.is_flat else 'NO'} |"
        for each in found
    ]
    head = "| what | at first | median | worst | growth | allowed | flat |"
    note = (
        "Growth is that of a line fitted to all samples but the first fifth, from its start to its "
        "end. Allowed is a "
        "share of the median (memory 10 %, handles and threads 5 %, p50 25 %, the others 50 %), or "
        "a floor below which it is noise."
    )
    return [head, "|---|---|---|---|---|---|---|", *rows, "", note, ""]


def _table(samples: Sequence[Sample]) -> list[str]:
    step = max(1, len(samples) // _ROWS)
    head = "| minute | MB | handles | threads | events/s | p50 ms | p99 ms | to alert s |"
    rows, last = [], 0.0
    for number, sample in enumerate(samples):
        rate = sample.events / max(sample.second - last, 0.1)
        last = sample.second
        if number % step == 0:
            rows.append(
                f"| {sample.second / 60:.1f} | {sample.megabytes:.0f} | {sample.handles} | "
                f"{sample.threads} | {rate:,.0f} | {sample.p50:.1f} | {sample.p99:.1f} | "
                f"{sample.decided:.2f} |"
            )
    return [head, "|---|---|---|---|---|---|---|---|", *rows]
