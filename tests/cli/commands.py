"""Commands run as a person types them, in this process: output, messages and exit code."""

import io
import logging
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import orjson

from foreseen.cli.main import main

FOREIGN = b"Nov 21 19:30:00 web-1 sshd[812]: this is no audit record\n"


@dataclass(frozen=True)
class Ran:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[Any]:
        """Every line of the output as JSON."""
        return [orjson.loads(line) for line in self.out.split("\n") if line]


def foreseen(*arguments: str | Path) -> Ran:
    """Run a command without a terminal; an error that nobody expected is raised as it is."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    code: object = 0
    typed = ["foreseen", *map(str, arguments)]
    handlers, level = logging.root.handlers[:], logging.root.level
    here = patch.dict("os.environ"), patch.object(sys, "argv", typed)
    with redirect_stdout(out), redirect_stderr(err), here[0], here[1]:
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
        finally:
            logging.root.handlers[:] = handlers
            logging.root.setLevel(level)
    assert isinstance(code, int)
    return Ran(code, _text(out), _text(err))


def _text(stream: io.TextIOWrapper) -> str:
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode()


def execve(serial: int, *arguments: str | bytes) -> bytes:
    """Records of one run of `id`; arguments of bytes in hexadecimal, as auditd writes them."""
    stamp = f"msg=audit(1795287000.{serial:03}:{serial}):"
    words = " ".join(
        f"a{n}={word.hex().upper()}" if isinstance(word, bytes) else f'a{n}="{word}"'
        for n, word in enumerate(arguments)
    )
    return (
        f"node=web-1 type=SYSCALL {stamp} arch=c000003e syscall=59 success=yes exit=0 items=2"
        f' ppid=1 pid={serial} auid=1001 uid=1001 gid=1001 euid=1001 tty=(none) ses=3 comm="id"'
        f' exe="/usr/bin/id" key="exec"\n'
        f"node=web-1 type=EXECVE {stamp} argc={len(arguments)} {words}\n"
        f"node=web-1 type=EOE {stamp} \n"
    ).encode()
