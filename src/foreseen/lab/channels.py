"""Ways into the lab from its outside: services, logins, web requests, a store of files."""

import http.client
import http.server
import json
import subprocess
import threading
import time
import urllib.parse
from collections.abc import Mapping
from pathlib import Path

from foreseen.lab.layout import (
    DB_ADDRESS,
    DB_PORT,
    POOL,
    POOL_ADDRESS,
    POOL_PORT,
    SYSTEM,
    UNSET,
    USERS,
    WEB_ADDRESS,
    WEB_PORT,
)

_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "TERM": "xterm"}


class Units:
    """Starts the lab's services through the lab's own service manager."""

    def __init__(self) -> None:
        """Start the manager with the system's Python, so that no foreign path is recorded."""
        self._manager = subprocess.Popen(
            ["/usr/bin/python3", "-I", str(SYSTEM / "unitd.py")],
            cwd="/",
            env=_ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._lock = threading.Lock()

    def start(self, user: str, *argv: str, out: str = "") -> int:
        """Start a program under a user; gives its process id."""
        request = json.dumps({"user": user, "argv": argv, "out": out})
        with self._lock:
            assert self._manager.stdin  # noqa: S101 -- it is a pipe
            assert self._manager.stdout  # noqa: S101 -- it is a pipe
            self._manager.stdin.write(f"{request}\n")
            self._manager.stdin.flush()
            return int(self._manager.stdout.readline())

    def stop(self) -> None:
        """Stop the manager; its services are ended by their users' ids."""
        assert self._manager.stdin  # noqa: S101 -- it is a pipe
        self._manager.stdin.close()
        self._manager.wait(timeout=10)


class Login:
    """A login over ssh with a terminal, typed into line by line."""

    def __init__(self, user: str, *, key: Path | None = None) -> None:
        """Log in with the driver's key, or with a key that was found."""
        self.user = user
        command = [
            *("/usr/bin/ssh", "-F", "/dev/null", "-tt", "-q", "-p", "22"),
            *("-i", str(key or SYSTEM / "driver"), "-o", "IdentitiesOnly=yes"),
            *("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"),
            f"{user}@{USERS[user].address}",
        ]
        self._client = subprocess.Popen(
            command,
            cwd="/",
            env=_ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(0.7)

    @property
    def server(self) -> tuple[int, int]:
        """The process id of the server's side of this login and its audit session."""
        return server_of(self._client.pid)

    def type(self, line: str, wait: float = 0.5) -> None:
        """Type a line and give it time to run."""
        if self._client.stdin and self._client.poll() is None:
            try:
                self._client.stdin.write(f"{line}\n".encode())
                self._client.stdin.flush()
            except BrokenPipeError:
                return
        time.sleep(wait)

    def close(self) -> None:
        """Log out."""
        self.type("exit", 0.2)
        try:
            self._client.wait(timeout=6)
        except subprocess.TimeoutExpired:
            self._client.kill()
            self._client.wait(timeout=5)


_KNOCKING = threading.Lock()


def knock(user: str, times: int) -> tuple[float, float]:
    """Fail to log in as a user, with a key that is not allowed; gives begin and end.

    Nobody else fails meanwhile, so that what sshd records between the two is this caller's.
    """
    command = [
        *("/usr/bin/ssh", "-F", "/dev/null", "-q", "-p", "22", "-i", str(SYSTEM / "wrong")),
        *("-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no"),
        *("-o", "UserKnownHostsFile=/dev/null", f"{user}@{USERS[user].address}", "true"),
    ]
    with _KNOCKING:
        begin = time.time()
        for _ in range(times):
            subprocess.run(
                command, cwd="/", env=_ENVIRONMENT, capture_output=True, check=False, timeout=30
            )
        time.sleep(0.1)
        return begin, time.time()


def server_of(client: int) -> tuple[int, int]:
    """Find sshd's process for the ssh client with this process id, and its audit session.

    Raises:
        LookupError: the client has no connection to sshd.
    """
    for _ in range(30):
        port = _local_port(client)
        inodes = {
            row[9]
            for row in _tcp_rows()
            if row[2].endswith(f":{port:04X}") and row[1].endswith(":0016")
        }
        owners = [pid for pid in _pids("sshd") if inodes & _sockets(pid)] if port else []
        sessions = {pid: int(Path(f"/proc/{pid}/sessionid").read_text()) for pid in owners}
        settled = [pid for pid in owners if sessions[pid] != UNSET]
        if settled:
            return min(settled), sessions[min(settled)]
        time.sleep(0.1)
    raise LookupError(f"no sshd process for client {client}")


def _tcp_rows() -> list[list[str]]:
    return [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]


def _pids(name: str) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "comm").read_text().strip() == name:
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def _sockets(pid: int) -> set[str]:
    inodes = set()
    try:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            target = str(descriptor.readlink())
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
    except OSError:
        return inodes
    return inodes


def _local_port(client: int) -> int:
    inodes = _sockets(client)
    for row in _tcp_rows():
        if row[9] in inodes and row[2].endswith(":0016"):
            return int(row[1].rpartition(":")[2], 16)
    return 0


def request(
    path: str,
    query: Mapping[str, str] | None = None,
    *,
    ident: str = "-",
    body: bytes | None = None,
) -> bytes:
    """Ask the shop for a page, as a browser outside does; empty if it did not answer."""
    target = path + (f"?{urllib.parse.urlencode(query)}" if query else "")
    connection = http.client.HTTPConnection(WEB_ADDRESS, WEB_PORT, timeout=300)
    try:
        connection.request("GET" if body is None else "POST", target, body, {"X-Request-Id": ident})
        return connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return b""
    finally:
        connection.close()


class _Store(http.server.SimpleHTTPRequestHandler):
    """Gives files of the pool and keeps what is sent."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, directory=str(POOL), **options)  # type: ignore[arg-type]  # passed on as they came

    def do_PUT(self) -> None:
        """Read the body and forget it."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_PUT  # noqa: N815 -- the name that http.server calls

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Store:
    """The store of files at one address, and at those that an attack brings along."""

    def __init__(self, address: str = POOL_ADDRESS, port: int = POOL_PORT) -> None:
        """Start to serve."""
        http.server.ThreadingHTTPServer.allow_reuse_address = True
        self._server = http.server.ThreadingHTTPServer((address, port), _Store)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


def psql(user: str, database: str, statement: str) -> str:
    """Run SQL from outside the recording; gives the rows, nothing if it failed."""
    server = ("-h", DB_ADDRESS, "-p", str(DB_PORT), "-U", user, "-d", database)
    done = subprocess.run(
        ["/usr/bin/psql", "-q", *server, "-Atc", statement],
        cwd="/",
        env=_ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.stdout
