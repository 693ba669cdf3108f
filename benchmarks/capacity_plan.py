"""What so many events a day need, from the measured stages: machines, partitions, disk, money."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

LOADS = {"1 M": 1e6, "100 M": 1e8, "1 G": 1e9, "60 G": 6e10}
DAYS = (30, 90, 365)
_DAY = 86_400.0
_MICRO = 1e-6
_GB = 1e9
_HOURS_A_MONTH = 730.0


@dataclass(frozen=True, slots=True)
class Assumed:
    """What no measurement of ours says; each is an option of the program.

    Attributes:
        peak: The busiest hour over the mean of the day.
        use: Share of a core that may be busy in that hour.
        match_share: Matches an event.
        alert_share: Of the matches.
        models_us: CPU a match to fold and score, in bulk (docs/benchmarks.md).
        cores: Of a machine.
        file_mb: Size of a merged file.
        core_hour: Price.
        gb_month: Price of the lake's storage.
        disk_gb_month: Price of brokers' disks.
        intake_hours: How long brokers keep entries.
        replicas: Of an entry in brokers.
    """

    peak: float = 3.0
    use: float = 0.6
    match_share: float = 0.02
    alert_share: float = 0.01
    models_us: float = 163.0
    cores: int = 16
    file_mb: float = 32.0
    core_hour: float = 0.04
    gb_month: float = 0.023
    disk_gb_month: float = 0.08
    intake_hours: float = 24.0
    replicas: int = 3


@dataclass(frozen=True, slots=True)
class Costs:
    """CPU seconds by stage and bytes, an event unless said otherwise.

    Attributes:
        receive: To take and force to disk.
        shard: To parse, label and cut windows.
        commit: To write, with all that a commit of several shards holds.
        commit_row: The same without what a commit costs before it has rows.
        judge: A match.
        event_bytes: Stored and compacted.
        match_bytes: A match with its window, and its prediction.
        intake_bytes: In the log.
        commit_floor: Seconds of a commit of next to nothing.
    """

    receive: float
    shard: float
    commit: float
    commit_row: float
    judge: float
    event_bytes: float
    match_bytes: float
    intake_bytes: float
    commit_floor: float


def costs_of(measured: Mapping[str, Any], assumed: Assumed) -> Costs:
    """Costs from the measured JSON."""
    stored = measured["stored"]["compacted"]
    each = {
        name: stored[name]["bytes"] / stored[name]["rows"]
        for name in ("events", "matches", "predictions")
    }
    small, large = measured["small_commits"], measured["large_commit"]
    floor = small["first_twenty_cpu"]
    row = (large["cpu_seconds"] - floor) / (large["events"] - small["events"])
    cpu = measured["cpu_us_an_event"]
    judged = measured["cpu_us_a_match_judged_without_models"] + assumed.models_us
    return Costs(
        receive=measured["receive"]["cpu_us_an_event"] * _MICRO,
        shard=cpu["step"] * _MICRO,
        commit=large["cpu_seconds"] / large["events"],
        commit_row=max(row, 0.0),
        judge=judged * _MICRO,
        event_bytes=each["events"],
        match_bytes=each["matches"] + each["predictions"],
        intake_bytes=measured["intake_bytes_an_event"],
        commit_floor=floor,
    )


@dataclass(frozen=True, slots=True)
class Need:
    """What a load needs in its busiest hour.

    Attributes:
        mean: Events a second over the day.
        peak: In the busiest hour.
        cores: By stage.
        shards: One core each.
        partitions: Of the broker: shards, rounded up to a power of two.
        committers: Committers, each with a Delta log of its own, i.e. tenants or divided tables.
        judges: One core each.
        machines: For all stages, and one more when there are two or more.
        commit_share: Of one committer, which may be over 1.
        judge_share: Of one judge, which may be over 1.
        gigabytes_a_day: In the lake.
        files_a_day: Merged files of events.
        alerts_a_day: For people to look at.
        intake_gigabytes: In brokers, with replicas.
    """

    mean: float
    peak: float
    cores: Mapping[str, float]
    shards: int
    partitions: int
    committers: int
    judges: int
    machines: int
    commit_share: float
    judge_share: float
    gigabytes_a_day: float
    files_a_day: float
    alerts_a_day: float
    intake_gigabytes: float

    def stored(self, days: int) -> float:
        """Gigabytes in the lake after so many days."""
        return self.gigabytes_a_day * days


def need_of(events_a_day: float, costs: Costs, assumed: Assumed) -> Need:
    """What a number of events a day needs."""
    mean = events_a_day / _DAY
    peak = mean * assumed.peak
    busy = {
        "receive": peak * costs.receive,
        "shards": peak * costs.shard,
        "commit": peak * costs.commit,
        "judge": peak * assumed.match_share * costs.judge,
    }
    shards, committers, judges = (
        max(ceil(busy[name] / assumed.use), 1) for name in ("shards", "commit", "judge")
    )
    cores = {name: each / assumed.use for name, each in busy.items()}
    machines = max(ceil(sum(cores.values()) / assumed.cores), 1)
    matches = events_a_day * assumed.match_share
    events_gb = events_a_day * costs.event_bytes / _GB
    return Need(
        mean=mean,
        peak=peak,
        cores=cores,
        shards=shards,
        partitions=1 << (shards - 1).bit_length(),
        committers=committers,
        judges=judges,
        machines=machines + (machines > 1),
        commit_share=busy["commit"],
        judge_share=busy["judge"],
        gigabytes_a_day=events_gb + matches * costs.match_bytes / _GB,
        files_a_day=events_gb * 1_000 / assumed.file_mb,
        alerts_a_day=matches * assumed.alert_share,
        intake_gigabytes=mean
        * assumed.intake_hours
        * 3_600
        * costs.intake_bytes
        * assumed.replicas
        / _GB,
    )


def monthly(need: Need, days: int, assumed: Assumed) -> tuple[float, float, float]:
    """Money a month for machines, the lake with so many days in it, and brokers' disks."""
    machines = need.machines * assumed.cores * _HOURS_A_MONTH * assumed.core_hour
    lake = need.stored(days) * assumed.gb_month
    return machines, lake, need.intake_gigabytes * assumed.disk_gb_month


