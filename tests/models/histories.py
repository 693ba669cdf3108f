"""Made-up matches whose habits are known, and rows of the tables that they come from."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
from hypothesis import strategies as st

from foreseen.core.ids import RuleId
from foreseen.models.moments.acts import Act
from foreseen.models.moments.moment import Moment
from foreseen.schema.arrow import EVENT_SCHEMA, MATCH_SCHEMA, batch_of

RULES = (RuleId("download_tool"), RuleId("exec_from_tmp"), RuleId("schedule_tool"))
MINUTE = 60_000


def moment(number: int = 0, **changed: object) -> Moment:
    """A match of a nightly job, with parts changed."""
    plain: dict[str, object] = {
        "uid": f"match-{number}",
        "rule": RULES[0],
        "workload": "web",
        "time": number * MINUTE,
        "act": act_of("curl -s http://10.0.0.5:8080/health"),
        "who": "service as 0, no terminal",
        "parent": "sh -c curl",
        "ancestry": ("sh", "cron", "systemd"),
        "window": ("execve date", "execve cat /etc/<name>"),
        "session": (),
        "siblings": ("execve date",),
    }
    return Moment(**{**plain, **changed})  # type: ignore[arg-type]


def act_of(command: str) -> Act:
    """An act at three depths, each of its own."""
    program, *options = command.split(" ")
    shape = " ".join([program, *(word for word in options if word.startswith("-"))])
    return Act(f"execve {command}", f"execve {shape}", f"execve {program}")


@dataclass(frozen=True)
class Habits:
    """What a made-up workload does: some things often, some things rarely, all independent."""

    programs: int = 12
    decay: float = 0.25

    def one(self, chance: random.Random, rule: RuleId, number: int) -> Moment:
        """One match, drawn anew."""
        program = f"tool{_geometric(chance, self.decay, self.programs)}"
        parent, ancestry = chance.choice(
            [("sh -c", ("sh", "cron", "systemd")), ("python# <word>", ("python#", "systemd"))]
        )
        return moment(
            uid=f"{rule}-{number}",
            rule=rule,
            workload=chance.choice(["web", "db"]),
            time=number * MINUTE,
            act=act_of(f"{program} -{chance.choice('xyz')} {chance.choice('abcd')}"),
            who=f"{chance.choice(['service', '1000'])} as 0, no terminal",
            parent=parent,
            ancestry=ancestry,
            window=tuple(f"execve w{_geometric(chance, 0.3, 16)}" for _ in range(12)),
            siblings=tuple(f"execve w{_geometric(chance, 0.3, 16)}" for _ in range(4)),
        )


def _geometric(chance: random.Random, decay: float, limit: int) -> int:
    return min(int(chance.expovariate(decay)), limit - 1)


def stationary(
    seed: int, count: int, rules: Sequence[RuleId] = RULES, *, start: int = 0
) -> dict[RuleId, list[Moment]]:
    """Histories in which every match is drawn from the same habits."""
    chance = random.Random(seed)  # noqa: S311 (made-up data)
    numbers = range(start, start + count)
    return {rule: [Habits().one(chance, rule, number) for number in numbers] for rule in rules}


def events(rows: Sequence[Mapping[str, object]]) -> pa.RecordBatch:
    """Rows of the events table."""
    return batch_of(rows, EVENT_SCHEMA)


def matches(rows: Sequence[Mapping[str, object]]) -> pa.Table:
    """Rows of the matches table; what a row does not say is plain."""
    plain = {
        "tenant": "default",
        "stream": "web-1/boot",
        "host": "web-1",
        "workload": "web",
        "rule_id": str(RULES[0]),
        "class_uid": 1007,
        "event_type": "execve",
        "process_path": "/usr/bin/curl",
        "process_cmd_line": "curl -s http://10.0.0.5:8080/health",
        "parent_cmd_line": "sh -c 'curl -s http://10.0.0.5:8080/health'",
        "lineage_paths": ["/bin/sh", "/usr/sbin/cron"],
        "status_id": 1,
        "window_complete": True,
        "window_tokens": ["execve date"],
        "session_tokens": [],
        "sibling_tokens": [],
    }
    return pa.Table.from_batches([batch_of([{**plain, **row} for row in rows], MATCH_SCHEMA)])


hostile_text = st.text(
    st.sampled_from(
        [*"ab /.-'\"$(;|=<>:@19", "\x1f", "\0", "\n", "\x1b", "\u202e", "\ufffd", "é", "٣"]
    ),
    max_size=40,
)
"""Text as an attacker writes it: separators, control characters, quotes, markup."""


def moments(texts: st.SearchStrategy[str] = hostile_text) -> st.SearchStrategy[Moment]:
    """Any match that telemetry can bring."""
    several = st.lists(texts, max_size=6).map(tuple)
    return st.builds(
        Moment,
        uid=texts,
        rule=st.just(str(RULES[0])),
        workload=st.sampled_from(["web", "db", "a/b", ""]),
        time=st.integers(0, 2**45),
        act=st.builds(Act, texts, texts, texts),
        who=texts,
        parent=texts,
        ancestry=several,
        window=several,
        session=several,
        siblings=several,
    )
