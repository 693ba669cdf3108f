"""Saved searches: their owner's, shared or not, each change in the audit log."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from foreseen.control import audit_log
from foreseen.control.audit_log import Actor
from foreseen.control.database import opened
from foreseen.control.saved_searches import (
    MOST_OF_ONE,
    ChangedError,
    Saved,
    SearchKind,
    Seen,
    TakenError,
    change,
    create,
    delete,
    saved_search,
    saved_searches,
)
from foreseen.control.tenants import ensure_tenant
from foreseen.core.errors import DeniedError, MalformedInputError, NotFoundError
from foreseen.core.ids import TenantId

TENANT, OTHER = TenantId("default"), TenantId("other")
ANN, BOB = Actor("ann", "token", "127.0.0.1"), Actor("bob", "token")
MINE = Saved("curl", SearchKind.SEARCH, "cmd:curl")
SHARED = Saved("all", SearchKind.SQL, "SELECT 1", shared=True)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A control database of two tenants."""
    with opened(tmp_path / "control.db") as made:
        for tenant in (TENANT, OTHER):
            ensure_tenant(made, tenant, now=1)
        yield made


def test_own_and_shared_ones_are_seen_and_no_others(engine: Engine) -> None:
    mine = create(engine, TENANT, ANN, MINE, now=5)
    shared = create(engine, TENANT, ANN, SHARED, now=6)
    create(engine, OTHER, ANN, SHARED, now=7)
    assert saved_searches(engine, TENANT, "ann") == [mine, shared]
    assert saved_searches(engine, TENANT, "bob") == [shared]
    assert saved_searches(engine, TENANT, "ann", after=mine.number) == [shared]
    assert saved_searches(engine, TENANT, "ann", limit=1) == [mine]
    assert saved_search(engine, TENANT, "bob", shared.number) == shared
    for tenant, reader, number in (
        (TENANT, "bob", mine.number),
        (OTHER, "ann", mine.number),
        (TENANT, "ann", 99),
    ):
        with pytest.raises(NotFoundError):
            saved_search(engine, tenant, reader, number)


def test_only_the_owner_changes_and_deletes(engine: Engine) -> None:
    mine, shared = (create(engine, TENANT, ANN, each, now=5) for each in (MINE, SHARED))
    with pytest.raises(DeniedError, match="ann's"):
        change(engine, TENANT, BOB, Seen(shared.number, 1), MINE, now=6)
    with pytest.raises(DeniedError):
        delete(engine, TENANT, BOB, Seen(shared.number, None), now=6)
    with pytest.raises(NotFoundError):
        delete(engine, TENANT, BOB, Seen(mine.number, None), now=6)
    with pytest.raises(NotFoundError):
        delete(engine, OTHER, ANN, Seen(mine.number, None), now=6)
    delete(engine, TENANT, ANN, Seen(mine.number, 1), now=6)
    assert saved_searches(engine, TENANT, "ann") == [shared]


def test_a_change_of_what_another_changed_is_refused(engine: Engine) -> None:
    made = create(engine, TENANT, ANN, MINE, now=5)
    changed = change(engine, TENANT, ANN, Seen(made.number, 1), SHARED, now=9)
    assert (changed.saved, changed.version) == (SHARED, 2)
    assert (changed.created, changed.changed) == (5, 9)
    for act in (
        lambda: change(engine, TENANT, ANN, Seen(made.number, 1), MINE, now=9),
        lambda: delete(engine, TENANT, ANN, Seen(made.number, 1), now=9),
    ):
        with pytest.raises(ChangedError, match="version 2, not 1"):
            act()
    assert change(engine, TENANT, ANN, Seen(made.number, None), MINE, now=9).version == 3


def test_an_owner_has_each_name_once(engine: Engine) -> None:
    create(engine, TENANT, ANN, MINE, now=5)
    other = create(engine, TENANT, ANN, SHARED, now=5)
    with pytest.raises(TakenError, match="choose another name"):
        create(engine, TENANT, ANN, MINE, now=5)
    with pytest.raises(TakenError):
        change(engine, TENANT, ANN, Seen(other.number, 1), MINE, now=5)
    create(engine, TENANT, BOB, MINE, now=5)
    create(engine, OTHER, ANN, MINE, now=5)


def test_every_change_is_in_the_audit_log(engine: Engine) -> None:
    made = create(engine, TENANT, ANN, MINE, now=5)
    change(engine, TENANT, ANN, Seen(made.number, 1), SHARED, now=6)
    delete(engine, TENANT, ANN, Seen(made.number, 2), now=7)
    told = [
        (entry.change.action, entry.change.name, entry.actor, entry.change.before is None)
        for entry in audit_log.entries(engine, TENANT)
    ]
    number = str(made.number)
    assert told == [
        ("delete", number, ANN, False),
        ("change", number, ANN, False),
        ("create", number, ANN, True),
    ]
    last = audit_log.entries(engine, TENANT)[1].change
    assert last.before is not None
    assert (last.before["text"], (last.after or {})["text"]) == ("cmd:curl", "SELECT 1")


@pytest.mark.parametrize(
    "saved",
    [
        Saved("", SearchKind.SQL, "x"),
        Saved(" ", SearchKind.SQL, "x"),
        Saved("n", SearchKind.SQL, ""),
        Saved("n" * 201, SearchKind.SQL, "x"),
        Saved("n", SearchKind.SQL, "x" * 100_001),
        Saved("n\0", SearchKind.SQL, "x"),
        Saved("n", SearchKind.SQL, "\ud800"),
    ],
)
def test_what_cannot_be_kept_is_refused(engine: Engine, saved: Saved) -> None:
    with pytest.raises(MalformedInputError, match=r"characters|kept"):
        create(engine, TENANT, ANN, saved, now=1)
    assert saved_searches(engine, TENANT, "ann") == []


def test_one_owner_keeps_so_many_and_no_more(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_OF_ONE == 1000
    monkeypatch.setattr("foreseen.control.saved_searches.MOST_OF_ONE", 1)
    create(engine, TENANT, ANN, MINE, now=1)
    with pytest.raises(MalformedInputError, match="delete some"):
        create(engine, TENANT, ANN, SHARED, now=1)
