"""Failed logins before the login that opened a session: what counts, how far, and what is kept."""

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
import pytest
from tests.models.histories import events

from foreseen.models.moments import openings, windows
from foreseen.models.moments.openings import LOGIN_COLUMNS, OPENED_REACH, login_columns
from foreseen.models.moments.windows import REACH, empty_tail, windows_of

Row = dict[str, object]


def act(seq: int, session: str | None = "7", **columns: object) -> Row:
    """A program that runs in a session."""
    plain = {"stream": "a", "seq": seq, "time": seq, "session_uid": session}
    return {**plain, "class_uid": 1007, "event_type": "execve", **columns}


def login(seq: int, session: str | None = None, account: str = "ops", service: str = "sshd") -> Row:
    """A login that succeeds."""
    of = {"class_uid": 3002, "auth_service": service, "auth_account": account, "status_id": 1}
    return act(seq, session, **{**of, "event_type": "USER_START"})


def failed(seq: int, account: str = "ops", service: str = "sshd") -> Row:
    """A login that fails: it has no session yet."""
    return {**login(seq, None, account, service), "status_id": 2}


def failures(*rows: Row, tail: pa.Table | None = None) -> list[int | None]:
    """What each event has before it, an event a batch."""
    found: list[int | None] = []
    known = empty_tail() if tail is None else tail
    for row in rows:
        columns, known = windows_of(known, events([row]), np.zeros(1, np.int64))
        found += columns["session_failures"].to_pylist()
    return found


def after(rows: Iterable[Row], batch: int = 500) -> pa.Table:
    """The tail that is kept of events."""
    tail, every = empty_tail(), list(rows)
    for begin in range(0, len(every), batch):
        _, tail = windows_of(tail, events(every[begin : begin + batch]), np.zeros(0, np.int64))
    return tail


def of_logins(tail: pa.Table) -> int:
    return tail.num_rows - tail["login"].null_count


def test_failed_logins_of_the_account_count_until_its_login() -> None:
    rows = [failed(1), failed(2), failed(3), login(4, "7"), act(5)]
    assert failures(*rows) == [None, None, None, None, 3]


def test_a_match_on_the_login_itself_does_not_know_it_yet() -> None:
    assert failures(failed(1), login(2, "7"), login(3, "7")) == [None, None, 1]


def test_of_a_session_whose_login_was_not_seen_nothing_is_said() -> None:
    assert failures(failed(1), act(2), login(3, "8"), act(4), act(5, None)) == [None] * 5


@pytest.mark.parametrize(
    "other",
    [
        failed(2, account="root"),
        failed(2, service="cron"),
        {**failed(2), "stream": "b"},
        {**failed(2), "class_uid": 3001},
        {**failed(2), "status_id": 0},
        {**failed(2), "auth_account": None},
    ],
    ids=["account", "service", "stream", "class", "no result", "nobody"],
)
def test_what_others_do_does_not_count(other: Row) -> None:
    assert failures(failed(1), other, login(3, "7"), act(4))[-1] == 1


@pytest.mark.parametrize(
    "other",
    [
        login(2),
        login(2, "8", account="root"),
        login(2, "8", service="cron"),
        {**login(2, "8"), "status_id": None},
    ],
    ids=["no session", "account", "service", "no result"],
)
def test_what_opens_no_session_of_the_account_does_not_end_its_count(other: Row) -> None:
    assert failures(failed(1), other, login(3, "7"), act(4))[-1] == 1


def test_a_login_of_the_account_ends_its_count() -> None:
    rows = [failed(1), login(2, "6"), failed(3), failed(4), login(5, "7"), act(6), act(7, "6")]
    assert failures(*rows)[-2:] == [2, 1]


def test_what_others_log_into_from_within_a_session_opens_nothing() -> None:
    """Sudo fails and succeeds as root; the session stays the one of the login."""
    sudo = [{**failed(4, "root", "sudo"), "session_uid": "7"}, login(5, "7", "root", "sudo")]
    assert failures(failed(1), failed(2), login(3, "7"), *sudo, act(6))[-1] == 2


def test_reaches_hold_in_full_size() -> None:
    opened = REACH + 1
    rows = [failed(1), failed(2), failed(opened - 1), login(opened, "7")]
    late = [act(opened + OPENED_REACH), act(opened + OPENED_REACH + 1)]
    assert failures(*rows, *late)[-2:] == [2, None]


def test_a_session_that_goes_on_is_not_opened_again_by_what_happens_in_it() -> None:
    begin = 10
    sudo = [login(begin + n * OPENED_REACH, "7", "root", "sudo") for n in (1, 2)]
    rows = [failed(1), login(begin, "7"), *sudo, act(begin + 2 * OPENED_REACH + 1)]
    assert failures(*rows)[-1] is None
    long_after = begin + 3 * OPENED_REACH + 1  # nothing is known of its beginning any more
    assert failures(*rows, login(long_after, "7"), act(long_after + 1))[-1] == 0


def test_a_flood_of_failed_logins_keeps_no_more_than_can_still_count() -> None:
    flood = [failed(n, account=f"user{n % 50}") for n in range(1, REACH + 2_000)]
    tail = after(flood)
    assert of_logins(tail) == REACH - 1
    at = len(flood)
    known = [login(at + 1, "7", "user7"), act(at + 2)]
    assert failures(*known, tail=tail)[-1] == REACH // 50


def test_failed_logins_that_a_login_has_counted_are_forgotten() -> None:
    tail = after([*map(failed, range(1, 1_000)), login(1_000, "7")])
    assert of_logins(tail) == windows.STREAM_EVENTS


def test_a_flood_of_sudo_keeps_two_logins_of_its_session() -> None:
    sudo = (login(n, "7", "root", "sudo") for n in range(4, 3_000))
    tail = after([failed(1), login(2, "7"), *sudo])
    assert failures(act(3_000), tail=tail) == [1]
    asked = windows.STREAM_EVENTS
    assert tail.num_rows <= asked + 2


def test_a_flood_of_sessions_is_forgotten_as_it_goes_out_of_reach(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(windows, "REACH", 100)
    monkeypatch.setattr(openings, "OPENED_REACH", 700)
    assert of_logins(after(login(n, f"s{n}") for n in range(1, 4_000))) == 700


def test_long_names_are_not_kept() -> None:
    tail = after((failed(n, account=f"{n}" * 20_000) for n in range(1, 300)), batch=50)
    assert of_logins(tail) == 299
    assert tail.nbytes < 299 * 200 + windows.STREAM_EVENTS * 2_000


def test_pairs_of_service_and_account_are_told_apart() -> None:
    pairs = [("a", "bc"), ("ab", "c"), ("", "abc"), (None, "abc"), ("1:a", "bc"), ("a", "1:bc")]
    rows = [{**login(1, None, name), "auth_service": service} for service, name in pairs]
    names = login_columns(events([*rows, *rows]))[0].to_pylist()
    assert names[: len(pairs)] == names[len(pairs) :]
    assert len(set(names)) == len(pairs)


def test_events_without_logins_have_empty_columns() -> None:
    none: Sequence[Row] = []
    for rows in (none, [act(1)], [{"stream": "a", "seq": 1, "time": 1}]):
        columns = login_columns(events(rows))
        assert [column.type for column in columns] == [field.type for field in LOGIN_COLUMNS]
        assert [column.null_count for column in columns] == [len(rows)] * len(columns)
