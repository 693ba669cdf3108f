"""A made-up tenant with real stores: jobs that people accepted, new ones, and a recorded attack."""

import random
import string
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine
from tests.models.histories import matches

from foreseen.alerts.decide import Policy
from foreseen.control.alerts import Page, alerts
from foreseen.control.database import opened
from foreseen.control.tenants import ensure_tenant
from foreseen.core.alerts import Alert
from foreseen.core.ids import DEFAULT_TENANT, RuleId
from foreseen.lake.lake import Cursor, Lake
from foreseen.models.moments.moment import Moment, moments_of
from foreseen.pipeline.judge import JudgeArtefacts
from foreseen.rules import RuleSet, parse_rules
from foreseen.runners.judging import Judge, judge_artefacts
from foreseen.runners.settings.settings import Settings, keep
from foreseen.studies.desk import Desk
from foreseen.studies.feedback import Office
from foreseen.studies.gates import Bars
from foreseen.studies.replays.chain import Use
from foreseen.studies.replays.stored import recorded
from foreseen.studies.train import Order, Stored, stored_foresight, train_models

RULE = RuleId("download_tool")
SIGMA = """
title: Download tool
name: download_tool
id: 1ab780a9-7927-4029-a4b0-9f9e0c0c0001
description: Runs a download tool.
level: medium
tags: [attack.t1105]
logsource: {{product: linux, category: process_creation}}
detection:
  selection: {{Image|endswith: [/curl, /wget]}}{more}
  condition: selection{condition}
foreseen: {{model: true}}
"""
HOUR = 60 * 60 * 1000
DAY = 24 * HOUR
START = 1_700_000_000_000
ACCEPTED = START + 10 * DAY
POLICY = Policy(0.05, 30)
CHAIN = "secrets_exfil"

Row = dict[str, object]


def rules(more: str = "", condition: str = "") -> RuleSet:
    """The one rule, as it is or edited."""
    return parse_rules([("download.yml", SIGMA.format(more=more, condition=condition))])


def job(number: int, command: str, **columns: object) -> Row:
    """A match of a job on web-1, one an hour."""
    program = command.split(" ", maxsplit=1)[0]
    time = START + number * HOUR
    return {
        "event_uid": f"event-{number:05}",
        "match_uid": f"match-{number:05}",
        "seq": number,
        "time": time,
        "ingested_time": time,
        "stream": f"web-1/{number}",
        "ruleset_hash": rules().hash,
        "process_path": f"/usr/bin/{program}",
        "process_cmd_line": command,
        "parent_cmd_line": "sh -c job",
        "process_user_uid": "998",
        "process_user_name": "shop",
        "process_uid": f"web-1/{number}:1",
        "lineage": [f"web-1/{number}:0"],
        **columns,
    }


def in_a_row(first: int, number: int, command: str, **columns: object) -> Row:
    """One of several matches on one stream, near enough to each other to make one alert."""
    row = job(first + number, command, **columns)
    time = START + first * HOUR + number * 60_000
    return {**row, "time": time, "ingested_time": time, "stream": f"web-1/{first}"}


def accepted_jobs() -> list[Row]:
    """One match an hour for ten days: some kinds often, some rarely, and some only once."""
    chance = random.Random(5)  # noqa: S311 (made-up data)
    rows = []
    for number in range(240):
        kind = min(int(chance.expovariate(0.25)), 25)
        command = f"curl -{string.ascii_lowercase[kind]} http://10.0.0.{kind}:8080/health"
        parent = chance.choice(["sh -c job", "python3 /opt/check.py", "perl /opt/poll.pl"])
        paths = [f"/usr/bin/{parent.split(maxsplit=1)[0]}", "/usr/sbin/cron"]
        rows.append(job(number, command, parent_cmd_line=parent, lineage_paths=paths, lineage=[]))
    return rows


def new_jobs(count: int, first: int = 250) -> list[Row]:
    """A job that nobody has seen before; ana's account began it."""
    return [
        in_a_row(
            first,
            n,
            "curl -Z http://10.9.9.9:8080/backup",
            lineage_paths=["/usr/bin/sh", "/usr/sbin/cron"],
            user_name="CORP\\ana",
        )
        for n in range(count)
    ]


