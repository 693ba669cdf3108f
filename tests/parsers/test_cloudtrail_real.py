"""Real CloudTrail records: all are understood, and rules find the fields that they ask for."""

import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from foreseen.core.records import Line
from foreseen.parsers.cloudtrail import COLUMNS, CloudTrailParser
from foreseen.parsers.json_flat import text_of
from foreseen.parsers.protocol import Parsed, Row
from foreseen.schema.arrow import EVENT_SCHEMA, batch_of

PARSER = CloudTrailParser()
#: What rules ask for and the recordings do not have.
RARE = {
    "eventTime": "2026-03-04T05:06:07Z",
    "eventName": "UpdateDetector",
    "requestParameters": {
        "enable": False,
        "layers": ["arn:aws:lambda:us-east-1:111122223333:layer:x:1"],
        "containerDefinitions": [{"command": ["sh", "-c", "env"]}],
    },
    "responseElements": {"pendingModifiedValues": {"masterUserPassword": "****"}},
}


def lines_of(records: list[Any]) -> list[Line]:
    lines, offset = [], 0
    for number, record in enumerate(records, 1):
        data = orjson.dumps(record)
        lines.append(Line("trail", offset, number, "trail.json", data))
        offset += len(data) + 1
    return lines


@pytest.fixture(scope="module")
def attacks(foreseen_data: Path) -> list[dict[str, Any]]:
    files = sorted((foreseen_data / "cloudtrail-attacks").glob("*.json"))
    return [record for file in files for record in orjson.loads(file.read_bytes())["Records"]]


@pytest.fixture(scope="module")
def samples(foreseen_data: Path) -> list[Any]:
    path = foreseen_data / "samples" / "cloudtrail" / "panther_tests.jsonl"
    return [orjson.loads(line)["log"] for line in path.read_bytes().splitlines()]


@pytest.fixture(scope="module")
def parsed(attacks: list[dict[str, Any]]) -> Parsed:
    return PARSER.parse(None, lines_of(attacks))


def values_of(row: Row, field: str) -> list[str]:
    """What a rule sees of a field: its column, else its name in `unmapped`."""
    unmapped = row.columns["unmapped"]
    assert isinstance(unmapped, dict)
    column = COLUMNS.get(field)
    value = row.columns.get(column) if column else unmapped.get(field)
    if isinstance(value, list):
        return value
    return [] if value is None else [str(value)]


