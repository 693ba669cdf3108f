"""Any text comes back as it was said, and is ordered alike, in both kinds of database."""

import dataclasses
import math
import os
import random
import re

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import JSON, Engine, String, select, text

from foreseen.control import audit_log
from foreseen.control.alert_commit import Decided, commit_decisions
from foreseen.control.alerts import AlertFilter, AlertKey, Page, alerts
from foreseen.control.audit_log import SERVER, Change
from foreseen.control.cursors import Checkpoint
from foreseen.control.database import is_served, reading, writing
from foreseen.control.documents import DocumentKind, Edit, document, put
from foreseen.control.tables import Base, IncidentRow, TenantRow
from foreseen.control.texts import Text, escaped, json_text, json_value, key, plain
from foreseen.core.alerts import Alert
from foreseen.core.ids import RuleId, TenantId

TENANT = TenantId("default")
HOSTILE = (
    "",
    "\x00",
    "\x00\x00\x01",
    "\x01",
    "\x01\ue000",
    "\x01\ue002d800",
    "\ud800",
    "\udfff\ud800",
    "\ue000",
    "a",
    "A",
    "a\x00b",
    "Z",
    "_",
    "é",
    "e\u0301",
    "ß",
    "\uffff",
    "\U0010ffff",
    "\u202e%s'\"\\;--",
    "\r\n\t\x7f\x1b[31m",
)
_KEYS = [each for each in HOSTILE if each and not any("\ud800" <= c <= "\udfff" for c in each)]
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=()))
    | st.sampled_from(HOSTILE),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def alert(uid: str, said: str, number: float = 1.5) -> Alert:
    return Alert(
        uid, TENANT, RuleId("r"), said, said, said, 1, 1, "high", said, (said, "x"), number, (uid,),
        None, {"basis": said, said or "k": [said, {"deep": said}], "number": number, "big": 2**62},
    )  # fmt: skip


@given(st.text(st.characters(exclude_categories=())) | st.sampled_from(HOSTILE))
def test_escapes_are_undone_and_hold_nothing_that_a_database_refuses(said: str) -> None:
    kept = escaped(said)
    assert plain(kept) == said
    assert "\x00" not in kept
    assert plain(said) == said or "\x01" in said  # what older versions kept without escapes
    kept.encode()


@given(st.text(), st.text())
def test_escapes_keep_the_order(one: str, two: str) -> None:
    pair = [one, "\x00" + one, "\x01" + one, two]
    assert sorted(pair, key=str.encode) == sorted(pair, key=lambda each: escaped(each).encode())


@given(_VALUES)
def test_any_json_value_is_kept_in_strict_json(value: object) -> None:
    kept = json_text(value)
    assert json_value(kept) == value
    assert "\\u0000" not in kept
    assert not re.search(r"[\[:, ](NaN|-?Infinity)", re.sub(r'"(\\.|[^"\\])*"', "", kept))


def test_numbers_that_json_lacks_are_kept() -> None:
    found = json_value(json_text({"a": [math.inf, -math.inf, math.nan], "b": "NaN"}))
    assert found["a"][:2] == [math.inf, -math.inf]
    assert math.isnan(found["a"][2])
    assert found["b"] == "NaN"


def test_hostile_alerts_come_back_as_they_were_told(engine: Engine) -> None:
    told = [alert(f"m{n}", said, -0.0 if n % 2 else 1e300) for n, said in enumerate(HOSTILE)]
    commit_decisions(engine, TENANT, Decided(told), Checkpoint("judge", 1, b"\x00\xff"))
    found = alerts(engine, TENANT, page=Page(limit=1000, members=True))
    assert sorted(found, key=lambda each: each.uid) == sorted(told, key=lambda each: each.uid)
    for each in told:
        wanted = AlertFilter(workload=each.workload)
        assert alerts(engine, TENANT, wanted=wanted, page=Page(members=True)) == [each]


def test_names_of_any_length_that_senders_choose_are_kept_and_found(engine: Engine) -> None:
    """A host's name that no index takes must not stop the judge."""
    letters = [
        os.urandom(20_000).hex(),
        os.urandom(400).hex() + "\x00" * 1_000,
        "\U0010ffff" * 9_000,
    ]
    letters += [letters[0][:-1] + "x"]
    told = [dataclasses.replace(alert(f"m{n}", "x"), host=name, workload=name)
            for n, name in enumerate(letters)]  # fmt: skip
    commit_decisions(engine, TENANT, Decided(told), Checkpoint("judge", 1))
    for n, name in enumerate(letters):
        (found,) = alerts(engine, TENANT, wanted=AlertFilter(workload=name))
        assert (found.uid, found.host) == (f"m{n}", key(name))
        assert found.host[:40] == name[:40]
        assert key(found.host) == found.host


def test_what_people_write_comes_back_as_they_wrote_it(engine: Engine) -> None:
    for name in HOSTILE:
        put(engine, TENANT, Edit(DocumentKind.RULE, name, name, name, 1), name)
        found = document(engine, TENANT, DocumentKind.RULE, name)
        assert (found.name, found.author, found.reason, found.text) == (name,) * 4
    with writing(engine) as session:
        for said in HOSTILE:
            change = Change("create", said, said, None, {"a": said})
            audit_log.record(session, TENANT, SERVER, change, now=1)
    assert audit_log.verify(engine, TENANT).entries == 2 * len(HOSTILE)


def test_keys_are_ordered_and_paged_by_their_bytes(engine: Engine) -> None:
    shuffled = random.Random(3).sample(_KEYS, len(_KEYS))  # noqa: S311 (an order)
    told = [alert(uid, "x") for uid in shuffled]
    commit_decisions(engine, TENANT, Decided(told), Checkpoint("judge", 1))
    paged: list[str] = []
    after = None
    while page := alerts(engine, TENANT, page=Page(after=after, limit=3)):
        paged += [each.uid for each in page]
        after = AlertKey(1, paged[-1])
    assert paged == sorted(_KEYS, key=str.encode)


def test_what_an_older_version_kept_without_escapes_is_read(engine: Engine) -> None:
    with engine.begin() as connection:
        said = "a\x01b" if is_served(engine) else "a\x00\x01b"
        connection.execute(
            text("INSERT INTO tenant (id, created) VALUES (:said, 1)"), {"said": said}
        )
        connection.execute(
            text(
                "INSERT INTO incident (tenant, uid, opened, keys) VALUES ('default', 'i', 1, :keys)"
            ),
            {"keys": '["\\u0001", "NaN"]' if is_served(engine) else '["\\u0000", "\\ud800"]'},
        )
    with reading(engine) as session:
        names = session.scalars(select(TenantRow.id)).all()
        assert said in names
        keys = session.scalars(select(IncidentRow.keys)).one()
    assert keys == (["\x01", "NaN"] if is_served(engine) else ["\x00", "\ud800"])


def test_every_column_of_text_escapes_and_no_json_is_null_twice() -> None:
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            assert isinstance(column.type, Text) or not isinstance(column.type, String), column
            if isinstance(column.type, JSON) and column.nullable:
                assert column.type.none_as_null, column


def test_every_text_of_a_served_database_is_compared_by_its_bytes(engine: Engine) -> None:
    if not is_served(engine):
        return
    query = (
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema ="
        " 'public' AND data_type IN ('text', 'character varying')"
        " AND table_name <> 'alembic_version' AND collation_name IS DISTINCT FROM 'C'"
    )
    with engine.connect() as connection:
        assert connection.execute(text(query)).all() == []
