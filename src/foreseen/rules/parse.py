"""One Sigma document to a rule; whatever is not understood is refused with file and line."""

import re
from collections.abc import Mapping, Sequence

from sigma.exceptions import SigmaError
from sigma.modifiers import SigmaWideModifier, modifier_mapping
from sigma.rule import SigmaRule
from yaml import YAMLError

from foreseen.core.ids import RuleId
from foreseen.rules.attributes import attributes_of
from foreseen.rules.columns import columns_of
from foreseen.rules.compile import Compiler
from foreseen.rules.document import Document
from foreseen.rules.filters import Filtered
from foreseen.rules.logsources import scope_of
from foreseen.rules.mistakes import POLICY, mistake_in
from foreseen.rules.rule import SEVERITY_OF_LEVEL, TACTICS, Logsource, Rule
from foreseen.rules.ruleset import Compiled

# the specification has both names, pySigma 2.0 one of them
modifier_mapping.setdefault("utf16le", SigmaWideModifier)

_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
_TECHNIQUE = re.compile(r"t\d{4}(?:\.\d{3})?")


def compiled_rule(
    document: Document, lists: Mapping[str, Sequence[str]], joined: Filtered | None = None
) -> Compiled:
    """The rule of one document.

    Args:
        document: A Sigma rule.
        lists: Values of placeholders, by name.
        joined: The same with its filters.

    Raises:
        RuleError: It cannot be loaded faithfully.
    """
    if "action" in document.data:
        message = "'action' is of an older Sigma; write every rule out"
        raise document.error(document.line_of("action"), message)
    sigma = _sigma_rule(document, joined.data if joined else document.data)
    logsource = Logsource(
        sigma.logsource.category or "", sigma.logsource.product or "", sigma.logsource.service or ""
    )
    scope = scope_of(logsource)
    tree = Compiler(document, scope, lists).tree(sigma)
    rule = _rule(document, sigma, logsource, columns_of(tree, scope))
    return Compiled(rule, scope, tree, joined.text if joined else document.text)


def _sigma_rule(document: Document, data: Mapping[str, object]) -> SigmaRule:
    try:
        return SigmaRule.from_dict(dict(data), policy=POLICY)
    except (SigmaError, YAMLError) as error:
        line, message = _place_of(document, error)
        raise document.error(line, message) from error
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        # pySigma trusts the shape of some parts; a wrong shape is the file's fault, not ours
        raise document.error(document.line, f"not a Sigma rule: {error}") from error


def _place_of(document: Document, error: Exception) -> tuple[int, str]:
    """The line of the key that is to blame; pySigma itself only knows the file."""
    if not isinstance(error, SigmaError):
        return document.line, str(error)
    keys, message = mistake_in(document.data.get("detection"), error)
    if keys:
        return document.line_of("detection", *keys), message
    words = [key for key in document.data if isinstance(key, str) and key in message.lower()]
    return document.line_of(max(words, key=len)) if words else document.line, message


def _rule(
    document: Document, sigma: SigmaRule, logsource: Logsource, columns: tuple[str, ...]
) -> Rule:
    level = sigma.level.name.lower() if sigma.level else "medium"
    tags = [tag.name for tag in sigma.tags if tag.namespace == "attack"]
    own = attributes_of(document)
    return Rule(
        id=_identity(document, sigma),
        uuid=str(sigma.id) if sigma.id else "",
        title=sigma.title or "",
        description=" ".join((sigma.description or "").split()),
        level=level,
        severity=own.severity or SEVERITY_OF_LEVEL[level],
        techniques=tuple(tag.upper() for tag in tags if _TECHNIQUE.fullmatch(tag)),
        tactics=tuple(tag for tag in tags if tag in TACTICS),
        logsource=logsource,
        foresee=own.foresee,
        alerting=own.alerting,
        compliance=own.compliance,
        fields=tuple(sigma.fields),
        columns=columns,
        falsepositives=tuple(str(text) for text in sigma.falsepositives),
        path=document.path,
        line=document.line,
    )


def _identity(document: Document, sigma: SigmaRule) -> RuleId:
    if sigma.name is None and sigma.id is None:
        raise document.error(document.line, "rule has neither 'name' nor 'id'; give it an 'id'")
    if sigma.name is not None and not _SLUG.fullmatch(sigma.name):
        line = document.line_of("name")
        raise document.error(line, f"name '{sigma.name}' may have letters, digits, _ . - only")
    return RuleId(sigma.name if sigma.name is not None else str(sigma.id))
