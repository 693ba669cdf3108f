"""Rows of one tenant in every table, with texts that nobody else may ever see."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import CheckConstraint, Column, Engine, Table, TypeDecorator

from foreseen.control.tables import Base
from foreseen.core.ids import TenantId

CANARY = "canary7"
_NUMBER = 7_000_000
_TIME = 1_790_000_000_000
_SHAPED = {("token", "scope"): "read", ("document", "kind"): "suppression"}
"""What the code reads back into something else than text; add to it what a new table needs."""

_ONE_OF = re.compile(r"(\w+) in \('([^']*)'", re.IGNORECASE)


@dataclass(frozen=True)
class Planted:
    """A value of a planted row that may be its name in a path."""

    table: str
    value: str | int


def plant(engine: Engine, tenant: TenantId) -> list[Planted]:
    """Put a row of the tenant into every table that has tenants; what names them."""
    rows: dict[str, dict[str, object]] = {}
    found: list[Planted] = []
    with engine.begin() as connection:
        for number, table in enumerate(tables()):
            rows[table.name] = _row(table, tenant, number, rows)
            connection.execute(table.insert().values(rows[table.name]))
            found += _names(table, rows[table.name])
    return found


def tables() -> list[Table]:
    """Tables whose rows belong to a tenant, those that others refer to first."""
    return [table for table in Base.metadata.sorted_tables if "tenant" in table.columns]


def rows_of(engine: Engine, tenant: TenantId) -> list[object]:
    """Everything that a tenant has."""
    with engine.connect() as connection:
        return [
            row
            for table in tables()
            for row in connection.execute(table.select().where(table.c.tenant == tenant))
        ]


def _row(
    table: Table, tenant: TenantId, number: int, rows: dict[str, dict[str, object]]
) -> dict[str, object]:
    closed = _closed(table)
    row = {
        column.name: _SHAPED.get((table.name, column.name))
        or closed.get(column.name)
        or _value(table, column, number)
        for column in table.columns
    }
    for key in table.foreign_keys:
        target, name = key.column.table.name, key.column.name
        if target in rows:
            row[key.parent.name] = rows[target][name]
    return {**row, "tenant": tenant}


def _closed(table: Table) -> dict[str, object]:
    """The first value of columns that take few."""
    return {
        match[1]: match[2]
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
        for match in _ONE_OF.finditer(str(constraint.sqltext))
    }


def _value(table: Table, column: Column[object], number: int) -> object:
    text = f"{CANARY}-{table.name}-{column.name}"
    by_kind: dict[type, object] = {object: [text], bytes: text.encode(), float: 0.5, bool: False}
    by_kind |= {str: text, int: _NUMBER + number if column.primary_key else _TIME}
    kept_as = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    return by_kind[kept_as.python_type]


def _names(table: Table, row: dict[str, object]) -> Iterator[Planted]:
    kinds = _closed(table)
    for column in table.columns:
        named = column.primary_key or column.name in {"id", "uid", "name", "number"}
        named = named and column.name not in kinds  # one of few words names nothing
        value = row[column.name]
        if named and column.name != "tenant" and isinstance(value, str | int):
            yield Planted(table.name, value)
