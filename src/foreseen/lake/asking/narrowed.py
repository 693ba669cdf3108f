"""Questions of ours over the files that may hold their answers, within a time."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from foreseen.core.errors import CorruptError, ForeseenError, MalformedInputError
from foreseen.core.ids import TenantId
from foreseen.lake.asking.cancel import CancelledError, Watch, interruptible
from foreseen.lake.asking.hunt import TooSlowError, too_slow
from foreseen.lake.asking.relations import connected, relation
from foreseen.lake.asking.search_files import live_files
from foreseen.lake.lake import Lake
from foreseen.lake.scan import dataset_of
from foreseen.lake.tables import TABLES

Range = tuple[Any, Any]
"""Least and greatest value, both included; None where there is no such bound."""

Ranges = Mapping[str, Range]
"""What is known of the rows that matter, by column: all of it holds of each of them."""

EVERYTHING: Ranges = {}
_MEMORY, _THREADS = "512MB", 2


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: which lake, whose tables, and how long it may take.

    Attributes:
        lake: The lake.
        tenant: Whose tables.
        watch: How long statements may take together, and the caller's word to stop.
    """

    lake: Lake
    tenant: TenantId
    watch: Watch = field(default_factory=Watch)


class Narrowed:
    """A database of one question; made by `narrowed`."""

    def __init__(self, database: duckdb.DuckDBPyConnection, asker: Asker) -> None:
        self._database, self._asker = database, asker

    def show(self, name: str, table: str, *known: Ranges) -> None:
        """Make a view of a table's files that may hold rows of one of the ranges.

        The view still shows other rows of these files: the question has to say what it wants.
        Raises as `rows`.
        """
        live = live_files(self._asker.lake, table, self._asker.tenant)
        kept = files_of(live, *known)
        place, declared = self._asker.lake.stores[table].place, TABLES[table]
        if place.folder is None:
            some = live.filter(pc.field("file").isin(pa.array(kept, pa.string())))
            self._database.register(name, dataset_of(place, some, declared.schema))
        else:
            with self._telling():
                self._database.execute(f'CREATE VIEW "{name}" AS {relation(declared, kept)}')

    def rows(self, sql: str, values: Mapping[str, object]) -> pa.Table:
        """Rows of a statement of ours; what people wrote travels in the values.

        Raises:
            CancelledError: It was stopped.
            TooSlowError: Its time was over.
            MalformedInputError: It needs too much memory.
            CorruptError: A file of the lake cannot be read.
        """
        with self._telling():
            found: pa.Table = self._database.sql(sql, params=dict(values)).to_arrow_table()
        return found

    def records(self, sql: str, values: Mapping[str, object]) -> list[dict[str, Any]]:
        """The same as Python values; raises as `rows`."""
        return self.rows(sql, values).to_pylist()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except duckdb.Error as error:
            raise _told(error, self._asker.watch) from error


@contextmanager
def narrowed(asker: Asker) -> Iterator[Narrowed]:
    """A database for a question on a tenant's tables; nothing is in it before `show`."""
    watch = asker.watch
    with connected(_MEMORY, _THREADS) as database, interruptible(database, watch) as over:
        if over():
            raise _stopped(watch)
        yield Narrowed(database, asker)


def files_of(live: pa.Table, *known: Ranges) -> list[str]:
    """Files that may hold rows of one of the ranges, by what `live_files` says of each."""
    wanted = known or (EVERYTHING,)
    return [str(row["file"]) for row in live.to_pylist() if _may_hold_any(row, wanted)]


def conditions_of(fixed: Mapping[str, object], values: dict[str, object]) -> list[str]:
    """SQL that columns have these values; those that are None are not asked."""
    told = []
    for name, value in fixed.items():
        if value is not None:
            values[name] = value
            told.append(f'"{name}" = ${name}')
    return told


def equal(value: object) -> Range:
    """The range of one value; any for None."""
    return value, value


def _may_hold_any(row: Mapping[str, Any], known: Sequence[Ranges]) -> bool:
    return any(
        all(_may_hold(row, name, low, high) for name, (low, high) in ranges.items())
        for ranges in known
    )


def _may_hold(row: Mapping[str, Any], name: str, low: object, high: object) -> bool:
    """Whether a file's statistics leave room for a value between two; without any, they do."""
    least, most = row.get(f"min.{name}"), row.get(f"max.{name}")
    if low is not None and most is not None and most < low:
        return False
    return not (high is not None and least is not None and least > high)


def _told(error: duckdb.Error, watch: Watch) -> ForeseenError:
    first = str(error).partition("\n")[0]
    match error:
        case duckdb.InterruptException():
            return _stopped(watch)
        case duckdb.OutOfMemoryException():
            return MalformedInputError(
                f"the question needs more than {_MEMORY} of memory; narrow it, e.g. by time"
            )
        case duckdb.IOException():
            return CorruptError(f"a file of the lake cannot be read: {first}")
    return MalformedInputError(f"the question cannot be answered: {first}")


def _stopped(watch: Watch) -> ForeseenError:
    if watch.cancel.asked:
        return CancelledError("the question was stopped")
    return TooSlowError(too_slow(watch.seconds or 0.0))
