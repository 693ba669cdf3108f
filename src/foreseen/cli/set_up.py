"""The first start of a server: how people log in, and the link that makes the first admin."""

import socket
from pathlib import Path

from sqlalchemy import Engine

from foreseen.api.identity.settings import Identity, identity_from_file
from foreseen.api.identity.users import link_text
from foreseen.cli.terminal import console, inert
from foreseen.control.audit_log import SERVER
from foreseen.control.identity.links import Purpose, make_link
from foreseen.control.identity.people import has_admin
from foreseen.control.identity.sealing import seal_of
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.runners.server import wall_clock


def identity_of(data: Path, file: Path | None) -> Identity:
    """How people log in to the installation of a folder.

    Raises:
        ConfigurationError: The file is wrong, or others may read the folder's key.
        NotFoundError: The file, or one that it names, is missing.
        CorruptError: The folder's key is none.
    """
    seal = seal_of(data)
    return Identity(seal) if file is None else identity_from_file(file, seal)


def show_set_up(engine: Engine, identity: Identity, listener: socket.socket) -> None:
    """Print the link that makes the first admin, as long as there is none."""
    if has_admin(engine, DEFAULT_TENANT):
        return
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    address = identity.public_url or f"http://{shown}:{port}"
    secret = make_link(
        engine, DEFAULT_TENANT, Purpose.SETUP, by=SERVER, now=wall_clock(), user=None
    )
    console.print("There is no admin yet. Set one up within 15 minutes, once:")
    console.print(f"  {inert(link_text(address, Purpose.SETUP, secret))}", soft_wrap=True)
