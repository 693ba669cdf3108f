"""How often an account failed to log in before the login that opened a session.

A failed login belongs to no session yet: the service and the account tie it to the login after it.
What happens in a session under other names (sudo, su) opens nothing; a session of cron is another
service's, and does not end what sshd counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from foreseen.schema.arrow import AnyArray

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

OPENED_REACH = 50_000
"""How far back, in events of the stream, the login that opened a session is known."""

LOGIN_COLUMNS = (
    pa.field("login", pa.string()),  # of a login: digest of its service and account, else null
    pa.field("failed", pa.bool_()),
    pa.field("failures", pa.int64()),  # of a login that opened its session: failed ones before it
)
"""What is kept of a login between batches; names are as long as an attacker likes, digests not."""

_LOGIN, _DONE, _FAILED = 3002, 1, 2


def login_columns(events: pa.RecordBatch) -> list[AnyArray]:
    """`LOGIN_COLUMNS` of events; a login whose result is not told is none."""
    told = _is_in(events, "class_uid", _LOGIN) & _is_in(events, "status_id", _DONE, _FAILED)
    told &= np.asarray(events.column("auth_account").is_valid())
    rows = np.flatnonzero(told)
    if not len(rows):
        return [pa.nulls(events.num_rows, field.type) for field in LOGIN_COLUMNS]
    pairs = events.select(["auth_service", "auth_account"]).take(pa.array(rows, pa.int64()))
    names, codes = _distinct(pairs)
    places = np.zeros(events.num_rows, np.int64)
    places[rows] = codes
    return [
        names.take(pa.array(places, pa.int64(), mask=~told)),
        pa.array(_is_in(events, "status_id", _FAILED), pa.bool_(), mask=~told),
        pa.nulls(events.num_rows, pa.int64()),
    ]


def _is_in(events: pa.RecordBatch, name: str, *values: int) -> Flags:
    """Where a column holds one of some values; null holds none."""
    found = pc.is_in(events.column(name), pa.array(values, pa.int64()))
    return np.asarray(found.to_numpy(zero_copy_only=False), np.bool_)


def is_success(row: Mapping[str, object]) -> bool:
    """Whether an event, read as a row, is a login that succeeded."""
    is_login = row["class_uid"] == _LOGIN and row["auth_account"] is not None
    return is_login and row["status_id"] == _DONE


def _distinct(logins: pa.RecordBatch) -> tuple[AnyArray, Integers]:
    """A digest of each distinct service and account, and the place of each row's own."""
    services = logins.column(0).dictionary_encode("encode")
    accounts = logins.column(1).dictionary_encode()
    size = len(accounts.dictionary)
    combined = services.indices.to_numpy().astype(np.int64) * size + accounts.indices.to_numpy()
    pairs, codes = np.unique(combined, return_inverse=True)
    service = services.dictionary.take(pa.array(pairs // size, pa.int64())).to_pylist()
    account = accounts.dictionary.take(pa.array(pairs % size, pa.int64())).to_pylist()
    digests = [_digest(by, str(name)) for by, name in zip(service, account, strict=True)]
    return pa.array(digests, pa.string()), np.asarray(codes, np.int64)


def _digest(service: str | None, account: str) -> str:
    """The service goes in behind its length, so that no account can imitate another pair."""
    told = f"{-1 if service is None else len(service)}:{service or ''}{account}"
    return blake2b(told.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Logins:
    """The logins among known rows.

    Attributes:
        rows: Which of the known rows they are.
        session: Code of stream and session of each, -1 without a session.
        account: Code of stream, service and account.
        seq: Its number in the stream.
        failed: Whether it failed.
        failures: Of one that opened its session: failed ones before it; -1 of the others.
        reach: How far back, in numbers of the stream, a failed one still counts.
    """

    rows: Integers
    session: Integers
    account: Integers
    seq: Integers
    failed: Flags
    failures: Integers
    reach: int

    @classmethod
    def of(
        cls, known: pa.Table, session: Integers, account: Integers, *, tail: int, reach: int
    ) -> "Logins":
        """The logins among rows, counted.

        Args:
            known: Rows with `seq` and `LOGIN_COLUMNS`, the first `tail` of them counted before.
            session: Code of stream and session of each row, -1 without a session.
            account: Code of stream and login of each row, -1 for those that are none.
            tail: Rows of the tail of the batch before.
            reach: How far back, in numbers of the stream, failed logins count.
        """
        rows = np.flatnonzero(account >= 0)
        told = known.select(["seq", "failed", "failures"]).take(pa.array(rows, pa.int64()))
        seq, failed = told["seq"].to_numpy(), np.asarray(told["failed"].to_numpy(), np.bool_)
        before = np.asarray(pc.fill_null(told["failures"], pa.scalar(-1, pa.int64())), np.int64)
        session, account = session[rows], account[rows]
        opens = np.where(rows < tail, before >= 0, _opens(session, seq, failed))
        failures = np.full(len(rows), -1, np.int64)
        failures[opens] = _failures(account, seq, failed, opens, reach)
        # What the tail says was counted when all that it counted was still there.
        counted = np.where(rows < tail, before, failures)
        return cls(rows, session, account, seq, failed, counted, reach)

    def before(self, session: Integers, seq: Integers) -> AnyArray:
        """Failed logins before the login that opened each match's session; null: not known.

        Args:
            session: Code of stream and session of each match, -1 without a session.
            seq: Its number in the stream; a login that is the match itself has opened nothing yet.
        """
        opened = np.flatnonzero(self.failures >= 0)
        if not len(opened):
            return pa.nulls(len(session), pa.int64())
        opened = opened[np.lexsort((self.seq[opened], self.session[opened]))]
        span = max(int(self.seq.max()), int(seq.max(initial=0))) + 1
        keys = self.session[opened] * span + self.seq[opened]
        place = np.searchsorted(keys, session * span + seq) - 1
        latest = opened[np.maximum(place, 0)]
        is_known = (place >= 0) & (self.session[latest] == session)
        is_known &= seq - self.seq[latest] <= OPENED_REACH
        return pa.array(self.failures[latest], mask=~is_known)

    def still_needed(self, newest: Integers) -> Flags:
        """Logins that a later row can still ask for.

        These are failed ones within reach that no later login of their account has counted, the
        last success of each session and what opened one, both within `OPENED_REACH`: of a stream
        fewer rows than that, and as a rule two for each open session.

        Args:
            newest: The highest number of each login's stream.
        """
        span = int(self.seq.max(initial=0)) + 1
        opened = np.sort((self.account * span + self.seq)[self.failures >= 0])
        after = np.searchsorted(opened, (self.account + 1) * span)
        is_counted = np.searchsorted(opened, self.account * span + self.seq) < after
        waiting = self.failed & ~is_counted & (self.seq > newest + 1 - self.reach)
        last = np.zeros(len(self.rows), np.bool_)
        order = _successes(self.session, self.seq, self.failed)
        last[order[:-1]] = self.session[order[:-1]] != self.session[order[1:]]
        last[order[-1:]] = True
        known = last | (self.failures >= 0)
        return waiting | (known & (self.seq > newest - OPENED_REACH))


def _successes(session: Integers, seq: Integers, failed: Flags) -> Integers:
    """Logins that succeeded in a session, in the order of the sessions and of time."""
    found = np.flatnonzero(~failed & (session >= 0))
    return np.asarray(found[np.lexsort((seq[found], session[found]))], np.int64)


def _opens(session: Integers, seq: Integers, failed: Flags) -> Flags:
    """Whether each login is a success before which its session had none for long."""
    order = _successes(session, seq, failed)
    opens = np.zeros(len(seq), np.bool_)
    opens[order] = True
    is_same = session[order][1:] == session[order][:-1]
    opens[order[1:]] = ~(is_same & (np.diff(seq[order]) <= OPENED_REACH))
    return opens


def _failures(
    account: Integers, seq: Integers, failed: Flags, opens: Flags, reach: int
) -> Integers:
    """Failed logins of its account before each login that opens a session, since the last one."""
    span = int(seq.max(initial=0)) + 1
    keys = account * span + seq
    refused, opened = np.sort(keys[failed]), np.sort(keys[opens])
    own = keys[opens]
    previous = np.append([-1], opened)[np.searchsorted(opened, own)]
    since = account[opens] * span + np.maximum(seq[opens] - reach, -1)
    since = np.maximum(since, previous)
    found = np.searchsorted(refused, own) - np.searchsorted(refused, since, side="right")
    return np.asarray(found, np.int64)
