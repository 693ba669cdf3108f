"""The dated report of a campaign: all of it is written here, and every figure is the run's."""

import statistics
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.crash import broker
from tests.crash.campaign import Result
from tests.crash.checkout import commit, machine
from tests.crash.control import ROOT
from tests.crash.faults import Kind
from tests.crash.plan import Setting
from tests.crash.volume import missing

__all__ = ["REPORTS", "commit", "machine", "quantile", "text", "write"]

REPORTS = ROOT / "docs" / "reports"
_NAMES = {
    Kind.KILL: "kills of the server",
    Kind.CUT: "power cuts",
    Kind.SHARD: "kills of a shard",
    Kind.RESTART: "restarts of the broker",
}
_BROKER = (
    "`sync_interval: always`. A SIGKILL of it would lose nothing that had reached the kernel "
    "without that either; by default it syncs every two minutes, and a power cut would lose what "
    "came since. Its power is not cut here."
)
_COLD = (
    "Servers are forked from a process that has the program loaded: a cold start adds the time to "
    "import it and to load the rules."
)


def write(result: Result, folder: Path, name: str = "crash") -> Path:
    """Write `NAME-YYYY-MM-DD.md` into a folder; gives its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{datetime.now(UTC):%Y-%m-%d}.md"
    path.write_text(text(result))
    return path


def text(result: Result) -> str:
    """The report."""
    lines = [
        "# Crash report",
        "",
        _summary(result),
        "",
        f"Machine: {machine()}. Commit: {_commit(result)}. {_stores(result)}",
        "",
        "How it is done: [tests](../testing.md). The program wrote this page; nobody edits it.",
        "",
        *_settings(result),
        *_accounts(result),
        *_times(result),
        *(line for setting in Setting for line in _places(result, setting)),
        *_failures(result),
    ]
    return "\n".join(lines)


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which a share of the values lies; 0 of none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def _summary(result: Result) -> str:
    word = "Passed" if result.is_good else "FAILED"
    faults = [f"{result.total(kind)} {_NAMES[kind]}" for kind in Kind if result.total(kind)]
    return (
        f"{word}: {', '.join(faults) or 'no faults'}, of the real server under load; "
        f"seed {result.order.seed}, {result.seconds / 60:.1f} minutes."
    )


def _commit(result: Result) -> str:
    """What was checked out when the run began, and whether that has changed since."""
    now = commit()
    return result.commit if now == result.commit else f"{result.commit} (at the end: {now})"


def _stores(result: Result) -> str:
    lacking = missing()
    if lacking:
        return f"No power cuts: {lacking}."
    return "Stores on ext4 behind a loop device." if result.order.cuts else "No power cuts asked."


def _settings(result: Result) -> list[str]:
    rows = [
        f"| {setting} | {result.rounds[setting]} | "
        f"{' | '.join(str(result.total(kind, setting)) for kind in Kind)} |"
        for setting in Setting
        if result.rounds[setting]
    ]
    heads = ["installation", "rounds", *(_NAMES[kind] for kind in Kind)]
    told = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}", *rows, ""]
    if result.rounds[Setting.BROKER]:
        told += [f"Broker: {broker.version()} with {_BROKER}", ""]
    return told


def _accounts(result: Result) -> list[str]:
    closing = result.closing
    rows = [
        ("bodies acknowledged", result.bodies),
        ("events acknowledged", result.events),
        ("bodies without an answer (may be there, whole, or not)", result.unsure),
        ("answers that a body cannot be taken now", result.refused),
        ("lines received (acknowledged or rejected)", sum(v.received for v in closing)),
        ("- of them stored", sum(v.stored for v in closing)),
        ("- of them in quarantine", sum(v.quarantined for v in closing)),
        ("- of them rejected", sum(v.rejected for v in closing)),
        ("acknowledged lines lost", result.counted("lost")),
        ("lines stored twice", result.counted("doubled")),
        ("lines that nobody sent", result.counted("foreign")),
        ("bodies of which a part is there", result.counted("torn")),
        ("matches without a decision", result.counted("undecided")),
        ("alerts of the runs without faults", sum(each.alerts for each in result.compared)),
        ("alerts missing", result.missing_alerts),
        ("alerts or decisions doubled", result.doubled_alerts),
        ("alerts with other content", sum(len(each.other) for each in result.compared)),
        ("rounds that differ from the run without faults", _differing(result)),
        ("rounds that did not come to their end", result.rounds.total() - len(closing)),
    ]
    return ["| what | count |", "|---|---|", *(f"| {what} | {n:,} |" for what, n in rows), ""]


def _differing(result: Result) -> int:
    return sum(not each.equal for each in result.compared)


def _times(result: Result) -> list[str]:
    rows = [
        ("start to ready, s", result.ready),
        ("start to everything stored and decided, s", result.recovered),
        ("acknowledgement, ms", result.acknowledged),
    ]
    told = [
        f"| {what} | {statistics.median(values or [0.0]):.2f} | {quantile(values, 0.99):.2f} | "
        f"{max(values, default=0.0):.2f} |"
        for what, values in rows
    ]
    return ["| time | p50 | p99 | max |", "|---|---|---|---|", *told, "", _COLD, ""]


def _places(result: Result, setting: Setting) -> list[str]:
    kinds = [kind for kind in Kind if result.total(kind, setting)]
    if not kinds:
        return []
    places = sorted({place for where, _, place in result.done if where is setting})
    rows = [
        f"| `{place}` | {' | '.join(str(result.done[setting, kind, place]) for kind in kinds)} |"
        for place in places
    ]
    heads = ["place", *(_NAMES[kind] for kind in kinds)]
    title = f"## Places: {setting}"
    return [title, "", f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}", *rows, ""]


def _failures(result: Result) -> list[str]:
    if not result.failures:
        return []
    return ["## Failures", "", *(f"```\n{failure}\n```\n" for failure in result.failures)]
