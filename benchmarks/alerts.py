"""Alerts at a million: storing them, listing and filtering them, and the figures of a landing page.

`alerts.py [--alerts N] [--control URL]`: SQLite in a temporary folder, or the database at a URL,
which must be empty. Reported, with the machine's name; the aims stand beside the figures.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from sqlalchemy import Engine

from foreseen.control.alert_commit import Decided, commit_decisions
from foreseen.control.alert_counts import counts
from foreseen.control.alert_times import distributions
from foreseen.control.alerts import AlertFilter, Order, Page, key_of, listed
from foreseen.control.cursors import Checkpoint
from foreseen.control.database import opened
from foreseen.control.tenants import ensure_tenant
from foreseen.core.alerts import Alert, AlertStatus
from foreseen.core.ids import DEFAULT_TENANT, RuleId
from measure import machine

NOW = 1_795_287_000_000
BATCH = 1_000
ROUNDS = 200
LEVELS = ("informational", "low", "medium", "high", "critical")
STATUSES = (AlertStatus.OPEN, *[AlertStatus.DISMISSED] * 6, AlertStatus.ESCALATED)
_HOSTS, _RULES = 5_000, 300


def main() -> int:
    """Store, ask, tell."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--alerts", type=int, default=1_000_000)
    options.add_argument("--control", help="postgresql://...; else SQLite")
    asked = options.parse_args()
    say(machine())
    with tempfile.TemporaryDirectory(prefix="foreseen-alerts-") as folder:
        place = asked.control or Path(folder) / "control.db"
        with opened(place) as engine:
            ensure_tenant(engine, DEFAULT_TENANT, now=NOW)
            rate = stored(engine, asked.alerts)
            say(f"{asked.alerts:,} alerts stored, {rate:,.0f} a minute (aim 10,000)")
            for name, seconds in measured(engine).items():
                p50, p99 = np.quantile(seconds, (0.5, 0.99)) * 1_000
                say(f"{name:>34}: p50 {p50:7.1f} ms, p99 {p99:7.1f} ms")
    return 0


def say(text: str) -> None:
    """A line of the report."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def stored(engine: Engine, number: int, by: str = "judge") -> float:
    """Store so many, in commits as the judge makes them; alerts a minute."""
    chance = random.Random(1)  # noqa: S311 (made-up data)
    begun = time.perf_counter()
    for version, first in enumerate(range(0, number, BATCH), 1):
        made = [alert(n, chance) for n in range(first, min(first + BATCH, number))]
        commit_decisions(engine, DEFAULT_TENANT, Decided(made), Checkpoint(by, version), now=NOW)
    return number / (time.perf_counter() - begun) * 60


def alert(number: int, chance: random.Random) -> Alert:
    """One of many: some rules and hosts have most of them."""
    rule = int(_RULES * chance.random() ** 3)
    host = int(_HOSTS * chance.random() ** 2)
    when = NOW - chance.randrange(90 * 86_400_000)
    return Alert(
        uid=f"{number:032x}",
        tenant=DEFAULT_TENANT,
        rule=RuleId(f"rule-{rule}"),
        workload=f"workload-{host % 200}",
        host=f"host-{host}",
        stream=f"host-{host}/0",
        first_time=when,
        last_time=when,
        severity=LEVELS[min(int(chance.expovariate(0.7)), 4)],
        title=f"Rule {rule}: /usr/bin/curl -s https://host-{number % 977}/x -o /tmp/{number}",
        sentences=("On web-1, user ana: it ran.", "It was never seen here.") * 3,
        surprise=chance.random() * 20,
        members=(f"{number:032x}",),
        incident=None,
        decision={"outcome": "alerted", "basis": "unexpected", "artefacts": {"rules": "0" * 64}},
        status=chance.choice(STATUSES),
    )


def measured(engine: Engine) -> dict[str, list[float]]:
    """How long each question takes, many times with other values, seconds."""
    chance = random.Random(2)  # noqa: S311 (made-up data)
    found = {name: timed(ask) for name, ask in questions(engine, chance).items()}
    found["counts by kind"] = timed(lambda: counts(engine, DEFAULT_TENANT), 30)
    found["times by rule and month"] = timed(lambda: distributions(engine, DEFAULT_TENANT), 30)
    return found


def questions(engine: Engine, chance: random.Random) -> dict[str, Callable[[], object]]:
    """Pages of 50 as a person asks for them."""

    def page(order: Order = Order.NEWEST, **wanted: object) -> object:
        asked = AlertFilter(**wanted)  # type: ignore[arg-type] # the filters of each line
        return listed(engine, DEFAULT_TENANT, asked, Page(order, None, 50))

    def deep() -> object:
        place = listed(engine, DEFAULT_TENANT, AlertFilter(until=before()), Page(limit=1))[-1]
        after = key_of(place, Order.NEWEST)
        return listed(engine, DEFAULT_TENANT, AlertFilter(), Page(Order.NEWEST, after, 50))

    def before() -> int:
        return NOW - chance.randrange(80 * 86_400_000)

    open_ = (AlertStatus.OPEN,)
    return {
        "newest": page,
        "newest, open": lambda: page(status=open_),
        "riskiest, open": lambda: page(Order.RISKIEST, status=open_),
        "a page deep in the list": deep,
        "of a rule": lambda: page(rule=RuleId(f"rule-{chance.randrange(_RULES)}")),
        "of a rule, open": lambda: page(
            rule=RuleId(f"rule-{chance.randrange(_RULES)}"), status=open_
        ),
        "of a host": lambda: page(host=f"host-{chance.randrange(_HOSTS)}"),
        "of a workload, severe and open": lambda: page(
            workload=f"workload-{chance.randrange(200)}",
            severity=("critical", "high"),
            status=open_,
        ),
        "of a day": lambda: page(until=before(), since=NOW - 85 * 86_400_000),
        "letters of many titles": lambda: page(text="curl"),
        "letters of a few titles": lambda: page(text=f"host-{chance.randrange(977)}/"),
    }


def timed(ask: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Seconds of each round; at most half a minute in all."""
    found: list[float] = []
    end = time.perf_counter() + 30
    while len(found) < rounds and time.perf_counter() < end:
        begun = time.perf_counter()
        answer = ask()
        found.append(time.perf_counter() - begun)
        assert isinstance(answer, Sequence)  # noqa: S101 (it was asked)
    return found


if __name__ == "__main__":
    sys.exit(main())
