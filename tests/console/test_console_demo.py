"""The link that the demo prints logs somebody in, once."""

from pathlib import Path

import pytest

from foreseen.cli.demo_console import login_link
from foreseen.control.database import opened
from foreseen.control.identity import links
from foreseen.control.identity.people import people
from foreseen.control.places import FILE
from foreseen.control.tenants import ensure_tenant
from foreseen.core.errors import ForeseenError
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.runners.server import wall_clock


def test_the_demos_link_is_an_admins_and_ends_with_its_quarter_of_an_hour(tmp_path: Path) -> None:
    with opened(tmp_path / FILE) as engine:
        ensure_tenant(engine, DEFAULT_TENANT, now=wall_clock())
    link = login_link(tmp_path, "http://127.0.0.1:8440")
    address, secret = link.split("#")
    assert address == "http://127.0.0.1:8440/login"
    with opened(tmp_path / FILE) as engine:
        (person,) = people(engine, DEFAULT_TENANT)
        assert person.role.value == "admin"
        assert links.link_of(engine, secret, now=wall_clock()).user == "demo"
        with pytest.raises(ForeseenError):
            links.link_of(engine, secret, now=wall_clock() + links.LINK_MS + 1)
