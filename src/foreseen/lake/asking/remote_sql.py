"""A hunting query for another engine: checked, bound to one tenant's rows, in Spark's dialect."""

import re
import secrets
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from foreseen.core.errors import DeniedError, MalformedInputError
from foreseen.core.ids import TenantId
from foreseen.lake.asking.remote_dialect import UNTYPED, for_spark, literal_safe
from foreseen.lake.asking.remote_nodes import ALLOWED, FUNCTIONS
from foreseen.lake.tables import PART_TENANT, TABLES

_MOST_CHARACTERS = 100_000
_WORD = re.compile(r"[A-Za-z_]+")
_PLAIN_TABLE = frozenset({"this", "alias", "joins"})
_JOINS = frozenset({"", "NATURAL"})


@dataclass(frozen=True, slots=True)
class Binding:
    """What the tables of a query stand for.

    Attributes:
        tenant: Whose rows they show.
        root: Where the engine finds the lake: a folder as the engine sees it, or an address.
    """

    tenant: TenantId
    root: str

    def path(self, table: str) -> str:
        """Where the engine finds a table."""
        return f"{self.root.rstrip('/')}/{table}"


def spark_sql(sql: str, limit: int, binding: Binding) -> str:
    """One SELECT of a person in DuckDB's dialect as the text that an engine of Spark's may run.

    Each table becomes a subquery that names its declared columns and filters by the tenant; CTEs
    get names that nobody can guess, so that no name reaches the engine's own catalogue.

    Args:
        sql: The query.
        limit: Most rows to return.
        binding: What the tables stand for.

    Raises:
        MalformedInputError: It is no single SELECT, or has what the other engine does not do alike.
        DeniedError: It reaches outside the tables.
    """
    tree = _only_select(sql)
    try:
        _check(tree)
        _rename_ctes(tree)
        _bind(tree, binding)
        _limit(tree, limit)
        text = for_spark(tree)
        _check_bound(text, binding)
    except RecursionError as error:
        raise MalformedInputError("the query is nested too deeply") from error
    except (SqlglotError, ValueError) as error:
        raise MalformedInputError(f"the query has no form in Spark's dialect: {error}") from error
    return text


def _only_select(sql: str) -> exp.Query:
    if len(sql) > _MOST_CHARACTERS:
        raise MalformedInputError(f"the query is longer than {_MOST_CHARACTERS:,} characters")
    try:
        sql.encode()  # a lone surrogate is no text for the engine either
        found = sqlglot.parse(sql, dialect="duckdb")
    except (SqlglotError, UnicodeEncodeError, ValueError) as error:
        raise MalformedInputError(f"the query is no SQL: {error}") from error
    except RecursionError as error:
        raise MalformedInputError("the query is nested too deeply") from error
    if len(found) != 1 or not isinstance(found[0], exp.Query):
        kinds = ", ".join(type(one).__name__.upper() for one in found if one) or "nothing"
        raise MalformedInputError(f"hunting takes exactly one SELECT statement, this is: {kinds}")
    return found[0]


def _check(tree: exp.Query) -> None:
    for node in tree.walk():
        if type(node) not in ALLOWED:
            raise _refused(node)
        match node:
            case exp.Table():
                _check_table(node)
            case exp.Column() if node.args.get("db"):
                raise MalformedInputError(f"{node.sql('duckdb')}: write table.column")
            case exp.Var() if not _WORD.fullmatch(node.name):
                raise MalformedInputError(f"{node.name!r}: no unit and no keyword")
            case exp.Identifier() if not literal_safe(node.name):
                raise MalformedInputError(f"{node.name!r}: no name for the other engine")
            case exp.DataType() if node.this == exp.DType.USERDEFINED:
                raise MalformedInputError(f"{node.sql('duckdb')}: no type of Spark's")
            case exp.Join() if node.method.upper() not in _JOINS:
                raise MalformedInputError(f"{node.method} JOIN is DuckDB's alone")
            case exp.With() if node.recursive:
                raise MalformedInputError("WITH RECURSIVE is not sent to another engine")