def attack(count: int, first: int = 400) -> list[Row]:
    """Downloads of a recorded attack chain of the gate set, again and again."""
    deeds = [
        deed
        for run in recorded(Use.GATE)
        if run.chain == CHAIN
        for deed in run.deeds
        if RULE in deed.rules
    ]
    kept = ("process_path", "process_cmd_line", "parent_path", "parent_cmd_line", "lineage_paths")
    return [
        in_a_row(
            first,
            n,
            "curl",
            **{name: deeds[n % len(deeds)].columns.get(name) for name in kept},
            window_tokens=list(deeds[n % len(deeds)].moment.window),
            session_tokens=list(deeds[n % len(deeds)].moment.session),
        )
        for n in range(count)
    ]


@dataclass
class World:
    """Stores of one tenant, and what is in use there."""

    folder: Path
    lake: Lake
    engine: Engine
    rules: RuleSet = field(default_factory=rules)
    stored: Stored | None = None
    settings: Settings = field(default_factory=lambda: Settings(POLICY))
    commits: int = 0

    def add(self, rows: Sequence[Row]) -> None:
        """Matches into the lake, as a shard would."""
        self.commits += 1
        self.lake.commit({"matches": matches(rows)}, Cursor("shard", self.commits))

    def train(self) -> None:
        """Models of what was accepted and dismissed."""
        order = Order(
            DEFAULT_TENANT,
            ACCEPTED,
            POLICY.budget,
            POLICY.least_history,
            seed=0,
            now=1,
            alerts_a_day=self.settings.alerts_a_day,
            accepted=True,
            bars=Bars.none(),
        )
        self.stored = train_models(self.lake, self.engine, self.rules, order)

    def judge(self) -> None:
        """Everything after the accepted time to predictions and alerts."""
        Judge(self.lake, self.engine, self.artefacts()).drain(since=ACCEPTED)

    def artefacts(self) -> JudgeArtefacts:
        """As the runners have them."""
        return judge_artefacts(DEFAULT_TENANT, self.rules, self.settings, self.stored)

    def desk(self) -> Desk:
        """What receipts need."""
        return Desk(
            DEFAULT_TENANT,
            self.lake,
            self.engine,
            self.rules,
            self.stored.foresight if self.stored else None,
            POLICY,
            accepted_until=ACCEPTED,
            stages=self.stored.stages if self.stored else {},
        )

    def office(self) -> Office:
        """Where words are taken."""
        return Office(DEFAULT_TENANT, self.lake, self.engine, self.desk, now=ACCEPTED)

    def alerts(self) -> list[Alert]:
        """Alerts, oldest first."""
        found = alerts(self.engine, DEFAULT_TENANT, page=Page(limit=10_000, members=True))
        return sorted(found, key=lambda alert: (alert.first_time, alert.uid))

    def moments(self) -> list[Moment]:
        """All matches, as models see them."""
        return moments_of(self.lake.read("matches"))


@contextmanager
def world_in(folder: Path) -> Iterator[World]:
    """The world of a folder; a new one has accepted jobs and models of them."""
    is_new = not (folder / "lake").exists()
    with opened(folder / "control.db") as engine:
        world = World(folder, Lake.open(folder / "lake"), engine)
        world.commits = world.lake.version("matches")
        if is_new:
            ensure_tenant(engine, DEFAULT_TENANT, now=1)
            keep(engine, DEFAULT_TENANT, world.rules, Settings(POLICY), now=1)
            world.add(accepted_jobs())
            world.train()
        world.stored = stored_foresight(engine, DEFAULT_TENANT)
        yield world


def judged_world(folder: Path) -> Path:
    """A folder with alerts on a new job, on the same job two days later, and on an attack."""
    with world_in(folder) as world:
        world.add([*new_jobs(12), *new_jobs(12, first=300), *attack(600)])
        world.judge()
    return folder
