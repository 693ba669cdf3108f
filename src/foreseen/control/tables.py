"""The control database's tables; `migrations/` brings a file to this shape."""

from sqlalchemy import JSON, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from foreseen.control import (
    alert_tables,
    audit_tables,
    bulk_tables,
    idempotency_tables,
    identity_tables,
    intake_tables,
    job_tables,
    saved_search_tables,
)
from foreseen.control.base import SERIAL
from foreseen.control.base import Base as Base  # noqa: PLC0414 (others take it from here)
from foreseen.control.texts import Key

_OTHERS = (
    alert_tables,
    audit_tables,
    bulk_tables,
    idempotency_tables,
    identity_tables,
    intake_tables,
    job_tables,
    saved_search_tables,
)  # who imports this has all tables in the metadata


class TenantRow(Base):
    """An organisation."""

    __tablename__ = "tenant"
    id: Mapped[str] = mapped_column(primary_key=True)
    created: Mapped[int]


class StorePlaceRow(Base):
    """Where a store of the installation lies; no keys. It is all organisations' together."""

    __tablename__ = "store_place"
    store: Mapped[str] = mapped_column(primary_key=True)
    address: Mapped[str]
    time: Mapped[int]
    __table_args__ = (CheckConstraint("store in ('lake')", name="store"),)


class CursorRow(Base):
    """How far a consumer has come, and its state there, in one row (law 1)."""

    __tablename__ = "cursor"
    tenant: Mapped[str] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    state: Mapped[bytes | None]


class ArtefactRow(Base):
    """Something that decisions depend on, by the hash of its bytes; never deleted."""

    __tablename__ = "artefact"
    tenant: Mapped[str] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    hash: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    created: Mapped[int]
    size: Mapped[int]
    content: Mapped[bytes]
    __table_args__ = (Index(None, "tenant", "kind", "name", "created"),)


class IncidentRow(Base):
    """What one story ties together."""

    __tablename__ = "incident"
    tenant: Mapped[str] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    uid: Mapped[str] = mapped_column(primary_key=True)
    opened: Mapped[int]
    keys: Mapped[list[str]] = mapped_column(JSON)


class AlertRow(Base):
    """A match, or a group of like matches, that a person should see."""

    __tablename__ = "alert"
    tenant: Mapped[str] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    uid: Mapped[str] = mapped_column(primary_key=True)
    rule: Mapped[str]
    workload: Mapped[str] = mapped_column(Key)
    host: Mapped[str] = mapped_column(Key)
    stream: Mapped[str]
    first_time: Mapped[int]
    last_time: Mapped[int]
    count: Mapped[int]
    severity: Mapped[str]
    title: Mapped[str]
    sentences: Mapped[list[str]] = mapped_column(JSON)
    surprise: Mapped[float | None]
    incident: Mapped[str | None]
    decision: Mapped[dict[str, object]] = mapped_column(JSON)
    status: Mapped[str]
    version: Mapped[int] = mapped_column(default=0)
    first_version: Mapped[int] = mapped_column(default=0)
    risk: Mapped[float] = mapped_column(default=0.0)
    raised: Mapped[int | None]
    known: Mapped[int | None]
    resolved: Mapped[int | None]
    assignee: Mapped[str | None]
    __table_args__ = (
        ForeignKeyConstraint(["tenant", "incident"], ["incident.tenant", "incident.uid"]),
        CheckConstraint(
            "status in ('open', 'acknowledged', 'dismissed', 'escalated')", name="status"
        ),
        Index(None, "tenant", "first_time", "uid"),
        Index(None, "tenant", "status", "first_time", "uid"),
        Index(None, "tenant", "incident"),
        Index(None, "tenant", "version"),
        Index(None, "tenant", "risk", "uid"),
        Index(None, "tenant", "status", "risk", "uid"),
        Index(None, "tenant", "rule", "first_time", "uid"),
        Index(None, "tenant", "workload", "first_time", "uid"),
        Index(None, "tenant", "host", "first_time", "uid"),
    )


class OutboxEntry(Base):
    """An alert to be told to one output, once."""

    __tablename__ = "outbox"
    tenant: Mapped[str] = mapped_column(primary_key=True)
    alert: Mapped[str] = mapped_column(primary_key=True)
    output: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    attempts: Mapped[int]
    error: Mapped[str | None]
    __table_args__ = (
        ForeignKeyConstraint(["tenant", "alert"], ["alert.tenant", "alert.uid"]),
        CheckConstraint("state in ('waiting', 'sent', 'failed')", name="state"),
        Index(None, "state", "attempts"),
    )


