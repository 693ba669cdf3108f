"""A server with people of two tenants, each with a login and a token, for tests of who may what."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from fastapi import FastAPI
from sqlalchemy import Engine

from foreseen.api.app import Services, create_app
from foreseen.api.identity.settings import Identity, TenantSettings
from foreseen.api.serving.traffic import Traffic
from foreseen.control.audit_log import Actor
from foreseen.control.database import opened, writing
from foreseen.control.identity.logins import Came, begin
from foreseen.control.identity.people import NewPerson, create_person, row_of
from foreseen.control.identity.sealing import seal_of
from foreseen.control.scopes import SCOPES_OF, Role, Scope
from foreseen.control.tenants import ensure_tenant
from foreseen.control.tokens import Terms, create_token
from foreseen.core.ids import TenantId
from foreseen.intake.log import IntakeLog
from foreseen.lake.lake import Lake
from foreseen.rules import parse_rules
from foreseen.runners.config.sections import Limits
from foreseen.runners.rules.book import RuleBook
from foreseen.runners.rules.watch import LiveRules

A, B = TenantId("default"), TenantId("other")
NOW = 1_790_000_000_000
OPERATOR = Actor("operator", "command")
RULE = """
title: Download tool
name: download_tool
id: 1ab780a9-7927-4029-a4b0-9f9e0c0c0001
description: Runs a download tool.
level: medium
tags: [attack.t1105]
logsource: {product: linux, category: process_creation}
detection:
  selection: {Image|endswith: [/curl, /wget]}
  condition: selection
foreseen: {model: true}
"""
RULES = parse_rules([("packs/linux/download_tool.yml", RULE)])
UNBOUNDED = Limits(
    address_per_minute=0,
    token_per_minute=0,
    tenant_per_minute=0,
    login_per_minute=0,
    hunts_per_minute=0,
    ingest_bytes_per_minute=0,
)
"""No rates: they would answer instead of what is tested here."""


@dataclass
class Clock:
    """A clock that a test sets."""

    now: int = NOW

    def __call__(self) -> int:
        """Now, ms UTC."""
        return self.now

    def passes(self, *, seconds: float) -> None:
        """Let time pass."""
        self.now += int(seconds * 1000)


@dataclass
class Site:
    """The app and what it stands on."""

    folder: Path
    engine: Engine
    identity: Identity
    app: FastAPI
    clock: Clock
    lake: Lake
    tenants: dict[TenantId, TenantSettings] = field(default_factory=dict)

    def person(self, name: str, role: Role, tenant: TenantId = A) -> str:
        """Make a person; their name."""
        new = NewPerson(name, role)
        return create_person(self.engine, tenant, new, by=OPERATOR, now=self.clock()).name

    def token(self, name: str, role: Role, tenant: TenantId = A) -> dict[str, str]:
        """The header with a person's token, with all that the role may do."""
        made = create_token(
            self.engine,
            tenant,
            name=f"{name}-token",
            scopes=SCOPES_OF[role],
            now=self.clock(),
            terms=Terms(name),
        )
        return {"Authorization": f"Bearer {made}"}

    def plain_token(self, *scopes: Scope, tenant: TenantId = A) -> dict[str, str]:
        """The header with a token that nobody owns."""
        made = create_token(self.engine, tenant, name="program", scopes=scopes, now=self.clock())
        return {"Authorization": f"Bearer {made}"}

    def login(self, name: str, tenant: TenantId = A) -> dict[str, str]:
        """Headers of a console in which a person has logged in."""
        with writing(self.engine) as session:
            row = row_of(session, tenant, name)
            came = Came("password", "127.0.0.1", "test")
            cookie = begin(session, row, came, self.identity.limits, now=self.clock())
        return console(cookie)


def console(cookie: str | None) -> dict[str, str]:
    """Headers that our own page sends."""
    kept = {"Cookie": f"foreseen-session={cookie}"} if cookie else {}
    return {**kept, "Sec-Fetch-Site": "same-origin", "X-Foreseen-Request": "1"}


def cookie_in(answer: httpx.Response) -> str:
    """The session's cookie that an answer sets."""
    return answer.cookies["foreseen-session"]


@contextmanager
def site(folder: Path) -> Iterator[Site]:
    """An app over empty stores with two tenants."""
    clock, tenants = Clock(), dict[TenantId, TenantSettings]()
    with opened(folder / "control.db") as engine, IntakeLog.open(folder / "intake") as intake:
        for tenant in (A, B):
            ensure_tenant(engine, tenant, now=NOW)
        lake = Lake.open(folder / "lake")
        identity = Identity(seal_of(folder), tenants=tenants)
        services = Services(
            intake,
            engine,
            clock,
            frozenset({"auditd"}),
            frozenset({A, B}),
            metrics=lambda _: [],
            identity=identity,
            lake=lake,
            rules=RuleBook(live=LiveRules(RULES)),
        )
        app = create_app(services, Traffic(UNBOUNDED))
        yield Site(folder, engine, identity, app, clock, lake, tenants)
