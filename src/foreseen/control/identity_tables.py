"""Tables of people, logins and tokens. Secrets are kept as hashes; a TOTP secret is sealed."""

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from foreseen.control.base import Base


class UserRow(Base):
    """A person of a tenant.

    `password` is an Argon2 hash; `totp` is sealed with the key file, as is `totp_pending` until the
    person has shown a code; `totp_step` is the last time step whose code was used. `issuer` and
    `subject` name the account at a provider that logs the person in.
    """

    __tablename__ = "user"
    tenant: Mapped[str] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    created: Mapped[int]
    display_name: Mapped[str]
    email: Mapped[str | None]
    role: Mapped[str]
    state: Mapped[str]
    password: Mapped[str | None]
    totp: Mapped[str | None]
    totp_pending: Mapped[str | None]
    totp_step: Mapped[int | None]
    issuer: Mapped[str | None]
    subject: Mapped[str | None]
    last_login: Mapped[int | None]
    __table_args__ = (
        CheckConstraint("state in ('active', 'disabled')", name="state"),
        CheckConstraint(
            "role in ('viewer', 'analyst', 'engineer', 'responder', 'admin')", name="role"
        ),
        Index(None, "tenant", "issuer", "subject", unique=True),
    )


class TokenRow(Base):
    """A bearer token; only its hash is kept. Without `owner` it is a program's."""

    __tablename__ = "token"
    hash: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str]
    tenant: Mapped[str] = mapped_column(ForeignKey("tenant.id"), index=True)
    name: Mapped[str]
    description: Mapped[str]
    owner: Mapped[str | None]
    scope: Mapped[str]
    created: Mapped[int]
    expires: Mapped[int | None]
    used: Mapped[int | None]
    revoked: Mapped[int | None]
    __table_args__ = (Index(None, "id", unique=True),)


class LoginRow(Base):
    """A person's login session; `hash` is that of the cookie, `id` is what lists name it by."""

    __tablename__ = "login"
    hash: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str]
    tenant: Mapped[str]
    user: Mapped[str]
    way: Mapped[str]
    address: Mapped[str | None]
    agent: Mapped[str]
    created: Mapped[int]
    used: Mapped[int]
    expires: Mapped[int]
    __table_args__ = (
        ForeignKeyConstraint(["tenant", "user"], ["user.tenant", "user.name"]),
        Index(None, "tenant", "user"),
        Index(None, "id", unique=True),
    )


class LinkRow(Base):
    """Something that works once: a set-up or login link, or an answer of a provider."""

    __tablename__ = "login_link"
    hash: Mapped[str] = mapped_column(primary_key=True)
    tenant: Mapped[str] = mapped_column(ForeignKey("tenant.id"), index=True)
    purpose: Mapped[str]
    user: Mapped[str | None]
    created: Mapped[int]
    expires: Mapped[int] = mapped_column(index=True)
    used: Mapped[int | None]
    __table_args__ = (
        CheckConstraint("purpose in ('setup', 'password', 'login', 'oidc')", name="purpose"),
    )


class RecoveryCodeRow(Base):
    """A code that stands for the second factor once."""

    __tablename__ = "recovery_code"
    tenant: Mapped[str] = mapped_column(primary_key=True)
    user: Mapped[str] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(primary_key=True)
    __table_args__ = (ForeignKeyConstraint(["tenant", "user"], ["user.tenant", "user.name"]),)


class LoginFailureRow(Base):
    """Logins that failed, counted by account and by address; a bounded number of rows."""

    __tablename__ = "login_failure"
    tenant: Mapped[str] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    last: Mapped[int]
    until: Mapped[int]
    __table_args__ = (CheckConstraint("kind in ('account', 'address', 'told')", name="kind"),)
