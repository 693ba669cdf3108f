"""The API as methods: lists as iterators, refusals as errors, exports as tables."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import pyarrow as pa

from foreseen.client.errors import UnreachableError
from foreseen.client.events import Event, events_of
from foreseen.client.transport import Ask, Transport

_ALERTS = "/api/v1/alerts"
_ARROW = {"Accept": "application/vnd.apache.arrow.stream"}
_NDJSON = {"Accept": "application/x-ndjson"}
Thing = dict[str, Any]
"""A thing as the API shows it; `foreseen api schema` says what is in it."""


class Client:
    """A server's API; use it in a `with` block.

    >>> with Client(url, token) as client:
    ...     [alert["uid"] for alert in client.alerts(status=["open"])]
    ['m1', 'm0']

    Requests that fail in passing are sent again, changes with an `Idempotency-Key`, so that nothing
    is done twice. Every method raises `ProblemError` (one of its kinds) where the server refuses,
    and `UnreachableError` where there is no answer.

    Args:
        url: Where the server is.
        token: A token of the API.
        more: As `Transport` takes it: `timeout`, `retries`, `wait`.

    Raises:
        ConfigurationError: The address or the token is none.
    """

    def __init__(self, url: str, token: str, **more: Any) -> None:  # noqa: ANN401 (Transport's)
        self.transport = Transport(url, token, **more)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        self.transport.close()

    def get(self, path: str, **params: object) -> Any:  # noqa: ANN401 (JSON)
        """What any route answers that only reads.

        >>> client.get("/api/v1/me")["scopes"]
        ['read', 'triage']
        """
        return self.transport.json(Ask("GET", path, params))

    def pages(self, path: str, name: str, **params: object) -> Iterator[Thing]:
        """Everything in a list, page by page.

        >>> len(list(client.pages("/api/v1/incidents", "incidents", limit=1)))
        0
        """
        cursor = None
        while True:
            page = self.get(path, **{**params, "cursor": cursor})
            yield from page[name]
            cursor = page["next"]
            if cursor is None:
                return

    def alerts(self, **wanted: object) -> Iterator[Thing]:
        """Alerts, the newest first; filters and `sort` as the API has them.

        >>> next(client.alerts(sort="time", severity=["high"]))["uid"]
        'm0'
        """
        return self.pages(_ALERTS, "alerts", **{"limit": 200, **_query(wanted)})

    def alert(self, uid: str) -> Thing:
        """One alert.

        >>> client.alert("m0")["status"]
        'open'
        """
        found: Thing = self.get(_at(uid))
        return found

    def members(self, uid: str) -> Iterator[str]:
        """Uids of the matches of an alert.

        >>> list(client.members("m0"))
        ['m0']
        """
        cursor = None
        while True:
            page = self.get(f"{_at(uid)}/members", cursor=cursor)
            yield from page["members"]
            cursor = page["next"]
            if cursor is None:
                return

    def history(self, uid: str) -> Iterator[Thing]:
        """What happened to an alert, first thing first."""
        return self.pages(f"{_at(uid)}/history", "history")

    def change(self, uid: str, *, seen: int | None = None, **change: object) -> Thing:
        """Change an alert: `status`, `assignee`, `resolved`, with a `text`.

        With `seen`, the version that you looked at, a change that somebody else made meanwhile is
        not written over: that raises `OutdatedError`.

        >>> client.change("m0", assignee="ana", seen=client.alert("m0")["version"])["assignee"]
        'ana'
        """
        headers = {} if seen is None else {"If-Match": f'"{seen}"'}
        return self._once(Ask("PATCH", _at(uid), body=change, headers=headers, once=True))

    def comment(self, uid: str, text: str) -> Thing:
        """Say something on an alert."""
        return self._once(Ask("POST", f"{_at(uid)}/comments", body={"text": text}, once=True))

    def dispose(
        self,
        uid: str,
        verdict: str,
        reason: str,
        *,
        second: str | None = None,
        **more: object,
    ) -> Thing:
        """Say what an alert was: `dismissed` or `escalated`; what that moves, and its number.

        Args:
            uid: The alert.
            verdict: `dismissed` or `escalated`.
            reason: One of the API's list.
            second: Token of the second person, where one is needed.
            more: `text`, `dry_run`.
        """
        body = {"verdict": verdict, "reason": reason, **more}
        path, headers = f"{_at(uid)}/dispositions", _second(second)
        return self._once(Ask("POST", path, body=body, headers=headers, once=True))

    def take_back(self, uid: str, number: int, *, second: str | None = None) -> Thing:
        """Take back what was said of an alert."""
        path = f"{_at(uid)}/dispositions/{number}"
        return self._once(Ask("DELETE", path, headers=_second(second)))

    def change_many(self, **body: object) -> Thing:
        """Change many alerts: `uids` or `filter`, and what shall be.

        >>> tried = client.change_many(filter={"status": ["open"]}, assignee="ana", dry_run=True)
        >>> tried["matched"]
        2
        """
        return self._once(Ask("POST", f"{_ALERTS}/bulk", body=body, once=True))

    def undo_many(self, id_: str) -> Thing:
        """Put back what one call changed, but for alerts that were changed since."""
        return self._once(Ask("POST", f"{_ALERTS}/bulk/{quote(id_, safe='')}/undo", once=True))

    def incidents(self) -> Iterator[Thing]:
        """Incidents, those opened last first."""
        return self.pages("/api/v1/incidents", "incidents", limit=200)

    def incident(self, uid: str) -> Thing:
        """One incident."""
        found: Thing = self.get(f"/api/v1/incidents/{quote(uid, safe='')}")
        return found

    def hunt(self, sql: str | None = None, **more: object) -> pa.Table:
        """The rows of one SELECT, or of a `search`; `limit` and `seconds` bound it."""
        body = {**({} if sql is None else {"sql": sql}), **more}
        answer = self.transport.answer(Ask("POST", "/api/v1/hunts", body=body, headers=_ARROW))
        return pa.ipc.open_stream(answer.content).read_all()

    def export_alerts(self, **wanted: object) -> pa.Table:
        """All alerts that filters find, as a table.

        >>> client.export_alerts(status=["open"]).column("uid").to_pylist()
        ['m0', 'm1']
        """
        ask = Ask("GET", f"{_ALERTS}/export", _query(wanted), headers=_ARROW)
        return pa.ipc.open_stream(self.transport.answer(ask).content).read_all()

    def export_lines(self, **wanted: object) -> Iterator[bytes]:
        """All alerts that filters find, each a line of JSON with its matches, as they come.

        Raises:
            UnreachableError: It broke off: what came is not all.
        """
        ask = Ask("GET", f"{_ALERTS}/export", _query(wanted), headers=_NDJSON)
        with self.transport.streamed(ask) as answer:
            rest = b""
            for part in answer.iter_bytes():
                *whole, rest = (rest + part).split(b"\n")
                yield from whole

    def events(self, last_id: str | None = None) -> Generator[Event]:
        """What happens, as it happens, without an end; where the connection ends it is taken up.

        Args:
            last_id: Id of the last event that you have; None: only what comes next.

        >>> event = next(client.events(last_id="0"))
        >>> event.name, event.data["uid"]
        ('alert.created', 'm0')
        """
        attempt = 0
        while True:
            headers = {} if last_id is None else {"Last-Event-ID": last_id}
            ask = Ask("GET", "/api/v1/stream", headers=headers)
            try:
                with self.transport.streamed(ask) as answer:
                    for event in events_of(answer.iter_lines()):
                        attempt, last_id = 0, event.id or last_id
                        yield event
            except UnreachableError:
                attempt += 1
            self.transport.pause(attempt)

    def _once(self, ask: Ask) -> Thing:
        found: Thing = self.transport.json(ask)
        return found


def _at(uid: str) -> str:
    return f"{_ALERTS}/{quote(uid, safe='')}"


def _second(token: str | None) -> Mapping[str, str]:
    return {} if token is None else {"X-Foreseen-Second": token}


def _query(wanted: Mapping[str, object]) -> dict[str, object]:
    """Filters as the query has them; `since` is its `from`, a word of Python."""
    renamed = {"from" if name == "since" else name: value for name, value in wanted.items()}
    return {
        name: list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
        for name, value in renamed.items()
    }
