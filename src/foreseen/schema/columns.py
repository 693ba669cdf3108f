"""Columns of the lake's tables: name, type, OCSF path and meaning, in one place.

Columns are named by their OCSF path with underscores, so that SQL needs no quotes. `process_*` is
the process that the event is about: OCSF's `process` in Process Activity (1007) and `actor.process`
in every other class; `parent_*` is its parent (docs/adr/0003-flat-ocsf-columns.md).
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Type of a column; `schema.arrow` maps it to Arrow."""

    STRING = "string"
    INT = "int64"
    FLOAT = "float64"
    BOOL = "bool"
    STRINGS = "list<string>"
    INTS = "list<int64>"
    MAP = "map<string, list<string>>"


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `ocsf` is the attribute path in OCSF 1.8, empty for our own."""

    name: str
    kind: Kind
    ocsf: str
    meaning: str


S, N, F, B, SS, NS = Kind.STRING, Kind.INT, Kind.FLOAT, Kind.BOOL, Kind.STRINGS, Kind.INTS
M = Kind.MAP

IDENTITY = (
    Column("tenant", S, "metadata.tenant_uid", "organisation that the event belongs to"),
    Column("stream", S, "", "where order holds: host/boot, container, task, pod or principal"),
    Column("seq", N, "metadata.sequence", "position in the stream, from 1, without gaps"),
    Column("workload", S, "", "role that the stream plays; what a baseline belongs to"),
    Column("host", S, "device.hostname", "machine that reported the event"),
    Column("time", N, "time", "when it happened, ms UTC"),
    Column(
        "ingested_time", N, "metadata.logged_time", "when we had it, ms UTC; event time in a replay"
    ),
    Column("event_uid", S, "metadata.uid", "hash(tenant, source, offset)"),
)

PARSED = (
    Column(
        "class_uid", N, "class_uid", "OCSF class: 1007 process, 1001 file, 4001 network, 3002 login"
    ),
    Column("activity_id", N, "activity_id", "OCSF activity in the class"),
    Column("status_id", N, "status_id", "1 success, 2 failure, 0 unknown"),
    Column("exit_code", N, "exit_code", "result of the system call, as reported"),
    Column("product", S, "metadata.product.name", "what recorded it, e.g. auditd"),
    Column("log_name", S, "metadata.log_name", "log that it stood in, e.g. a Windows channel"),
    Column("log_provider", S, "metadata.log_provider", "program that wrote to that log"),
    Column(
        "event_type",
        S,
        "metadata.event_code",
        "system call, record type or event id, e.g. execve, USER_AUTH, 4688",
    ),
    Column("event_key", S, "metadata.labels", "the recorder's own rule key"),
    Column("original_uid", S, "metadata.original_event_uid", "the recorder's serial number"),
    Column("user_uid", S, "actor.user.uid", "who: login user id (auid), unchanged by sudo"),
    Column("user_name", S, "actor.user.name", "who: login user's name if the source says it"),
    Column("session_uid", S, "actor.session.uid", "login session"),
    Column("process_pid", N, "process.pid", "process id"),
    Column("process_uid", S, "process.uid", "process identity that survives pid reuse"),
    Column("process_name", S, "process.name", "short name (comm)"),
    Column("process_path", S, "process.file.path", "image"),
    Column("process_cmd_line", S, "process.cmd_line", "arguments joined by blanks"),
    Column("process_cwd", S, "process.working_directory", "working directory"),
    Column("process_user_uid", S, "process.user.uid", "as whom: effective user id"),
    Column("process_user_name", S, "process.user.name", "as whom: name if the source says it"),
    Column("process_terminal", S, "process.tty.name", "terminal, null without one"),
    Column("parent_pid", N, "process.parent_process.pid", "parent's process id"),
    Column("parent_uid", S, "process.parent_process.uid", "parent's process identity"),
    Column("parent_path", S, "process.parent_process.file.path", "parent's image"),
    Column("parent_cmd_line", S, "process.parent_process.cmd_line", "parent's command line"),
    Column("lineage", SS, "process.ancestry", "process_uid of the ancestors, parent first"),
    Column("lineage_paths", SS, "", "images of the ancestors, parent first"),
    Column("file_path", S, "file.path", "file acted on, absolute"),
    Column("file_target", S, "file_result.path", "new path of a rename or link"),
    Column("file_mode", N, "file.mode", "permission bits set by chmod"),
    Column("container_uid", S, "container.uid", "container that the process ran in"),
    Column("container_name", S, "container.name", "its name"),
    Column("container_image", S, "container.image.name", "its image with tag or digest"),
    Column("src_ip", S, "src_endpoint.ip", "source address"),
    Column("src_port", N, "src_endpoint.port", "source port"),
    Column("dst_ip", S, "dst_endpoint.ip", "destination address"),
    Column("dst_port", N, "dst_endpoint.port", "destination port"),
    Column("dst_hostname", S, "dst_endpoint.hostname", "destination's name"),
    Column("dst_path", S, "dst_endpoint.name", "destination of a local (unix) socket"),
    Column("protocol", S, "connection_info.protocol_name", "transport protocol, e.g. tcp"),
    Column("query_hostname", S, "query.hostname", "name asked of the DNS"),
    Column("query_type", S, "query.type", "type of record asked for, e.g. TXT"),
    Column("http_method", S, "http_request.http_method", "method of the HTTP request"),
    Column("http_url", S, "http_request.url.url_string", "address asked for, as logged"),
    Column("http_status", N, "http_response.code", "status of the HTTP response"),
    Column("user_agent", S, "http_request.user_agent", "the client's word on itself"),
    Column("api_service", S, "api.service.name", "service of the call, e.g. iam.amazonaws.com"),
    Column("api_operation", S, "api.operation", "call of an API, e.g. CreateUser, or its verb"),
    Column("error_code", S, "api.response.error", "why the call failed, null when it did not"),
    Column("cloud_account", S, "cloud.account.uid", "account of the cloud provider"),
    Column("cloud_region", S, "cloud.region", "region of the cloud provider"),
    Column("resource_type", S, "resources.type", "kind of thing that the call was about"),
    Column("resource_name", S, "resources.name", "its name"),
    Column("resource_namespace", S, "resources.namespace", "where its name holds"),
    Column(
        "auth_service", S, "service.name", "program that asked for the login (sshd, sudo, cron)"
    ),
    Column("auth_account", S, "user.name", "account that was logged into"),
    Column("raw", S, "raw_data", "the source's own records, one a line"),
    Column("unmapped", M, "unmapped", "fields without a column, by the source's names, as texts"),
)

LABELS = (
    Column("labels", SS, "", "ids of the rules that match"),
    Column("ruleset_hash", S, "", "content hash of the rules that labelled"),
)

EVENT_COLUMNS = IDENTITY + PARSED + LABELS

WINDOW = (
    Column("rule_id", S, "", "rule that matched"),
    Column("match_uid", S, "", "hash(event_uid, rule_id)"),
    Column(
        "window_complete", B, "", "false when telemetry before the match is known to be missing"
    ),
    Column("window_seqs", NS, "", "seq of the events before, oldest first"),
    Column("window_ages", NS, "", "their age at the match, ms"),
    Column("window_tokens", SS, "", "what they were, folded"),
    Column("session_tokens", SS, "", "events before in the same login session, oldest first"),
    Column("sibling_tokens", SS, "", "earlier events of the parent's other children, oldest first"),
    Column(
        "session_failures",
        N,
        "",
        "failed logins of the account before the login that opened the session; null where that"
        " login is not known",
    ),
)
_NOT_IN_MATCH = {"raw", "labels"}
MATCH_COLUMNS = tuple(c for c in EVENT_COLUMNS if c.name not in _NOT_IN_MATCH) + WINDOW

QUARANTINE_COLUMNS = (
    Column("tenant", S, "", "organisation"),
    Column("source", S, "", "source of the line"),
    Column("offset", N, "", "byte position in the source"),
    Column("path", S, "", "file or endpoint"),
    Column("line", N, "", "line number in it"),
    Column("reason", S, "", "why it was not understood"),
    Column("detail", S, "", "what exactly"),
    Column("raw_hex", S, "", "the bytes, hexadecimal"),
    Column("ingested_time", N, "", "when we had it, ms UTC; null in a replay"),
)

PREDICTION_COLUMNS = (
    Column("tenant", S, "", "organisation"),
    Column("match_uid", S, "", "the match that was judged"),
    Column("event_uid", S, "", "its event"),
    Column("rule_id", S, "", "its rule"),
    Column("workload", S, "", "its workload"),
    Column("time", N, "", "when the event happened, ms UTC"),
    Column("outcome", S, "", "suppressed or alerted"),
    Column("basis", S, "", "why"),
    Column("probability", F, "", "share of expected matches at least as surprising, 0..1"),
    Column("surprise", F, "", "-log2(probability), bits"),
    Column("evidence", S, "", "the members' shares, as a JSON array"),
    Column("model", S, "", "content hash of the model that answered"),
    Column("incident", S, "", "incident that the match belongs to"),
    Column("suppression", S, "", "suppression by hand that hid the match"),
    Column("artefacts", S, "", "name to content hash of all that it depended on, as JSON"),
    Column("elsewhere", SS, "", "what the same person did on other streams, as the model saw it"),
    Column(
        "revised", S, "", "why this word replaces an earlier one; empty for the first on a match"
    ),
)

ROLLUP_COLUMNS = (
    Column("tenant", S, "", "organisation"),
    Column("counted", S, "", "what is counted; says which of the columns below have values"),
    Column("time", N, "", "begin of the hour, ms UTC; null where no time is known"),
    Column("workload", S, "", "workload"),
    Column("host", S, "", "host"),
    Column("class_uid", N, "", "OCSF class"),
    Column("product", S, "", "what recorded the events"),
    Column("source", S, "", "source of the lines"),
    Column("rule_id", S, "", "rule"),
    Column("outcome", S, "", "suppressed or alerted"),
    Column("basis", S, "", "why"),
    Column("reason", S, "", "why lines are in quarantine"),
    Column("count", N, "", "how many; rows of one key add up"),
    Column("bytes", N, "", "bytes of the source's own records; null where they are not counted"),
)
