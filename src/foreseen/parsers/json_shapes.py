"""What a JSON record of no particular format is about, told by the names of its fields."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

WEB, DNS, NETWORK, PROCESS, FILE = 4002, 4003, 4001, 1007, 1001

#: Class of an event -> name of the source -> column that holds its text unchanged.
COLUMNS: Mapping[int, Mapping[str, str]] = MappingProxyType(
    {
        WEB: {
            "cs-method": "http_method",
            "c-uri": "http_url",
            "c-useragent": "user_agent",
            "cs-host": "dst_hostname",
            "c-ip": "src_ip",
            "s-ip": "dst_ip",
        },
        DNS: {"query": "query_hostname", "record_type": "query_type"},
        NETWORK: {
            "SourceIp": "src_ip",
            "DestinationIp": "dst_ip",
            "DestinationHostname": "dst_hostname",
            "Protocol": "protocol",
            "Image": "process_path",
            "User": "process_user_name",
        },
        PROCESS: {
            "Image": "process_path",
            "CommandLine": "process_cmd_line",
            "CurrentDirectory": "process_cwd",
            "ParentImage": "parent_path",
            "ParentCommandLine": "parent_cmd_line",
            "User": "process_user_name",
        },
        FILE: {
            "TargetFilename": "file_path",
            "Image": "process_path",
            "CommandLine": "process_cmd_line",
            "User": "process_user_name",
        },
    }
)


def columns_of(class_uid: int) -> Mapping[str, str]:
    """Names of the source that are columns in events of a class."""
    return COLUMNS.get(class_uid, {})


@dataclass(frozen=True, slots=True)
class Shape:
    """What a record is.

    Attributes:
        class_uid: OCSF class, 0 when nothing tells it.
        activity_id: OCSF activity, null when nothing tells it.
        product: What recorded it, when its fields tell.
        log_name: Service or category, when its fields tell.
        principal: Dotted name of the field that says who acted; empty when there is none.
    """

    class_uid: int = 0
    activity_id: int | None = None
    product: str | None = None
    log_name: str | None = None
    principal: str = ""


# category of a Sigma log source, as records that were made for rules say it
_CATEGORIES = {
    "process_creation": Shape(PROCESS, 1),
    "file_event": Shape(FILE, 1),
    "file_change": Shape(FILE, 3),
    "file_delete": Shape(FILE, 4),
    "file_rename": Shape(FILE, 5),
    "network_connection": Shape(NETWORK, 1),
    "firewall": Shape(NETWORK),
    "dns": Shape(DNS),
    "dns_query": Shape(DNS),
    "webserver": Shape(WEB),
    "proxy": Shape(WEB),
}
# all of these names in a record -> what it is; the first that fits
_PRODUCTS = (
    (("eventType", "published"), Shape(0, None, "okta", "okta", "actor.alternateId")),
    (("legacyEventType", "eventType"), Shape(0, None, "okta", "okta", "actor.alternateId")),
    (
        ("protoPayload",),
        Shape(0, None, "gcp", "gcp.audit", "protoPayload.authenticationInfo.principalEmail"),
    ),
    (("gcp.audit.method_name",), Shape(0, None, "gcp", "gcp.audit")),
    (("Workload", "Operation"), Shape(0, None, "m365", "audit", "UserId")),
    (("operationName", "category"), Shape(0, None, "azure", None, "identity")),
    (("OperationName", "Category"), Shape(0, None, "azure", None, "Identity")),
    (("ActivityDisplayName",), Shape(0, None, "azure", "auditlogs", "Identity")),
    (("activityDisplayName",), Shape(0, None, "azure", "auditlogs", "identity")),
    (("ResultType", "ResultDescription"), Shape(0, None, "azure", "signinlogs", "Identity")),
    (("OperationNameValue",), Shape(0, None, "azure", "activitylogs", "Caller")),
    (("riskEventType",), Shape(0, None, "azure", "riskdetection", "userPrincipalName")),
    (("action", "org"), Shape(0, None, "github", "audit", "actor")),
    (("auditType", "author"), Shape(0, None, "bitbucket", "audit", "author.name")),
    (("auditType.category",), Shape(0, None, "bitbucket", "audit")),
    (("event_type_id", "account_id"), Shape(0, None, "onelogin", "onelogin.events")),
    (("logtype", "node_id"), Shape(0, None, "opencanary", "application")),
    (("InterfaceUuid", "OpNum"), Shape(0, None, "rpc_firewall", "application")),
    (("uid", "id.orig_h"), Shape(NETWORK, None, "zeek")),
)
_COMPLIANCE = Shape(0, None, "m365", "threat_management", "userId")
_TELLING = frozenset((*(names[0] for names, _ in _PRODUCTS), "eventSource"))
_AZURE_LOGS = {
    "auditlogs": "auditlogs",
    "signinlogs": "signinlogs",
    "noninteractiveusersigninlogs": "signinlogs",
    "serviceprincipalsigninlogs": "signinlogs",
    "managedidentitysigninlogs": "signinlogs",
    "riskyusers": "riskdetection",
    "userriskevents": "riskdetection",
}
_PROXY = frozenset(
    {"c-uri", "c-uri-extension", "c-uri-query", "c-uri-stem", "c-useragent", "r-dns"}
)
_WEB = _PROXY | {
    "cs-method",
    "cs-uri",
    "cs-uri-stem",
    "cs-uri-query",
    "sc-status",
    "cs-user-agent",
    "cs-host",
    "cs-referer",
    "cs-cookie",
}
_DNS = frozenset({"QueryName", "record_type", "qtype_name"})
_MACHINE = frozenset(
    {"CommandLine", "Image", "TargetFilename", "DestinationIp", "DestinationHostname"}
)
_LONGEST_NAME = 255
_NOT_IN_NAMES = frozenset(" \t=/(&")
_FLOW = ("src_ip", "dst_ip")


def shape_of(record: Mapping[str, Any]) -> Shape:
    """What a record is about and what recorded it, by its own fields."""
    about = _about(record)
    told = _told_product(record)
    return Shape(
        about.class_uid or told.class_uid,
        about.activity_id,
        told.product or about.product,
        told.log_name or about.log_name,
        told.principal,
    )


def _about(record: Mapping[str, Any]) -> Shape:
    category = record.get("category")
    if isinstance(category, str) and category in _CATEGORIES:
        told = _CATEGORIES[category]
        return Shape(told.class_uid, told.activity_id, _machine(record))
    if not _WEB.isdisjoint(record):
        return Shape(WEB)  # a server's or a proxy's: they write the same names
    if not _MACHINE.isdisjoint(record):
        return _of_machine(record)
    if not _DNS.isdisjoint(record) or _is_name(record.get("query")):
        return Shape(DNS)
    if all(name in record for name in _FLOW):
        return Shape(NETWORK, None, None, "firewall")
    return Shape()


def _of_machine(record: Mapping[str, Any]) -> Shape:
    """Records in Sysmon's language that do not say which event they are."""
    product = _machine(record)
    if "TargetFilename" in record:
        return Shape(FILE, 1, product)
    if "DestinationIp" in record or "DestinationHostname" in record:
        return Shape(NETWORK, 1, product)
    if "QueryName" in record:
        return Shape(DNS, None, product)
    if "CommandLine" in record and "Image" in record:
        return Shape(PROCESS, 1, product)
    return Shape(0, None, product)


