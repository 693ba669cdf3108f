"""What a log source of Sigma means among our events."""

import pytest

from foreseen.rules.logsources import Gate, admits, known, scope_of
from foreseen.rules.places import EventKind
from foreseen.rules.rule import Logsource

SYSMON = "Microsoft-Windows-Sysmon/Operational"
FAILED = 2

CATEGORIES_OF_SYSMON = {
    "process_creation": "1",
    "file_change": "2",
    "network_connection": "3",
    "sysmon_status": "4 16",
    "process_termination": "5",
    "driver_load": "6",
    "image_load": "7",
    "create_remote_thread": "8",
    "raw_access_thread": "9",
    "process_access": "10",
    "file_event": "11",
    "registry_add": "12",
    "registry_delete": "12",
    "registry_set": "13",
    "registry_rename": "14",
    "registry_event": "12 13 14",
    "create_stream_hash": "15",
    "pipe_created": "17 18",
    "wmi_event": "19 20 21",
    "dns_query": "22",
    "file_delete": "23 26",
    "clipboard_capture": "24",
    "process_tampering": "25",
    "file_delete_detected": "26",
    "file_block_executable": "27",
    "file_block_shredding": "28",
    "file_executable_detected": "29",
    "sysmon_error": "255",
}


def windows(log_name: str | None, event_type: str | None, **more: int) -> EventKind:
    return EventKind(
        more.get("class_uid"),
        more.get("activity_id"),
        more.get("status_id"),
        "windows",
        log_name,
        event_type,
    )


def linux(
    class_uid: int, activity_id: int, status_id: int = 1, product: str = "auditd"
) -> EventKind:
    return EventKind(class_uid, activity_id, status_id, product, None, "execve")


def takes(logsource: Logsource, kind: EventKind) -> bool:
    return any(admits(gate, kind) for gate in scope_of(logsource).gates)


@pytest.mark.parametrize(("category", "ids"), CATEGORIES_OF_SYSMON.items())
def test_category_of_windows_takes_its_sysmon_events_and_no_others(category: str, ids: str) -> None:
    source = Logsource(category, "windows")
    taken = {number for number in range(1, 256) if takes(source, windows(SYSMON, str(number)))}
    assert taken == {int(number) for number in ids.split()}


@pytest.mark.parametrize(
    ("category", "channel", "event"),
    [
        ("process_creation", "Security", "4688"),
        ("process_termination", "Security", "4689"),
        ("ps_module", "Microsoft-Windows-PowerShell/Operational", "4103"),
        ("ps_module", "PowerShellCore/Operational", "4103"),
        ("ps_script", "Microsoft-Windows-PowerShell/Operational", "4104"),
        ("ps_classic_start", "Windows PowerShell", "400"),
        ("ps_classic_provider_start", "Windows PowerShell", "600"),
        ("ps_classic_script", "Windows PowerShell", "800"),
        ("antivirus", "Microsoft-Windows-Windows Defender/Operational", "1116"),
        ("file_access", "Microsoft-Windows-Kernel-File", "12"),
        ("file_rename", "Microsoft-Windows-Kernel-File", "27"),
    ],
)
def test_category_of_windows_takes_events_of_other_channels_by_id(
    category: str, channel: str, event: str
) -> None:
    source = Logsource(category, "windows")
    assert takes(source, windows(channel, event))
    assert not takes(source, windows(channel, "9999"))
    assert not takes(source, windows("Application", event))


@pytest.mark.parametrize(
    ("service", "channel"),
    [
        ("security", "Security"),
        ("system", "System"),
        ("application", "Application"),
        ("powershell-classic", "Windows PowerShell"),
        ("windefend", "Microsoft-Windows-Windows Defender/Operational"),
        ("firewall-as", "Microsoft-Windows-Windows Firewall With Advanced Security/Firewall"),
        ("wmi", "Microsoft-Windows-WMI-Activity/Operational"),
        ("bits-client", "Microsoft-Windows-Bits-Client/Operational"),
    ],
)
def test_service_of_windows_takes_every_event_of_its_channel(service: str, channel: str) -> None:
    source = Logsource("", "windows", service)
    assert takes(source, windows(channel, "1"))
    assert takes(source, windows(channel, "65535"))
    assert not takes(source, windows("ForwardedEvents", "1"))
    assert not takes(source, EventKind(None, None, None, "json", channel, "1"))


def test_channels_and_recorders_compare_without_case() -> None:
    source = Logsource("", "windows", "security")
    assert takes(source, windows("security", "4624"))
    assert takes(source, windows("SECURITY", "4624"))
    assert takes(source, EventKind(None, None, None, "Windows", "Security", "4624"))


def test_log_source_of_a_rule_is_known_however_it_is_written() -> None:
    assert known(Logsource("Process_Creation", "Windows"))
    assert takes(Logsource("", "WINDOWS", "Security"), windows("Security", "4624"))


def test_event_types_compare_with_case() -> None:
    gate = Gate(event_types=("execve",))
    assert admits(gate, linux(1007, 1))
    assert not admits(gate, EventKind(1007, 1, 1, "auditd", None, "EXECVE"))


