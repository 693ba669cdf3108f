"""A rule's first text from the words of a search; nothing is kept."""

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from foreseen.api.problems import documented
from foreseen.api.scopes import Engineering
from foreseen.lake.asking.searchbox.tokens import LONGEST
from foreseen.runners.rules.drafting import draft

router = APIRouter(prefix="/api/v1/rule-drafts")


class Searched(BaseModel):
    """What was looked for, in the words of the search box, among events."""

    model_config = ConfigDict(extra="forbid")

    search: Annotated[str, Field(min_length=1, max_length=LONGEST)]


class RuleDraft(BaseModel):
    """A rule to go on from.

    Attributes:
        text: YAML; name, title and description are still to be written.
        notes: Terms that a rule cannot hold, or reads in fewer places, and why.
    """

    text: str
    notes: list[str]


@router.post("", responses=documented())
def draft_rule(_grant: Engineering, new: Searched) -> RuleDraft:
    """The rule that matches what a search finds, as far as a rule can."""
    made = draft(new.search, uuid4())
    return RuleDraft(text=made.text, notes=list(made.notes))
