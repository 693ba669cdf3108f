"""AIT-ADS: rule matches of an intrusion detection on whole networks, days before an attack.

Every row is a match. The theft of data by DNS runs from the first day on, so it is no step that
could be found but dirt in the history: its matches stay in train and calibration, malicious without
a group, and are no matches of test.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from foreseen.schema.arrow import AnyArray
from foreseen.studies.benchmark.dataset import PARTS, TEST, Dataset, Integers, Reals, Truths
from foreseen.studies.benchmark.loaders.assemble import assembled, masked, part_names
from foreseen.studies.benchmark.loaders.columns import (
    SECOND,
    codes,
    combined,
    in_order,
    rows_at,
    texts,
)
from foreseen.studies.benchmark.loaders.thinning import first_of, thinned
from foreseen.studies.benchmark.splits import cuts_by_time, parts_by_time, parts_of

COLUMNS = ("time", "net", "host", "short", "event_label")
AMBIGUOUS = frozenset(
    {
        *("A-Acc-Chr2", "A-Acc-Clc", "A-Acc-Ent2", "A-Acc-Val1", "A-Acc-Val2", "A-All-Evt"),
        *("A-Aud-Com2", "A-Aud-Com3", "A-Aud-Com4", "A-Aud-Com6", "A-Dns-Chr", "A-Mon-Avg"),
        *("A-Mon-Rng", "S-Htt-Mat", "S-Tls-Rec", "W-Acc-400", "W-Acc-Cms", "W-Aut-Pam1"),
    }
)
"""Rules that both the attacks and everyday life trip."""

BENIGN, CONTAMINATION = "-", "dnsteal"
FLOOD_LIMIT = 20
"""Matches of one step, host and rule that count."""
THIN_LIMIT = 2_000
"""Other matches of one rule, host and part that are scored; they stand for the rest."""

_BEFORE_ATTACK = 3 * 3_600_000
_HISTORY_SHARE = 0.7
_TEST = PARTS.index(TEST)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The file in order of time."""

    times: Integers
    net: AnyArray
    workload: AnyArray
    rule: AnyArray
    label: AnyArray
    benign: Truths
    step: Truths


def load_ait_ads(table: pa.Table, cuts: tuple[int, int] | None) -> Dataset:
    """The data set of a table with the columns `COLUMNS`, and perhaps `part`.

    Args:
        table: Rows in any order; `time` in seconds or a timestamp.
        cuts: Ends of train and calibration in ms, the same for all networks; None: each network's
            own, 3 hours before its first attack.

    Raises:
        MalformedInputError: A column does not hold what it must, or a part would be empty.
    """
    table, times = in_order(table, "time", SECOND)
    rows = _rows(table, times)
    if "part" in table.column_names:
        parts = parts_of(texts(table, "part", required=False), np.ones(len(times), np.bool_))
    elif cuts:
        parts = parts_by_time(times, *cuts)
    else:
        parts = _parts(rows)
    kept, weights = _kept(rows, parts)
    events = {"time": pa.array(times), "workload": rows.workload, "token": rows.rule}
    matches = _matches(rows, parts, kept, weights)
    return assembled("ait-ads", events, matches, ambiguous=AMBIGUOUS)


def _rows(table: pa.Table, times: Integers) -> _Rows:
    net, host, rule, label = (texts(table, name) for name in COLUMNS[1:])
    workload: AnyArray = pc.binary_join_element_wise(net, host, "/")  # type: ignore[call-overload]  # the stubs lack it
    benign, dirt = _is(label, BENIGN), _is(label, CONTAMINATION)
    return _Rows(times, net, workload, rule, label, benign, ~benign & ~dirt)


def _is(column: AnyArray, text: str) -> Truths:
    equal = pc.equal(column, pa.scalar(text)).to_numpy(zero_copy_only=False)
    return np.asarray(equal, np.bool_)


def _parts(rows: _Rows) -> Integers:
    """Each network by its own clock; one without an attack by shares of its time."""
    nets, names = codes(rows.net)
    parts = np.empty(len(nets), np.int64)
    for net in range(len(names)):
        own = np.flatnonzero(nets == net)
        times, attacks = rows.times[own], rows.times[own][rows.step[own]]
        cuts = _before_attack(times, int(attacks[0])) if len(attacks) else cuts_by_time(times)
        parts[own] = parts_by_time(times, *cuts)
    return parts


def _before_attack(times: Integers, attack: int) -> tuple[int, int]:
    begin = int(times[0])
    end = max(attack - _BEFORE_ATTACK, begin)
    return begin + int(_HISTORY_SHARE * (end - begin)), end


def _kept(rows: _Rows, parts: Integers) -> tuple[Integers, Reals]:
    """Rows that are matches, ascending, and how many each stands for.

    Outside of test no label decides: what is thinned there is what a method could see.
    """
    places = combined(codes(rows.workload)[0], codes(rows.rule)[0], parts)
    steps = np.flatnonzero((parts == _TEST) & rows.step)
    floods = combined(places[steps], codes(rows.label)[0][steps])
    steps = steps[first_of(floods, FLOOD_LIMIT)]
    others = np.flatnonzero((parts != _TEST) | rows.benign)
    standing, weights = thinned(places[others], THIN_LIMIT)
    kept = np.concatenate([steps, others[standing]])
    order = np.argsort(kept)
    return kept[order], np.concatenate([np.ones(len(steps)), weights])[order]


def _matches(rows: _Rows, parts: Integers, kept: Integers, weights: Reals) -> dict[str, AnyArray]:
    at = rows_at(kept)
    net = rows.net.take(at)
    group: AnyArray = pc.binary_join_element_wise(net, rows.label.take(at), "/")  # type: ignore[call-overload]  # the stubs lack it
    return {
        "event": at,
        "rule": rows.rule.take(at),
        "part": part_names(parts[kept]),
        "malicious": pa.array(~rows.benign[kept]),
        "group": masked(group, rows.step[kept]),
        "cluster": net,
        "harness": pa.array(np.zeros(len(kept), np.bool_)),
        "weight": pa.array(weights),
    }
