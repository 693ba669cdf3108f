"""Which events say that telemetry is missing, by the words of each recorder.

Kubernetes has no such word: an audit policy that is narrowed leaves no event of its own.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from foreseen.schema.arrow import AnyArray, texts

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_AUDITD = ("DAEMON_START", "DAEMON_END", "DAEMON_ABORT", "DAEMON_ERR", "DAEMON_RESUME")
"""The recorder was not running, or says that it lost records: what came before is not all."""

_WINDOWS = {
    "security": ("517", "1100", "1101", "1102", "4612"),  # cleared, shut down, dropped, exhausted
    "system": ("104",),  # some other log was cleared
    "microsoft-windows-sysmon/operational": ("255",),  # it dropped events
}
_TRAIL = ("StopLogging", "DeleteTrail", "StopEventDataStoreIngestion", "DeleteEventDataStore")
"""Calls after which CloudTrail records less, for all who act in the account."""

ACCOUNT_REACH = 60 * 60 * 1000
"""How long after such a call matches of the account's other streams count as incomplete, ms."""

LOSSES_KEPT = 8
"""Of each account: the latest that came."""

_FAILURE = 2


def says_loss(events: pa.RecordBatch) -> AnyArray:
    """Whether each event says that its recorder lost something; never null."""
    kinds, logs = events.column("event_type"), pc.utf8_lower(events.column("log_name"))
    lost = pc.is_in(kinds, pa.array(_AUDITD))
    is_windows = _is(events.column("product"), "windows")
    for log, ids in _WINDOWS.items():
        here = pc.and_(_is(logs, log), pc.is_in(kinds, pa.array(ids)))
        lost = pc.or_(lost, pc.and_(is_windows, here))
    return lost


def stops_trail(events: pa.RecordBatch) -> AnyArray:
    """Whether each event is a call, not refused, that stops the record of its account."""
    stops = pc.is_in(events.column("api_operation"), pa.array(_TRAIL))
    refused = pc.is_in(events.column("status_id"), pa.array([_FAILURE], pa.int64()))
    return pc.and_(pc.and_not(stops, refused), _is(events.column("product"), "cloudtrail"))


def lost_in_account(known: pa.Table, positions: Integers, hosts: AnyArray) -> Flags:
    """Whether the record of an account was stopped shortly before a match in it.

    Args:
        known: Rows in the order of arrival with `time` and `account`: of a call that stopped the
            record its account, else null.
        positions: Rows of the matches in `known`.
        hosts: Where each of them was; an account for what CloudTrail recorded.
    """
    lost = np.zeros(len(positions), np.bool_)
    for account, stops in _stops(known).items():
        times = known["time"].to_numpy()
        here = np.flatnonzero(np.asarray(_is(hosts, account).to_numpy(zero_copy_only=False)))
        before = np.searchsorted(stops, positions[here])  # how many came before each
        for back in range(1, LOSSES_KEPT + 1):
            there = before >= back
            since = times[positions[here[there]]] - times[stops[before[there] - back]]
            lost[here[there]] |= (since >= 0) & (since <= ACCOUNT_REACH)
    return lost


def last_losses(known: pa.Table) -> Flags:
    """The rows of the latest calls of each account that stopped its record."""
    kept = np.zeros(known.num_rows, np.bool_)
    for stops in _stops(known).values():
        kept[stops[-LOSSES_KEPT:]] = True
    return kept


def _stops(known: pa.Table) -> dict[str, Integers]:
    """Rows of such calls by account, in the order in which they came."""
    rows = np.flatnonzero(known["account"].is_valid().to_numpy())
    named = known.take(pa.array(rows, pa.int64()))
    found: dict[str, list[int]] = {}
    for row, account in zip(rows.tolist(), texts(named, "account"), strict=True):
        found.setdefault(account, []).append(row)
    return {account: np.asarray(stops, np.int64) for account, stops in found.items()}


def _is(column: AnyArray, text: str) -> AnyArray:
    """Where a column holds a text; null holds none."""
    return pc.is_in(column, pa.array([text]))
