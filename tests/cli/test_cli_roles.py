"""Roles in processes of their own, start and stop, TLS, and OpenTelemetry, each on real sockets."""

import json
import re
import signal
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.cli.commands import execve, foreseen
from tests.cli.serving import alerts_of, client_of, post, running, token_of
from tests.intake.brokers import NatsServer

from foreseen.control.database import open_database
from foreseen.control.scopes import Scope
from foreseen.control.tenants import ensure_tenant
from foreseen.control.tokens import create_token
from foreseen.core.ids import DEFAULT_TENANT

HERE = ("--port", "0")


def tokens(data: Path, *scopes: Scope) -> list[dict[str, str]]:
    """Headers with tokens of these scopes, made in a data folder before a server is there."""
    control = open_database(data / "control.db")
    ensure_tenant(control, DEFAULT_TENANT, now=0)
    found = []
    for scope in scopes:
        token = create_token(control, DEFAULT_TENANT, name=f"t-{scope}", scopes={scope}, now=0)
        found.append({"Authorization": f"Bearer {token}"})
    control.dispose()
    return found


def states(client: httpx.Client) -> dict[str, str]:
    """State by dependency, once the server is ready."""
    end = time.monotonic() + 60
    while True:
        answer = client.get("/readyz")
        if answer.status_code == 200:
            return {name: each["state"] for name, each in answer.json()["dependencies"].items()}
        assert time.monotonic() < end, answer.text
        time.sleep(0.1)


@pytest.mark.long
def test_answers_come_from_a_process_beside_the_one_that_works(tmp_path: Path) -> None:
    with ExitStack() as stack:
        works = stack.enter_context(running(tmp_path, *HERE, "--role", "intake,worker"))
        at_work = stack.enter_context(client_of(works))
        ingest, read = token_of(works, "ingest"), token_of(works, "read")
        triage = token_of(works, "triage")
        assert states(at_work)["worker"] == "ok"
        answers = stack.enter_context(running(tmp_path, *HERE, "--role", "api"))
        api = stack.enter_context(client_of(answers))
        assert states(api) == {
            "control": "ok",
            "server": "ok",
            "lake": "ok",
            "worker": "elsewhere",
        }
        post(at_work, ingest, execve(1, "id"))
        (alert,) = alerts_of(api, read, 1)
        assert at_work.get("/api/v1/alerts", headers=read).status_code == 404
        assert api.post("/api/v1/ingest/auditd", headers=ingest, content=b"x").status_code == 404
        said = api.post(
            f"/api/v1/alerts/{alert['uid']}/dispositions",
            headers=triage,
            json={"verdict": "escalated", "reason": "attack"},
        )
        assert said.status_code == 201, said.text
        (place,) = api.get("/api/v1/intake", headers=read).json()["partitions"]
        assert place["end"] >= place["consumed"] > 0
        own, other = (each.get("/metrics", headers=read).text for each in (at_work, api))
        assert re.search(r"^foreseen_commits_total [1-9]", own, re.MULTILINE)
        assert "foreseen_commits_total" not in other
        assert "foreseen_http_requests_total" in other
        assert answers.end(signal.SIGTERM) == (0, "")
        assert works.end(signal.SIGTERM) == (0, "")


@pytest.mark.slow
def test_over_a_broker_each_role_has_a_process_of_its_own(tmp_path: Path) -> None:
    nats = NatsServer(tmp_path / "nats")
    (tmp_path / "nats").mkdir(exist_ok=True)
    nats.start()
    data, place = tmp_path / "data", ("--intake", f"{nats.url}/roles")
    try:
        with ExitStack() as stack:
            works = stack.enter_context(running(data, *HERE, *place, "--role", "worker"))
            assert states(stack.enter_context(client_of(works)))["worker"] == "ok"
            ingest, read = token_of(works, "ingest"), token_of(works, "read")
            takes = stack.enter_context(running(data, *HERE, *place, "--role", "intake"))
            answers = stack.enter_context(running(data, *HERE, *place, "--role", "api"))
            door = stack.enter_context(client_of(takes))
            assert states(door) == {"control": "ok", "intake": "ok", "server": "ok"}
            post(door, ingest, execve(1, "id"))
            api = stack.enter_context(client_of(answers))
            assert len(alerts_of(api, read, 1)) == 1
            for server in (works, takes, answers):
                assert server.end(signal.SIGTERM) == (0, "")
    finally:
        nats.kill()


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        (("--role", "intake"), 2, "intake and worker go together"),
        (("--role", "worker,api"), 2, "intake and worker go together"),
        (("--role", "api"), 3, "begin a process with the role worker first"),
        (("--role", "apo"), 2, "name some of api,intake,worker"),
    ],
)
def test_roles_that_cannot_be_apart_are_refused_in_words(
    tmp_path: Path, options: tuple[str, ...], code: int, told: str
) -> None:
    ran = foreseen("up", "--data", tmp_path / "none", *HERE, *options)
    assert (ran.code, ran.out) == (code, "")
    assert told in " ".join(ran.err.split())


