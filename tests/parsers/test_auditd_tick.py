"""A tick of the receiver's clock lets go of what waits for a next line that may never come."""

import json
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from foreseen.core.records import Line
from foreseen.parsers.auditd import AuditdParser
from foreseen.parsers.auditd_join import GRACE, AuditState
from foreseen.parsers.protocol import Parsed

PARSER = AuditdParser()
CAME = 1_800_000_000_000


def records(serial: int, node: str = "web-1") -> list[bytes]:
    """A program start as auditd's file holds it: without an end-of-event record."""
    stamp = f"msg=audit(1795287000.{serial:03}:{serial}):"
    start = (
        f"node={node} type=SYSCALL {stamp} arch=c000003e syscall=59 success=yes exit=0 ppid=1"
        f' pid={serial} auid=1 uid=1 euid=1 tty=(none) ses=3 comm="id" exe="/usr/bin/id"'
    )
    arguments = f'node={node} type=EXECVE {stamp} argc=1 a0="id"'
    return [start.encode(), arguments.encode(), f"node={node} type=PROCTITLE {stamp}".encode()]


def lines(data: Sequence[bytes], received: int | None = CAME) -> list[Line]:
    return [Line("log", n * 1000, n, "log", line, received) for n, line in enumerate(data)]


def serials(parsed: Parsed) -> list[object]:
    return [row.columns["original_uid"] for row in parsed.rows]


def test_the_newest_event_waits_for_the_grace_period_and_no_longer() -> None:
    state = PARSER.initial()
    assert not PARSER.parse(state, lines(records(1))).rows
    assert not PARSER.tick(state, CAME + GRACE).rows
    assert serials(PARSER.tick(state, CAME + GRACE + 1)) == ["1"]
    assert not PARSER.finish(state).rows


def test_a_tick_keeps_what_a_source_has_taught() -> None:
    state = PARSER.initial()
    PARSER.parse(state, lines(records(5)))
    known = PARSER.dump(state)["nodes"]
    PARSER.tick(state, CAME * 2)
    assert PARSER.dump(state)["nodes"] == {**known, "web-1": {**known["web-1"], "titled": None}}  # type: ignore[dict-item, index]


def test_an_event_that_still_grows_holds_back_those_behind_it() -> None:
    state = PARSER.initial()
    old, new = records(1), records(2)
    PARSER.parse(state, lines([old[0], *new]))
    PARSER.parse(state, [Line("log", 9_000, 9, "log", old[1], CAME + GRACE)])
    assert not PARSER.tick(state, CAME + GRACE + 1).rows
    assert serials(PARSER.tick(state, CAME + 3 * GRACE)) == ["1", "2"]


def test_a_replay_knows_no_arrival_and_so_no_wait() -> None:
    state = PARSER.initial()
    PARSER.parse(state, lines(records(1), None))
    assert not PARSER.tick(state, CAME * 2).rows
    assert serials(PARSER.finish(state)) == ["1"]


def test_a_record_that_comes_after_the_tick_is_counted() -> None:
    state = PARSER.initial()
    data = records(1)
    PARSER.parse(state, lines(data[:1]))
    left = PARSER.tick(state, CAME + 2 * GRACE)
    PARSER.parse(state, lines(data[1:], CAME + 2 * GRACE))
    late = PARSER.finish(state)
    assert [row.columns["raw"] for row in left.rows] == [data[0].decode()]
    assert [entry.line.data for entry in late.quarantined] == data[1:]


@given(st.lists(st.sampled_from(["web-1", "db-1"]), min_size=1, max_size=6), st.data())
def test_ticks_lose_nothing_whatever_their_time_and_snapshots_change_nothing(
    nodes: list[str], data: st.DataObject
) -> None:
    together = [record for n, node in enumerate(nodes) for record in records(n + 1, node)]
    ticks = data.draw(st.lists(st.integers(0, 3 * GRACE), min_size=len(together)))
    plain, kept = PARSER.initial(), PARSER.initial()
    raw: list[str] = []
    for line, late in zip(lines(data.draw(st.permutations(together))), ticks, strict=False):
        now = CAME + late
        whole, cut = ([PARSER.parse(s, [line]), PARSER.tick(s, now)] for s in (plain, kept))
        assert whole == cut
        raw += texts(whole)
        kept = loaded(kept)
    raw += texts([PARSER.finish(plain)])
    assert sorted("\n".join(raw).split("\n")) == sorted(line.decode() for line in together)


def loaded(state: AuditState) -> AuditState:
    return PARSER.load(json.loads(json.dumps(PARSER.dump(state))))


def texts(results: Sequence[Parsed]) -> list[str]:
    kept = [str(row.columns["raw"]) for parsed in results for row in parsed.rows]
    return kept + [entry.line.data.decode() for parsed in results for entry in parsed.quarantined]
