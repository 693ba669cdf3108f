"""The shard step: lines to events, labels, windows and quarantine, wherever the input is cut."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from time import process_time
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.recording import extract, lines_of
from tests.shipped import shipped_rules

from foreseen.core.ids import DEFAULT_TENANT, match_uid
from foreseen.core.records import LINE_LIMIT, Line, Quarantined, Reason
from foreseen.models.moments.acts import acts_of
from foreseen.models.moments.windows import GROUP_EVENTS, REACH, STREAM_EVENTS
from foreseen.parsers.auditd_records import text_of
from foreseen.pipeline.shard import Lines, ShardArtefacts, ShardOut, ShardState, Tick, step
from foreseen.pipeline.snapshots import dump_shard, load_shard
from foreseen.schema.arrow import texts

ARTEFACTS = ShardArtefacts(DEFAULT_TENANT, shipped_rules())
FEW = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
MANY = settings(max_examples=25, deadline=None)


@dataclass(frozen=True)
class Gathered:
    """All that several steps gave, in their order."""

    events: pa.Table
    matches: pa.Table
    quarantine: pa.Table


def gathered(outs: Sequence[ShardOut]) -> Gathered:
    return Gathered(
        *(
            pa.Table.from_batches([getattr(out, name) for out in outs]).combine_chunks()
            for name in ("events", "matches", "quarantine")
        )
    )


def parts_of(lines: Sequence[Line]) -> list[Lines]:
    """Lines of several sources as the step takes them: runs of one source."""
    runs = groupby(lines, key=lambda line: line.source)
    return [Lines(source, "auditd", list(run)) for source, run in runs]


def stepped(lines: Sequence[Line], cuts: Iterable[int], *, snapshots: bool = False) -> Gathered:
    state, outs = ShardState(), []
    ends = [0, *sorted(cuts), len(lines)]
    for begin, end in pairwise(ends):
        state, out = step(state, parts_of(lines[begin:end]), ARTEFACTS)
        outs.append(out)
        if snapshots:
            state = load_shard(dump_shard(state))
    sources = dict.fromkeys(line.source for line in lines)
    ended = [Lines(source, "auditd", [], ended=True) for source in sources]
    state, out = step(state, ended, ARTEFACTS)
    return gathered([*outs, out])


@pytest.fixture(scope="session")
def recorded() -> list[Line]:
    """Recorded lines as if two agents had sent them: two machines each, interleaved."""
    first: list[Line] = []
    second: list[Line] = []
    for line in lines_of(extract(3_000)):
        (first if line.data.startswith((b"node=web", b"node=ci")) else second).append(line)
    return interleaved(first, [replace(line, source="log-2") for line in second])


def interleaved(one: Sequence[Line], two: Sequence[Line], at_once: int = 40) -> list[Line]:
    mixed: list[Line] = []
    for start in range(0, max(len(one), len(two)), at_once):
        mixed += [*one[start : start + at_once], *two[start : start + at_once]]
    return mixed


@pytest.fixture(scope="session")
def whole(recorded: list[Line]) -> Gathered:
    """What all lines give in one step."""
    return stepped(recorded, [])


def test_recorded_lines_give_events_labels_and_windows(whole: Gathered) -> None:
    assert whole.events.num_rows > 700
    assert len(set(whole.matches["rule_id"].to_pylist())) >= 5
    lengths = pc.list_value_length(whole.matches["window_seqs"])
    assert pc.max(lengths).as_py() == STREAM_EVENTS


@FEW
@given(data=st.data())
@pytest.mark.parametrize("snapshots", [False, True], ids=["in memory", "with snapshots"])
def test_nothing_depends_on_where_batches_are_cut(
    recorded: list[Line],
    whole: Gathered,
    snapshots: bool,  # noqa: FBT001 (a parameter of the test)
    data: st.DataObject,
) -> None:
    places = st.integers(0, len(recorded))  # at any line: most cuts fall into an event
    cuts = data.draw(st.lists(places, max_size=6 if snapshots else 12))
    assert stepped(recorded, cuts, snapshots=snapshots) == whole


@pytest.mark.long
def test_a_batch_a_line_gives_the_same(recorded: list[Line]) -> None:
    few = recorded[:300]
    assert stepped(few, range(1, 300), snapshots=True) == stepped(few, [])


def test_a_step_is_repeatable(recorded: list[Line], whole: Gathered) -> None:
    assert stepped(recorded, []) == whole


def test_sequence_numbers_of_a_stream_have_no_gaps(whole: Gathered) -> None:
    by_stream: dict[str, list[int]] = defaultdict(list)
    for stream, seq in rows(whole.events, "stream", "seq"):
        by_stream[stream].append(seq)
    assert len(by_stream) >= 3
    for seqs in by_stream.values():
        assert seqs == list(range(1, len(seqs) + 1))


def test_every_line_is_in_an_event_or_in_quarantine(recorded: list[Line], whole: Gathered) -> None:
    assert kept(whole) == Counter(text_of(line.data) for line in recorded)


@FEW
@given(data=st.data())
def test_ticks_of_the_clock_are_input_like_lines(recorded: list[Line], data: st.DataObject) -> None:
    live = [replace(line, received=n * 100) for n, line in enumerate(recorded[:400])]
    parts: list[Lines | Tick] = [part for line in live for part in parts_of([line])]
    for place in data.draw(st.lists(st.integers(0, 400), max_size=8)):
        parts.insert(place, Tick(place * 100 + data.draw(st.integers(-4_000, 9_000))))
    cuts = data.draw(st.lists(st.integers(0, len(parts)), max_size=4))
    results = []
    for ends in ([len(parts)], [*sorted(cuts), len(parts)]):
        state, outs = ShardState(), []
        for begin, end in pairwise([0, *ends]):
            state, out = step(load_shard(dump_shard(state)), parts[begin:end], ARTEFACTS)
            outs.append(out)
        _, out = step(state, [Tick(10**9)], ARTEFACTS)
        results.append(gathered([*outs, out]))
    assert results[0] == results[1]
    assert kept(results[0]) == Counter(text_of(line.data) for line in live)


def test_a_source_that_has_ended_leaves_nothing_behind(recorded: list[Line]) -> None:
    few = recorded[:100]
    state, _ = step(ShardState(), parts_of(few), ARTEFACTS)
    assert set(state.parsers) == {("auditd", "log"), ("auditd", "log-2")}
    state, _ = step(state, [Lines("log", "auditd", [], ended=True)], ARTEFACTS)
    assert set(state.parsers) == {("auditd", "log-2")}


def test_every_label_is_a_match_with_its_events_columns(whole: Gathered) -> None:
    labelled = {
        (uid, rule, match_uid(uid, rule))
        for uid, labels in rows(whole.events, "event_uid", "labels")
        for rule in labels
    }
    found = list(rows(whole.matches, "event_uid", "rule_id", "match_uid"))
    assert set(found) == labelled
    assert len(found) == len(labelled)
    shared = [name for name in whole.events.column_names if name in whole.matches.column_names]
    events = {event["event_uid"]: event for event in whole.events.select(shared).to_pylist()}
    for match in whole.matches.select(shared).to_pylist():
        assert match == events[match["event_uid"]]


def test_every_window_equals_a_slow_one(whole: Gathered) -> None:
    told = telling_events(whole)
    assert whole.matches.num_rows > 50
    for match in whole.matches.to_pylist():
        before = [
            event
            for event in told[match["stream"]]
            if match["seq"] - REACH <= event["seq"] < match["seq"]
        ]
        near = before[-STREAM_EVENTS:]
        assert match["window_seqs"] == [event["seq"] for event in near]
        assert match["window_ages"] == [match["time"] - event["time"] for event in near]
        assert match["window_tokens"] == [event["token"] for event in near]
        assert match["session_tokens"] == group_tokens(before, match, "session_uid")
        assert match["sibling_tokens"] == group_tokens(before, match, "parent_uid")
        assert match["window_complete"] is not any(event["loss"] for event in near)


def telling_events(whole: Gathered) -> dict[str, list[dict[str, Any]]]:
    """Events that windows show, by stream: all but forks that no rule matches."""
    acts, indices = acts_of(whole.events)
    told = defaultdict(list)
    for event, index in zip(whole.events.to_pylist(), indices.to_numpy(), strict=True):
        event["token"] = acts[index].shape
        event["loss"] = event["event_type"].startswith("DAEMON_")
        if event["labels"] or event["event_type"] not in {"clone", "clone3", "fork", "vfork"}:
            told[event["stream"]].append(event)
    return told


def group_tokens(before: list[dict[str, Any]], match: dict[str, Any], key: str) -> list[str]:
    same = [event for event in before if match[key] is not None and event[key] == match[key]]
    return [event["token"] for event in same[-GROUP_EVENTS:]]


def test_a_window_over_a_gap_of_the_recorder_is_not_complete() -> None:
    gap = b"node=web-1 type=DAEMON_START msg=audit(1795287000.000:1): op=start ver=3 res=success"
    lines = lines_of(execve(1, "id") + gap + b"\n" + execve(2, "id") + execve(3, "id", node="db-1"))
    found = rows(stepped(lines, []).matches, "host", "window_complete")
    assert list(found) == [("web-1", True), ("web-1", False), ("db-1", True)]


def test_identities_are_places_in_the_source_and_not_content(recorded: list[Line]) -> None:
    renamed = [replace(line, path="other", number=1) for line in recorded[:200]]
    moved = [replace(line, source="log-3") for line in recorded[:200]]
    own, same, other = (
        set(stepped(lines, []).events["event_uid"].to_pylist())
        for lines in (recorded[:200], renamed, moved)
    )
    assert own == same
    assert not own & other


def test_arrival_is_the_ingested_time_and_event_time_stands_in_for_it(
    recorded: list[Line],
) -> None:
    live = [Line("log", n, n, "log", line.data, 7) for n, line in enumerate(recorded[:50])]
    assert set(stepped(live, []).events["ingested_time"].to_pylist()) == {7}
    replayed = stepped(recorded[:50], []).events
    assert replayed["ingested_time"] == replayed["time"]


def execve(serial: int, *arguments: str | bytes, node: str = "web-1") -> bytes:
    """Records of one program start as auditd writes them; arguments of bytes in hexadecimal."""
    stamp = f"msg=audit(1795287000.{serial:03}:{serial}):"
    words = " ".join(
        f"a{n}={word.hex().upper()}" if isinstance(word, bytes) else f'a{n}="{word}"'
        for n, word in enumerate(arguments)
    )
    return (
        f"node={node} type=SYSCALL {stamp} arch=c000003e syscall=59 success=yes exit=0 items=2"
        f' ppid=1 pid={serial} auid=1001 uid=1001 gid=1001 euid=1001 tty=(none) ses=3 comm="id"'
        f' exe="/usr/bin/id" key="exec"\n'
        f"node={node} type=EXECVE {stamp} argc={len(arguments)} {words}\n"
        f"node={node} type=EOE {stamp} \n"
    ).encode()


@MANY
@given(st.lists(st.binary(min_size=1, max_size=40).filter(lambda b: b"\0" not in b), min_size=1))
def test_arguments_of_any_bytes_are_labelled(arguments: list[bytes]) -> None:
    found = stepped(lines_of(execve(1, "id", *arguments)), [])
    assert found.events.num_rows == 1
    assert found.quarantine.num_rows == 0
    assert "discovery_command" in found.matches["rule_id"].to_pylist()


def test_separators_of_our_own_in_an_argument_are_only_text() -> None:
    found = stepped(lines_of(execve(1, "id", b"a\x1fb") + execve(2, "id", "b")), [])
    assert found.matches.num_rows == 2


FOREIGN = (
    b'{"eventVersion": "1.08", "eventName": "ConsoleLogin"}',
    b"Nov 21 19:30:00 web-1 sshd[812]: Accepted publickey for ops from 10.0.0.7",
    b"<?xml version='1.0'?><Event/>",
    b"type=EXECVE",
    b"node=web-1 type=SYSCALL msg=audit(",
    b"node=web-1 type=SYSCALL msg=audit(99999999999.999:9999999999999999999): pid=1",
    b"type=SYSCALL msg=audit(1795287000.000:7): pid=99999999999999999999999 exit=-1",
    b"type=\x1b[31m msg=audit(1795287000.000:7):",
)


@st.composite
def hostile_lines(draw: st.DrawFn) -> bytes:
    """Bytes that a log may hold: binary, foreign, cut off, overwritten, glued together."""
    log = st.sampled_from(extract(400).splitlines())
    line = draw(log)
    at = draw(st.integers(0, len(line)))
    noise = draw(st.binary(max_size=30)).replace(b"\n", b" ")
    return draw(
        st.sampled_from(
            [line, line[:at], line[at:], noise, line[:at] + noise + line[at:],
             line[:at] + draw(log), *FOREIGN]
        )
    )  # fmt: skip


@MANY
@given(hostile=st.lists(hostile_lines(), min_size=1, max_size=25), data=st.data())
def test_hostile_lines_never_raise_and_are_counted(
    hostile: list[bytes], data: st.DataObject
) -> None:
    lines = lines_of(b"\n".join(hostile))
    cuts = data.draw(st.lists(st.integers(0, len(lines)), max_size=4))
    found = stepped(lines, cuts, snapshots=True)
    assert found == stepped(lines, [])
    # a line may be told apart into records and rubbish: together they are the line
    texts = [text_of(line.data) for line in lines if not line.data.isspace()]
    assert letters(kept(found).elements()) == letters(texts)


def test_a_line_over_the_limit_is_counted_and_not_read() -> None:
    lines = [*lines_of(execve(1, "id")), Line("log", 9_000, 9, "log", b"a" * (LINE_LIMIT + 1))]
    found = stepped(lines, [])
    assert found.events.num_rows == 1
    assert found.quarantine["reason"].to_pylist() == [Reason.TOO_LONG.value]


def test_a_very_long_argument_takes_no_longer_than_its_bytes() -> None:
    lines = lines_of(execve(1, "id", "a+" * 60_000))  # what one argument may be on Linux
    started = process_time()
    assert stepped(lines, []).matches.num_rows == 1
    assert process_time() - started < 2


def letters(texts: Iterable[str]) -> Counter[str]:
    return Counter(letter for text in texts for letter in text if letter not in "\r\n")


def test_what_never_became_a_line_is_in_quarantine_too() -> None:
    damaged = Quarantined(Line("log", 5, 1, "log.gz", b""), Reason.DAMAGED_FILE, "crc")
    batch = [Lines("log", "auditd", [], quarantined=[damaged])]
    _, out = step(ShardState(), batch, ARTEFACTS)
    (entry,) = out.quarantine.to_pylist()
    assert (entry["path"], entry["reason"]) == ("log.gz", Reason.DAMAGED_FILE.value)


def kept(found: Gathered) -> Counter[str]:
    """Lines in the raw of events, and in quarantine."""
    stored = [line for raw in texts(found.events, "raw") for line in raw.split("\n")]
    rejected = [text_of(bytes.fromhex(raw)) for raw in texts(found.quarantine, "raw_hex")]
    return Counter([*stored, *rejected])


def rows(table: pa.Table, *names: str) -> Iterable[tuple[Any, ...]]:
    return zip(*(table[name].to_pylist() for name in names), strict=True)


def test_fields_without_a_column_keep_their_names_and_texts(whole: Gathered) -> None:
    found = whole.events["unmapped"].to_pylist(maps_as_pydicts="strict")
    assert any("type" in unmapped for unmapped in found if unmapped)
    for unmapped in found:
        for texts_ in (unmapped or {}).values():
            assert all(isinstance(text, str) for text in texts_)
