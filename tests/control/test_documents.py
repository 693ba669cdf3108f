"""Texts that people write keep every version, with who, when and why, and can be put back."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import IntegrityError

from foreseen.control.database import migrate, opened
from foreseen.control.documents import (
    DocumentKind,
    DocumentState,
    Edit,
    diff,
    document,
    documents,
    history,
    put,
    restore,
    retire,
)
from foreseen.core.errors import NotFoundError, StaleError
from foreseen.core.ids import TenantId

TENANT, OTHER = TenantId("default"), TenantId("other")
KIND = DocumentKind.SUPPRESSION


def edit(name: str = "backup", time: int = 5, author: str = "ana", reason: str = "why") -> Edit:
    return Edit(KIND, name, author, reason, time)


def test_each_edit_is_a_version_with_who_when_and_why(engine: Engine) -> None:
    assert put(engine, TENANT, edit(), "one") == 1
    assert put(engine, TENANT, edit(time=9, author="bo", reason="wrong host"), "two") == 2
    told = [
        (each.number, each.text, each.author, each.time, each.reason)
        for each in history(engine, TENANT, KIND, "backup")
    ]
    assert told == [(2, "two", "bo", 9, "wrong host"), (1, "one", "ana", 5, "why")]


def test_the_same_text_again_is_no_new_version(engine: Engine) -> None:
    assert [put(engine, TENANT, edit(), "one") for _ in range(3)] == [1, 1, 1]


def test_the_newest_version_counts_and_old_ones_stay_readable(engine: Engine) -> None:
    for words in ("one", "two", "three"):
        put(engine, TENANT, edit(), words)
    assert document(engine, TENANT, KIND, "backup").text == "three"
    assert document(engine, TENANT, KIND, "backup", 2).text == "two"
    assert [each.text for each in documents(engine, TENANT, KIND)] == ["three"]


def test_what_is_retired_takes_no_part_and_keeps_its_versions(engine: Engine) -> None:
    put(engine, TENANT, edit(), "one")
    put(engine, TENANT, edit("other"), "other")
    assert retire(engine, TENANT, edit(reason="moved")) == 2
    assert retire(engine, TENANT, edit()) == 2
    assert [each.name for each in documents(engine, TENANT, KIND)] == ["other"]
    (gone, _) = documents(engine, TENANT, KIND, retired=True)
    assert (gone.state, gone.text, gone.reason) == (DocumentState.RETIRED, "one", "moved")
    assert put(engine, TENANT, edit(), "one") == 3
    assert [each.name for each in documents(engine, TENANT, KIND)] == ["backup", "other"]


def test_a_version_is_restored_as_a_new_one(engine: Engine) -> None:
    for words in ("one", "two"):
        put(engine, TENANT, edit(), words)
    retire(engine, TENANT, edit())
    assert restore(engine, TENANT, edit(author="bo"), 1) == 4
    newest = document(engine, TENANT, KIND, "backup")
    assert (newest.text, newest.author, newest.state) == ("one", "bo", DocumentState.ACTIVE)
    assert len(history(engine, TENANT, KIND, "backup")) == 4


def test_a_diff_shows_what_changed(engine: Engine) -> None:
    put(engine, TENANT, edit(), "a: 1\nb: 2\n")
    put(engine, TENANT, edit(), "a: 1\nb: 3\n")
    old, new = (document(engine, TENANT, KIND, "backup", number) for number in (1, 2))
    assert diff(old, new).splitlines() == [
        "--- backup version 1",
        "+++ backup version 2",
        "@@ -1,2 +1,2 @@",
        " a: 1",
        "-b: 2",
        "+b: 3",
    ]
    assert diff(new, new) == ""


def test_an_edit_of_an_old_version_is_refused(engine: Engine) -> None:
    put(engine, TENANT, replace(edit(), seen=0), "one")
    put(engine, TENANT, replace(edit(), seen=1), "two")
    stale = replace(edit(), seen=1)
    with pytest.raises(StaleError, match="at version 2, not 1"):
        put(engine, TENANT, stale, "three")
    with pytest.raises(StaleError, match="at version 2, not 1"):
        retire(engine, TENANT, stale)
    with pytest.raises(StaleError, match="at version 2, not 1"):
        restore(engine, TENANT, stale, 1)
    assert len(history(engine, TENANT, KIND, "backup")) == 2


def test_nothing_crosses_tenants_or_kinds(engine: Engine) -> None:
    put(engine, TENANT, edit(), "one")
    assert documents(engine, OTHER, KIND) == []
    assert documents(engine, TENANT, DocumentKind.RULE) == []
    with pytest.raises(NotFoundError, match="no suppression 'backup'"):
        history(engine, OTHER, KIND, "backup")
    with pytest.raises(NotFoundError, match="no rule 'backup'"):
        document(engine, TENANT, DocumentKind.RULE, "backup")
    with pytest.raises(NotFoundError):
        retire(engine, OTHER, edit())
    with pytest.raises(NotFoundError, match="of version 7"):
        restore(engine, TENANT, edit(), 7)


def test_people_who_write_at_once_lose_no_version(engine: Engine) -> None:
    writers = [
        threading.Thread(target=put, args=(engine, TENANT, edit(author=f"p{n}"), f"text {n}"))
        for n in range(8)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    versions = history(engine, TENANT, KIND, "backup")
    assert [each.number for each in versions] == list(range(8, 0, -1))
    assert {each.text for each in versions} == {f"text {n}" for n in range(8)}


def test_any_text_is_kept_as_it_is(engine: Engine) -> None:
    words = "a: 'ü\N{MIDDLE DOT}\u202e'\r\n\t--'; DROP TABLE document;\n" * 2_000
    put(engine, TENANT, edit("it's"), words)
    assert document(engine, TENANT, KIND, "it's").text == words


@pytest.mark.parametrize("column", ["kind", "state"])
def test_the_database_itself_refuses_what_is_no_kind_or_state(engine: Engine, column: str) -> None:
    put(engine, TENANT, edit(), "one")
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(text(f"UPDATE document SET {column} = 'x'"))  # noqa: S608 (ours)


def test_a_database_of_the_first_revision_keeps_its_data(tmp_path: Path) -> None:
    file = tmp_path / "old.db"
    first = create_engine(f"sqlite:///{file}")
    with first.begin() as connection:
        migrate(connection, "r0001")
        connection.execute(text("INSERT INTO tenant VALUES ('default', 1)"))
    first.dispose()
    with opened(file) as engine:
        assert put(engine, TENANT, edit(), "one") == 1
        with engine.begin() as connection:
            migrate(connection)
