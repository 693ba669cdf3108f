"""Edited rules tried beside those in use; nothing is kept."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from foreseen.api.faults import Fault, faults_of
from foreseen.api.problems import documented
from foreseen.api.scopes import Engineering
from foreseen.api.services import Serviced
from foreseen.api.workplaces import book_for, one_at_a_time
from foreseen.runners.rules.trying import tried

router = APIRouter(prefix="/api/v1/rule-checks")

LONGEST_TEXT = 100_000
MOST_FILES = 20
Text = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]


class RuleFile(BaseModel):
    """A file of rules, or of their tests.

    Attributes:
        path: How messages name it.
        text: YAML: a rule, a correlation, a filter or a tuning, or several; or tests.
    """

    model_config = ConfigDict(extra="forbid")

    path: Annotated[str, Field(min_length=1, max_length=200)]
    text: Text


class RuleFiles(BaseModel):
    """Edited files, each in the place of the rules with its ids, and tests of theirs."""

    model_config = ConfigDict(extra="forbid")

    files: Annotated[list[RuleFile], Field(min_length=1, max_length=MOST_FILES)]
    tests: Annotated[list[RuleFile], Field(max_length=MOST_FILES)] = []


class RulesChecked(BaseModel):
    """What would become of edited files.

    Attributes:
        faults: With these they cannot be kept.
        warnings: What people will miss.
        promises: Tests that the rules do not keep, and rules with too few of them; empty where
            no tests were sent.
        rules: How many rules there would be.
        ruleset: Content hash of all of them.
    """

    faults: list[Fault]
    warnings: list[Fault]
    promises: list[Fault]
    rules: int
    ruleset: str


@router.post("", responses=documented(409))
def check_rules(services: Serviced, grant: Engineering, new: RuleFiles) -> RulesChecked:
    """Lint and test edited rules beside those in use: what `rules lint` and `rules test` tell."""
    book = book_for(services, grant)
    files, tests = ([(each.path, each.text) for each in given] for given in (new.files, new.tests))
    with one_at_a_time():
        found = tried(book.current(), files, tests)
    return RulesChecked(
        faults=faults_of(found.faults, book.shown),
        warnings=faults_of(found.warnings, book.shown),
        promises=faults_of(found.promises, book.shown),
        rules=len(found.rules.rules),
        ruleset=found.rules.hash,
    )
