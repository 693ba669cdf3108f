"""Rules over HTTP: the shipped ones listed and shown, edits tried, local ones kept and undone."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from tests.api.people import RULE, A, Site, site
from tests.shipped import shipped_files_are_read_once, shipped_rules
from typer.testing import CliRunner

from foreseen.cli.main import app as command
from foreseen.control.audit_log import entries
from foreseen.control.scopes import Role
from foreseen.rules import RuleSet, load
from foreseen.runners.rules.book import RuleBook
from foreseen.runners.rules.files import folder_documents, load_folder
from foreseen.runners.rules.watch import LiveRules, RuleWatch

Serve = Callable[[FastAPI], AbstractContextManager[httpx.Client]]

__all__ = ["shipped_files_are_read_once"]

RULES = "/api/v1/rules"
CHECKS = "/api/v1/rule-checks"
TEST = """rule: download_tool
format: auditd
match: []
no_match: []
"""


@dataclass
class Desk:
    """An engineer before the API."""

    site: Site
    client: httpx.Client
    headers: dict[str, str]

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        """Send a request."""
        more: dict[str, Any] = {} if body is None else {"json": body}
        return self.client.request(method, path, headers=self.headers | headers, **more)

    def knows(self, book: RuleBook) -> RuleBook:
        """Give the server other rules."""
        state = self.site.app.state
        state.services = replace(state.services, rules=book)
        return book

    def told(self) -> list[tuple[str, str]]:
        """What the audit log has of rules, oldest first."""
        found = [each.change for each in entries(self.site.engine, A) if each.change.kind == "rule"]
        return [(each.action, each.name) for each in reversed(found)]


@pytest.fixture
def desk(tmp_path: Path, serve: Serve) -> Iterator[Desk]:
    with site(tmp_path / "site") as made, serve(made.app) as client:
        yield Desk(made, client, made.token(made.person("eve", Role.ENGINEER), Role.ENGINEER))


@pytest.fixture
def local(tmp_path: Path) -> Path:
    """A folder of local rules with one of a person who has an editor."""
    folder = tmp_path / "local"
    folder.mkdir()
    (folder / "own.yml").write_text(RULE.replace("download_tool", "own").replace("0001", "0009"))
    return folder


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A folder of rules instead of the shipped: few, so that loading them takes no time."""
    folder = tmp_path / "base"
    folder.mkdir()
    (folder / "download_tool.yml").write_text(RULE)
    return folder


def test_the_list_says_what_the_command_says(desk: Desk) -> None:
    desk.knows(RuleBook(live=LiveRules(shipped_rules())))
    seen: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = desk.ask("GET", f"{RULES}?limit=200{cursor}").json()
        seen += page["rules"]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    printed = CliRunner().invoke(command, ["rules", "list", "--json"]).stdout
    assert [{**each, "enabled": True} for each in json.loads(printed)] == seen
    assert (page["total"], page["ruleset"]) == (len(seen), shipped_rules().hash)


