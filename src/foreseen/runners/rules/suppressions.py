"""Suppressions by hand as the control database has them, ready for the judge."""

from dataclasses import dataclass

from sqlalchemy import Engine

from foreseen.control.artefacts import NewArtefact, put
from foreseen.control.documents import DocumentKind, documents
from foreseen.core.ids import TenantId
from foreseen.rules import RuleSet
from foreseen.rules.document import RuleError
from foreseen.rules.suppression.suppressions import SuppressionSet, load_suppressions

KIND = "suppressions"


@dataclass(frozen=True, slots=True)
class InForce:
    """Suppressions of a tenant.

    Attributes:
        suppressions: Those that are sound.
        problems: What is wrong with the others, which hide nothing.
        versions: Name and version of each document that was read.
        ruleset: Hash of the rules that they were compiled for.
    """

    suppressions: SuppressionSet
    problems: tuple[RuleError, ...]
    versions: tuple[tuple[str, int], ...]
    ruleset: str


def suppressions_in_force(
    engine: Engine, tenant: TenantId, rules: RuleSet, *, now: int, unless: InForce | None = None
) -> InForce:
    """A tenant's active suppressions, kept among the artefacts.

    Args:
        engine: The control database.
        tenant: Whose.
        rules: The rules whose matches may be hidden.
        now: Wall time for the artefact's record, ms UTC.
        unless: What the caller has; it is returned itself when nothing has changed.
    """
    found = documents(engine, tenant, DocumentKind.SUPPRESSION)
    versions = tuple((each.name, each.number) for each in found)
    if unless and (unless.versions, unless.ruleset) == (versions, rules.hash):
        return unless
    loaded = load_suppressions([(place_of(each.name), each.text) for each in found], rules)
    put(engine, tenant, NewArtefact(KIND, KIND, loaded.suppressions.content), now=now)
    return InForce(loaded.suppressions, loaded.problems, versions, rules.hash)


def place_of(name: str) -> str:
    """How a stored suppression is named where a message names a file."""
    return f"suppressions/{name}.yml"
