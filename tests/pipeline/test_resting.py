"""What is remembered of sources and streams of which nothing came for long."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import orjson
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.recording import extract, lines_of
from tests.shipped import shipped_rules

from foreseen.core.ids import DEFAULT_TENANT
from foreseen.core.records import Line
from foreseen.pipeline.merging import merged
from foreseen.pipeline.resting import REST
from foreseen.pipeline.shard import Lines, ShardArtefacts, ShardOut, ShardState, Tick, step
from foreseen.pipeline.snapshots import dump_shard, load_shard

ARTEFACTS = ShardArtefacts(DEFAULT_TENANT, shipped_rules())
DAY = 86_400_000
TOLD = ("window_ages", "window_tokens", "session_tokens", "sibling_tokens")
HOSTS = ("web-1", "ci-1")
FEW = settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

Part = Lines | Tick


@pytest.fixture(scope="session")
def of_hosts() -> dict[str, list[Line]]:
    """Recorded lines of two hosts, each from a source of its own."""
    lines = lines_of(extract(1_500))
    return {
        host: [
            replace(line, source=f"{host}/auditd", received=0)
            for line in lines
            if line.data.startswith(f"node={host} ".encode())
        ]
        for host in HOSTS
    }


def sent(lines: Sequence[Line], again: int = 0) -> Lines:
    """Lines of one source, at other places each time."""
    moved = [replace(line, offset=line.offset + again * 10**9) for line in lines]
    return Lines(lines[0].source, "auditd", moved)


def days(begin: int, count: int) -> list[Part]:
    return [Tick((begin + day) * DAY + 5_000) for day in range(count)]


class Out:
    """What some steps gave."""

    def __init__(self, state: ShardState, outs: Sequence[ShardOut]) -> None:
        self.state = state
        self.events, self.matches, self.quarantine = (
            pa.Table.from_batches([getattr(out, name) for out in outs]).combine_chunks()
            for name in ("events", "matches", "quarantine")
        )

    def told(self, rows: slice = slice(None)) -> list[dict[str, object]]:
        """What the matches' windows tell."""
        return self.matches.select(TOLD).to_pylist()[rows]


def ran(parts: Sequence[Part], cuts: Sequence[int] = (), state: ShardState | None = None) -> Out:
    state, outs = state or ShardState(), []
    for begin, end in pairwise([0, *sorted(cuts), len(parts)]):
        state, out = step(load_shard(dump_shard(state)), parts[begin:end], ARTEFACTS)
        outs.append(out)
    return Out(state, outs)


def test_a_stream_that_rested_has_the_next_number_and_nothing_else(
    of_hosts: dict[str, list[Line]],
) -> None:
    lines = of_hosts["web-1"]
    once = ran([sent(lines), *days(1, REST + 2)])
    assert once.matches.num_rows > 5
    assert once.state.parsers == {}
    assert once.state.tail.num_rows == 0
    assert not once.state.processes.hosts
    assert not once.state.heard.streams
    assert not once.state.heard.sources
    again = ran([sent(lines), *days(1, REST + 2), sent(lines, 1), *days(40, 1)])
    number = once.matches.num_rows
    assert again.told(slice(number, None)) == once.told()
    numbers = again.events.group_by("stream").aggregate([("seq", "count_distinct"), ("seq", "max")])
    assert numbers["seq_count_distinct"] == numbers["seq_max"]


def test_a_stream_keeps_its_windows_until_it_rests(of_hosts: dict[str, list[Line]]) -> None:
    lines = of_hosts["web-1"]
    parts = [sent(lines), *days(1, REST), sent(lines, 1), *days(40, 1)]
    found, number = ran(parts), ran(parts[:2]).matches.num_rows
    assert found.told(slice(number, 2 * number)) != found.told(slice(number))


def test_a_clock_that_jumps_by_years_makes_nothing_rest(of_hosts: dict[str, list[Line]]) -> None:
    jumps: list[Part] = [Tick(DAY), Tick(9_999 * DAY), Tick(2 * DAY), Tick(9_999 * DAY)]
    state = ran([sent(of_hosts["web-1"]), *jumps]).state
    assert state.parsers
    assert state.tail.num_rows


@FEW
@given(data=st.data())
def test_what_rests_does_not_depend_on_where_batches_are_cut(
    of_hosts: dict[str, list[Line]], data: st.DataObject
) -> None:
    web, ci = (of_hosts[host] for host in HOSTS)
    parts: list[Part] = [sent(web[:100]), sent(ci[:100]), *days(1, 3), sent(ci[100:200])]
    parts += [*days(4, REST - 1), sent(web[:200], 1), sent(ci[:200], 1), *days(60, 2)]
    cuts = data.draw(st.lists(st.integers(0, len(parts)), max_size=6))
    one, other = ran(parts), ran(parts, cuts)
    assert (one.events, one.matches) == (other.events, other.matches)
    assert dump_shard(one.state) == dump_shard(other.state)


def test_what_rests_does_not_depend_on_how_streams_are_divided(
    of_hosts: dict[str, list[Line]],
) -> None:
    web, ci = (of_hosts[host] for host in HOSTS)
    first: list[Part] = [sent(web[:200]), sent(ci[:200]), *days(1, 9), sent(ci[200:300])]
    then: list[Part] = [*days(10, REST - 5), sent(web[:300], 1), sent(ci[:300], 1), *days(70, 1)]
    whole = ran([*first, *then])
    divided = [ran(of(first, source)).state for source in ("web-1/auditd", "ci-1/auditd")]
    state = merged([load_shard(dump_shard(each)) for each in divided])
    assert rows_of(ran(then, state=state)) == rows_of(whole, after=ran(first))


def of(parts: Sequence[Part], source: str) -> list[Part]:
    return [part for part in parts if isinstance(part, Tick) or part.source == source]


def rows_of(out: Out, after: Out | None = None) -> list[dict[str, object]]:
    skip = after.matches.num_rows if after else 0
    return out.matches.slice(skip).to_pylist()


def test_a_snapshot_from_before_counts_days_from_now_on(of_hosts: dict[str, list[Line]]) -> None:
    dumped = orjson.loads(dump_shard(ran([sent(of_hosts["web-1"])]).state))
    del dumped["heard"]
    old = load_shard(orjson.dumps(dumped))
    assert ran(days(1, REST), state=old).state.tail.num_rows
    assert not ran(days(1, REST + 2), state=load_shard(orjson.dumps(dumped))).state.tail.num_rows


def test_of_a_thousand_names_that_rest_only_numbers_are_kept() -> None:
    line = (
        b"node=%s type=SYSCALL msg=audit(1795262400.000:7): arch=c000003e syscall=59 success=yes"
        b' exit=0 items=0 ppid=1 pid=9 auid=0 uid=0 ses=3 comm="id" exe="/usr/bin/id"'
    )
    names = [f"machine-{number}" for number in range(1_000)]
    lines = [Line(f"{name}/auditd", 0, 1, "p", line % name.encode(), 0) for name in names]
    state = ran([*(Lines(each.source, "auditd", [each]) for each in lines), *days(1, 1)]).state
    before = len(dump_shard(state))
    state, _ = step(state, days(2, REST + 1), ARTEFACTS)
    assert len(state.sequences) == len(names)
    assert before > 300 * len(names)
    assert len(dump_shard(state)) < 30 * len(names)
