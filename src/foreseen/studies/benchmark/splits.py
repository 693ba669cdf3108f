"""Parts of a data set: by time at the boundaries of sessions, and the protocol's variants."""

from collections.abc import Collection
from dataclasses import replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from foreseen.core.errors import ConfigurationError, MalformedInputError
from foreseen.schema.arrow import AnyArray
from foreseen.studies.benchmark.dataset import PARTS, TEST, TRAIN, Dataset, Integers

TRAIN_SHARE, CALIBRATE_SHARE = 0.5, 0.15

_TRAIN, _TEST = PARTS.index(TRAIN), PARTS.index(TEST)


def begins_of(times: Integers, sessions: Integers) -> Integers:
    """When the session of each event begins, ms; an event without one begins at its own time.

    Args:
        times: Of the events, ascending.
        sessions: A number for each session, -1 where there is none.
    """
    _, first, of_event = np.unique(sessions, return_index=True, return_inverse=True)
    return np.asarray(np.where(sessions < 0, times, times[first][of_event]), np.int64)


def parts_by_time(begins: Integers, train_until: int, calibrate_until: int) -> Integers:
    """Index into `PARTS` for each event: before the first cut, before the second, from it on.

    Args:
        begins: From `begins_of`, so that no session is cut in two: it belongs where it begins.
        train_until: First ms that is not of train.
        calibrate_until: First ms that is of test.

    Raises:
        ConfigurationError: The cuts are not in order.
    """
    if calibrate_until < train_until:
        raise ConfigurationError(
            f"calibration ends at {calibrate_until} before training does at {train_until}: the "
            "second cut is the later one"
        )
    return np.searchsorted([train_until, calibrate_until], begins, side="right").astype(np.int64)


def cuts_by_time(times: Integers) -> tuple[int, int]:
    """Cuts after 50 % and 65 % of the time that the events span.

    Args:
        times: Ascending, at least one.
    """
    first, span = int(times[0]), int(times[-1]) - int(times[0]) + 1
    return _share(first, span, TRAIN_SHARE), _share(first, span, TRAIN_SHARE + CALIBRATE_SHARE)


def cuts_by_sessions(begins: Integers, sessions: Integers) -> tuple[int, int]:
    """Cuts after the first 50 % and 65 % of the sessions, counted in the order of their begins.

    Args:
        begins: From `begins_of`.
        sessions: Number of the session of each event, at least one event.
    """
    _, first = np.unique(sessions, return_index=True)
    ordered = np.sort(begins[first])
    train = _share(0, len(ordered), TRAIN_SHARE)
    test = _share(0, len(ordered), TRAIN_SHARE + CALIBRATE_SHARE)
    return int(ordered[train]), int(ordered[test])


def chosen_cuts(train_until: int | None, calibrate_until: int | None) -> tuple[int, int] | None:
    """The cuts that somebody asked for, or None.

    Raises:
        ConfigurationError: There is one without the other.
    """
    if train_until is None and calibrate_until is None:
        return None
    if train_until is None or calibrate_until is None:
        raise ConfigurationError("the ends of training and of calibration go together: give both")
    return train_until, calibrate_until


def parts_of(column: AnyArray, needed: npt.NDArray[np.bool_]) -> Integers:
    """Index into `PARTS` for each event as its file says, -1 where it says nothing.

    Args:
        column: Texts of the column `part`.
        needed: Events that have to have one.

    Raises:
        MalformedInputError: A part is unknown or missing.
    """
    known = pc.index_in(column, pa.array(PARTS))
    found = np.asarray(known.fill_null(-1).to_numpy(zero_copy_only=False), np.int64)
    odd = column.filter(pc.and_(pc.is_valid(column), pc.is_null(known))).unique().to_pylist()
    if odd:
        raise MalformedInputError(f"part: {odd[0]!r} is unknown: write {', '.join(PARTS)}")
    if (found[needed] < 0).any():
        lacking = int((found[needed] < 0).sum())
        raise MalformedInputError(f"part: {lacking} events that match a rule have none: fill them")
    return found