def tables(measured: Mapping[str, Any], assumed: Assumed) -> str:
    """All tables in Markdown."""
    costs = costs_of(measured, assumed)
    needs = {name: need_of(load, costs, assumed) for name, load in LOADS.items()}
    return "\n\n".join((_stages(measured, costs), _machines(needs), _money(needs, assumed)))


def _stages(measured: Mapping[str, Any], costs: Costs) -> str:
    cpu = measured["cpu_us_an_event"]
    rows = [("receive and force to disk", costs.receive)]
    rows += [
        (name, cpu[name] * _MICRO)
        for name in ("parse", "lineage", "columns", "label", "windows", "place and put together")
    ]
    rows += [("shard step, all of these", costs.shard), ("commit", costs.commit)]
    body = [[name, f"{each * 1e6:.1f}", f"{1 / each:,.0f}"] for name, each in rows]
    body.append(["judge, a match", f"{costs.judge * 1e6:.0f}", f"{1 / costs.judge:,.0f}"])
    return _table(("stage", "CPU, us an event", "events a second and core"), body)


def _machines(needs: Mapping[str, Need]) -> str:
    heads = ("events a day", *needs)
    lines: list[tuple[str, list[str]]] = [
        ("events/s, mean and peak", [f"{n.mean:,.0f}, {n.peak:,.0f}" for n in needs.values()]),
        *(
            (f"cores: {stage}", [f"{n.cores[stage]:,.1f}" for n in needs.values()])
            for stage in ("receive", "shards", "commit", "judge")
        ),
        ("shards", [f"{n.shards:,}" for n in needs.values()]),
        ("partitions", [f"{n.partitions:,}" for n in needs.values()]),
        ("committers", [f"{n.committers:,}" for n in needs.values()]),
        ("judges", [f"{n.judges:,}" for n in needs.values()]),
        ("machines", [f"{n.machines:,}" for n in needs.values()]),
        ("one committer would be busy", [f"{n.commit_share:.1%}" for n in needs.values()]),
        ("one judge would be busy", [f"{n.judge_share:.1%}" for n in needs.values()]),
        ("alerts a day", [f"{n.alerts_a_day:,.0f}" for n in needs.values()]),
        ("merged files of 90 days", [f"{n.files_a_day * 90:,.0f}" for n in needs.values()]),
    ]
    return _table(heads, [[name, *cells] for name, cells in lines])


def _money(needs: Mapping[str, Need], assumed: Assumed) -> str:
    rows: list[list[str]] = []
    rows.append(["lake, GB a day", *(f"{n.gigabytes_a_day:,.2f}" for n in needs.values())])
    rows.append(["brokers, GB", *(f"{n.intake_gigabytes:,.1f}" for n in needs.values())])
    rows += [
        [f"lake, TB after {days} days", *(f"{n.stored(days) / 1e3:,.3f}" for n in needs.values())]
        for days in DAYS
    ]
    for days in DAYS:
        costs = [monthly(need, days, assumed) for need in needs.values()]
        cells = (" + ".join(f"{part:,.0f}" for part in each) for each in costs)
        rows.append([f"a month with {days} days: machines + lake + brokers", *cells])
    return _table(("storage and money", *needs), rows)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