def _machine(record: Mapping[str, Any]) -> str | None:
    """The system that paths belong to."""
    for name in ("Image", "CommandLine", "TargetFilename", "ParentImage"):
        text = record.get(name)
        if isinstance(text, str):
            start = text.lstrip('"')[:3]
            if start[1:3] == ":\\" or start[:2] == "\\\\":
                return "windows"
            if start[:1] == "/":
                return "linux"
    return None


def _is_name(query: object) -> bool:
    """Whether a query is for a host's name, not in SQL or words."""
    if not isinstance(query, str) or not 0 < len(query) <= _LONGEST_NAME:
        return False
    return _NOT_IN_NAMES.isdisjoint(query)


def _told_product(record: Mapping[str, Any]) -> Shape:
    if _TELLING.isdisjoint(record):
        return Shape()
    for names, shape in _PRODUCTS:
        if all(name in record for name in names):
            if shape.product == "azure" and shape.log_name is None:
                return Shape(0, None, "azure", _azure_log(record), shape.principal)
            if shape.product == "zeek":
                return _zeek(record)
            return shape
    return _COMPLIANCE if record.get("eventSource") == "SecurityComplianceCenter" else Shape()


def _azure_log(record: Mapping[str, Any]) -> str:
    """Entra's logs say their name; what else has an operation is the activity log."""
    category = str(record.get("category") or record.get("Category") or "").lower()
    if "resultType" in record or "ResultType" in record:
        return _AZURE_LOGS.get(category, "signinlogs" if "sign" in category else "auditlogs")
    return _AZURE_LOGS.get(category, "activitylogs" if "resourceId" in record else "auditlogs")


def _zeek(record: Mapping[str, Any]) -> Shape:
    path = record.get("_path")
    log = path if isinstance(path, str) else None
    return Shape({"http": WEB, "dns": DNS}.get(log or "", NETWORK), None, "zeek", log)
