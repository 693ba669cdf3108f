"""Rules in use: listed, and shown with their texts."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from fastapi import Path as InPath
from pydantic import BaseModel, Field, TypeAdapter

from foreseen.api.cursors import Cursor, Limit, cursor_of, place_of
from foreseen.api.problems import documented
from foreseen.api.rule_views import RuleView, rule_view, text_tag
from foreseen.api.scopes import Reading
from foreseen.api.services import Serviced
from foreseen.api.workplaces import book_for
from foreseen.runners.rules.editing import is_tuned
from foreseen.runners.rules.telling import Chosen

router = APIRouter(prefix="/api/v1/rules")

RuleName = Annotated[str, InPath(min_length=1, max_length=200)]
Level = Literal["critical", "high", "medium", "low", "informational"]
_Pattern = Annotated[str | None, Query(max_length=200)]
_PLACE: TypeAdapter[tuple[str]] = TypeAdapter(tuple[Annotated[str, Field(max_length=500)]])


class RulePage(BaseModel):
    """Some rules, and the cursor of the next page if there is one.

    Attributes:
        ruleset: Content hash of all rules in use.
        total: How many rules there are that were asked for.
        can_keep: Whether this server has a folder where rules and tunings can be kept.
    """

    rules: list[RuleView]
    ruleset: str
    total: int
    can_keep: bool
    next: str | None


class RuleDetail(RuleView):
    """A rule with the text of its file, which may hold other rules, too.

    Attributes:
        tuned: Whether a tuning of it was kept over HTTP.
        can_keep: Whether this server has a folder where rules and tunings can be kept.
    """

    text: str
    tuned: bool
    can_keep: bool


class RuleTest(BaseModel):
    """A file of tests that lies beside the rules; it may hold those of other rules, too."""

    path: str
    text: str


class RuleTests(BaseModel):
    """The files with tests of a rule."""

    files: list[RuleTest]


@router.get("", responses=documented())
def list_rules(  # noqa: PLR0913 (each is a query parameter of the API)
    services: Serviced,
    grant: Reading,
    *,
    pack: _Pattern = None,
    technique: _Pattern = None,
    compliance: _Pattern = None,
    level: Annotated[list[Level] | None, Query()] = None,
    decided_by: Literal["model", "rule alone", "correlation"] | None = None,
    kept: Literal["managed", "local"] | None = None,
    enabled: bool | None = None,
    q: Annotated[str | None, Query(max_length=200, description="letters of id or title")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> RulePage:
    """Rules in the order of their ids; `pack` and `compliance` take `*` and `?`."""
    book, place = book_for(services, grant), place_of(_PLACE, cursor)
    rules, chosen = book.current(), Chosen(pack, technique, compliance)
    said = (q or "").lower()
    found = [
        shown
        for _, rule, live in book.every()
        if chosen.has(rule)
        and (not level or rule.level in level)
        and (not said or said in f"{rule.id}\n{rule.title}".lower())
        and (enabled is None or enabled is live)
        for shown in [rule_view(book, rules, rule, enabled=live)]
        if decided_by in {None, shown.decided_by} and kept in {None, shown.kept}
    ]
    page = [each for each in found if place is None or each.id > place[0]]
    more = cursor_of((page[limit - 1].id,)) if len(page) > limit else None
    return RulePage(
        rules=page[:limit],
        ruleset=rules.hash,
        total=len(found),
        can_keep=book.can_keep,
        next=more,
    )


@router.get("/{rule}", responses=documented())
def get_rule(services: Serviced, grant: Reading, rule: RuleName, response: Response) -> RuleDetail:
    """One rule with the text of its file; its ETag is needed to change it."""
    book = book_for(services, grant)
    found, live = book.rule(rule)
    text = book.text(found)
    response.headers["ETag"] = text_tag(text)
    shown = rule_view(book, book.current(), found, enabled=live)
    tuned = is_tuned(book, rule)
    return RuleDetail(**dict(shown), text=text, tuned=tuned, can_keep=book.can_keep)


@router.get("/{rule}/tests", responses=documented())
def get_rule_tests(services: Serviced, grant: Reading, rule: RuleName) -> RuleTests:
    """The tests that lie beside a rule, to be tried with an edit of it."""
    book = book_for(services, grant)
    book.rule(rule)
    found = book.tests_of(rule)
    return RuleTests(files=[RuleTest(path=book.shown(path), text=text) for path, text in found])
