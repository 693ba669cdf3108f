"""Failpoints in a process beside the server's own: a shard's.

Such a process works on what it is told over a pipe and answers there; it writes no store. So its
places are the pipe's two ends, whatever stands between them.
"""

from multiprocessing.connection import Connection
from pathlib import Path

from tests.crash.failpoints import HOOKS, Hooks, Trigger, at


def wire(trigger: Path) -> None:
    """Failpoints around each message that this process hears and says."""
    HOOKS.append(Hooks("", Trigger(trigger)))
    recv, send = Connection.recv, Connection.send

    def heard(self: Connection) -> object:
        message = recv(self)
        at("shard.heard")
        return message

    def said(self: Connection, message: object) -> None:
        at("shard.says")
        send(self, message)
        at("shard.said")

    setattr(Connection, "recv", heard)  # noqa: B010 (of the library, for this process)
    setattr(Connection, "send", said)  # noqa: B010 (as above)