def test_windows_events_sent_without_channel_are_taken_by_class() -> None:
    source = Logsource("process_creation", "windows")
    assert takes(source, windows(None, None, class_uid=1007, activity_id=1))
    assert takes(source, windows("process_creation", None))
    assert not takes(source, windows(None, None, class_uid=1007, activity_id=2))
    assert not takes(source, windows("Application", None, class_uid=1007, activity_id=1))


def test_linux_process_creation_takes_what_was_started_by_any_linux_recorder() -> None:
    source = Logsource("process_creation", "linux")
    assert takes(source, linux(1007, 1))
    assert takes(source, linux(1007, 1, product="falco"))
    assert not takes(source, linux(1007, 2))
    assert not takes(source, linux(1001, 1))
    assert not takes(source, linux(1007, 1, status_id=FAILED))
    assert not takes(source, linux(1007, 1, product="windows"))


def test_file_event_takes_making_and_changing_but_access_also_what_failed() -> None:
    made, access = Logsource("file_event", "linux"), Logsource("file_access", "linux")
    assert takes(made, linux(1001, 1))
    assert takes(made, linux(1001, 3))
    assert not takes(made, linux(1001, 4))
    assert not takes(made, linux(1001, 1, FAILED))
    assert takes(access, linux(1001, 14, FAILED))


def test_category_without_product_takes_the_events_of_any() -> None:
    source = Logsource("process_creation")
    assert takes(source, linux(1007, 1))
    assert takes(source, windows(SYSMON, "1", class_uid=1007, activity_id=1))
    assert not takes(source, linux(1007, 2))


def test_service_auditd_takes_audit_records_only() -> None:
    source = Logsource("", "linux", "auditd")
    assert takes(source, linux(1007, 1))
    assert takes(source, EventKind(0, None, None, "linux", "auditd", None))
    assert not takes(source, linux(1007, 1, product="falco"))
    assert scope_of(Logsource("", "", "auditd")).gates == scope_of(source).gates


@pytest.mark.parametrize(
    "service", ["auth", "sshd", "sudo", "cron", "syslog", "clamav", "vsftpd", "guacamole"]
)
def test_text_log_of_linux_is_taken_by_its_name(service: str) -> None:
    source = Logsource("", "linux", service)
    assert known(source)
    assert takes(source, EventKind(0, None, None, "linux", service, None))
    assert not takes(source, EventKind(0, None, None, "linux", "nginx", None))
    assert not takes(source, EventKind(0, None, None, "windows", service, None))


def test_category_and_service_together_take_what_both_take() -> None:
    source = Logsource("process_creation", "windows", "security")
    assert takes(source, windows("Security", "4688"))
    assert not takes(source, windows(SYSMON, "1"))
    assert not takes(source, windows("Security", "4624"))
    contradiction = Logsource("ps_script", "windows", "system")
    assert not known(contradiction)


def test_control_planes_are_taken_from_their_recorders() -> None:
    cloudtrail = EventKind(6003, 1, 1, "cloudtrail", "cloudtrail", "AwsApiCall")
    kubernetes = EventKind(6003, 1, 1, "kubernetes", None, "ResponseComplete")
    assert takes(Logsource("", "aws", "cloudtrail"), cloudtrail)
    assert not takes(Logsource("", "aws", "cloudtrail"), kubernetes)
    for source in (
        Logsource("", "kubernetes", "audit"),
        Logsource("application", "kubernetes", "audit"),
    ):
        assert takes(source, kubernetes)
        assert not takes(source, cloudtrail)


def test_web_server_and_proxy_are_told_apart() -> None:
    served = EventKind(4002, None, None, "json", "webserver", None)
    fetched = EventKind(4002, None, None, "json", "proxy", None)
    assert takes(Logsource("webserver"), served)
    assert not takes(Logsource("webserver"), fetched)
    assert takes(Logsource("proxy"), fetched)
    assert not takes(Logsource("proxy"), served)


def test_unknown_log_source_takes_what_carries_its_name() -> None:
    source = Logsource("", "cisco", "aaa")
    assert not known(source)
    assert takes(source, EventKind(0, None, None, "cisco", "aaa", None))
    assert not takes(source, EventKind(0, None, None, "cisco", "bgp", None))
    assert not takes(source, EventKind(0, None, None, "juniper", "aaa", None))
    assert takes(Logsource("ticketing"), EventKind(0, None, None, "json", "ticketing", None))


def test_a_product_alone_takes_all_its_recorders_say() -> None:
    assert takes(Logsource("", "linux"), linux(4001, 1))
    assert not takes(Logsource("", "linux"), windows("Security", "4624"))
    assert takes(Logsource("", "windows"), windows("Security", "4624"))


def test_name_of_a_scope_is_what_the_rule_said() -> None:
    for source in (Logsource("registry_set"), Logsource("process_creation", "windows", "sysmon")):
        assert scope_of(source).name == str(source)
