"""What decisions depend on (rules, models, settings): bytes by their hash, kept for ever."""

from dataclasses import dataclass

import zstandard
from sqlalchemy import Engine, select

from foreseen.control.database import reading, writing
from foreseen.control.tables import ArtefactRow
from foreseen.core.errors import CorruptError, NotFoundError
from foreseen.core.ids import ContentHash, TenantId, content_hash


@dataclass(frozen=True, slots=True)
class NewArtefact:
    """An artefact to be kept.

    Attributes:
        kind: What it is, e.g. `model`, `ruleset`.
        name: Which one, e.g. the rule that a model belongs to.
        content: Its bytes.
    """

    kind: str
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Artefact:
    """An artefact without its content.

    Attributes:
        hash: Hash of its content.
        kind: What it is, e.g. `model`, `ruleset`.
        name: Which one, e.g. the rule that a model belongs to.
        created: When it was stored last, ms UTC.
        size: Bytes of its content.
    """

    hash: ContentHash
    kind: str
    name: str
    created: int
    size: int


def put(engine: Engine, tenant: TenantId, new: NewArtefact, *, now: int) -> ContentHash:
    """Keep an artefact; the same content twice is one artefact, as new as the second time."""
    key = content_hash(new.content)
    packed = zstandard.compress(new.content)
    with writing(engine) as session:
        known = session.get(ArtefactRow, (tenant, key))
        if known is not None:
            known.created = now
        else:
            session.add(
                ArtefactRow(
                    tenant=tenant,
                    hash=key,
                    kind=new.kind,
                    name=new.name,
                    created=now,
                    size=len(new.content),
                    content=packed,
                )
            )
    return key


def content(engine: Engine, tenant: TenantId, key: ContentHash) -> bytes:
    """Bytes of an artefact, checked against its hash.

    Raises:
        NotFoundError: The tenant has no such artefact.
        CorruptError: The stored bytes have another hash.
    """
    with reading(engine) as session:
        row = session.get(ArtefactRow, (tenant, key))
    if row is None:
        raise NotFoundError(f"no artefact {key}")
    try:
        found = zstandard.decompress(row.content, max_output_size=row.size)
    except zstandard.ZstdError as error:
        raise CorruptError(f"artefact {key} cannot be decompressed: {error}") from error
    if content_hash(found) != key:
        raise CorruptError(f"artefact {key} has other bytes than its name says; restore a backup")
    return found


def artefacts(engine: Engine, tenant: TenantId, kind: str) -> list[Artefact]:
    """A tenant's artefacts of one kind, newest first."""
    columns = (
        ArtefactRow.hash,
        ArtefactRow.kind,
        ArtefactRow.name,
        ArtefactRow.created,
        ArtefactRow.size,
    )
    query = (
        select(*columns)
        .where(ArtefactRow.tenant == tenant, ArtefactRow.kind == kind)
        .order_by(ArtefactRow.created.desc(), ArtefactRow.hash)
    )
    with reading(engine) as session:
        return [
            Artefact(ContentHash(row.hash), row.kind, row.name, row.created, row.size)
            for row in session.execute(query)
        ]
