"""Logging in by a provider (OIDC) as a browser does it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
from tests.api.people import A, Site

from foreseen.api.identity.settings import ProviderSettings, TenantSettings

BEGIN, BACK = "/api/v1/auth/oidc/login", "/api/v1/auth/oidc/callback"
SECRET = "canary-client-secret-5b1f"  # noqa: S105 (of a test)
_REAL = """
from wsgiref.simple_server import make_server, WSGIRequestHandler
import warnings
warnings.simplefilter("ignore")
from oidc_provider_mock import app

class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass

server = make_server("127.0.0.1", 0, app(), handler_class=Quiet)
print(server.server_port, flush=True)
server.serve_forever()
"""


@contextmanager
def real() -> Iterator[str]:
    """The issuer of a provider that is not ours."""
    process = subprocess.Popen([sys.executable, "-c", _REAL], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def provided(place: Site, issuer: str, **more: Any) -> None:  # noqa: ANN401
    """Let the tenant's people log in by a provider."""
    secret = place.folder / "client-secret"
    secret.write_text(f"{SECRET}\n", encoding="utf-8")
    settings = {"issuer": issuer, "client_id": "foreseen", "client_secret_file": secret, **more}
    place.tenants[A] = TenantSettings(oidc=ProviderSettings.model_validate(settings))


def begin(client: httpx.Client) -> tuple[str, str]:
    """Where a browser goes to log in, and what it keeps meanwhile."""
    answer = client.get(BEGIN)
    assert answer.status_code == 303, answer.text
    kept = answer.cookies["foreseen-oidc"]
    client.cookies.clear()
    return answer.headers["location"], kept


def back(client: httpx.Client, query: str, kept: str | None) -> httpx.Response:
    """What we say to a provider's answer."""
    headers = {"Cookie": f"foreseen-oidc={kept}"} if kept else {}
    answer = client.get(f"{BACK}?{query}", headers=headers)
    client.cookies.clear()
    return answer


def agree(address: str, subject: str) -> str:
    """Log in at the real provider; the query that it answers with."""
    answer = httpx.post(address, data={"sub": subject})
    assert answer.status_code == 302, answer.text
    return urlsplit(answer.headers["location"]).query


def tell(issuer: str, subject: str, **claims: object) -> None:
    """Let the real provider know somebody."""
    httpx.put(f"{issuer}/users/{subject}", json=claims).raise_for_status()
