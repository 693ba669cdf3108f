"""One person has one name in every source; services, machines and shared accounts have none."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from foreseen.models.moments.principals import person, session_name

ALICE = "arn:aws:sts::111122223333:assumed-role/Deploy/alice@example.com"


@pytest.mark.parametrize(
    "written",
    [
        "alice",
        "Alice",
        " alice ",
        "alice@example.com",
        "EXAMPLE\\Alice",
        "arn:aws:iam::111122223333:user/alice",
        "arn:aws:iam::111122223333:user/people/alice",
        ALICE,
        "oidc:alice",
        "https://idp.example.com#alice",
        "https://idp.example.com/realms/staff#alice@example.com",
    ],
)
def test_a_person_has_one_name_in_every_source(written: str) -> None:
    assert person(written) == "alice"


@pytest.mark.parametrize(
    "written",
    [
        *("", "  ", "-", "?", "root", "ROOT", "EXAMPLE\\Administrator", "ubuntu", "ec2-user"),
        *("NT AUTHORITY\\SYSTEM", "SYSTEM", "NT AUTHORITY\\LOCAL SERVICE", "NETWORK SERVICE"),
        *("WEB-1$", "EXAMPLE\\WEB-1$", "Window Manager\\DWM-1", "UMFD-0", "ANONYMOUS LOGON"),
        *("system:node:ip-192-0-2-7", "system:serviceaccount:kube-system:coredns"),
        *("system:kube-scheduler", "system:anonymous", "eks:addon-manager"),
        *("i-0abc123def4567890", "botocore-session-1795287000", "HIDDEN_DUE_TO_SECURITY_REASONS"),
        *("unset", "nobody", "3f6c1f0e-7f4b-4a5e-9b51-0f1f8a2f9c11", "IIS APPPOOL\\shop"),
    ],
)
def test_services_machines_and_shared_accounts_are_nobody(written: str) -> None:
    assert person(written) is None


def test_a_session_of_an_assumed_role_names_the_person_and_nothing_else_does() -> None:
    assert session_name(ALICE) == "alice@example.com"
    assert session_name("arn:aws:iam::111122223333:user/alice") == ""
    assert session_name("S-1-5-18") == ""


def test_people_with_numbers_in_their_names_are_people() -> None:
    assert person("EXAMPLE\\u1234567") == "u1234567"
    assert person("anna.b-2") == "anna.b-2"


@example("#\r0")
@example("a\nb:c")
@example("x" * 127 + "  y")
@given(st.text(max_size=3_000))
def test_whatever_a_source_writes_a_name_is_short_and_stays_what_it_is(text: str) -> None:
    found = person(text)
    if found is not None:
        assert 0 < len(found) <= 128
        assert person(found) in {found, None}
