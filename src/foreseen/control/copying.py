"""Copy a whole control database into an empty one, of the same kind or the other; checked."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, Table, func, insert, select

from foreseen.control.database import changing, viewing, where
from foreseen.control.tables import Base
from foreseen.control.texts import Key, key
from foreseen.core.errors import ConfigurationError, CorruptError

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Copied:
    """What was copied.

    Attributes:
        rows: How many rows each table has.
    """

    rows: Mapping[str, int]


def check_empty(target: Engine) -> None:
    """Do nothing if a control database holds nothing yet.

    Raises:
        ConfigurationError: It holds rows.
        TransientError: It cannot be read now.
    """
    with viewing(target) as connection:
        for table in Base.metadata.sorted_tables:
            if connection.execute(select(table).limit(1)).first() is not None:
                raise ConfigurationError(
                    f"{where(target)}: holds data already ({table.name}); name an empty database"
                )


def copy(source: Connection, target: Engine) -> Copied:
    """Copy all tables in one transaction, and read them back.

    Args:
        source: What to copy, as this connection sees it: in one transaction, at the newest shape.
        target: An empty database.

    Raises:
        ConfigurationError: The target is not empty.
        CorruptError: What was written is not what was read; nothing is kept.
        TransientError: It cannot be written now.
    """
    check_empty(target)
    rows: dict[str, int] = {}
    with changing(target) as into:
        for table in Base.metadata.sorted_tables:
            count, digest = _copy_table(source, into, table)
            if (found := _digest(into, table)) != (count, digest):
                raise CorruptError(
                    f"{where(target)}: {table.name}: {count:,} rows were copied, and"
                    f" {found[0]:,} are there, or other ones; nothing was kept"
                )
            _go_on_counting(source, into, table)
            rows[str.__str__(table.name)] = count
    return Copied(rows)


def _copy_table(source: Connection, into: Connection, table: Table) -> tuple[int, str]:
    digest, count = hashlib.blake2b(digest_size=16), 0
    for part in _parts(source, table):
        count += len(part)
        for row in part:
            _add(digest, row)
        into.execute(insert(table), part)
    return count, digest.hexdigest()


def _digest(connection: Connection, table: Table) -> tuple[int, str]:
    digest, count = hashlib.blake2b(digest_size=16), 0
    for part in _parts(connection, table):
        count += len(part)
        for row in part:
            _add(digest, row)
    return count, digest.hexdigest()


def _add(digest: "hashlib.blake2b", row: Mapping[str, object]) -> None:
    digest.update(repr(tuple(row.values())).encode("utf-8", "surrogatepass"))


def _parts(connection: Connection, table: Table) -> Iterator[list[dict[str, object]]]:
    """Rows by key: text is ordered by its bytes in both kinds of database."""
    query = select(table).order_by(*table.primary_key.columns)
    found = connection.execute(query.execution_options(yield_per=_AT_ONCE))
    for part in found.mappings().partitions():
        yield [{name: _as_kept(table, name, to) for name, to in row.items()} for row in part]


def _as_kept(table: Table, name: str, value: object) -> object:
    """Older versions kept long keys whole."""
    is_key = isinstance(value, str) and isinstance(table.c[name].type, Key)
    return key(str(value)) if is_key else value


def _go_on_counting(source: Connection, into: Connection, table: Table) -> None:
    """A number that was given and is gone is not given again."""
    number = table.autoincrement_column
    if number is None:
        return
    last = max(_last_given(source, table), into.scalar(select(func.max(number))) or 0)
    if not last:
        return
    if into.dialect.name == "postgresql":
        into.exec_driver_sql(
            "SELECT setval(pg_get_serial_sequence(%s, %s), %s)",
            (f'"{table.name}"', number.name, last),
        )
    else:
        into.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = ?", (table.name,))
        into.exec_driver_sql("INSERT INTO sqlite_sequence VALUES (?, ?)", (table.name, last))


def _last_given(connection: Connection, table: Table) -> int:
    number = table.autoincrement_column
    if number is None:
        return 0
    if connection.dialect.name == "postgresql":
        asked = "SELECT pg_sequence_last_value(pg_get_serial_sequence(%s, %s)::regclass)"
        found = connection.exec_driver_sql(asked, (f'"{table.name}"', number.name)).scalar()
    else:
        asked = "SELECT seq FROM sqlite_sequence WHERE name = ?"
        found = connection.exec_driver_sql(asked, (table.name,)).scalar()
    return int(found or 0)
