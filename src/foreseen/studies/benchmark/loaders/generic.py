"""The documented form for anybody's own data: one row an event, with the rules that matched it."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from foreseen.core.errors import MalformedInputError
from foreseen.schema.arrow import AnyArray
from foreseen.studies.benchmark.dataset import Dataset, Integers, Truths
from foreseen.studies.benchmark.loaders.assemble import ABOUT, assembled, masked, part_names
from foreseen.studies.benchmark.loaders.columns import (
    MILLISECOND,
    codes,
    combined,
    in_order,
    one_array,
    rows_at,
    texts,
    truths,
)
from foreseen.studies.benchmark.loaders.folding import folded_each, tokens_of
from foreseen.studies.benchmark.splits import begins_of, cuts_by_time, parts_by_time, parts_of

COLUMNS = ("time", "workload", "label")
"""Columns that a file must have, beside `rule` or `rules` and something to make a token of."""
OPTIONAL = ("rule", "rules", "token", "session", "harness", "cluster", "part", *ABOUT)

BENIGN = ("", "-", "benign")
_TRUTHS_AS_TEXT = ("true", "false", "0", "1", "yes", "no")
_DAY = 86_400_000


def load_generic(table: pa.Table, cuts: tuple[int, int] | None, *, name: str) -> Dataset:
    """The data set of a table in the documented form (docs/benchmark-data.md).

    Args:
        table: Rows in any order.
        cuts: Ends of train and calibration in ms; None: after 50 % and 65 % of the time.
        name: For people.

    Raises:
        MalformedInputError: A column is missing or does not hold what it must; or a part would be
            empty.
    """
    table, times = in_order(table, "time", MILLISECOND)
    workload = texts(table, "workload")
    session = texts(table, "session", required=False)
    events = {
        "time": pa.array(times),
        "workload": workload,
        "session": session,
        "token": _token(table),
    }
    at, rule = _matched(table)
    rows = rows_at(at)
    parts = _parts(table, times, _sessions(workload, session), cuts, at)
    cluster = _clusters(table, times, workload, session)
    hostile, group = _labels(table, cluster)
    matches = {
        "event": rows,
        "rule": rule,
        "part": part_names(parts[at]),
        "malicious": pa.array(hostile[at]),
        "group": group.take(rows),
        "cluster": cluster.take(rows),
        "harness": pa.array(truths(table, "harness", required=False)[at]),
        "weight": pa.array(np.ones(len(at))),
    }
    about = {each: _about(table, each).take(rows) for each in ABOUT}
    return assembled(name, events, matches | about)


def _token(table: pa.Table) -> AnyArray:
    if "token" in table.column_names:
        return texts(table, "token")
    if not {"child", "command"} & set(table.column_names):
        raise MalformedInputError(
            "token: there is no such column: add it (what happened, in a few words), or add child "
            "or command, from which it is made"
        )
    parent, child, command = (
        texts(table, n, required=False) for n in ("parent", "child", "command")
    )
    nothing = pc.and_(pc.is_null(child), pc.is_null(command))
    if pc.any(nothing).as_py():
        row = pc.index(nothing, pa.scalar(value=True)).as_py()
        raise MalformedInputError(
            f"child, command: both are null in row {row} (by time): fill one, or add a column token"
        )
    return tokens_of(parent, child, command)


def _matched(table: pa.Table) -> tuple[Integers, AnyArray]:
    """Rows that match, ascending, and the rule of each; a row may match several rules.

    Raises:
        MalformedInputError: There is no such column, two of them, or not a single match.
    """
    present = [name for name in ("rules", "rule") if name in table.column_names]
    if len(present) != 1:
        raise MalformedInputError(
            "rules: add one column, rules (a list of texts for each event) or rule (one text)"
            + ("; there are both" if present else "")
        )
    name = present[0]
    if name == "rule":
        rule = texts(table, name, required=False)
        at = np.arange(table.num_rows)
    else:
        at, rule = _flattened(one_array(table, name))
    told = np.asarray(
        pc.not_equal(rule, pa.scalar("")).fill_null(fill_value=False).to_numpy(zero_copy_only=False)
    )
    if not told.any():
        raise MalformedInputError(f"{name}: no event matches a rule: there is nothing to judge")
    at, rule = at[told], rule.filter(pa.array(told))
    _, first = np.unique(combined(at, codes(rule)[0]), return_index=True)
    return at[np.sort(first)], rule.take(rows_at(np.sort(first)))


def _flattened(column: AnyArray) -> tuple[Integers, AnyArray]:
    """Row and text of each element of a column of lists."""
    kind = column.type
    lists = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    if not lists or not (
        pa.types.is_string(kind.value_type) or pa.types.is_large_string(kind.value_type)
    ):
        raise MalformedInputError(
            f"rules: is {kind}, must be list<string>: cast it, or write one text in a column rule"
        )
    flat: AnyArray = pc.list_flatten(column).cast(pa.string())
    return np.asarray(pc.list_parent_indices(column).to_numpy(), np.int64), flat


def _sessions(workload: AnyArray, session: AnyArray) -> Integers:
    """A number for each session on a workload, -1 for events without one."""
    numbers = codes(session)[0]
    return np.where(numbers < 0, -1, combined(codes(workload)[0], numbers))


def _parts(
    table: pa.Table,
    times: Integers,
    sessions: Integers,
    cuts: tuple[int, int] | None,
    matched: Integers,
) -> Integers:
    if "part" in table.column_names:
        needed = np.zeros(len(times), np.bool_)
        needed[matched] = True
        return parts_of(texts(table, "part", required=False), needed)
    return parts_by_time(begins_of(times, sessions), *(cuts or cuts_by_time(times)))


def _clusters(table: pa.Table, times: Integers, workload: AnyArray, session: AnyArray) -> AnyArray:
    """What goes together by chance: as the file says, else the session, else a workload's day."""
    if "cluster" in table.column_names:
        return texts(table, "cluster")
    days = pa.array(times // _DAY).cast(pa.string())
    daily: AnyArray = pc.binary_join_element_wise(workload, days, "/day ")  # type: ignore[call-overload]  # the stubs lack it
    own: AnyArray = pc.binary_join_element_wise(workload, session, "/")  # type: ignore[call-overload]  # the stubs lack it
    clusters: AnyArray = pc.coalesce(own, daily)
    return clusters


def _labels(table: pa.Table, cluster: AnyArray) -> tuple[Truths, AnyArray]:
    """Whether each event is of an attack, and of which: a text names it, true takes the cluster."""
    if pa.types.is_boolean(one_array(table, "label").type):
        hostile = truths(table, "label")
        return hostile, masked(cluster, hostile)
    label = texts(table, "label", required=False)
    plain = pc.utf8_lower(pc.utf8_trim_whitespace(label)).fill_null("")
    odd = pc.and_(pc.is_in(plain, pa.array(_TRUTHS_AS_TEXT)), pc.is_valid(label))
    if pc.any(odd).as_py():
        first = label.filter(odd)[0].as_py()
        raise MalformedInputError(
            f"label: {first!r} is a truth written as text: cast the column to bool, or write the "
            "name of the attack (and nothing, '-' or 'benign' where there is none)"
        )
    benign = pc.is_in(plain, pa.array(BENIGN))
    hostile = ~np.asarray(benign.to_numpy(zero_copy_only=False), np.bool_)
    return hostile, masked(label, hostile)


def _about(table: pa.Table, name: str) -> AnyArray:
    column = texts(table, name, required=False)
    if name == "user":
        return column
    image = texts(table, "child", required=False) if name == "command" else None
    return folded_each(column, image)