def scalars(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Dotted names and texts of a record, the slow and plain way."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from scalars(member, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        for member in value:
            yield from scalars(member, name)
    elif value is not None:
        yield name, text_of(value) or ""


def test_all_attack_records_are_rows(attacks: list[dict[str, Any]], parsed: Parsed) -> None:
    assert len(attacks) == len(parsed.rows) == 2900
    assert parsed.quarantined == []


def test_every_value_is_found_under_its_name(attacks: list[dict[str, Any]], parsed: Parsed) -> None:
    for record, row in zip(attacks, parsed.rows, strict=True):
        for field, text in scalars(record):
            assert text in values_of(row, field), field


def test_errors_are_the_failures(attacks: list[dict[str, Any]], parsed: Parsed) -> None:
    failed = [row for row in parsed.rows if row.columns["status_id"] == 2]
    assert len(failed) == sum("errorCode" in record for record in attacks) == 300


def test_reading_calls_are_read_activities(attacks: list[dict[str, Any]], parsed: Parsed) -> None:
    api = [
        (record["readOnly"], row.columns["activity_id"])
        for record, row in zip(attacks, parsed.rows, strict=True)
        if row.columns["class_uid"] == 6003
    ]
    counts = Counter(api)
    assert counts[True, 2] == 2037
    assert {activity for read, activity in counts if read} == {2, 99}
    assert {activity for read, activity in counts if not read} == {1, 3, 4, 99}


def test_sessions_of_a_role_share_a_workload(parsed: Parsed) -> None:
    streams = {(row.boot, row.workload) for row in parsed.rows}
    roles = {(boot, workload) for boot, workload in streams if "/role/" in workload}
    assert roles
    for boot, workload in roles:
        role = workload.rpartition("/")[2]
        assert f":assumed-role/{role}/" in boot
    assert all(not workload.endswith("unknown") for _, workload in streams)


def test_the_cut_into_calls_and_documents_does_not_matter(
    attacks: list[dict[str, Any]], parsed: Parsed
) -> None:
    lines = lines_of(attacks)
    single = [row for line in lines[:200] for row in PARSER.parse(None, [line]).rows]
    assert single == parsed.rows[:200]
    whole = PARSER.parse(None, lines_of([{"Records": attacks[:200]}])).rows
    assert [row.columns for row in whole] == [row.columns for row in single]


def test_arrow_takes_all(parsed: Parsed) -> None:
    batch = batch_of([row.columns for row in parsed.rows], EVENT_SCHEMA)
    assert batch.num_rows == 2900
    assert batch.column("api_operation").null_count == 0


def test_samples_of_others_are_rows_unless_they_lack_names_or_time(samples: list[Any]) -> None:
    result = PARSER.parse(None, lines_of(samples))
    assert len(result.rows) + len(result.quarantined) == len(samples)
    for one in result.quarantined:
        record = orjson.loads(one.line.data)
        assert str(record.get("eventTime", ""))[:4] in {"", "reda", "..."}
    assert len(result.rows) == 436


def test_fields_of_sigmahq_rules_are_found(
    foreseen_data: Path, attacks: list[dict[str, Any]], samples: list[Any]
) -> None:
    asked = sigma_fields(foreseen_data / "sigmahq" / "rules-8eaafff1.tar.xz")
    rows = PARSER.parse(None, lines_of([*attacks, *samples, RARE])).rows
    found = set(COLUMNS)
    for row in rows:
        unmapped = row.columns["unmapped"]
        assert isinstance(unmapped, dict)
        found |= unmapped.keys()
    assert len(asked) > 10
    assert asked - found == {"status"}  # no CloudTrail record has it: that rule's own mistake


def sigma_fields(archive: Path) -> set[str]:
    """Field names of all CloudTrail rules, without modifiers."""
    fields: set[str] = set()
    with tarfile.open(archive) as rules:
        for member in rules:
            if "/cloud/aws/" in member.name and member.name.endswith(".yml"):
                text = rules.extractfile(member)
                assert text is not None
                fields |= set(_named(yaml.safe_load(text)["detection"]))
    return fields


def _named(detection: dict[str, Any]) -> Iterator[str]:
    for search in detection.values():
        for each in search if isinstance(search, list) else [search]:
            if isinstance(each, dict):
                yield from (name.partition("|")[0] for name in each)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("API Activity/samples/generic_api_activity", (6003, 2, 1695334972000)),
        ("Account Change/samples/account_change", (6003, 2, 1752850959000)),
        ("Authentication/samples/authentication", (3002, 99, 1726763566000)),
    ],
)
def test_golden_pairs_of_ocsf_agree(
    foreseen_data: Path, name: str, expected: tuple[int, int, int]
) -> None:
    folder = foreseen_data / "samples" / "ocsf_examples" / "AWS" / "v1.5.0" / "CloudTrail"
    data = (folder / f"{name}.raw").read_bytes()
    golden = (folder / f"{name}.ocsf").read_text()
    (row,) = PARSER.parse(None, [Line("s", 0, 1, "s", data)]).rows
    class_uid, activity_id, time = expected
    assert (row.columns["class_uid"], row.columns["activity_id"], row.time) == expected
    # one of the golden files is no valid JSON, so that they are searched as texts
    assert f'"class_uid": {class_uid},' in golden
    assert f'"activity_id": {activity_id},' in golden
    assert f'"time": {time},' in golden
    assert row.columns["status_id"] == 1
