"""The server under test: `foreseen up` with failpoints, forked from a process that has it loaded.

`python -m tests.crash.serve`. Each line on its standard input is a `Life` as JSON: it forks, and
the child runs the real command. The answer is `pid N`; `reap N` answers how the child ended.
Loading programs and rules takes seconds, and a campaign starts hundreds of servers.
"""

import json
import os
import sys
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.crash.failpoints import HOOKS, Hooks, Syncs, Trigger, install

SEGMENT_BYTES = 256 << 10
KEEP_FREE_BYTES = 24 << 20
_TRIGGER = "FORESEEN_CRASH_TRIGGER"
"""Tells the processes that the server starts which file arms their failpoints."""


@dataclass(frozen=True, slots=True)
class Life:
    """One start of the server.

    Attributes:
        data: Folder of the stores.
        port: To listen on.
        log: File that its messages go to.
        trigger: File of the failpoints.
        syncs: Which syncs reach the disk.
        ticks: Whether ticks of the clock come into the log.
        compaction: Whether it compacts all the time.
        runs_ahead: Whether the planted bug is in.
        shards: Processes that hosts are divided among; one works in the server itself.
        intake: URL of a broker; empty: a log of its own.
        as_shipped: Nothing of ours in it, and the limits that ship.
    """

    data: str
    port: int
    log: str
    trigger: str
    syncs: Syncs = Syncs.ALL
    ticks: bool = True
    compaction: bool = False
    runs_ahead: bool = False
    shards: int = 1
    intake: str = ""
    as_shipped: bool = False

    def told(self) -> str:
        """As a line for the server's standard input."""
        return json.dumps(asdict(self))


def main() -> None:
    """Fork a server for each line."""
    install()
    from foreseen.cli import up as command  # noqa: PLC0415 (after the hooks)
    from foreseen.cli.options import rules_of  # noqa: PLC0415

    rules = rules_of(None, strict=False)
    setattr(command, "rules_of", lambda *_, **__: rules)  # noqa: B010 (not a name of its own)
    _say("ready")
    for line in sys.stdin:
        told = line.strip()
        if told.startswith("reap "):
            _, status = os.waitpid(int(told[5:]), 0)
            _say(f"ended {os.waitstatus_to_exitcode(status)}")
            continue
        child = os.fork()
        if child == 0:
            fields = json.loads(told)
            _live(Life(**{**fields, "syncs": Syncs(fields["syncs"])}))
        _say(f"pid {child}")


def _live(life: Life) -> None:
    """Be the server; does not return."""
    code = 1
    try:
        _redirect(life.log)
        os.setpgrp()
        if not life.as_shipped:
            HOOKS.append(Hooks(life.data, Trigger(Path(life.trigger)), life.syncs))
            os.environ[_TRIGGER] = life.trigger
            _wired(life)
        from foreseen.cli import up as command  # noqa: PLC0415 (after the hooks)

        intake = life.intake or None
        command.up(data=Path(life.data), port=life.port, shards=life.shards, intake=intake)
        code = 0
    except SystemExit as end:
        code = int(str(end.code or 0))
    except BaseException:  # noqa: BLE001 (the parent's code must not run here)
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _wired(life: Life) -> None:
    from tests.crash import wiring  # noqa: PLC0415

    from foreseen.intake.log import LogLimits  # noqa: PLC0415 (after the hooks)

    limits = LogLimits(segment=SEGMENT_BYTES, keep_free=KEEP_FREE_BYTES)
    wiring.wire(limits, Path(life.data) / "archive")
    if life.intake:
        from tests.crash import wiring_broker  # noqa: PLC0415 (a client that others do not need)

        wiring_broker.wire(Path(life.data) / "archive")
    if life.syncs is Syncs.NONE:
        wiring.without_sqlite_syncs()
    if not life.ticks:
        wiring.without_ticks()
    if life.compaction:
        wiring.with_compaction()
    if life.runs_ahead:
        wiring.with_a_cursor_that_runs_ahead()


def _redirect(log: str) -> None:
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(file, 1)
    os.dup2(file, 2)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _beside() -> None:
    """Be a process that a server under test has started: it imports its parent's program first."""
    trigger = os.environ.get(_TRIGGER)
    if trigger:
        from tests.crash import wiring_shard  # noqa: PLC0415 (in such a process only)

        wiring_shard.wire(Path(trigger))


if __name__ == "__main__":
    main()
elif __name__ == "__mp_main__":
    _beside()
