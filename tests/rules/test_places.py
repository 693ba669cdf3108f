"""Where the values of a rule's field lie, for events of a kind."""

import orjson
import pytest

from foreseen.core.records import Line
from foreseen.parsers.cloudtrail import COLUMNS as OF_CLOUDTRAIL
from foreseen.parsers.k8s_audit import COLUMNS as OF_KUBERNETES
from foreseen.parsers.registry import parser_named
from foreseen.parsers.windows_event import columns_of
from foreseen.rules import places
from foreseen.rules.engine.derived import DERIVED, KEPT_IDS
from foreseen.rules.logsources import scope_of
from foreseen.rules.mapping import tables
from foreseen.rules.places import EventKind, Place, keyword_places, observable
from foreseen.rules.rule import Logsource
from foreseen.rules.tree import Origin
from foreseen.schema.columns import EVENT_COLUMNS, PARSED

SYSMON = "Microsoft-Windows-Sysmon/Operational"
AUDITD = EventKind(1007, 1, 1, "auditd", None, "execve")
LINUX_JSON = EventKind(1007, 1, None, "linux", "process_creation", None)
CREATED = EventKind(1007, 1, 1, "windows", "Security", "4688")
CLOUDTRAIL = EventKind(6003, 1, 1, "cloudtrail", "cloudtrail", "AwsApiCall")
KUBERNETES = EventKind(6003, 1, 1, "kubernetes", None, "ResponseComplete")
WEB = EventKind(4002, None, None, "json", "webserver", None)
DNS = EventKind(4003, None, None, "json", None, None)
COLUMNS = {column.name for column in EVENT_COLUMNS}

OF_AUDITD = {
    "Image": "process_path",
    "CommandLine": "process_cmd_line",
    "CurrentDirectory": "process_cwd",
    "LogonId": "session_uid",
    "ProcessId": "process_pid",
    "ProcessGuid": "process_uid",
    "ParentImage": "parent_path",
    "ParentCommandLine": "parent_cmd_line",
    "ParentProcessId": "parent_pid",
    "ParentProcessGuid": "parent_uid",
    "Computer": "host",
    "DestinationIp": "dst_ip",
    "DestinationPort": "dst_port",
    "SourceIp": "src_ip",
    "SourcePort": "src_port",
    "TargetFilename": "file_path",
    "TargetUser": "auth_account",
    "Service": "auth_service",
    "exe": "process_path",
    "comm": "process_name",
    "key": "event_key",
    "auid": "user_uid",
    "euid": "process_user_uid",
    "ses": "session_uid",
    "pid": "process_pid",
    "ppid": "parent_pid",
    "tty": "process_terminal",
    "cwd": "process_cwd",
    "proctitle": "process_cmd_line",
    "exit": "exit_code",
    "acct": "auth_account",
    "addr": "src_ip",
    "laddr": "dst_ip",
    "lport": "dst_port",
}


def column(name: str) -> Place:
    return Place(Origin.COLUMN, name)


def unmapped(name: str) -> Place:
    return Place(Origin.UNMAPPED, name)


def derived(name: str) -> Place:
    return Place(Origin.DERIVED, name)


def places_of(namespace: str, field: str, kind: EventKind) -> tuple[Place, ...]:
    """Places, but for those where a list or null of a field with a column would lie."""
    found = places.places_of(namespace, field, kind)
    twins = {
        *OF_CLOUDTRAIL,
        *OF_KUBERNETES,
        *columns_of(kind.log_name or "", kind.event_type or ""),
    }
    own = unmapped(field.replace(" ", ""))
    first = tuple(p for p in found if p != own and p not in map(unmapped, twins))
    return first or (own,)


def sysmon(event: int) -> EventKind:
    return EventKind(None, None, 1, "windows", SYSMON, str(event))


