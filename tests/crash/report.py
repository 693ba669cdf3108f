"""The dated report of a campaign."""

import os
import platform
import statistics
import subprocess
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.crash.campaign import Result
from tests.crash.control import ROOT
from tests.crash.volume import missing

REPORTS = ROOT / "docs" / "reports"


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
        f"Machine: {machine()}. Commit: {commit()}. {_volume_line()}",
        "",
        "How it is done: [tests](../testing.md).",
        "",
        *_accounts(result),
        *_times(result),
        *_places("Kills by place", result.kills),
        *_places("Power cuts by place", result.cuts),
        *_failures(result),
    ]
    return "\n".join(lines)


def _summary(result: Result) -> str:
    word = "Passed" if result.is_good else "FAILED"
    return (
        f"{word}: {result.kills.total()} kills and {result.cuts.total()} power cuts of the real "
        f"server under load, {result.order.shards} shard(s), seed {result.order.seed}, "
        f"{result.seconds / 60:.0f} minutes."
    )


def machine() -> str:
    """What it ran on, without a name or a path."""
    cores = len(os.sched_getaffinity(0))
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    return f"{system}, on {cores} of {os.cpu_count()} cores"


def commit() -> str:
    """The commit of the checkout, and whether files differ from it."""

    def git(*words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=ROOT, capture_output=True, text=True, check=False
        )
        return done.stdout.strip()

    named = os.environ.get("FORESEEN_COMMIT") or git("rev-parse", "--short", "HEAD") or "unknown"
    return f"{named}, with changes" if git("status", "--porcelain", "src") else named


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which a share of the values lies; 0 of none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def _volume_line() -> str:
    lacking = missing()
    return f"No power cuts: {lacking}." if lacking else "Stores on ext4 behind a loop device."


def _accounts(result: Result) -> list[str]:
    rows = [
        ("bodies acknowledged", result.bodies),
        ("events acknowledged", result.events),
        ("lines acknowledged", result.lines),
        ("bodies without an answer (may be there, whole, or not)", result.unsure),
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
    ]
    return [
        "| what | count |",
        "|---|---|",
        *(f"| {what} | {count:,} |" for what, count in rows),
        "",
    ]


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
    note = (
        "Servers are forked from a process that has the program loaded: a cold start adds the time "
        "to import it and to load the rules."
    )
    return ["| time | p50 | p99 | max |", "|---|---|---|---|", *told, "", note, ""]


def _places(title: str, counts: Counter[str]) -> list[str]:
    rows = [f"| `{place}` | {count} |" for place, count in sorted(counts.items())]
    return [f"## {title}", "", "| place | count |", "|---|---|", *rows, ""] if rows else []


def _failures(result: Result) -> list[str]:
    if not result.failures:
        return []
    return ["## Failures", "", *(f"```\n{failure}\n```\n" for failure in result.failures)]
