"""How people log in: one TOML file, a table for each organisation."""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from foreseen.control.identity.logins import Limits
from foreseen.control.identity.sealing import Seal
from foreseen.control.scopes import Role
from foreseen.core.errors import ConfigurationError, NotFoundError
from foreseen.core.ids import TenantId

_MINUTE_MS = 60_000
_STRICT = ConfigDict(extra="forbid", frozen=True)


class ProviderSettings(BaseModel):
    """A provider of logins (OIDC).

    Attributes:
        issuer: Its address, exactly as its tokens name it.
        client_id: What it calls us.
        client_secret_file: File with what proves us to it.
        scopes: What we ask it for; `openid` belongs to them.
        groups_claim: Claim that lists somebody's groups.
        roles: Group to role; of several roles the one with most to say counts.
        default_role: Role of who is in none of these groups; none: they may not log in.
        allowed_domains: Domains of verified e-mail addresses that may log in; empty: all.
    """

    model_config = _STRICT
    issuer: str
    client_id: str
    client_secret_file: Path
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    groups_claim: str = "groups"
    roles: Mapping[str, Role] = Field(default_factory=dict)
    default_role: Role | None = None
    allowed_domains: tuple[str, ...] = ()


class TenantSettings(BaseModel):
    """How an organisation's people log in.

    Attributes:
        local_login: By password, too.
        break_glass: Who may by password even without `local_login`.
        oidc: The provider.
    """

    model_config = _STRICT
    local_login: bool = True
    break_glass: str | None = None
    oidc: ProviderSettings | None = None


class _File(BaseModel):
    model_config = _STRICT
    public_url: str | None = None
    idle_minutes: Annotated[int, Field(ge=1, le=43_200)] = 480
    absolute_hours: Annotated[int, Field(ge=1, le=8_760)] = 168
    tenants: Mapping[str, TenantSettings] = Field(default_factory=dict)


_PLAIN = TenantSettings()


@dataclass(frozen=True, slots=True)
class Identity:
    """How people log in to this server.

    Attributes:
        seal: Seals secrets; without one of an installation it ends with the process.
        limits: How long sessions last.
        public_url: Where browsers reach the server, e.g. `https://foreseen.example`; None: where
            they say that they do.
        tenants: What organisations have set.
    """

    seal: Seal = field(default_factory=Seal.temporary)
    limits: Limits = field(default_factory=Limits)
    public_url: str | None = None
    tenants: Mapping[TenantId, TenantSettings] = field(default_factory=dict)

    def of(self, tenant: TenantId) -> TenantSettings:
        """What an organisation has set."""
        return self.tenants.get(tenant, _PLAIN)


def identity_from_file(path: Path, seal: Seal) -> Identity:
    """Read the file.

    Raises:
        NotFoundError: It, or the file of a secret, is missing.
        ConfigurationError: A key or value in it is wrong; the message names it.
    """
    try:
        text = path.read_text(encoding="utf-8")
        told = _File.model_validate(tomllib.loads(text))
    except FileNotFoundError as error:
        raise NotFoundError(f"{path}: no such file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: is no TOML: {error}") from error
    except ValidationError as error:
        raise ConfigurationError(f"{path}: {_first_fault(error)}") from error
    if told.public_url is not None:
        _check_address(f"{path}: public_url", told.public_url)
        if urlsplit(told.public_url).path not in {"", "/"}:
            raise ConfigurationError(f"{path}: public_url: the server has no path of its own")
    for name, tenant in told.tenants.items():
        _check_tenant(f"{path}: tenants.{name}", tenant)
    limits = Limits(told.idle_minutes * _MINUTE_MS, told.absolute_hours * 60 * _MINUTE_MS)
    tenants = {TenantId(name): each for name, each in told.tenants.items()}
    public = told.public_url.rstrip("/") if told.public_url else None
    return Identity(seal, limits, public, tenants)


def _first_fault(error: ValidationError) -> str:
    fault = error.errors()[0]
    place = [str(part) for part in fault["loc"]]
    if fault["type"] != "extra_forbidden":
        return f"{'.'.join(place)}: {fault['msg']}"
    known = [*_File.model_fields, *TenantSettings.model_fields, *ProviderSettings.model_fields]
    near = difflib.get_close_matches(place[-1], known, 1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    return f"unknown key '{'.'.join(place)}'{hint}"


def _check_tenant(place: str, tenant: TenantSettings) -> None:
    if not tenant.local_login and tenant.oidc is None:
        raise ConfigurationError(f"{place}: without local_login and oidc nobody can log in")
    if tenant.oidc is None:
        return
    _check_address(f"{place}.oidc.issuer", tenant.oidc.issuer)
    if "openid" not in tenant.oidc.scopes:
        raise ConfigurationError(f"{place}.oidc.scopes: add 'openid'")
    secret_of(tenant.oidc)


def secret_of(provider: ProviderSettings) -> str:
    """What proves us to a provider; read anew each time, so that it can be changed.

    Raises:
        NotFoundError: The file is missing.
    """
    file = provider.client_secret_file
    try:
        return file.read_text(encoding="utf-8").strip()
    except FileNotFoundError as error:
        raise NotFoundError(f"{file}: no such file; client_secret_file names it") from error


def _check_address(place: str, address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and is_loopback(parts.hostname):
        return
    raise ConfigurationError(f"{place}: '{address}' has to begin with https://")


def is_loopback(host: str | None) -> bool:
    """Whether a host is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False