def test_a_field_is_looked_for_under_its_own_name_last_unless_all_events_of_the_kind_agree() -> (
    None
):
    assert places.places_of("windows/sysmon", "Image", sysmon(1))[-1] == unmapped("Image")
    assert places.places_of("linux", "User", AUDITD)[-1] == unmapped("User")
    assert places.places_of("windows", "EventID", sysmon(1)) == (column("event_type"),)


@pytest.mark.parametrize(("field", "name"), OF_AUDITD.items())
def test_name_of_sysmon_or_auditd_is_one_column_of_an_audit_record(field: str, name: str) -> None:
    assert places_of("linux", field, AUDITD) == (column(name),)


@pytest.mark.parametrize(
    "field", ["User", "Initiated", "FileMode", "type", "SYSCALL", "success", *KEPT_IDS]
)
def test_what_follows_from_columns_is_derived(field: str) -> None:
    assert places_of("linux", field, AUDITD) == (derived(field),)


@pytest.mark.parametrize("field", ["a0", "a9", "name", "nametype", "saddr", "unit", "no such name"])
def test_any_other_name_lies_in_unmapped_under_itself(field: str) -> None:
    assert places_of("linux", field, AUDITD) == (unmapped(field.replace(" ", "")),)


def test_file_of_a_rule_depends_on_what_the_rule_is_about() -> None:
    def place(category: str, field: str) -> tuple[Place, ...]:
        return places_of(scope_of(Logsource(category, "linux")).namespace, field, AUDITD)

    assert place("file_event", "TargetFilename") == (derived("MadeFile"),)
    assert place("file_rename", "TargetFilename") == (column("file_target"),)
    assert place("file_rename", "SourceFilename") == (column("file_path"),)
    assert place("file_delete", "TargetFilename") == (column("file_path"),)
    assert place("file_rename", "Image") == (column("process_path"),)


def test_recorder_that_may_use_any_name_is_also_looked_at_under_that_name() -> None:
    found = places.places_of("linux", "Image", LINUX_JSON)
    assert found == (column("process_path"), unmapped("Image"))
    assert unmapped("Initiated") in places.places_of("linux", "Initiated", LINUX_JSON)


@pytest.mark.parametrize("name", [c.name for c in PARSED if c.name != "unmapped"])
@pytest.mark.parametrize(
    ("namespace", "kind"), [("linux", AUDITD), ("windows", CREATED), ("kubernetes", KUBERNETES)]
)
def test_column_of_ours_is_always_a_name(name: str, namespace: str, kind: EventKind) -> None:
    assert column(name) in places_of(namespace, name, kind)


def test_blanks_in_a_name_do_not_count_but_case_does() -> None:
    assert places_of("linux", "Command Line", AUDITD) == (column("process_cmd_line"),)
    assert places_of("linux", "commandline", AUDITD) == (unmapped("commandline"),)


def test_generic_name_finds_the_names_of_the_security_log() -> None:
    expected = {
        "Image": "NewProcessName",
        "ParentImage": "ParentProcessName",
        "LogonId": "SubjectLogonId",
        "IntegrityLevel": "MandatoryLabel",
        "ProcessId": "NewProcessId",
        "ParentProcessId": "ProcessId",
    }
    own = columns_of("Security", "4688")
    for field, name in expected.items():
        place = column(own[name]) if name in own else unmapped(name)
        assert places_of("windows/sysmon", field, CREATED) == (place,), field


def test_service_security_means_its_own_fields_where_sysmon_has_the_name_too() -> None:
    assert places_of("windows", "ProcessId", CREATED) == (unmapped("ProcessId"),)
    assert places_of("windows", "NewProcessName", CREATED) == (column("process_path"),)


def test_user_of_a_generic_rule_is_name_or_domain_in_the_security_log() -> None:
    own = columns_of("Security", "4688")
    assert places_of("windows/sysmon", "User", CREATED) == (
        column(own["SubjectUserName"]),
        unmapped("SubjectDomainName"),
    )