class DispositionRow(Base):
    """What a person said of an alert; undone, never deleted."""

    __tablename__ = "disposition"
    id: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    tenant: Mapped[str]
    alert: Mapped[str]
    actor: Mapped[str]
    verdict: Mapped[str]
    reason: Mapped[str]
    text: Mapped[str]
    time: Mapped[int]
    undone: Mapped[int | None]
    matches: Mapped[int | None]
    account: Mapped[str | None]
    second: Mapped[str | None]
    undone_by: Mapped[str | None]
    receipt: Mapped[dict[str, object] | None] = mapped_column(JSON(none_as_null=True))
    __table_args__ = (
        ForeignKeyConstraint(["tenant", "alert"], ["alert.tenant", "alert.uid"]),
        CheckConstraint("verdict in ('dismissed', 'escalated')", name="verdict"),
        Index(None, "tenant", "alert"),
        {"sqlite_autoincrement": True},
    )


class JobRow(Base):
    """Long work that a person waits for: training, a study."""

    __tablename__ = "job"
    id: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    tenant: Mapped[str] = mapped_column(ForeignKey("tenant.id"), index=True)
    kind: Mapped[str]
    state: Mapped[str]
    progress: Mapped[float]
    error: Mapped[str | None]
    created: Mapped[int]
    changed: Mapped[int]
    __table_args__ = (
        CheckConstraint("state in ('waiting', 'running', 'done', 'failed')", name="state"),
        {"sqlite_autoincrement": True},
    )


class DocumentRow(Base):
    """One version of a text that people write; appended, never changed."""

    __tablename__ = "document"
    tenant: Mapped[str] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str]
    text: Mapped[str]
    author: Mapped[str]
    reason: Mapped[str]
    time: Mapped[int]
    __table_args__ = (
        CheckConstraint("kind in ('rule', 'suppression', 'placeholders')", name="kind"),
        CheckConstraint("state in ('active', 'retired')", name="state"),
    )


class ModelVersionRow(Base):
    """One training's result; appended, never changed."""

    __tablename__ = "model_version"
    tenant: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    foresight: Mapped[str]
    author: Mapped[str]
    reason: Mapped[str]
    time: Mapped[int]
    refused: Mapped[str | None]
    report: Mapped[dict[str, object]] = mapped_column(JSON)
    __table_args__ = (
        ForeignKeyConstraint(["tenant", "foresight"], ["artefact.tenant", "artefact.hash"]),
    )


class ModelChoiceRow(Base):
    """A version taken into use; the last one is in use. Appended, never changed."""

    __tablename__ = "model_choice"
    id: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    tenant: Mapped[str]
    version: Mapped[int]
    author: Mapped[str]
    second: Mapped[str | None]
    reason: Mapped[str]
    time: Mapped[int]
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant", "version"], ["model_version.tenant", "model_version.number"]
        ),
        Index(None, "tenant", "id"),
        {"sqlite_autoincrement": True},
    )


class ModelStageRow(Base):
    """How far one rule's model is trusted from then on. Appended, never changed."""

    __tablename__ = "model_stage"
    id: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    tenant: Mapped[str]
    rule: Mapped[str]
    stage: Mapped[str]
    cause: Mapped[str]
    author: Mapped[str]
    reason: Mapped[str]
    model: Mapped[str]
    version: Mapped[int]
    evidence: Mapped[list[object]] = mapped_column(JSON)
    time: Mapped[int]
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant", "version"], ["model_version.tenant", "model_version.number"]
        ),
        CheckConstraint("stage in ('observe', 'assist', 'suppress')", name="stage"),
        Index(None, "tenant", "rule", "id"),
        {"sqlite_autoincrement": True},
    )


class AuditAnswerRow(Base):
    """What a person said of a suppressed match that was sampled for audit; the last word stands."""

    __tablename__ = "audit_answer"
    id: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    tenant: Mapped[str] = mapped_column(ForeignKey("tenant.id"))
    match: Mapped[str]
    rule: Mapped[str]
    actor: Mapped[str]
    finding: Mapped[str]
    text: Mapped[str]
    time: Mapped[int]
    __table_args__ = (
        CheckConstraint("finding in ('wanted', 'unneeded')", name="finding"),
        Index(None, "tenant", "match"),
        {"sqlite_autoincrement": True},
    )
