"""What a person did on other streams before a match: folded, bounded, the same in bulk and live."""

import sys
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreseen.core.ids import DEFAULT_TENANT
from foreseen.models.moments import elsewhere
from foreseen.models.moments.elsewhere import (
    Sighting,
    Whereabouts,
    added,
    elsewhere_of,
    sightings_of,
    tied_to,
    told,
)
from foreseen.models.moments.moment import moments_of
from foreseen.schema.arrow import MATCH_SCHEMA, batch_of

START, MINUTE = 1_795_287_000_000, 60_000


def match(number: int, minutes: float, /, **columns: object) -> dict[str, object]:
    """A match of alice on a host unless columns say otherwise."""
    time = START + int(minutes * MINUTE)
    own = {
        "tenant": DEFAULT_TENANT,
        "stream": "web-1/0",
        "host": "web-1",
        "workload": "web",
        "seq": number,
        "time": time,
        "ingested_time": time,
        "event_uid": f"event-{number}",
        "match_uid": f"match-{number:04}",
        "rule_id": "shell",
        "class_uid": 1007,
        "product": "auditd",
        "user_name": "alice",
        "window_complete": True,
    }
    return {**own, **columns}


def login(number: int, minutes: float, /, **columns: object) -> dict[str, object]:
    """A failed login of alice to the cloud's console."""
    own = {
        "stream": "aws/111122223333/user",
        "rule_id": "console_login",
        "class_uid": 3002,
        "status_id": 2,
        "product": "cloudtrail",
        "src_ip": "203.0.113.9",
    }
    return match(number, minutes, **{**own, **columns})


def table(*rows: dict[str, object]) -> pa.Table:
    """The rows as a table of matches."""
    return pa.Table.from_batches([batch_of(rows, MATCH_SCHEMA)])


def last(*rows: dict[str, object]) -> tuple[str, ...]:
    """The elsewhere of the last row."""
    return elsewhere_of(table(*rows))[-1]


def test_a_failed_login_to_the_console_is_seen_at_a_command_on_a_host() -> None:
    rows = [login(1, 0), match(2, 5)]
    assert last(*rows) == ("console_login failed on cloudtrail",)
    assert moments_of(table(*rows))[1].elsewhere == ("console_login failed on cloudtrail",)
    (only,) = moments_of(table(*rows), rows=[1])  # others of the table are seen all the same
    assert only.elsewhere == ("console_login failed on cloudtrail",)


@pytest.mark.parametrize(
    "columns",
    [
        {"user_name": "ALICE@example.com"},
        {"user_name": None, "process_user_name": "EXAMPLE\\alice", "product": "windows"},
        {"user_name": "oidc:alice", "product": "kubernetes"},
        {"user_name": None, "user_uid": "arn:aws:sts::111122223333:assumed-role/Ops/alice"},
        {"user_name": None, "class_uid": 3002, "auth_account": "alice", "status_id": 1},
    ],
)
def test_a_person_is_the_same_whatever_the_source_calls_them(columns: dict[str, object]) -> None:
    assert last(login(1, 0), match(2, 5, stream="other", **columns)) != ()


@pytest.mark.parametrize(
    "columns",
    [
        {"user_name": "bob"},
        {"user_name": None},
        {"user_name": "root"},
        {"user_name": None, "process_user_name": "alice"},  # as whom, not who
        {"user_name": None, "auth_account": "alice"},  # no login
        {"stream": "aws/111122223333/user"},  # the same stream is the window's
        {"time": START - 1, "ingested_time": START - 1},
        {"time": START, "ingested_time": START},  # not before
        {"time": START + 61 * MINUTE, "ingested_time": START + 61 * MINUTE},
    ],
)
def test_nothing_is_seen_of_others_of_services_of_what_is_not_before_or_too_long_ago(
    columns: dict[str, object],
) -> None:
    assert elsewhere_of(table(login(1, 0), match(2, 5, **columns)))[1] == ()


def test_services_tie_nothing_together() -> None:
    rows = [
        match(number, number, stream=f"{host}/0", **columns)
        for number, (host, columns) in enumerate(
            (host, columns)
            for host in ("a", "b")
            for columns in (
                {"user_name": None, "process_user_name": "root"},
                {"user_name": "root"},
                {"user_name": None, "process_user_name": "NT AUTHORITY\\SYSTEM"},
                {"user_name": "system:node:a", "product": "kubernetes"},
            )
        )
    ]
    assert elsewhere_of(table(*rows)) == [()] * 8


