"""Identities: types for ids that travel, and the hashes that make them equal in every run."""

import hashlib
from typing import NewType

TenantId = NewType("TenantId", str)
RuleId = NewType("RuleId", str)
EventUid = NewType("EventUid", str)
ContentHash = NewType("ContentHash", str)

DEFAULT_TENANT = TenantId("default")

_UID_BYTES = 16


def event_uid(tenant: TenantId, source: str, offset: int) -> EventUid:
    """Name one event for ever: the same bytes at the same place of a source give the same name."""
    return EventUid(_digest(tenant, source, str(offset)))


def match_uid(event: EventUid, rule: RuleId) -> str:
    """Name one rule's match on one event; an alert raised from it carries the same name."""
    return _digest(event, rule)


def content_hash(content: bytes) -> ContentHash:
    """Name an artefact (rules, model, settings) by its bytes: 64 hexadecimal digits of SHA-256."""
    return ContentHash(hashlib.sha256(content).hexdigest())


def _digest(*parts: str) -> str:
    """Each part goes in behind its length, so that no text in one can imitate the next."""
    digest = hashlib.blake2b(digest_size=_UID_BYTES)
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")  # file names need not be UTF-8
        digest.update(b"%d:%b" % (len(encoded), encoded))
    return digest.hexdigest()
