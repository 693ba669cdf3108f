"""Days of a made-up tenant with an attacker in it: judged, spoken of, learned from every night."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

import pyarrow as pa
from tests.models.histories import RULES, matches

from foreseen.alerts.decide import Policy
from foreseen.core.decisions import Outcome
from foreseen.models.foresight import Foresight
from foreseen.models.moments.moment import moments_of
from foreseen.studies.anchor import learn
from foreseen.studies.history import Evidence, Lessons, clean_history, lessons_of
from foreseen.studies.words import silent

RULE = RULES[0]
HOUR = 60 * 60 * 1000
DAY = 24 * HOUR
JOBS, BOOTSTRAP = 30, 8
POLICY = Policy(budget=0.02, least_history=30)
HOSTILE = "hostile"

Row = dict[str, object]
Attacker = Callable[[int], Sequence[Row]]
"""What it does on a day that is so many days after the bootstrap."""


class Teacher(Enum):
    """Who may teach."""

    LAW = "as law 5 says"
    NO_ANCHOR = "as law 5 says, but that no anchor is asked"
    EVERYTHING = "every match teaches"


@dataclass
class World:
    """Everything that was ever recorded and said."""

    teacher: Teacher
    days: list[pa.Table] = field(default_factory=list)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    dismissed: set[str] = field(default_factory=set)
    tainted: set[str] = field(default_factory=set)
    foresight: Foresight | None = None
    anchor: tuple[frozenset[str], Foresight] | None = None


def silenced(attacker: Attacker, days: int, teacher: Teacher) -> list[tuple[int, str]]:
    """Acts of the attacker that were suppressed: day after the bootstrap, and uid.

    Every other alert is dismissed on its day; the attacker's stay open. Models learn every night.
    """
    world, found = World(teacher), []
    for day in range(BOOTSTRAP):
        world.days.append(matches(jobs_of(day)))
    retrain(world, BOOTSTRAP)
    for day in range(BOOTSTRAP, BOOTSTRAP + days):
        hostile = hostile_rows(attacker(day - BOOTSTRAP), day)
        rows = [*jobs_of(day), *hostile]
        world.days.append(matches(rows))
        judge(world, world.days[-1])
        found += [
            (day - BOOTSTRAP, uid)
            for uid in (str(row["match_uid"]) for row in hostile)
            if world.outcomes[uid] is Outcome.SUPPRESSED
        ]
        retrain(world, day + 1)
    return found


def jobs_of(day: int) -> list[Row]:
    """The jobs of two hosts on one day."""
    chance = random.Random(day)  # noqa: S311 (made-up data)
    rows: list[Row] = [
        {
            "match_uid": f"job-{day}-{number}",
            "time": day * DAY + number * DAY // JOBS,
            "host": chance.choice(["web-1", "web-2"]),
            "process_cmd_line": f"curl -s http://10.0.0.{chance.randint(1, 3)}:8080/health",
            "window_tokens": chance.sample(["execve date", "execve cat", "execve ls"], 2),
        }
        for number in range(JOBS)
    ]
    return [{**row, "ingested_time": row["time"]} for row in rows]


def hostile_rows(acts: Sequence[Row], day: int) -> list[Row]:
    """Acts spread over a day, on a host of their own unless they name one."""
    return [
        {
            "host": "web-9",
            **act,
            "match_uid": f"{HOSTILE}-{day}-{number}",
            "time": (time := day * DAY + (number * DAY) // max(len(acts), 1)),
            "ingested_time": time,
        }
        for number, act in enumerate(acts)
    ]


def judge(world: World, table: pa.Table) -> None:
    """Decide a day's matches, and say of each alert what a person would."""
    moments = moments_of(table)
    quiet: set[str] = set()
    if world.foresight is not None:
        asked = silent(world.foresight, {RULE: moments}, POLICY)
        quiet = {moment.uid for moment in asked[RULE]}
    for moment in moments:
        is_quiet = moment.uid in quiet
        world.outcomes[moment.uid] = Outcome.SUPPRESSED if is_quiet else Outcome.ALERTED
        if not is_quiet:
            hostile = moment.uid.startswith(HOSTILE)
            (world.tainted if hostile else world.dismissed).add(moment.uid)


def retrain(world: World, day: int) -> None:
    """The models of the next day."""
    table, now = pa.concat_tables(world.days), day * DAY
    evidence = Evidence(BOOTSTRAP * DAY, world.outcomes, world.dismissed, world.tainted)
    lessons = lessons_of(table, evidence, {RULE}, now)
    if world.teacher is Teacher.NO_ANCHOR:
        lessons = Lessons(clean_history(table, evidence, {RULE}, now), {}, {})
    if world.teacher is Teacher.EVERYTHING:
        lessons = Lessons(clean_history(table, Evidence(now), {RULE}, now), {}, {})
    spoken = frozenset(
        moment.uid
        for history in (lessons.accepted, lessons.dismissed)
        for found in history.values()
        for moment in found
    )
    anchor = world.anchor[1] if world.anchor and world.anchor[0] == spoken else None
    learned = learn(lessons, POLICY, 0, anchor=anchor)
    world.foresight, world.anchor = learned.trained.foresight, (spoken, learned.anchor)
    if world.teacher is Teacher.LAW:
        assert not taught_by(lessons) & world.tainted


def taught_by(lessons: Lessons) -> set[str]:
    """Uids of what may teach."""
    return {
        moment.uid
        for history in (lessons.accepted, lessons.dismissed, lessons.quiet)
        for found in history.values()
        for moment in found
    }


def between(one: Mapping[str, object], other: Mapping[str, object], taken: Sequence[str]) -> Row:
    """One act with some of the other's parts."""
    return {**one, **{name: other[name] for name in taken}}
