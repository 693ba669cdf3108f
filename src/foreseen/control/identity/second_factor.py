"""Second factors: codes of an authenticator (TOTP), each taken once, and recovery codes."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

import pyotp
from sqlalchemy import delete
from sqlalchemy.orm import Session

from foreseen.control.audit_log import Actor, Change, record
from foreseen.control.identity.people import end_logins, told
from foreseen.control.identity.sealing import Seal
from foreseen.control.identity_tables import RecoveryCodeRow, UserRow
from foreseen.core.errors import ConflictError, DeniedError, MalformedInputError
from foreseen.core.ids import TenantId

_STEP_MS = 30_000
_DRIFT = 1  # steps that a clock may be off
_RECOVERY_CODES, _RECOVERY_BYTES = 10, 10
_ISSUER = "Foreseen"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a person puts into their authenticator; shown once.

    Attributes:
        secret: In base 32, to type.
        address: `otpauth://...`, to draw as a code.
    """

    secret: str
    address: str


def enrol(row: UserRow, seal: Seal, *, now: int) -> Enrolment:
    """Give a person a secret, which counts once they have shown a code of it.

    Raises:
        ConflictError: They have one.
    """
    if row.totp is not None:
        raise ConflictError("you have a second factor; disable it first")
    secret = pyotp.random_base32()
    row.totp_pending = _sealed(row, secret, seal, now)
    address = pyotp.TOTP(secret).provisioning_uri(name=row.name, issuer_name=_ISSUER)
    return Enrolment(secret, address)


def confirm(  # noqa: PLR0913 (whose, how and by whom)
    session: Session, row: UserRow, code: str, seal: Seal, *, by: Actor, login: str, now: int
) -> list[str]:
    """Make the secret count; the result is the recovery codes. The person's other logins end.

    Raises:
        MalformedInputError: The code is not of the secret that was given last.
    """
    step = None
    if row.totp_pending is not None:
        step = _step_of(_opened(row, row.totp_pending, seal, now), code, row.totp_step, now)
    if step is None:
        raise MalformedInputError("the code is not right; check the clock of the authenticator")
    before = told(row)
    row.totp, row.totp_pending, row.totp_step = row.totp_pending, None, step
    codes = [secrets.token_hex(_RECOVERY_BYTES) for _ in range(_RECOVERY_CODES)]
    _forget_codes(session, row)
    session.add_all(
        RecoveryCodeRow(tenant=row.tenant, user=row.name, hash=_hashed(each)) for each in codes
    )
    end_logins(session, row, but=login)
    change = Change("add second factor", "user", row.name, before, told(row))
    record(session, TenantId(row.tenant), by, change, now=now)
    return codes


def take_code(session: Session, row: UserRow, code: str, seal: Seal, *, now: int) -> bool:
    """Whether a code is the person's second factor now; one that is taken is not taken again."""
    if row.totp is None:
        return False
    step = _step_of(_opened(row, row.totp, seal, now), code, row.totp_step, now)
    if step is not None:
        row.totp_step = step
        return True
    kept = session.get(RecoveryCodeRow, (row.tenant, row.name, _hashed(code.strip().lower())))
    if kept is None:
        return False
    session.delete(kept)
    by = Actor(row.name, "login")
    change = Change("use recovery code", "user", row.name)
    record(session, TenantId(row.tenant), by, change, now=now)
    return True


def disable(session: Session, row: UserRow, *, by: Actor, now: int) -> None:
    """Take a person's second factor away."""
    before = told(row)
    row.totp = row.totp_pending = row.totp_step = None
    _forget_codes(session, row)
    if told(row) != before:
        change = Change("remove second factor", "user", row.name, before, told(row))
        record(session, TenantId(row.tenant), by, change, now=now)


def _forget_codes(session: Session, row: UserRow) -> None:
    session.execute(
        delete(RecoveryCodeRow).where(
            RecoveryCodeRow.tenant == row.tenant, RecoveryCodeRow.user == row.name
        )
    )


def _step_of(secret: str, code: str, last: int | None, now: int) -> int | None:
    """The time step whose code this is, if it is near and after the last one that was used."""
    typed = "".join(code.split()).encode(errors="surrogatepass")
    generator, here = pyotp.TOTP(secret), now // _STEP_MS
    for step in range(here - _DRIFT, here + _DRIFT + 1):
        fits = hmac.compare_digest(generator.generate_otp(step).encode(), typed)
        if fits and (last is None or step > last):
            return step
    return None


def _sealed(row: UserRow, secret: str, seal: Seal, now: int) -> str:
    """Sealed together with whose it is, so that it cannot be moved to another person."""
    return seal.close({"tenant": row.tenant, "user": row.name, "secret": secret}, now=now)


def _opened(row: UserRow, text: str, seal: Seal, now: int) -> str:
    found = seal.open(text, now=now)
    if (found["tenant"], found["user"]) != (row.tenant, row.name):
        raise DeniedError("this second factor is another person's")
    return found["secret"]


def _hashed(code: str) -> str:
    return hashlib.sha256(code.encode(errors="surrogatepass")).hexdigest()
