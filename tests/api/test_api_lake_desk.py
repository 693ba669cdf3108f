"""Questions over the lake end: with their caller, with their time, and never all at once."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from fastapi import FastAPI, Request
from tests.api.conftest import serving
from tests.api.lake_site import UNBOUND, LakeSite, made_site

from foreseen.api.app import create_app
from foreseen.api.lake.desk import Desk, Desked
from foreseen.api.scopes import Reading
from foreseen.api.serving.traffic import Traffic
from foreseen.lake.asking.narrowed import Asker, narrowed

ENDLESS = "SELECT count(*) AS n FROM range(100000000000) a, range(1000000) b"
_PATH = "/api/v1/endless"


class Endless:
    """A question that never ends by itself, and what became of it."""

    def __init__(self) -> None:
        self.begun, self.ended = threading.Event(), threading.Event()

    def __call__(self, asker: Asker) -> int:
        """Ask it."""
        try:
            with narrowed(asker) as asked:
                self.begun.set()
                return int(asked.records(ENDLESS, {})[0]["n"])
        finally:
            self.ended.set()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LakeSite]:
    """An empty lake."""
    with made_site(tmp_path_factory.mktemp("empty")) as made:
        yield made


def app_of(site: LakeSite, desk: Desk, question: Endless) -> FastAPI:
    app = create_app(site.services, Traffic(UNBOUND))
    app.state.lake_desk.close()
    app.state.lake_desk = desk

    @app.get(_PATH)
    async def endless(request: Request, desk: Desked, grant: Reading) -> int:
        """Ask what has no end."""
        return await desk.ask(request, grant, question)

    return app


def test_a_caller_who_hangs_up_ends_the_question(site: LakeSite) -> None:
    question = Endless()
    with serving(app_of(site, Desk(), question)) as client:
        address = (client.base_url.host, client.base_url.port or 0)
        with socket.create_connection(address) as caller:
            sent = f"GET {_PATH} HTTP/1.1\r\nHost: x\r\n"
            sent += "".join(f"{name}: {value}\r\n" for name, value in site.read.items())
            caller.sendall(f"{sent}\r\n".encode())
            assert question.begun.wait(20)
        assert question.ended.wait(20)


def test_a_question_that_takes_too_long_is_stopped_and_told(site: LakeSite) -> None:
    question = Endless()
    with serving(app_of(site, Desk(seconds=0.3), question)) as client:
        answer = client.get(_PATH, headers=site.read)
        assert answer.status_code == 504
        assert "narrow it" in answer.json()["detail"]
        assert question.ended.is_set()


@pytest.mark.long
def test_who_waits_too_long_is_told_to_come_again(site: LakeSite) -> None:
    question = Endless()
    desk = Desk(places=1, waiting=1, wait_seconds=0.3, seconds=5.0)
    with serving(app_of(site, desk, question)) as client:
        first = threading.Thread(target=client.get, args=(_PATH,), kwargs={"headers": site.read})
        first.start()
        assert question.begun.wait(20)
        begun = time.monotonic()
        answer = client.get("/api/v1/matches", headers=site.read)
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "5")
        assert time.monotonic() - begun < 4
        first.join()
        assert client.get("/api/v1/matches", headers=site.read).status_code == 200


def test_no_more_wait_than_there_is_room_for(site: LakeSite) -> None:
    question = Endless()
    desk = Desk(places=1, waiting=0, wait_seconds=60, seconds=2.0)
    with serving(app_of(site, desk, question)) as client:
        first = threading.Thread(target=client.get, args=(_PATH,), kwargs={"headers": site.read})
        first.start()
        assert question.begun.wait(20)
        assert client.get("/api/v1/matches", headers=site.read).status_code == 429
        first.join()
        assert client.get("/api/v1/matches", headers=site.read).status_code == 200
