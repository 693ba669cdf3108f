"""A managed rule that changes says when, and the changelog names it."""

import pytest

from foreseen.rules.managed import read_releases, releases_of, unannounced
from foreseen.runners.rules.files import shipped_documents, unannounced_changes

RULE = "title: A\nname: a\ndate: 2026-11-21\ndetection: {s: {Image: x}, condition: s}\n"
PATH = "packs/linux/a.yml"
RELEASED = read_releases(releases_of([(PATH, RULE)]))


def test_the_shipped_packs_changed_nothing_silently() -> None:
    assert len(shipped_documents()) >= 150
    assert unannounced_changes() == []


@pytest.mark.parametrize(
    ("text", "changelog", "said"),
    [
        (RULE, "", ""),
        (RULE.replace("x}", "y}"), "`a`", "set 'modified'"),
        (RULE.replace("x}", "y}") + "modified: 2026-11-21\n", "`a`", "set 'modified'"),
        (RULE.replace("x}", "y}") + "modified: 2026-12-01\n", "", "not in the changelog"),
        (RULE.replace("x}", "y}") + "modified: 2026-12-01\n", "`a`: why", ""),
        (RULE.replace("date: 2026-11-21\n", ""), "`a`", "no 'date'"),
        (RULE.replace("name: a", "name: b"), "`b` in place of `a`", ""),
        (RULE.replace("name: a", "name: b"), "`linux`", "'a' is gone"),
        (RULE + "---\n" + RULE.replace("name: a", "name: b"), "`a`", "'b' nor its pack"),
    ],
)
def test_a_change_is_announced_or_told(text: str, changelog: str, said: str) -> None:
    found = [each.message for each in unannounced(RELEASED, [(PATH, text)], changelog)]
    assert any(said in message for message in found) if said else found == []