def test_a_configuration_that_is_wrong_ends_the_start_before_anything_is_made(
    tmp_path: Path,
) -> None:
    file = tmp_path / "foreseen.toml"
    file.write_text("[server]\nprot = 1\n")
    ran = foreseen("up", "--data", tmp_path / "none", "--config", file)
    assert (ran.code, ran.out) == (1, "")
    assert f"{file}:2: 'server.prot' is no key; did you mean 'server.port'?" in ran.err
    assert not (tmp_path / "none").exists()


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of our own for loopback, and its key."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    made = ("req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "2", "-subj", "/CN=localhost")
    names = ("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(cert))
    subprocess.run(["openssl", *made, *names], check=True, capture_output=True)
    return cert, key


class _Receiver(BaseHTTPRequestHandler):
    """Takes spans as OTLP over HTTP."""

    spans: list[tuple[str, dict[str, str]]]

    def do_POST(self) -> None:
        """Take one export."""
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers.get("content-encoding") == "gzip":
            raise AssertionError("not asked for")
        told = ExportTraceServiceRequest()
        told.ParseFromString(body)
        for resource in told.resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    facts = {each.key: str(each.value) for each in span.attributes}
                    self.spans.append((span.name, facts))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_told: object) -> None:
        """Say nothing."""


@contextmanager
def receiver() -> Iterator[tuple[str, list[tuple[str, dict[str, str]]]]]:
    """A receiver of spans on loopback: its address, and what came."""
    spans: list[tuple[str, dict[str, str]]] = []
    taking = type("Taking", (_Receiver,), {"spans": spans})
    server = ThreadingHTTPServer(("127.0.0.1", 0), taking)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", spans
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.long
def test_a_server_by_its_file_with_tls_spans_and_lines_of_json(tmp_path: Path) -> None:
    cert, key = _certificate(tmp_path)
    data, file = tmp_path / "data", tmp_path / "foreseen.toml"
    ingest, read, hunt = tokens(data, Scope.INGEST, Scope.READ, Scope.HUNT)
    with receiver() as (place, spans):
        file.write_text(
            f"[server]\nport = 0\ntls_cert = '{cert}'\ntls_key = '{key}'\n"
            f"[telemetry]\nendpoint = '{place}'\n[log]\nformat = 'json'\n"
        )
        with running(data, "--config", str(file)) as server:
            address = server.wait_for(r"listens on (https://127\.0\.0\.1:\d+)\n")[1]
            context = ssl.create_default_context(cafile=str(cert))
            with httpx.Client(base_url=address, timeout=30, verify=context) as client:
                post(client, ingest, execve(1, "id"))
                assert len(alerts_of(client, read, 1)) == 1
                question = {"sql": "SELECT count(*) FROM events WHERE raw = 'hunter2'"}
                client.post("/api/v1/hunts", headers=hunt, json=question)
                client.get("/api/v1/alerts?token=hunter2", headers={**read, "X-Request-ID": "r-7"})
            assert server.end(signal.SIGTERM) == (0, "")
    names = {name for name, _ in spans}
    assert {"POST /api/v1/ingest/{form}", "GET /api/v1/alerts", "commit", "judge", "hunt"} <= names
    assert "hunter2" not in str(spans)
    facts = dict(spans)["GET /api/v1/alerts"]
    assert "/api/v1/alerts" in facts["http.route"]
    lines = [json.loads(each) for each in server.said if each.startswith("{")]
    (ours,) = [each for each in lines if each.get("request_id") == "r-7"]
    assert (ours["route"], ours["status"]) == ("/api/v1/alerts", 200)
    assert "hunter2" not in "".join(server.said)


def test_a_certificate_that_is_none_is_told_before_anything_is_made(tmp_path: Path) -> None:
    file = tmp_path / "foreseen.toml"
    file.write_text(f"[server]\nport = 0\ntls_cert = '{file}'\ntls_key = '{file}'\n")
    ran = foreseen("up", "--data", tmp_path / "none", "--config", file)
    assert (ran.code, ran.out) == (2, "")
    assert "server.tls_cert and server.tls_key cannot be used" in ran.err


@pytest.mark.slow
def test_while_it_drains_it_is_not_ready_but_answers_and_a_second_signal_ends_it_at_once(
    tmp_path: Path,
) -> None:
    file = tmp_path / "foreseen.toml"
    file.write_text("[server]\nport = 0\ndrain_seconds = 60\n")
    with running(tmp_path / "data", "--config", str(file)) as server, client_of(server) as client:
        assert states(client)["server"] == "ok"
        server.process.send_signal(signal.SIGTERM)
        server.wait_for("stopping")
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["dependencies"]["server"] == {"state": "stopping"}
        assert client.get("/healthz").status_code == 200
        begun = time.monotonic()
        assert server.end(signal.SIGTERM)[0] == 128 + signal.SIGTERM
        assert time.monotonic() - begun < 2


@pytest.mark.long
def test_before_its_stores_are_open_it_lives_and_is_not_ready(tmp_path: Path) -> None:
    slow = (
        "import time, foreseen.cli.serving as s; o = s.opened_for\n"
        "def late(*a):\n    time.sleep(2)\n    return o(*a)\n"
        "s.opened_for = late\nfrom foreseen.cli.main import main; main()"
    )
    (read,) = tokens(tmp_path, Scope.READ)
    with running(tmp_path, *HERE, code=slow) as server, client_of(server) as client:
        assert client.get("/healthz").json() == {"status": "alive"}
        starting = client.get("/readyz")
        assert (starting.status_code, starting.headers["retry-after"]) == (503, "1")
        assert client.get("/api/v1/alerts", headers=read).status_code == 200  # it waited
        assert states(client)["server"] == "ok"
        assert server.end(signal.SIGTERM) == (0, "")
