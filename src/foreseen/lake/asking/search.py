"""Forensic search: events of one tenant that answer a question, newest first, a page at a time.

Files are taken newest first, those that the log's statistics rule out not at all. In each stretch
of them only the keys of what fits are found; whole rows are read of the page alone. It ends early
when no file that is left can have anything newer than the page.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import duckdb
import pyarrow as pa

from foreseen.core.errors import CorruptError, MalformedInputError
from foreseen.core.ids import TenantId
from foreseen.lake.asking.cancel import Watch, interruptible
from foreseen.lake.asking.question import Conditions, Question, columns_of, conditions
from foreseen.lake.asking.relations import connected
from foreseen.lake.asking.search_files import File, Place, live_files, promising
from foreseen.lake.asking.search_rows import EVENTS, KEY, Reader
from foreseen.lake.lake import Lake
from foreseen.schema.arrow import integers

MOST_ROWS = 100_000
"""Largest page; export is for more."""

_MEMORY, _THREADS = "1GB", 2
_FIRST_BYTES, _MOST_BYTES = 16 << 20, 128 << 20
_NEWEST: list[tuple[str, Literal["ascending", "descending"]]] = [
    ("time", "descending"),
    ("event_uid", "descending"),
]
_NEWEST_FIRST = "ORDER BY time DESC, event_uid DESC"


@dataclass(frozen=True, slots=True)
class Page:
    """How much of the answer is wanted.

    Attributes:
        limit: Most rows, up to `MOST_ROWS`.
        after: Where the page before ended; None: the newest.
        columns: Columns of the events; None: all.
        count: Whether to count all that fits, which reads every file that may have some.
    """

    limit: int = 100
    after: Place | None = None
    columns: Sequence[str] | None = None
    count: bool = False


_NEWEST_PAGE = Page()


@dataclass(frozen=True, slots=True)
class Found:
    """A page of the answer.

    Attributes:
        rows: Events, newest first.
        after: Where to go on; None when there is no more, or the search did not end.
        complete: False when it was stopped: newer ones may be missing between the rows.
        count: How many there are from the page's begin, where that was asked and it ended.
        looked: Files that were read.
        files: Live files of the tenant.
    """

    rows: pa.Table
    after: Place | None
    complete: bool
    count: int | None
    looked: int
    files: int


@dataclass(slots=True)
class _Best:
    """The newest keys so far."""

    wanted: int
    counting: bool
    keys: pa.Table = field(default_factory=KEY.empty_table)
    count: int = 0
    looked: int = 0

    @property
    def oldest(self) -> int | None:
        """Time that a row must have reached to belong to the page; None while any belongs."""
        full = self.keys.num_rows == self.wanted
        return integers(self.keys, "time")[-1] if full else None

    def add(self, keys: pa.Table) -> None:
        both = pa.concat_tables([self.keys, keys])
        self.keys = both.sort_by(_NEWEST).slice(0, self.wanted)


def search(
    lake: Lake,
    tenant: TenantId,
    question: Question,
    page: Page = _NEWEST_PAGE,
    watch: Watch | None = None,
) -> Found:
    """Events that answer a question.

    Args:
        lake: The lake.
        tenant: Whose events.
        question: What to look for.
        page: How much of the answer.
        watch: Told the bytes of files that are done, of all that may have to be read; asked
            whether to stop.

    Raises:
        MalformedInputError: The question or the page cannot be.
        CorruptError: A file of the lake cannot be read.
    """
    if not 1 <= page.limit <= MOST_ROWS:
        raise MalformedInputError(f"a page has 1 to {MOST_ROWS} rows, not {page.limit}")
    columns, asked = columns_of(page.columns), _after(conditions(question), page.after)
    live = live_files(lake, "events", tenant)
    best = _Best(page.limit + 1, page.count)
    watch = watch or Watch()
    files = promising(live, question, page.after)
    with connected(_MEMORY, _THREADS) as database:
        reader = Reader(database, lake.stores["events"].place, live)
        try:
            _check_pattern(database, question.pattern)
            complete = _looked(reader, _stretches(files, best, page, watch), asked, best, watch)
            rows = _rows(reader, best.keys.slice(0, page.limit), columns)
        except duckdb.Error as error:
            raise _told(error) from error
        except (OSError, pa.ArrowInvalid) as error:
            raise CorruptError(f"a file of the lake cannot be read: {error}") from error
    return _found(best, page, rows, complete=complete, files=live.num_rows)


def _looked(
    reader: Reader,
    stretches: Iterator[list[str]],
    asked: Conditions,
    best: _Best,
    watch: Watch,
) -> bool:
    """Look into all stretches; False when that was stopped."""
    try:
        with interruptible(reader.database, watch) as over:
            for stretch in stretches:
                if over():
                    return False
                _look(reader, stretch, asked, best)
    except duckdb.InterruptException:
        return False
    return True


def _rows(reader: Reader, keys: pa.Table, columns: Sequence[str]) -> pa.Table:
    """The events of keys, in their order."""
    wanted = [*columns, *(name for name in ("time", "event_uid") if name not in columns)]
    schema = pa.schema([EVENTS.schema.field(name) for name in wanted])
    parts = [part.cast(schema) for part in reader.rows(keys, wanted)]
    return pa.concat_tables([schema.empty_table(), *parts]).sort_by(_NEWEST).select(list(columns))


def _check_pattern(database: duckdb.DuckDBPyConnection, pattern: str | None) -> None:
    if pattern is not None:
        try:
            database.sql("SELECT regexp_matches('', $p)", params={"p": pattern}).to_arrow_table()
        except duckdb.InvalidInputException as error:
            raise MalformedInputError(f"the pattern is none that RE2 knows: {error}") from error


def _after(asked: Conditions, after: Place | None) -> Conditions:
    """The question of those that come after a place."""
    if after is None:
        return asked
    values = {**asked.values, "after": after.time, "after_uid": after.event_uid}
    later = "(time < $after OR event_uid < $after_uid)"
    return Conditions((*asked.must, "time <= $after", later), asked.either, values)


def _stretches(files: Sequence[File], best: _Best, page: Page, watch: Watch) -> Iterator[list[str]]:
    """Files by their paths, newest first, in growing numbers, as long as they can matter."""
    total = sum(file.size for file in files)
    done = start = 0
    room = _FIRST_BYTES
    while start < len(files):
        oldest = best.oldest
        if not page.count and oldest is not None and files[start].newest < oldest:
            break
        end, size = start + 1, files[start].size
        while end < len(files) and size + files[end].size <= room:
            size, end = size + files[end].size, end + 1
        yield [file.name for file in files[start:end]]
        best.looked += end - start
        done, start, room = done + size, end, min(2 * room, _MOST_BYTES)
        watch.progress(done, total)
    watch.progress(total, total)


def _look(reader: Reader, files: list[str], asked: Conditions, best: _Best) -> None:
    """Keys of what fits in some files, and how many fit where that is asked."""
    source, database = reader.source(files, _named(asked)), reader.database
    either = list(asked.either) or ["true"]
    if best.counting:
        must = [*asked.must, f"({' OR '.join(either)})"]
        sql = f"SELECT count(*) AS n FROM ({source}) WHERE {' AND '.join(must)}"  # noqa: S608 (values apart)
        (number,) = integers(database.sql(sql, params=asked.values).to_arrow_table(), "n")
        best.count += number
    values, must = dict(asked.values), list(asked.must)
    if best.oldest is not None:
        must.append("time >= $oldest")
        values["oldest"] = best.oldest
    values["wanted"] = best.wanted
    ways = [
        f"(SELECT time, event_uid, filename, file_row_number FROM ({source}) "  # noqa: S608 (as above)
        f"WHERE {' AND '.join([*must, way])} {_NEWEST_FIRST} LIMIT $wanted)"
        for way in either
    ]
    keys = database.sql(" UNION ".join(ways), params=values).to_arrow_table()
    best.add(keys.cast(KEY))


def _named(asked: Conditions) -> set[str]:
    """Columns that a question names, and those of a key."""
    words = re.findall(r"\w+", " ".join((*asked.must, *asked.either)))
    return {*words, "time", "event_uid"}


def _found(best: _Best, page: Page, rows: pa.Table, *, complete: bool, files: int) -> Found:
    more = complete and best.keys.num_rows > page.limit
    last = best.keys.slice(page.limit - 1, 1).to_pylist() if more else []
    after = Place(last[0]["time"], last[0]["event_uid"]) if last else None
    count = best.count if page.count and complete else None
    return Found(rows, after, complete, count, best.looked, files)


def _told(error: duckdb.Error) -> MalformedInputError | CorruptError:
    first = str(error).partition("\n")[0]
    match error:
        case duckdb.OutOfMemoryException():
            return MalformedInputError(f"the search needs more than {_MEMORY} of memory; narrow it")
        case duckdb.IOException():
            return CorruptError(f"a file of the lake cannot be read: {first}")
    return MalformedInputError(f"the search cannot run: {first}")
