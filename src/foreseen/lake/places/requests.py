"""Single requests to S3 that no library of ours can make: writes with a condition.

Signed as AWS asks for (Signature Version 4); the host, the time and the payload's hash are signed.
"""

import hashlib
import hmac
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import SplitResult, quote, urlsplit

from foreseen.core.errors import TransientError
from foreseen.lake.places.s3 import S3Options

_ALGORITHM = "AWS4-HMAC-SHA256"
_TIMEOUT_SECONDS = 20
_SHOWN = 200  # characters of what a store says of an error


@dataclass(frozen=True, slots=True)
class Answer:
    """What the store answered: the status, and the beginning of its text."""

    status: int
    text: str


def send(
    s3: S3Options,
    method: str,
    path: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """One request about one object.

    Args:
        s3: How the store is reached.
        method: `PUT`, `DELETE`.
        path: Bucket and key.
        body: What to put.
        headers: More headers.

    Raises:
        TransientError: The store does not answer.
    """
    store = s3.endpoint or f"https://s3.{s3.region}.amazonaws.com"
    url = urlsplit(f"{store.rstrip('/')}/{quote(path, safe='/-_.~')}")
    signed = signature(s3, method, url, body, datetime.now(UTC))
    try:
        connection = _connection(url.scheme, url.netloc)
        try:
            connection.request(method, url.path, body, {**signed, **(headers or {})})
            answer = connection.getresponse()
            return Answer(answer.status, answer.read(_SHOWN).decode("utf-8", "replace"))
        finally:
            connection.close()
    except (OSError, HTTPException) as error:
        raise TransientError(f"{url.netloc}: the object store does not answer: {error}") from error


def signature(
    s3: S3Options, method: str, url: SplitResult, body: bytes, now: datetime
) -> dict[str, str]:
    """Headers that show the store who asks.

    Args:
        s3: The keys and the region.
        method: HTTP method.
        url: Address of the object, percent-encoded.
        body: Payload.
        now: Time of the request.
    """
    stamp, digest = now.strftime("%Y%m%dT%H%M%SZ"), hashlib.sha256(body).hexdigest()
    named = {"host": url.netloc, "x-amz-content-sha256": digest, "x-amz-date": stamp}
    if s3.session_token is not None:
        named["x-amz-security-token"] = s3.session_token
    names = ";".join(named)
    lines = "".join(f"{name}:{value}\n" for name, value in named.items())
    request = f"{method}\n{url.path}\n\n{lines}\n{names}\n{digest}"
    scope = f"{stamp[:8]}/{s3.region}/s3/aws4_request"
    text = f"{_ALGORITHM}\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"AWS4{s3.secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    seal = hmac.digest(key, text.encode(), "sha256").hex()
    credential = f"Credential={s3.access_key}/{scope}"
    said = f"{_ALGORITHM} {credential}, SignedHeaders={names}, Signature={seal}"
    return {**named, "Authorization": said}


def _connection(scheme: str, host: str) -> HTTPConnection:
    if scheme == "http":
        return HTTPConnection(host, timeout=_TIMEOUT_SECONDS)
    return HTTPSConnection(host, timeout=_TIMEOUT_SECONDS, context=ssl.create_default_context())
