"""Drives the bastion: three administrators who log in, look around, repair and copy."""

import random
from collections.abc import Iterator
from threading import Event

from foreseen.lab.channels import Login, Units, knock
from foreseen.lab.layout import MONITOR
from foreseen.lab.templates import TOOLS
from foreseen.lab.themes import Theme, habits


def start(units: Units, theme: Theme) -> None:
    """Start the monitor."""
    units.start(
        "ops",
        "/bin/sh",
        "/usr/local/lib/hostmon/collect.sh",
        theme.monitor_seconds,
        "/home/ops/state",
    )


def work(user: str, theme: Theme, rng: random.Random, end: Event) -> None:
    """Let one administrator work in sessions, with breaks between them."""
    while not end.wait(rng.uniform(5, 32)):
        if rng.random() < _MISTAKEN:
            knock(user, 1)
        login = Login(user)
        for line in errand(rng) if rng.random() < _ERRANDS else _typed(theme, rng):
            if end.is_set():
                break
            login.type(filled(line, theme, rng), rng.uniform(1, 9))
        login.close()


def errand(rng: random.Random) -> Iterator[str]:
    """What is typed by somebody who logs in for one tool's sake."""
    if rng.random() < _LOOKS_FIRST:
        yield rng.choice(("ls -la", "uptime; w", "df -h; free -m"))
    yield rng.choice(_TOOLS)


def _typed(theme: Theme, rng: random.Random) -> Iterator[str]:
    for _ in range(rng.randint(4, 14)):
        habit = rng.choices((_COMMON, _TOOLS, _RARE, theme.novel), (69, 17, 12, 2))[0]
        yield rng.choice(habit)


def filled(line: str, theme: Theme, rng: random.Random) -> str:
    """A command line with this part's names in it."""
    return line.format(
        name=rng.choice(theme.files),
        customer=rng.choice(theme.customers),
        n=rng.randint(2, 90),
        package=rng.choice(
            ("bash", "nginx-light", "openssl", "sudo", "cron", "rsync", "curl", "tar")
        ),
        user=rng.choice(("web", "ci", "deploy", "dbadmin", "pgsvc")),
        host=rng.choice(("deploy@127.0.1.10", "dbadmin@127.0.1.30")),
        site=rng.choice(("/health", "/home", "/item?id=4", "/static/sitemap.txt")),
    )


_MISTAKEN = 0.05  # share of logins that begin with a wrong key
_ERRANDS = 0.35  # share of logins for one tool's sake
_LOOKS_FIRST = 0.4
_TOOLS = tuple(f"{MONITOR}/{name}.sh T{{n}}{{n}}" for name in TOOLS)
_COMMON, _RARE = habits("bastion/common"), habits("bastion/rare")
