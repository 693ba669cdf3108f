"""Commands on a server instead of this machine's folders: `--url` and `--token`."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import orjson
import pyarrow as pa
import typer

from foreseen.client import Client
from foreseen.client.transport import Ask
from foreseen.core.alerts import Alert, AlertStatus
from foreseen.core.errors import ConfigurationError, NotFoundError
from foreseen.core.ids import RuleId, TenantId

Url = Annotated[
    str | None,
    typer.Option(
        "--url", envvar="FORESEEN_URL", help="Ask this server instead, e.g. https://foreseen:8440."
    ),
]
Token = Annotated[
    str | None,
    typer.Option(
        "--token",
        envvar="FORESEEN_TOKEN",
        show_envvar=True,
        help="A token of the server's API, or @FILE that holds it.",
    ),
]
SERVED = frozenset(
    {
        ("alerts", "list"),
        ("alerts", "show"),
        ("alerts", "dismiss"),
        ("alerts", "escalate"),
        ("alerts", "undo"),
        ("incidents", "list"),
        ("incidents", "show"),
        ("hunt",),
    }
)
"""Commands that know a server."""

_OTHER_URLS = frozenset({("users",)})  # theirs is what browsers reach the server by

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLI = timedelta(milliseconds=1)
_END = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MILLI  # where the calendar ends


def refuse_url(arguments: Sequence[str]) -> None:
    """Say of a command that knows no server that it does not.

    Raises:
        ConfigurationError: `--url` is given to such a command.
    """
    if not any(each == "--url" or each.startswith("--url=") for each in arguments):
        return
    words = tuple(each for each in arguments[:2] if not each.startswith("-"))
    if words and not {words, words[:1]} & (SERVED | _OTHER_URLS):
        known = ", ".join(f"'{' '.join(each)}'" for each in sorted(SERVED))
        raise ConfigurationError(
            f"'{' '.join(words)}' works on this machine's folders only; --url is for {known}"
        )


@contextmanager
def connected(url: str, token: str | None) -> Iterator[Client]:
    """A client of a server, for the length of a block.

    Raises:
        ConfigurationError: There is no token, or the address is none.
        NotFoundError: There is no file with the token.
    """
    with Client(url, _token(token)) as client:
        yield client


def _token(token: str | None) -> str:
    if not token:
        raise ConfigurationError("a server wants a token: --token, or FORESEEN_TOKEN")
    if not token.startswith("@"):
        return token
    file = Path(token[1:])
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise NotFoundError(f"{file}: no file with a token: {error}") from error


def refuse_local(**given: object) -> None:
    """Refuse options that say something of this machine.

    Raises:
        ConfigurationError: One is given.
    """
    for name, value in given.items():
        if value is not None:
            raise ConfigurationError(
                f"--{name.strip('_')} is for this machine's folders; leave it out with --url"
            )


def alerts_there(client: Client, status: AlertStatus | None, limit: int) -> Iterator[Alert]:
    """A server's alerts, the newest first, with all their members."""
    tenant = TenantId(client.get("/api/v1/me")["tenant"])
    wanted: dict[str, object] = {} if status is None else {"status": [status.value]}
    lines = client.export_lines(sort="-time", **wanted)
    return (alert_of(orjson.loads(line), tenant) for line in islice(lines, limit))


def rows_there(client: Client, sql: str, limit: int, seconds: float) -> tuple[pa.Table, bool]:
    """Rows of a server's lake, and whether there are more."""
    body = {"sql": sql, "limit": limit, "seconds": seconds}
    accept = {"Accept": "application/vnd.apache.arrow.stream"}
    answer = client.transport.answer(Ask("POST", "/api/v1/hunts", body=body, headers=accept))
    is_cut = answer.headers.get("x-foreseen-truncated") == "true"
    return pa.ipc.open_stream(answer.content).read_all(), is_cut


def alert_of(shown: Mapping[str, Any], tenant: TenantId) -> Alert:
    """An alert as this machine's commands print it."""
    members = tuple(shown.get("members", ()))
    return Alert(
        uid=shown["uid"],
        tenant=tenant,
        rule=RuleId(shown["rule"]),
        workload=shown["workload"],
        host=shown["host"],
        stream=shown["stream"],
        first_time=_milliseconds(shown["first_time"]),
        last_time=_milliseconds(shown["last_time"]),
        severity=shown["severity"],
        title=shown["title"],
        sentences=tuple(shown["sentences"]),
        surprise=shown["surprise"],
        members=members,
        incident=shown["incident"],
        decision=shown["decision"],
        status=AlertStatus(shown["status"]),
        earlier=shown["count"] - len(members),
    )


def _milliseconds(text: str | None) -> int:
    return _END if text is None else (datetime.fromisoformat(text) - _EPOCH) // _MILLI
