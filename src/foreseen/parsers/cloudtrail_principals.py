"""Who called: the session whose calls have an order, and the role that a baseline belongs to.

A session is the identity as CloudTrail names it (its ARN; of an assumed role with the session's
name). The role is what stays when sessions change: `role/Deploy`, `user/alice`, `root`,
`service/ec2.amazonaws.com`.
"""

from collections.abc import Mapping
from typing import cast

UNKNOWN = "unknown"
_ASSUMED = ":assumed-role/"


def account_of(record: Mapping[str, object]) -> str:
    """Account whose trail it is; else the caller's."""
    return _text(record, "recipientAccountId") or _text(_identity(record), "accountId") or UNKNOWN


def principal_of(identity: object) -> tuple[str, str]:
    """Session and role of a `userIdentity`."""
    if not isinstance(identity, dict) or not identity:
        return UNKNOWN, UNKNOWN
    arn = _text(identity, "arn")
    role = _role(identity, arn)
    session = arn or _text(identity, "principalId") or role
    return session, role


def _role(identity: Mapping[str, object], arn: str) -> str:
    kind = _text(identity, "type")
    if kind == "AssumedRole" or _ASSUMED in arn:
        return (
            f"role/{_issuer(identity) or arn.partition(_ASSUMED)[2].partition('/')[0] or UNKNOWN}"
        )
    if kind == "Root":
        return "root"
    if kind == "AWSService" or (not kind and "invokedBy" in identity):
        return f"service/{_text(identity, 'invokedBy') or UNKNOWN}"
    name = _text(identity, "userName") or _behalf(identity)
    if name:
        return f"user/{name}"
    if kind == "AWSAccount":
        return f"account/{_text(identity, 'accountId') or UNKNOWN}"
    return f"user/{arn.rpartition('/')[2] or _text(identity, 'principalId') or UNKNOWN}"


def _issuer(identity: Mapping[str, object]) -> str:
    """Name of the role that issued the session."""
    context = _member(identity, "sessionContext")
    return _text(_member(context, "sessionIssuer"), "userName")


def _behalf(identity: Mapping[str, object]) -> str:
    """User of IAM Identity Center that the call was made for."""
    return _text(_member(identity, "onBehalfOf"), "userId")


def _identity(record: Mapping[str, object]) -> Mapping[str, object]:
    return _member(record, "userIdentity")


def _member(holder: Mapping[str, object], name: str) -> Mapping[str, object]:
    member = holder.get(name)
    return cast("Mapping[str, object]", member) if isinstance(member, dict) else {}


def _text(holder: Mapping[str, object], name: str) -> str:
    value = holder.get(name)
    return value if isinstance(value, str) else ""
