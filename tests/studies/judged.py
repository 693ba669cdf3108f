"""A folder of data in which a model has judged matches: usual, odd, hostile and unmarked ones."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Engine
from tests.models.histories import matches

from foreseen.alerts.decide import Policy
from foreseen.control.database import opened
from foreseen.control.tenants import ensure_tenant
from foreseen.core.decisions import Stage
from foreseen.core.ids import RuleId, TenantId
from foreseen.lake.lake import Cursor, Lake
from foreseen.rules import RuleSet, parse_rules
from foreseen.runners.judging import Judge, judge_artefacts
from foreseen.runners.settings.settings import Settings, keep
from foreseen.studies.train import Order, Stored, train_models

OWN = TenantId("default")
RULE = RuleId("download_tool")
DAY = 24 * 60 * 60 * 1000
ACCEPTED = 1_800_000_000_000
POLICY = Policy(budget=0.02, least_history=30)
HOSTILE = "\x1b[2J[red]\u202e[/]" + "\n" + "x" * 300
SIGMA = """
title: Download tool
name: {name}
description: Runs a download tool.
level: medium
logsource: {{product: linux, category: process_creation}}
detection:
  selection: {{Image|endswith: /curl}}
  condition: selection
foreseen: {{model: {marked}}}
"""
Row = dict[str, object]


def rules() -> RuleSet:
    """A rule with a model, and one without."""
    return parse_rules(
        [
            ("a.yml", SIGMA.format(name=RULE, marked="true")),
            ("b.yml", SIGMA.format(name="always", marked="false")),
        ]
    )


def usual(uid: str, number: int, time: int) -> Row:
    """Health checks by two jobs, each with its own parent, user and events before it."""
    job = number % 2
    return {
        "tenant": OWN,
        "stream": f"web-{job}/boot",
        "seq": number,
        "event_uid": f"event-{uid}",
        "match_uid": uid,
        "time": time,
        "ingested_time": time,
        "user_uid": str(1000 + job),
        "process_user_uid": "0",
        "process_cmd_line": f"curl -{'sv'[job]} http://10.0.0.{number % 4}/health",
        "parent_cmd_line": ("sh -c check", "python3 poll.py")[job],
        "lineage_paths": [("/bin/sh", "/usr/bin/python3")[job], "/usr/sbin/cron"],
        "window_tokens": [f"execve w{number % 5}", f"execve job{job}", "execve date"],
    }


def odd(uid: str, number: int, **columns: object) -> Row:
    """A download by a server, after events that never were."""
    return {
        **usual(uid, number, ACCEPTED + 60_000 + number),
        "stream": "web-9/boot",
        "user_uid": "33",
        "process_cmd_line": "curl -o /srv/x http://203.0.113.9/x",
        "parent_cmd_line": "nginx: worker",
        "lineage_paths": ["/usr/sbin/nginx"],
        "window_tokens": ["execve id", "execve wget", "execve wget"],
        **columns,
    }


def table() -> pa.Table:
    """300 accepted matches, and later ones."""
    past = [usual(f"m-{n}", n, ACCEPTED - DAY + n * 1000) for n in range(300)]
    late = [usual(f"late-{n}", n, ACCEPTED + n * 1000) for n in range(20)]
    strange = odd(
        "hostile",
        2,
        process_cmd_line=f"curl {HOSTILE}",
        parent_cmd_line=HOSTILE,
        window_tokens=[HOSTILE, "", " ", HOSTILE],
    )
    return matches([*past, *late, odd("odd", 1), strange, odd("unmarked", 3, rule_id="always")])


@dataclass(frozen=True)
class Judged:
    """What the folder holds.

    Attributes:
        lake: The lake.
        engine: The control database.
        stored: The models that judged.
        settings: In force.
    """

    lake: Lake
    engine: Engine
    stored: Stored
    settings: Settings


@contextmanager
def judged(folder: Path) -> Iterator[Judged]:
    """Train on the accepted matches and judge the later ones."""
    lake, settings = Lake.open(folder / "lake"), Settings(POLICY)
    with opened(folder / "control.db") as engine:
        ensure_tenant(engine, OWN, now=1)
        lake.commit({"matches": table()}, Cursor("shard", 1))
        stored = train(lake, engine)
        keep(engine, OWN, rules(), settings, now=1)
        trusted = replace(
            judge_artefacts(OWN, rules(), settings, stored), stages={RULE: Stage.SUPPRESS}
        )
        Judge(lake, engine, trusted).drain(since=ACCEPTED)
        yield Judged(lake, engine, stored, settings)


def train(lake: Lake, engine: Engine, *, seed: int = 0) -> Stored:
    """Models of the accepted matches."""
    order = Order(OWN, ACCEPTED, POLICY.budget, POLICY.least_history, seed=seed, now=1)
    return train_models(lake, engine, rules(), order)


def prediction(lake: Lake, uid: str) -> Row:
    """The stored decision on a match."""
    (row,) = lake.read("predictions", None, pc.field("match_uid") == uid).to_pylist()
    return dict(row)