def test_a_login_sees_what_the_same_address_tried_under_other_names_and_a_command_does_not() -> (
    None
):
    knock = login(1, 0, user_name="bob")
    entered = match(2, 1, class_uid=3002, status_id=1, src_ip="203.0.113.9", rule_id="ssh_login")
    assert last(knock, entered) == ("console_login failed on cloudtrail",)
    assert last(knock, match(2, 1, class_uid=4001, src_ip="203.0.113.9")) == ()
    assert last(login(1, 0, user_name="bob", src_ip="127.0.0.1"),
                {**entered, "src_ip": "127.0.0.1"}) == ()  # fmt: skip


def test_a_flood_of_the_same_is_one_token_that_says_how_often() -> None:
    def after(times: int) -> tuple[str, ...]:
        return last(*(login(n, n / 100) for n in range(times)), match(9_999, 30))

    one = "console_login failed on cloudtrail"
    assert [after(n) for n in (1, 2, 4, 5, 400)] == [
        (one,), (f"{one}, several times",), (f"{one}, several times",),
        (f"{one}, many times",), (f"{one}, many times",),
    ]  # fmt: skip


def test_a_flood_at_the_very_moment_does_not_hide_what_was_before_it() -> None:
    before = [login(n, 0) for n in range(3)]
    flood = [login(10 + n, 1) for n in range(40)]
    found = last(*before, *flood, match(99, 1))
    assert found == ("console_login failed on cloudtrail, several times",)


def test_tokens_say_rule_outcome_source_and_gap_the_latest_last_and_only_so_many() -> None:
    rows = [login(n, n / 10, rule_id=f"rule-{n:02}") for n in range(40)]
    rows.append(login(50, 5, status_id=1, rule_id="rule-00", window_complete=False))
    found = last(*rows, match(99, 6))
    assert len(found) == elsewhere.MOST_TOKENS
    assert found[-1] == "rule-00 done on cloudtrail, telemetry missing before"
    assert found[-2] == "rule-39 failed on cloudtrail"


def test_a_clock_that_is_ahead_counts_when_we_had_its_word() -> None:
    ahead = login(1, 0, time=START + 10**10, ingested_time=START)
    assert last(ahead, match(2, 5)) == ("console_login failed on cloudtrail",)


TIMES = st.lists(st.integers(0, 150), min_size=1, max_size=40).map(sorted)


@st.composite
def days(draw: st.DrawFn) -> list[dict[str, object]]:
    """Matches of a few people on a few streams, in order of time, many at the same time."""
    return [
        match(
            number,
            minutes,
            stream=draw(st.sampled_from(["a", "b", "c"])),
            rule_id=draw(st.sampled_from(["r1", "r2"])),
            class_uid=draw(st.sampled_from([1007, 3002])),
            status_id=draw(st.sampled_from([1, 2])),
            user_name=draw(st.sampled_from(["alice", "bob", "root", None])),
            auth_account=draw(st.sampled_from([None, "bob"])),
            src_ip=draw(st.sampled_from([None, "203.0.113.9"])),
        )
        for number, minutes in enumerate(draw(TIMES))
    ]


@given(days(), st.sets(st.integers(0, 200)))
@settings(max_examples=200, deadline=None)
def test_those_that_are_tied_see_the_same_without_the_others(
    rows: list[dict[str, object]], chosen: set[int]
) -> None:
    everything = table(*rows)
    sightings, whole = sightings_of(everything), elsewhere_of(everything)
    wanted = [row for row in range(len(rows)) if row in chosen]
    names = {name for row in wanted for name in sightings[row].names}
    tied = tied_to(everything, names)
    uids = [str(uid) for uid in everything.column("match_uid").to_pylist()]
    told = dict(zip(tied.column("match_uid").to_pylist(), elsewhere_of(tied), strict=True))
    for row in wanted:
        assert told.get(uids[row], ()) == whole[row]


@settings(max_examples=200, deadline=None)
@given(rows=days())
def test_bulk_equals_live_when_nothing_is_late(rows: list[dict[str, object]]) -> None:
    memory = Whereabouts()
    live = [told(memory.meet(sighting)) for sighting in sightings_of(table(*rows))]
    assert elsewhere_of(table(*rows)) == live


@settings(max_examples=100, deadline=None)
@given(rows=days(), data=st.data())
def test_the_order_of_rows_changes_nothing_in_bulk(
    rows: list[dict[str, object]], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(rows))
    by_uid = zip(
        (row["match_uid"] for row in shuffled), elsewhere_of(table(*shuffled)), strict=True
    )
    whole = dict(by_uid)
    assert [whole[row["match_uid"]] for row in rows] == elsewhere_of(table(*rows))


