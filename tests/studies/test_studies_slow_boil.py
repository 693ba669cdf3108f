"""An attacker who repeats an act every day, and whose alerts stay open, is never silenced."""

import random
from dataclasses import dataclass, field

from tests.models.histories import RULES, matches

from foreseen.alerts.decide import Policy, Question, decide
from foreseen.core.decisions import Outcome
from foreseen.models.foresight import Foresight
from foreseen.models.moments import Moment, moments_of
from foreseen.models.training import train
from foreseen.studies.history import Evidence, clean_history

RULE = RULES[0]
HOUR = 60 * 60 * 1000
DAY = 24 * HOUR
JOBS, BOOTSTRAP, DAYS, RETRAIN = 40, 10, 30, 5
POLICY = Policy(budget=0.02, least_history=30)
IMPLANT = {
    "host": "web-2",
    "process_path": "/tmp/a81",
    "process_cmd_line": "/tmp/a81 --beacon http://203.0.113.9:4444",
    "parent_cmd_line": "nginx -g daemon",
    "lineage_paths": ["/usr/sbin/nginx"],
    "window_tokens": ["execve whoami", "execve uname"],
}


@dataclass
class World:
    """Everything that was ever recorded and said."""

    rows: list[dict[str, object]] = field(default_factory=list)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    dismissed: set[str] = field(default_factory=set)
    tainted: set[str] = field(default_factory=set)


def day_of(day: int) -> list[dict[str, object]]:
    """What happens on one day: the jobs of two hosts and, after the bootstrap, the attacker."""
    chance = random.Random(day)  # noqa: S311 (made-up data)
    rows: list[dict[str, object]] = [
        {
            "match_uid": f"job-{day}-{number}",
            "time": day * DAY + number * HOUR // 2,
            "host": chance.choice(["web-1", "web-2"]),
            "process_cmd_line": f"curl -s http://10.0.0.{chance.randint(1, 3)}:8080/health",
            "window_tokens": chance.sample(["execve date", "execve cat", "execve ls"], 2),
        }
        for number in range(JOBS)
    ]
    if day >= BOOTSTRAP:
        implant = {**IMPLANT, "match_uid": f"implant-{day}", "time": day * DAY + 23 * HOUR}
        rows.append(implant)
    return [{**row, "ingested_time": row["time"]} for row in rows]


def silenced_days(*, naive: bool) -> list[int]:
    """Days on which the implant was suppressed; naive: every match teaches."""
    world, foresight, silenced = World(), None, []
    for day in range(BOOTSTRAP + DAYS):
        rows = day_of(day)
        world.rows += rows
        if day >= BOOTSTRAP:
            for one in moments_of(matches(rows)):
                outcome = judge(foresight, one)
                world.outcomes[one.uid] = outcome
                implant = one.uid.startswith("implant")
                if outcome is Outcome.ALERTED:
                    (world.tainted if implant else world.dismissed).add(one.uid)
                elif implant:
                    silenced.append(day)
        if (day - BOOTSTRAP + 1) % RETRAIN == 0:
            foresight = retrained(world, (day + 1) * DAY, naive=naive)
    return silenced


def judge(foresight: Foresight | None, one: Moment) -> Outcome:
    known = foresight is not None and RULE in foresight.models
    prediction = foresight.predict(RULE, [one], 0)[0] if foresight and known else None
    history = foresight.history(RULE, one.workload) if foresight else 0
    question = Question(
        foresee=True,
        has_model=known,
        failed=False,
        history=history,
        prediction=prediction,
        complete=True,
        incident=None,
    )
    return decide(question, POLICY)[0]


def retrained(world: World, now: int, *, naive: bool) -> Foresight:
    evidence = Evidence(BOOTSTRAP * DAY, world.outcomes, world.dismissed, world.tainted)
    if naive:
        evidence = Evidence(now)
    history = clean_history(matches(world.rows), evidence, {RULE}, now)
    taught = {one.uid for found in history.values() for one in found}
    assert naive or not taught & world.tainted
    return train(history, budget=POLICY.budget, least_history=30, seed=0).foresight


def test_an_act_whose_alerts_stay_open_is_never_suppressed_however_often_it_is_repeated() -> None:
    assert silenced_days(naive=False) == []


def test_the_same_act_would_be_silenced_if_every_match_taught() -> None:
    assert silenced_days(naive=True) != []