def _check_table(table: exp.Table) -> None:
    has = {name for name, value in table.args.items() if value}
    if not isinstance(table.this, exp.Identifier) or has - _PLAIN_TABLE:
        raise DeniedError(
            f"{table.sql('duckdb')}: hunting reads the lake's tables and nothing else; "
            f"tables: {', '.join(TABLES)}"
        )


def _refused(node: exp.Expr) -> MalformedInputError:
    named = node.sql("duckdb")[:80]
    if isinstance(node, exp.Func):
        return MalformedInputError(
            f"{named}: this function is not sent to another engine; these are: "
            f"{', '.join(sorted(set(FUNCTIONS.values())))}"
        )
    return MalformedInputError(f"{named}: this is not sent to another engine ({node.key})")


def _rename_ctes(tree: exp.Query) -> None:
    """CTEs under names of this query alone; what reads them keeps the name as an alias."""
    nonce = secrets.token_hex(8)
    names: dict[str, str] = {}
    for cte in tree.find_all(exp.CTE):
        if cte.alias.lower() in TABLES:
            raise MalformedInputError(f"WITH {cte.alias}: the lake has a table of that name")
        names.setdefault(cte.alias.lower(), f"cte_{len(names)}_{nonce}")
        cte.args["alias"].set("this", exp.to_identifier(names[cte.alias.lower()], quoted=True))
    for table in list(tree.find_all(exp.Table)):
        name = table.name.lower()
        if name in names:
            if not table.alias:
                table.set("alias", exp.TableAlias(this=table.this.copy()))
            table.set("this", exp.to_identifier(names[name], quoted=True))
        elif name not in TABLES:
            raise MalformedInputError(f"no table {table.name!r}; tables: {', '.join(TABLES)}")


def _bind(tree: exp.Query, binding: Binding) -> None:
    for table in list(tree.find_all(exp.Table)):
        name = table.name.lower()
        if name not in TABLES:
            continue
        alias = table.args.get("alias") or exp.TableAlias(this=table.this.copy())
        rows = exp.Subquery(this=_rows(name, binding), alias=alias, joins=table.args.get("joins"))
        table.replace(rows)


def _rows(name: str, binding: Binding) -> exp.Select:
    """A table's declared columns, of one tenant."""
    path = binding.path(name)
    if not literal_safe(path):
        raise MalformedInputError(f"{path}: an engine of Spark's would replace a part of it")
    source = exp.Table(
        this=exp.to_identifier(path, quoted=True), db=exp.to_identifier("delta", quoted=False)
    )
    filters = (
        exp.EQ(this=exp.column(column, quoted=True), expression=exp.Literal.string(binding.tenant))
        for column in (PART_TENANT, "tenant")
    )
    columns = [exp.column(field.name, quoted=True) for field in TABLES[name].schema]
    return exp.select(*columns).from_(source).where(*filters)


def _limit(tree: exp.Query, limit: int) -> None:
    own = tree.args.get("limit")
    if own is not None:
        count = own.expression
        if not isinstance(count, exp.Literal) or not count.name.isdigit():
            raise MalformedInputError("LIMIT takes a whole number here")
        limit = min(limit, int(count.name))
    tree.set("limit", exp.Limit(expression=exp.Literal.number(limit)))


def _check_bound(text: str, binding: Binding) -> None:
    """Read what is sent again, as the engine will: each table in it has the tenant's filter."""
    again = sqlglot.parse(text, dialect="spark")
    if len(again) != 1 or not isinstance(again[0], exp.Query):
        raise DeniedError("the query became several statements in Spark's dialect")
    calls = (call for call in again[0].find_all(exp.Anonymous) if call.name not in UNTYPED)
    for call in calls:
        raise DeniedError(f"{call.name}: the query became a call that is not ours")
    bound = {for_spark(_rows(name, binding)) for name in TABLES}
    known = {cte.alias for cte in again[0].find_all(exp.CTE)}
    for table in again[0].find_all(exp.Table):
        around = table.find_ancestor(exp.Select)
        is_ours = around is not None and around.sql("spark", identify=True) in bound
        if not is_ours and (table.name not in known or table.args.get("db")):
            raise DeniedError(f"{table.sql('spark')}: the query reaches outside the lake's tables")
