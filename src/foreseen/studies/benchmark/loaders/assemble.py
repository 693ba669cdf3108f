"""Columns of a loader to a data set: declared types, order, and no part without a match."""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from foreseen.core.errors import MalformedInputError
from foreseen.models.moments.moment import Moment
from foreseen.schema.arrow import AnyArray
from foreseen.studies.benchmark.dataset import EVENTS, MATCHES, PARTS, Dataset, Integers, Truths
from foreseen.studies.benchmark.loaders.columns import rows_at

ABOUT = ("user", "parent", "child", "command", "parent_command")
"""Columns of matches that a source may lack."""


def assembled(
    name: str,
    events: Mapping[str, AnyArray],
    matches: Mapping[str, AnyArray],
    *,
    ambiguous: frozenset[str] = frozenset(),
    moments: Mapping[str, Moment] | None = None,
) -> Dataset:
    """A data set of columns in the order of `EVENTS` and `MATCHES`; absent ones are null.

    Args:
        name: For people.
        events: Columns of the events, in order of time.
        matches: Columns of the matches, in order of their events.
        ambiguous: Rules that figures within a rule are about.
        moments: Matches as the pipeline saw them, by `uid`.

    Raises:
        MalformedInputError: A part has no match.
    """
    seen = moments or {}
    data = Dataset(name, _table(EVENTS, events), _table(MATCHES, matches), ambiguous, seen)
    empty = set(PARTS) - set(data.matches["part"].unique().to_pylist())
    if empty:
        raise MalformedInputError(
            f"{name}: no rule matches in {', '.join(p for p in PARTS if p in empty)}: move the "
            "cuts (train-until, calibrate-until), or say it in a column part; a session belongs to "
            "the part in which it begins"
        )
    return data


def part_names(parts: Integers) -> AnyArray:
    """Texts of indices into `PARTS`."""
    return pa.array(PARTS).take(rows_at(parts))


def masked(column: AnyArray, keep: Truths) -> AnyArray:
    """The column with null where it is not kept."""
    nothing = pa.scalar(None, column.type)
    kept: AnyArray = pc.if_else(pa.array(keep), column, nothing)
    return kept


def _table(schema: pa.Schema, columns: Mapping[str, AnyArray]) -> pa.Table:
    count = len(next(iter(columns.values())))
    arrays = [
        columns[field.name].cast(field.type)
        if field.name in columns
        else pa.nulls(count, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)
