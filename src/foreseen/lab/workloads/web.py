"""Drives the web host: pages, reports, uploads, releases and the support staff's visits."""

import random
import time
from threading import Event

from foreseen.lab.channels import Login, Units, request
from foreseen.lab.layout import APP_PORT, WEB_ADDRESS
from foreseen.lab.templates import TOOLS
from foreseen.lab.themes import Theme, habits, token


def start(units: Units, theme: Theme) -> None:
    """Start the app, nginx, the health checks and the monitor."""
    units.start("web", "/usr/bin/python3", "/srv/shop/app/server.py", WEB_ADDRESS, str(APP_PORT))
    time.sleep(1)
    units.start(
        "web",
        "/usr/sbin/nginx",
        "-p",
        "/srv/shop",
        "-c",
        "/srv/shop/conf/nginx.conf",
        "-g",
        "daemon off;",
    )
    time.sleep(1)
    units.start(
        "web", "/bin/sh", "/srv/shop/bin/healthcheck.sh", theme.health_seconds, *theme.health_paths
    )
    units.start(
        "web",
        "/bin/sh",
        "/usr/local/lib/hostmon/collect.sh",
        theme.monitor_seconds,
        "/srv/shop/run/state",
    )


def visit(theme: Theme, rng: random.Random, end: Event) -> None:
    """Ask for pages as customers and support do, until the end."""
    while not end.wait(rng.expovariate(1 / theme.page_seconds)):
        kind = rng.choices(
            ("item", "report", "thumb", "export", "orders", "check", "status", "task"),
            (30, 22, 13, 10, 10, 6, 3, 9),
        )[0]
        _page(kind, theme, rng)


def _page(kind: str, theme: Theme, rng: random.Random) -> None:
    ident = token(rng, 12)
    name = rng.choice(theme.customers)
    if kind == "item":
        request("/item", {"id": str(rng.randint(1, 900))}, ident=ident)
    elif kind == "report":
        request("/report", {"name": rng.choice(theme.reports), "prefix": theme.prefix}, ident=ident)
    elif kind == "thumb":
        picture = f"{name}{rng.randint(1, 400)}.png"
        request(f"/upload/{picture}", ident=ident, body=rng.randbytes(400))
        request("/thumb", {"name": picture, "size": rng.choice(("80", "120", "200"))}, ident=ident)
    elif kind == "export":
        request("/export", {"name": f"{name}{rng.randint(1, 400)}"}, ident=ident)
    elif kind == "orders":
        request("/orders", {"limit": str(rng.randint(3, 40))}, ident=ident)
    elif kind == "check":
        request(
            "/check", {"host": rng.choice(("localhost", "127.0.1.30", "127.0.1.50"))}, ident=ident
        )
    elif kind == "task":
        ticket = str(rng.randint(100, 9999))
        request("/task", {"name": rng.choice(TOOLS), "ticket": ticket}, ident=ident)
    else:
        request("/status", ident=ident)


def release(theme: Theme, rng: random.Random, end: Event) -> None:
    """Let the deploy user bring out releases and look after the site."""
    while not end.wait(theme.release_seconds * rng.uniform(0.6, 1.4)):
        login = Login("deploy")
        login.type(f"/srv/shop/bin/release.sh {rng.choice(RELEASES)}", 4)
        for line in rng.sample(_CARE, rng.randint(1, 3)):
            login.type(
                line.format(name=rng.choice(theme.files), n=rng.randint(2, 60)), rng.uniform(1, 4)
            )
        login.close()


RELEASES = tuple(f"site-{n}" for n in (118, 121, 124, 127, 130, 133))
_CARE = habits("web/care")