def test_channels_find_their_aliases_however_they_are_written() -> None:
    small = EventKind(1007, 1, 1, "windows", "security", "4688")
    assert places_of("windows/sysmon", "Image", small) == (column("process_path"),)


@pytest.mark.parametrize(
    ("field", "name"),
    [("EventID", "event_type"), ("Channel", "log_name"), ("Provider_Name", "log_provider"),
     ("Computer", "host"), ("ComputerName", "host"), ("Hostname", "host")],
)  # fmt: skip
def test_what_every_windows_event_says_of_itself_is_a_column(field: str, name: str) -> None:
    for kind in (CREATED, sysmon(1), EventKind(0, 0, 0, "windows", "Some/Log", "7")):
        for namespace in ("windows", "windows/sysmon"):
            assert places_of(namespace, field, kind) == (column(name),)


def test_windows_event_without_id_keeps_the_names_that_it_was_sent_with() -> None:
    bare = EventKind(1007, 1, None, "windows", None, None)
    assert places_of("windows/sysmon", "EventID", bare) == (unmapped("EventID"),)
    assert places_of("windows/sysmon", "Image", bare) == (column("process_path"),)
    assert places_of("windows/sysmon", "IntegrityLevel", bare) == (unmapped("IntegrityLevel"),)


def test_place_of_a_field_is_where_the_parser_put_it() -> None:
    event = {
        "Channel": SYSMON,
        "EventID": 1,
        "Provider_Name": "Microsoft-Windows-Sysmon",
        "Computer": "host.example.com",
        "UtcTime": "2026-01-02 03:04:05.678",
        "Image": "C:\\a.exe",
        "CommandLine": "a.exe /x",
        "OriginalFileName": "A.EXE",
        "Product Name": "A",
        "ProcessId": "77",
    }
    parser = parser_named("windows_event")
    line = Line("test", 0, 1, "events.json", orjson.dumps(event))
    (row,) = parser.parse(parser.initial(), [line]).rows
    values = dict(row.columns, host=row.host)
    rest = row.columns["unmapped"]
    assert isinstance(rest, dict)
    for field in ("Channel", "EventID", "Provider_Name", "Computer", "Image", "CommandLine",
                  "OriginalFileName", "Product Name", "ProcessId"):  # fmt: skip
        (place,) = places_of("windows/sysmon", field, sysmon(1))
        held = values if place.origin is Origin.COLUMN else rest
        assert held[place.name] == str(event[field]), field


@pytest.mark.parametrize(("field", "name"), OF_CLOUDTRAIL.items())
def test_field_of_cloudtrail_is_the_column_that_its_parser_names(field: str, name: str) -> None:
    assert places_of("cloudtrail", field, CLOUDTRAIL) == (column(name),)


def test_other_field_of_cloudtrail_lies_in_unmapped_with_its_dots() -> None:
    for field in ("requestParameters", "userIdentity.type", "responseElements.ConsoleLogin"):
        assert places_of("cloudtrail", field, CLOUDTRAIL) == (unmapped(field),)


@pytest.mark.parametrize(("field", "name"), OF_KUBERNETES.items())
def test_field_of_kubernetes_is_the_column_that_its_parser_names(field: str, name: str) -> None:
    assert places_of("kubernetes", field, KUBERNETES) == (column(name),)


def test_short_names_of_kubernetes_rules_find_the_audit_events_fields() -> None:
    assert unmapped("objectRef.apiGroup") in places_of("kubernetes", "apiGroup", KUBERNETES)
    assert column("resource_type") in places_of("kubernetes", "resource", KUBERNETES)
    for field, name in (
        ("hostPath", "requestObject.spec.volumes.hostPath.path"),
        ("capabilities", "requestObject.spec.containers.securityContext.capabilities.add"),
    ):
        assert unmapped(name) in places_of("kubernetes", field, KUBERNETES)


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("c-uri", "http_url"),
        ("cs-uri", "http_url"),
        ("uri", "http_url"),
        ("c-useragent", "user_agent"),
        ("cs-user-agent", "user_agent"),
        ("user_agent", "user_agent"),
        ("cs-method", "http_method"),
        ("method", "http_method"),
        ("sc-status", "http_status"),
        ("status_code", "http_status"),
        ("cs-host", "dst_hostname"),
        ("r-dns", "dst_hostname"),
    ],
)
def test_spellings_of_the_web_meet_in_one_column(field: str, name: str) -> None:
    assert column(name) in places_of("web", field, WEB)