def test_filters_leave_what_is_asked_for(desk: Desk) -> None:
    desk.knows(RuleBook(live=LiveRules(shipped_rules())))

    def ids(query: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = desk.ask("GET", f"{RULES}?limit=200&{query}").json()["rules"]
        assert found, query
        return found

    assert all(
        any(t.startswith("T1059") for t in one["techniques"]) for one in ids("technique=t1059")
    )
    assert {one["level"] for one in ids("level=critical&level=high")} == {"critical", "high"}
    assert {one["decided_by"] for one in ids("decided_by=correlation")} == {"correlation"}
    assert all("cloud" in one["pack"] for one in ids("pack=*cloud*"))
    first = ids("kept=managed")[0]
    assert first in ids(f"q={first['title'][:10]}")
    assert desk.ask("GET", f"{RULES}?kept=local").json()["rules"] == []
    for query in ("level=x", "limit=0", "cursor=x", "kept=x", f"q={'x' * 201}"):
        assert desk.ask("GET", f"{RULES}?{query}").status_code == 422, query


def test_a_rule_is_shown_with_its_text(desk: Desk) -> None:
    told = desk.ask("GET", f"{RULES}/download_tool")
    assert (told.json()["text"], told.json()["path"]) == (RULE, "packs/linux/download_tool.yml")
    assert told.headers["ETag"]
    for name in ("nowhere", "%00", "..%2f..%2fetc%2fpasswd", "x" * 300):
        assert desk.ask("GET", f"{RULES}/{name}").status_code in {404, 422}


def test_an_edit_is_tried_and_nothing_is_kept(desk: Desk) -> None:
    good = desk.ask("POST", CHECKS, {"files": [{"path": "a.yml", "text": RULE}]}).json()
    assert (good["faults"], good["warnings"], good["rules"]) == ([], [], 1)
    wrong = RULE.replace("condition: selection", "condition: selektion")
    told = desk.ask("POST", CHECKS, {"files": [{"path": "a.yml", "text": wrong}]}).json()
    assert [(each["path"], each["line"]) for each in told["faults"]] == [("a.yml", 11)]
    assert "sele" in told["faults"][0]["message"]
    poor = RULE.replace("tags: [attack.t1105]\n", "")
    told = desk.ask("POST", CHECKS, {"files": [{"path": "a.yml", "text": poor}]}).json()
    assert (told["faults"], len(told["warnings"])) == ([], 1)
    tests = [{"path": "a.test.yml", "text": TEST}]
    files = [{"path": "a.yml", "text": RULE}]
    told = desk.ask("POST", CHECKS, {"files": files, "tests": tests}).json()
    assert told["promises"]
    assert desk.ask("GET", f"{RULES}/download_tool").json()["text"] == RULE


@pytest.mark.parametrize(
    "text",
    ["\x00", "- - -", "{" * 300, "a: &a [*a]", "!!python/object:x {}", "tune: x", "[]", "\t"],
)
def test_hostile_texts_are_answered(desk: Desk, base: Path, local: Path, text: str) -> None:
    loaded = load_folder(base, local=local)
    desk.knows(RuleBook(base, local, LiveRules(loaded.rules)))
    answer = desk.ask("POST", CHECKS, {"files": [{"path": "a.yml", "text": text}]})
    assert answer.status_code in {200, 409, 422}, answer.text
    answer = desk.ask("PUT", f"{RULES}/mine", {"text": text})
    assert answer.status_code in {409, 422}, answer.text
    assert [each.name for each in local.iterdir()] == ["own.yml"]


def test_a_local_rule_is_kept_and_reaches_who_judges(desk: Desk, base: Path, local: Path) -> None:
    loaded = load_folder(base, local=local)
    live = LiveRules(loaded.rules)
    watch = RuleWatch(live, base, None, local)
    desk.knows(RuleBook(base, local, live))
    text = RULE.replace("download_tool", "mine").replace("0001", "0002")
    made = desk.ask("PUT", f"{RULES}/mine", {"text": text, "why": "ours"})
    assert made.status_code == 200, made.text
    assert watch.look()
    assert live.current.hash == made.json()["ruleset"]
    shown = desk.ask("GET", f"{RULES}/mine")
    assert (shown.json()["kept"], shown.json()["path"]) == ("local", "local/mine.yml")
    assert shown.headers["ETag"] == made.headers["ETag"]
    edited = text.replace("/wget", "/fetch")
    assert desk.ask("PUT", f"{RULES}/mine", {"text": edited}).status_code == 428
    assert (
        desk.ask("PUT", f"{RULES}/mine", {"text": edited}, **{"If-Match": '"x"'}).status_code == 412
    )
    tag = {"If-Match": made.headers["ETag"]}
    changed = desk.ask("PUT", f"{RULES}/mine", {"text": edited}, **tag)
    assert (changed.status_code, watch.look()) == (200, True)
    assert desk.ask("PUT", f"{RULES}/mine", {"text": text}, **tag).status_code == 412
    tag = {"If-Match": changed.headers["ETag"]}
    back = desk.ask("POST", f"{RULES}/mine/restore", {"version": 1}, **tag)
    assert (back.json()["text"], (local / "mine.yml").read_text()) == (text, text)
    assert watch.look()
    gone = desk.ask("DELETE", f"{RULES}/mine", **{"If-Match": back.headers["ETag"]})
    assert gone.status_code == 200
    at_once = desk.ask("POST", f"{RULES}/mine/restore", {"version": 2})
    assert at_once.status_code == 200, at_once.text
    tag = {"If-Match": at_once.headers["ETag"]}
    assert desk.ask("DELETE", f"{RULES}/mine", **tag).status_code == 200
    assert watch.look()
    assert desk.ask("GET", f"{RULES}/mine").status_code == 404
    versions = desk.ask("GET", f"{RULES}/mine/versions").json()["versions"]
    assert [each["state"] for each in versions] == ["retired", "active"] * 2 + ["active"] * 2
    assert "fetch" in desk.ask("GET", f"{RULES}/mine/diff?old=1&new=2").json()["diff"]
    assert [name for name, _ in desk.told()] == [
        "create",
        "change",
        "change",
        "retire",
        "change",
        "retire",
    ]


def test_a_wrong_rule_changes_nothing(desk: Desk, base: Path, local: Path) -> None:
    loaded = load_folder(base, local=local)
    desk.knows(RuleBook(base, local, LiveRules(loaded.rules)))
    tag = {"If-Match": desk.ask("GET", f"{RULES}/own").headers["ETag"]}
    before = (local / "own.yml").read_text()
    wrong = before.replace("condition: selection", "condition: selektion")
    answer = desk.ask("PUT", f"{RULES}/own", {"text": wrong}, **tag)
    [fault] = answer.json()["faults"]
    assert (answer.status_code, fault["path"], fault["line"]) == (422, "local/own.yml", 11)
    assert str(local) not in answer.text
    other = desk.ask("PUT", f"{RULES}/own", {"text": before.replace("name: own", "name: x")}, **tag)
    assert other.status_code == 422
    assert ((local / "own.yml").read_text(), desk.told()) == (before, [])


def test_what_a_person_wrote_by_hand_can_be_gone_back_to(
    desk: Desk, base: Path, local: Path
) -> None:
    loaded = load_folder(base, local=local)
    desk.knows(RuleBook(base, local, LiveRules(loaded.rules)))
    tag = {"If-Match": desk.ask("GET", f"{RULES}/own").headers["ETag"]}
    before = (local / "own.yml").read_text()
    answer = desk.ask("PUT", f"{RULES}/own", {"text": before.replace("/wget", "/fetch")}, **tag)
    assert answer.status_code == 200, answer.text
    found = desk.ask("GET", f"{RULES}/own/versions").json()["versions"]
    assert (found[-1]["text"], "found" in found[-1]["why"]) == (before, True)


def test_the_last_local_rule_is_taken_away_and_the_first_one_kept(
    desk: Desk, base: Path, local: Path
) -> None:
    live = LiveRules(load_folder(base, local=local).rules)
    desk.knows(RuleBook(base, local, live))
    watch = RuleWatch(live, base, None, local)
    tag = {"If-Match": desk.ask("GET", f"{RULES}/own").headers["ETag"]}
    assert desk.ask("DELETE", f"{RULES}/own", **tag).status_code == 200
    assert (watch.look(), [each.id for each in live.current.rules]) == (True, ["download_tool"])
    assert load_folder(base, local=local).rules.hash == live.current.hash
    text = RULE.replace("download_tool", "first").replace("0001", "0002")
    assert desk.ask("PUT", f"{RULES}/first", {"text": text}).status_code == 200
    assert (watch.look(), len(live.current.rules)) == (True, 2)


def test_a_managed_rule_is_tuned_and_disabled_and_never_edited(desk: Desk, local: Path) -> None:
    def loaded() -> RuleSet:
        """As a worker that follows the folder would have them."""
        return load([("packs/linux/download_tool.yml", RULE), *folder_documents(local)]).rules

    live = LiveRules(before := loaded())
    desk.knows(RuleBook(None, local, live))
    own = f"{RULES}/download_tool"
    tag = {"If-Match": desk.ask("GET", own).headers["ETag"]}
    assert desk.ask("PUT", own, {"text": RULE}, **tag).status_code == 409
    assert desk.ask("DELETE", own, **tag).status_code == 409
    path = f"{own}/tuning"
    assert (desk.ask("GET", path).status_code, desk.ask("GET", own).json()["tuned"]) == (404, False)
    bad = desk.ask("PUT", path, {"foreseen": {"severitee": 1}})
    assert (bad.status_code, len(bad.json()["faults"])) == (422, 1)
    tuned = desk.ask("PUT", path, {"foreseen": {"model": False}, "why": "we want to see all"})
    live.current = loaded()
    assert (tuned.status_code, tuned.json()["ruleset"]) == (200, live.current.hash)
    shown, said = desk.ask("GET", own).json(), desk.ask("GET", path)
    assert (shown["model"], shown["tuned"], shown["can_keep"]) == (False, True, True)
    assert said.headers["ETag"] == tuned.headers["ETag"]
    assert (said.json()["enabled"], said.json()["foreseen"]) == (True, {"model": False})
    assert said.json()["reason"] == "we want to see all"
    off = desk.ask("PUT", path, {"enabled": False}, **{"If-Match": tuned.headers["ETag"]})
    live.current = loaded()
    assert [each.id for each in live.current.rules] == ["own"]
    assert desk.ask("GET", own).json()["enabled"] is False
    listed = desk.ask("GET", f"{RULES}?enabled=false").json()["rules"]
    assert [each["id"] for each in listed] == ["download_tool"]
    on = desk.ask("DELETE", path, **{"If-Match": off.headers["ETag"]})
    assert (on.status_code, on.json()["ruleset"], loaded().hash) == (200, before.hash, before.hash)
    assert [each for each, _ in desk.told()] == ["create", "change", "retire"]


def test_a_server_without_a_local_folder_says_how_to_have_one(desk: Desk) -> None:
    assert desk.ask("GET", RULES).json()["can_keep"] is False
    assert desk.ask("GET", f"{RULES}/download_tool").json()["can_keep"] is False
    answer = desk.ask("PUT", f"{RULES}/mine", {"text": RULE})
    assert (answer.status_code, "--local" in answer.json()["detail"]) == (409, True)
    answer = desk.ask("PUT", f"{RULES}/download_tool/tuning", {"enabled": False})
    assert (answer.status_code, "--local" in answer.json()["detail"]) == (409, True)
