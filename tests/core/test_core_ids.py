"""Identities: the same for ever, and different for what is different."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreseen.core.ids import (
    DEFAULT_TENANT,
    EventUid,
    RuleId,
    TenantId,
    content_hash,
    event_uid,
    match_uid,
)

names = st.text(st.sampled_from(["a", "b", "1", ":", "\x1f", "\0", "/", "\udcff", "é"]), max_size=6)
places = st.tuples(names.map(TenantId), names, st.integers(0, 10**12))


def test_ids_are_those_of_every_earlier_run() -> None:
    event = event_uid(DEFAULT_TENANT, "audit.log", 4_096)
    assert event == EventUid("ed0fe50ca99ed431063d36619e8003da")
    assert match_uid(event, RuleId("exec_from_tmp")) == "39f050ff5640b43f45b0644eac57a627"
    assert content_hash(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@given(one=places, other=places)
def test_two_places_never_share_an_id(
    one: tuple[TenantId, str, int], other: tuple[TenantId, str, int]
) -> None:
    assert (event_uid(*one) == event_uid(*other)) == (one == other)


@pytest.mark.parametrize("separator", ["\x1f", "\0", ":", "/", "\n", "1:", "\\"])
def test_no_separator_in_a_name_imitates_another_place(separator: str) -> None:
    left = event_uid(TenantId(f"a{separator}b"), "c", 1)
    right = event_uid(TenantId("a"), f"b{separator}c", 1)
    assert left != right
    assert event_uid(TenantId("a"), f"b{separator}1", 2) != event_uid(TenantId("a"), "b", int("12"))
    first, second = (EventUid("e"), f"x{separator}r"), (EventUid(f"e{separator}x"), "r")
    assert match_uid(first[0], RuleId(first[1])) != match_uid(second[0], RuleId(second[1]))


def test_a_match_is_named_after_event_and_rule_and_is_no_event() -> None:
    event = event_uid(DEFAULT_TENANT, "log", 0)
    uids = {match_uid(event, RuleId(rule)) for rule in ("a", "b")}
    assert len(uids | {event}) == 3


def test_ids_are_short_and_plain() -> None:
    uid = event_uid(DEFAULT_TENANT, "\udcff\n" * 10_000, 2**60)
    assert len(uid) == 32
    assert set(uid) <= set("0123456789abcdef")