def test_other_spellings_of_the_web_are_found_where_the_source_left_them() -> None:
    assert unmapped("cs-user-agent") in places.places_of("web", "c-useragent", WEB)
    assert unmapped("cs-uri-query") in places.places_of("web", "cs-uri-query", WEB)
    assert places.places_of("web", "cs-username", WEB) == (unmapped("cs-username"),)


def test_host_of_a_web_log_is_the_header_and_not_the_machine() -> None:
    found = places.places_of("web", "host", WEB)
    assert unmapped("host") in found
    assert column("host") not in found


def test_names_of_the_dns_meet() -> None:
    for field in ("query", "QueryName"):
        assert column("query_hostname") in places.places_of("dns", field, DNS)
    for field in ("record_type", "qtype_name"):
        assert column("query_type") in places.places_of("dns", field, DNS)
    assert set(places.places_of("dns", "answer", DNS)) == set(
        places.places_of("dns", "answers", DNS)
    )


def test_own_name_of_a_source_counts_though_we_have_a_column_of_that_name() -> None:
    okta = EventKind(0, None, None, "okta", "okta", None)
    assert unmapped("time") in places.places_of("other", "time", okta)
    assert places_of("other", "outcome.result", okta) == (unmapped("outcome.result"),)


def test_rule_for_any_product_speaks_the_language_of_the_event() -> None:
    namespace = scope_of(Logsource("process_creation")).namespace
    assert places_of(namespace, "Image", AUDITD) == (column("process_path"),)
    assert places_of(namespace, "ParentProcessId", CREATED) == (unmapped("ProcessId"),)
    assert places_of(namespace, "eventName", CLOUDTRAIL) == (column("api_operation"),)


def test_antivirus_rule_reads_defender() -> None:
    kind = EventKind(
        2004, 1, 1, "windows", "Microsoft-Windows-Windows Defender/Operational", "1116"
    )
    namespace = scope_of(Logsource("antivirus")).namespace
    assert places_of(namespace, "Signature", kind) == places_of("windows", "ThreatName", kind)
    assert places_of(namespace, "Filename", kind) == places_of("windows", "Path", kind)


def test_keywords_look_at_what_the_source_said() -> None:
    places = keyword_places(AUDITD)
    assert unmapped("*") in places
    assert {column("process_cmd_line"), column("api_operation")} <= set(places)
    ours = {"raw", "unmapped", "tenant", "stream", "workload", "event_uid", "product"}
    assert ours.isdisjoint(place.name for place in places)


def test_observable_names_of_audit_records_are_those_that_the_parser_makes() -> None:
    names = observable(AUDITD)
    assert names is not None
    assert {"CommandLine", "a0", "type", "User", "TargetFilename", "process_path", "host"} <= names
    assert names.isdisjoint(
        {"OriginalFileName", "Hashes", "IntegrityLevel", "DestinationHostname", "c-uri"}
    )
    assert observable(CREATED) is None


def test_every_place_in_the_data_exists() -> None:
    for family in tables().values():
        for names in family.get("fields", {}).values():
            for targets in names.values():
                for target in targets:
                    origin, _, name = target.partition(":")
                    if origin == Origin.DERIVED:
                        assert name in DERIVED


def test_every_underscored_place_of_linux_is_a_column() -> None:
    for names in tables()["linux"]["fields"].values():
        for targets in names.values():
            assert all(t.startswith("derived:") or t in COLUMNS for t in targets), targets