def leave_out(
    data: Dataset, left: Collection[str], *, by: Literal["workload", "cluster"] = "workload"
) -> Dataset:
    """Cold start: train and calibrate without some workloads (or clusters), test on them alone.

    Args:
        data: Any data set.
        left: Names of those left out.
        by: What the names are of.

    Raises:
        ConfigurationError: One of them has no match, or no test or no other match remains.
    """
    names = _names(data, by)
    unknown = sorted(set(left) - set(names))
    if unknown:
        raise ConfigurationError(f"{unknown[0]} is no {by} with matches: {sorted(set(names))}")
    out = np.isin(names, list(left))
    test = data.column("part") == TEST
    if not (out & test).any() or not (~out & ~test).any():
        raise ConfigurationError(f"leaving out these of each {by} leaves nothing to test or train")
    return _with_matches(data, "leave out", data.matches.filter(pa.array(out == test)))


def without(data: Dataset, left: Collection[str]) -> Dataset:
    """`leave_out` by workload if the names are all of workloads, else by cluster."""
    workloads = set(_names(data, "workload"))
    return leave_out(data, left, by="workload" if workloads.issuperset(left) else "cluster")


def halves(
    data: Dataset, *, by: Literal["workload", "cluster"] = "workload"
) -> tuple[frozenset[str], frozenset[str]]:
    """Two halves of the workloads (or clusters), to leave out one and then the other."""
    names = sorted(set(_names(data, by)))
    return frozenset(names[::2]), frozenset(names[1::2])


def reviewed(data: Dataset) -> Dataset:
    """Without the attacks that stand in train and calibration: a person accepts history first.

    So Foreseen trains: what belongs to an incident never teaches. Every method gets the same
    matches; events around them stay, as does what is malicious without being anything to be found.
    """
    grouped = np.array(data.matches["group"].is_valid().to_pylist(), bool)
    known = (data.column("part") != TEST) & data.malicious & grouped
    return _with_matches(data, "reviewed", data.matches.filter(pa.array(~known)))


def contaminated(data: Dataset, *, share: float = 0.05, seed: int = 0) -> Dataset:
    """Attacks in the history: a share of the attacks of test is moved into train, unlabelled there.

    An attack is one group in one cluster. Its matches keep their events and times, so that their
    windows stay what they were; what is benign in its session stays in test.

    Args:
        data: Any data set with attacks in test.
        share: Of the attacks, rounded up to a whole one.
        seed: Which ones.

    Raises:
        ConfigurationError: Test has fewer than two attacks, or would have none.
    """
    hostile = data.malicious & (data.column("part") == TEST)
    keys = [
        f"{c}\x1f{g}" for c, g in zip(data.column("cluster"), data.column("group"), strict=True)
    ]
    attacks = np.array(keys, object)
    every = sorted(set(attacks[hostile]))
    count = int(np.ceil(share * len(every)))
    if not 0 < count < len(every):
        raise ConfigurationError(f"{share:.0%} of {len(every)} attacks cannot move: some must stay")
    moved = np.random.default_rng(seed).choice(np.array(every, object), count, replace=False)
    parts = np.where(hostile & np.isin(attacks, moved), TRAIN, data.column("part"))
    at = data.matches.schema.get_field_index("part")
    field = data.matches.schema.field(at)
    matches = data.matches.set_column(at, field, pa.array(parts.tolist(), pa.string()))
    return _with_matches(data, "contaminated", matches)


def _share(first: int, count: int, share: float) -> int:
    return first + int(count * share + 1e-9)  # 0.65 of 20 is 13, not 12.999


def _names(data: Dataset, by: Literal["workload", "cluster"]) -> list[str]:
    if by == "cluster":
        return [str(name) for name in data.matches["cluster"].to_pylist()]
    return [str(name) for name in data.events["workload"].take(data.matches["event"]).to_pylist()]


def _with_matches(data: Dataset, what: str, matches: pa.Table) -> Dataset:
    return replace(data, name=f"{data.name}, {what}", matches=matches)
