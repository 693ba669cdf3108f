"""A search as one SELECT, newest first; it goes through the same gate as anyone's SQL."""

import re
from dataclasses import dataclass

from foreseen.core.errors import ConfigurationError, NotFoundError
from foreseen.lake.asking.searchbox.fields import LAST, columns_of
from foreseen.lake.asking.searchbox.moments import span
from foreseen.lake.asking.searchbox.terms import condition, program
from foreseen.lake.asking.searchbox.tokens import Token, wrong
from foreseen.lake.asking.searchbox.tree import All, Either, Not, Tree, tree_of
from foreseen.lake.tables import TABLES

_HASH = re.compile(r"[0-9a-fA-F]{32,128}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to show of that which fits.

    Attributes:
        table: Table of the lake that is searched.
        columns: Columns to show, in this order; empty: all.
        limit: Most rows; None: all.
    """

    table: str = "events"
    columns: tuple[str, ...] = ()
    limit: int | None = None


_EVENTS = Wanted()


def statement(text: str, wanted: Wanted = _EVENTS, *, now: int) -> str:
    """SQL of a search.

    Args:
        text: The search; empty: everything.
        wanted: What to show.
        now: Where `last:` counts back from, ms UTC.

    Raises:
        MalformedInputError: It cannot be understood; the message names the column in it.
        NotFoundError: There is no such table, or it has no such column to show.
        ConfigurationError: The limit is below 1.
    """
    table = TABLES.get(wanted.table)
    if table is None:
        raise NotFoundError(f"no table '{wanted.table[:60]}'; there are {', '.join(TABLES)}")
    odd = [name for name in wanted.columns if name not in table.schema.names]
    if odd:
        raise NotFoundError(f"{wanted.table} have no column {', '.join(odd)[:200]}")
    if wanted.limit is not None and wanted.limit < 1:
        raise ConfigurationError("the limit is 1 at least")
    tree = tree_of(text)
    shown = ", ".join(f'"{name}"' for name in wanted.columns) or "*"
    moment = "time" if "time" in table.schema.names else "ingested_time"
    parts = [f'SELECT {shown} FROM "{wanted.table}"']  # noqa: S608 (names are the lake's own)
    if tree is not None:
        parts.append(f"WHERE {_sql(tree, wanted.table, now)}")
    parts.append(f'ORDER BY "{moment}" DESC NULLS LAST')
    if wanted.limit is not None:
        parts.append(f"LIMIT {int(wanted.limit)}")
    return " ".join(parts)


def _sql(tree: Tree, table: str, now: int) -> str:
    match tree:
        case All(parts):
            return f"({' AND '.join(_sql(part, table, now) for part in parts)})"
        case Either(parts):
            return f"({' OR '.join(_sql(part, table, now) for part in parts)})"
        case Not(part):
            return f"(NOT coalesce({_sql(part, table, now)}, false))"
    return f"({_term(tree, table, now)})"


def _term(token: Token, table: str, now: int) -> str:
    name = (token.field or "").lower()
    held = TABLES[table].schema.names
    if name == LAST and "time" in held:
        if token.operator:
            raise wrong(token.at, "a span has no comparison; write last:24h")
        return f'"time" >= {now - span(token.values[0])}'
    found = columns_of(token, table)
    if name == "hash" and not (token.operator or _HASH.fullmatch(token.values[0].text)):
        raise wrong(token.values[0].at, "a checksum is 32 to 128 hexadecimal digits")
    if name == "process" and "process_path" in held:
        return program(token)
    return " OR ".join(condition(each, token) for each in found)
