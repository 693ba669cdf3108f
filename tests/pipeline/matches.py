"""Rows of the matches table as a shard writes them, made by hand, and rules for them."""

from collections.abc import Iterable
from dataclasses import replace

import pyarrow as pa

from foreseen.core.alerts import Alert
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.schema.arrow import MATCH_SCHEMA, batch_of

LOGIN_FAILED = """
title: A login failed
name: failed
logsource: {product: linux, category: authentication}
detection: {selection: {status_id: 2}, condition: selection}
"""
DOWNLOADED = """
title: A program was downloaded
name: download
logsource: {product: linux, category: process_creation}
detection: {selection: {Image|endswith: /curl}, condition: selection}
"""


def whole_window() -> dict[str, object]:
    """Columns of a match before which nothing happened and nothing was missed."""
    names = ("window_seqs", "window_ages", "window_tokens", "session_tokens", "sibling_tokens")
    return {"window_complete": True, "session_failures": None, **{name: [] for name in names}}


def program_run(number: int, time: int, rule: str, /, **columns: object) -> dict[str, object]:
    """A match of a program of its own below nginx, at `time` (ms UTC), unless columns say else."""
    return {
        "tenant": DEFAULT_TENANT,
        "stream": "web-1/0",
        "host": "web-1",
        "workload": "web",
        "seq": number,
        "time": time,
        "event_uid": f"event-{number}",
        "match_uid": f"match-{number:04}",
        "rule_id": rule,
        "class_uid": 1007,
        "activity_id": 1,
        "event_type": "execve",
        "process_uid": f"web-1/0:{number}:1",
        "lineage": ["web-1/0:99:1"],
        "lineage_paths": ["/usr/sbin/nginx"],
        **whole_window(),
        **columns,
    }


def table(*rows: dict[str, object]) -> pa.Table:
    """The rows as a table of matches."""
    return pa.Table.from_batches([batch_of(rows, MATCH_SCHEMA)])


def take_alerts(known: dict[str, Alert], alerts: Iterable[Alert]) -> None:
    """What a step gave into what earlier ones gave, as the store does: members are appended."""
    for alert in alerts:
        before = known[alert.uid].members if alert.uid in known else ()
        assert alert.earlier == len(before)
        known[alert.uid] = replace(alert, members=(*before, *alert.members), earlier=0)
