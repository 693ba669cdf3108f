"""Fields of matched events as correlations read them: the same as rules see, at a fraction."""

from collections.abc import Mapping

import pyarrow as pa
import pytest

from foreseen.core.ids import RuleId
from foreseen.rules import parse_rules
from foreseen.rules.correlation import fields as correlation_fields
from foreseen.rules.correlation.fields import values_by
from foreseen.rules.engine.derived import DERIVED, Columns
from foreseen.rules.engine.kernels import Array

RULE = """title: A program was started
name: started
logsource: {product: linux, category: process_creation}
detection: {s: {Image: x}, condition: s}
"""
RULES = {rule.id: rule for rule in parse_rules([("r.yml", RULE)]).rules}


def row(**columns: object) -> dict[str, object]:
    kind = {"product": "auditd", "class_uid": 1007, "activity_id": 1, "event_type": "execve"}
    return {**kind, **columns}


def read(name: str, *rows: Mapping[str, object]) -> list[list[str]]:
    values = values_by(RULES)
    return [list(values(RuleId("started"), name, each)) for each in rows]


def test_a_derived_field_follows_from_the_columns_of_its_own_row() -> None:
    users = [
        row(process_user_name="ann", process_user_uid="1001"),
        row(process_user_uid="1001"),
        row(process_user_uid="0"),
        row(),
        row(process_user_name="ann", process_user_uid="1001"),
        row(process_user_name="a" * 9_000),
    ]
    assert read("User", *users) == [["ann"], ["1001"], ["0"], [], ["ann"], ["a" * 9_000]]
    kept = [
        row(process_user_uid="1001", unmapped={"uid": ["7"]}),
        row(process_user_uid="1001", unmapped={"uid": ["8"]}),
        row(process_user_uid="1001", unmapped={"uid": []}),
        row(process_user_uid="1001", unmapped={"gid": ["9"]}),
        row(process_user_uid="1001"),
    ]
    assert read("uid", *kept) == [["7"], ["8"], ["1001"], ["1001"], ["1001"]]
    assert read("FileMode", row(file_mode=0o100755), row(file_mode=None)) == [["0755"], []]


def test_rows_alike_are_derived_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Columns] = []

    def counted(columns: Columns) -> Array:
        seen.append(columns)
        return pa.array(["once"])

    correlation_fields._derived.cache_clear()  # noqa: SLF001 (other tests have asked)
    monkeypatch.setitem(DERIVED, "User", counted)
    rows = [row(process_user_name=f"u{n % 3}", process_cmd_line=str(n)) for n in range(60)]
    assert read("User", *rows) == [["once"]] * 60
    assert len(seen) == 3
    long = row(process_user_name="u" * 5_000)
    read("User", long, long)
    assert len(seen) == 5  # what is long is not kept
    correlation_fields._derived.cache_clear()  # noqa: SLF001
