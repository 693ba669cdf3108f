"""The end of the demo on a terminal: its data in the console, for as long as a person looks."""

import socket
from contextlib import closing
from pathlib import Path

from foreseen.api.identity.users import link_text
from foreseen.cli.stores import database
from foreseen.cli.terminal import report
from foreseen.cli.up import up
from foreseen.cli.users import operator
from foreseen.control.identity.links import Purpose, make_link
from foreseen.control.identity.people import NewPerson, create_person
from foreseen.control.scopes import Role
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.runners.server import wall_clock

_PERSON = "demo"
_HOST, _PORT = "127.0.0.1", 8440


def show_in_console(data: Path) -> None:
    """Serve a folder of the demo until a person stops it, and print how to log in.

    Raises:
        ForeseenError: The server cannot begin.
    """
    port = _free_port()
    report.print("\n[bold]The same in the console[/], until Ctrl-C. Log in once, by this link:")
    report.print(f"  {login_link(data, f'http://{_HOST}:{port}')}\n", soft_wrap=True)
    up(data=data, host=_HOST, port=port)


def login_link(data: Path, address: str) -> str:
    """A link that logs an admin in who has no password, once, within 15 minutes."""
    now = wall_clock()
    with database(data) as engine:
        person = NewPerson(_PERSON, Role.ADMIN, "Who tries Foreseen", None)
        create_person(engine, DEFAULT_TENANT, person, by=operator(), now=now)
        secret = make_link(
            engine, DEFAULT_TENANT, Purpose.LOGIN, by=operator(), now=now, user=_PERSON
        )
    return link_text(address, Purpose.LOGIN, secret)


def _free_port() -> int:
    """The usual one, or another where that is taken."""
    for port in (_PORT, 0):
        with closing(socket.socket()) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind((_HOST, port))
            except OSError:
                continue
            return int(tried.getsockname()[1])
    return _PORT
