"""Which JSON objects are records of a control plane, told by their keys.

Only the keys of the object itself count: what stands deeper may be anyone's text, and a record must
not be able to name itself into another format, past the rules for its own.
"""

from foreseen.parsers.json_lines import Record

_CLOUDTRAIL = ("eventVersion", "awsRegion", "userIdentity", "recipientAccountId")


def is_cloudtrail(record: Record) -> bool:
    """Whether it is a CloudTrail record, not a notification of S3 (`aws:s3`)."""
    service = record.get("eventSource")
    if type(service) is not str or "eventName" not in record or service.startswith("aws:"):
        return False
    return service.endswith(".amazonaws.com") or any(name in record for name in _CLOUDTRAIL)


def is_k8s_audit(record: Record) -> bool:
    """Whether it is an event of the Kubernetes API's audit log."""
    if "verb" not in record:
        return False
    return "objectRef" in record or "auditID" in record or "requestURI" in record