@settings(max_examples=300, deadline=None)
@given(rows=days())
def test_elsewhere_is_what_a_slow_oracle_says(rows: list[dict[str, object]]) -> None:
    sightings = sightings_of(table(*rows))
    for sighting, found in zip(sightings, elsewhere_of(table(*rows)), strict=True):
        seen: dict[str, list[int]] = {}
        for other in sightings:
            shared = set(other.names) & set(sighting.names)
            recent = sighting.time - elsewhere.REACH <= other.time < sighting.time
            if shared and recent and other.stream != sighting.stream:
                seen.setdefault(other.token, []).append(other.time)
        expected = {token: max(times) for token, times in seen.items()}
        tokens = {token.removesuffix(", many times").removesuffix(", several times"): token
                  for token in found}  # fmt: skip
        assert set(tokens) == set(expected)
        latest = [expected[token] for token in tokens]
        assert latest == sorted(latest)
        for token, text in tokens.items():
            # Of two matches at one moment, each under one of the two names, only one counts.
            least = len(set(seen[token])) if len(sighting.names) > 1 else len(seen[token])
            assert text in {token + _often(n) for n in range(least, len(seen[token]) + 1)}


def _often(times: int) -> str:
    return ", many times" if times >= 5 else ", several times" if times >= 2 else ""


def test_late_evidence_takes_its_place_in_a_context() -> None:
    context = {"b": [START + 2]}
    early = Sighting(("alice",), "s", START, START, "a")
    assert told(added(context, early)) == ("a", "b")
    assert told(added(added(context, early), Sighting((), "s", START + 3, START, "a"))) == (
        "b", "a, several times",
    )  # fmt: skip


def flood(memory: Whereabouts, names: int, *, knock: bool) -> None:
    for number in range(names):
        memory.meet(Sighting((f"made-up-{number}",), "s", START, START, "t", knock))


def test_a_flood_of_made_up_names_forgets_names_like_them_and_nobody_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(elsewhere, "MOST_TRACES", 50)
    memory = Whereabouts()
    memory.meet(Sighting(("alice",), "s", START, START, "worked"))
    flood(memory, 500, knock=True)
    assert told(memory.before(Sighting(("alice",), "x", START + 1, START + 1, ""))) == ("worked",)
    assert (memory.strangers.size, memory.forgotten) == (50, 450)
    flood(memory, 60, knock=False)
    assert memory.people.size == 50
    assert memory.before(Sighting(("alice",), "x", START + 1, START + 1, "")) == {}


def test_of_one_name_only_so_much_is_kept_and_what_is_lost_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(elsewhere, "MOST_OF_ONE", 3)
    memory = Whereabouts()
    for number in range(10):
        memory.meet(Sighting(("alice",), f"s{number}", START + number, START, f"t{number}"))
    seen = memory.before(Sighting(("alice",), "x", START + 99, START, ""))
    assert told(seen) == ("t7", "t8", "t9")
    assert memory.forgotten == 7
    for number in range(2_000):
        memory.meet(Sighting(("bob",), "s", START + number, START, "t"))
    (times,) = memory.people.names["bob"]["s"].values()
    assert len(times) <= elsewhere.MOST_TIMES + elsewhere.MANY


def test_what_was_long_ago_goes_without_being_counted_as_lost() -> None:
    memory = Whereabouts()
    for number in range(500):
        day = START + number * 24 * 60 * MINUTE
        memory.meet(Sighting(("alice",), f"s{number}", day, day, "t"))
    assert memory.people.size == 1
    assert memory.forgotten == 0


@settings(max_examples=50, deadline=None)
@given(rows=days(), cuts=st.lists(st.integers(0, 40), max_size=4))
def test_cuts_change_nothing(rows: list[dict[str, object]], cuts: list[int]) -> None:
    memory, whole = Whereabouts(), Whereabouts()
    ends = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    for begin, end in pairwise(ends):
        for sighting in sightings_of(table(*rows).slice(begin, end - begin)):
            memory.meet(sighting)
    for sighting in sightings_of(table(*rows)):
        whole.meet(sighting)
    assert memory == whole


def test_names_of_any_length_take_little_room() -> None:
    row = match(1, 0, user_name="x" * 100_000, src_ip="1" * 100_000, class_uid=3002)
    (sighting,) = sightings_of(table(row))
    assert sum(map(sys.getsizeof, sighting.names)) < 1_000
