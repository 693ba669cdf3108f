"""Sigma documents to a rule set; whatever is not understood is refused with file and line."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule
from sigma.rule.detection import SigmaDetection
from yaml import YAMLError

from foreseen.core.ids import RuleId
from foreseen.rules.compile import Compiler
from foreseen.rules.derived import READS
from foreseen.rules.document import Document, documents_of
from foreseen.rules.fields import known_logsources, scope_of
from foreseen.rules.rule import SEVERITY_OF_LEVEL, Logsource, Rule
from foreseen.rules.ruleset import Compiled, RuleSet, rule_set
from foreseen.rules.tree import Field, Origin, Tree, atoms_of

_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
_TECHNIQUE = re.compile(r"t\d{4}(?:\.\d{3})?")
_NOT_YET = ("correlation", "filter", "action")
_OWN_KEYS = ("model",)


def parse_rules(documents: Iterable[tuple[str, str]]) -> RuleSet:
    """A rule set from texts of Sigma files.

    Args:
        documents: Pairs of (path for messages, YAML text); a text may hold several documents.

    Raises:
        RuleError: The first document that cannot be loaded faithfully.
    """
    return rule_set([each for path, text in documents for each in compiled_rules(path, text)])


def compiled_rules(path: str, text: str) -> list[Compiled]:
    """The rules of one file.

    Raises:
        RuleError: A document of it cannot be loaded faithfully.
    """
    return [_compiled(document) for document in documents_of(path, text)]


def _compiled(document: Document) -> Compiled:
    for key in _NOT_YET:
        if key in document.data:
            line = document.line_of(key)
            raise document.error(line, f"documents with '{key}' are not supported yet; remove it")
    sigma = _sigma_rule(document)
    logsource = Logsource(
        sigma.logsource.category or "", sigma.logsource.product or "", sigma.logsource.service or ""
    )
    scope = scope_of(logsource)
    if scope is None:
        raise document.error(
            document.line_of("logsource"),
            f"no events of logsource '{logsource}'; known are {', '.join(known_logsources())}",
        )
    tree = Compiler(document, scope).tree(sigma)
    rule = _rule(document, sigma, logsource, _columns_of(tree))
    return Compiled(rule, scope.gate, tree, document.text)


def _columns_of(tree: Tree) -> tuple[str, ...]:
    fields = {field for atom in atoms_of(tree) for field in (atom.field, atom.other) if field}
    return tuple(sorted({column for field in fields for column in _columns_behind(field)}))


def _columns_behind(field: Field) -> tuple[str, ...]:
    if field.origin is Origin.COLUMN:
        return (field.name,)
    return ("unmapped",) if field.origin is Origin.UNMAPPED else READS[field.name]


def _sigma_rule(document: Document) -> SigmaRule:
    try:
        return SigmaRule.from_dict(dict(document.data))
    except (SigmaError, YAMLError) as error:
        line, message = _place_of(document, error)
        raise document.error(line, message) from error
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        # pySigma trusts the shape of some parts; a wrong shape is the file's fault, not ours
        raise document.error(document.line, f"not a Sigma rule: {error}") from error


def _place_of(document: Document, error: Exception) -> tuple[int, str]:
    """The line of the key that is to blame; pySigma itself only knows the file."""
    message = str(error.args[0]) if error.args else type(error).__name__
    detection = document.data.get("detection")
    for name, definition in detection.items() if isinstance(detection, Mapping) else ():
        for key in definition if isinstance(definition, Mapping) else ():
            try:
                SigmaDetection.from_definition({key: definition[key]})
            except SigmaError as found:
                if str(found) == str(error):
                    return document.line_of("detection", str(name), str(key)), message
    words = [key for key in document.data if isinstance(key, str) and key in message.lower()]
    return document.line_of(max(words, key=len)) if words else document.line, message


def _rule(
    document: Document, sigma: SigmaRule, logsource: Logsource, columns: tuple[str, ...]
) -> Rule:
    level = sigma.level.name.lower() if sigma.level else "medium"
    tags = [tag.name for tag in sigma.tags if tag.namespace == "attack"]
    return Rule(
        id=_identity(document, sigma),
        uuid=str(sigma.id) if sigma.id else "",
        title=sigma.title or "",
        description=" ".join((sigma.description or "").split()),
        level=level,
        severity=SEVERITY_OF_LEVEL[level],
        techniques=tuple(tag.upper() for tag in tags if _TECHNIQUE.fullmatch(tag)),
        logsource=logsource,
        foresee=_foresee(document),
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


def _foresee(document: Document) -> bool:
    """Our own attribute `foreseen: {model: true}`; anything else under it is a mistake."""
    own = document.data.get("foreseen", {})
    if not isinstance(own, Mapping):
        raise document.error(document.line_of("foreseen"), "'foreseen' must be a mapping")
    for key in own:
        if key not in _OWN_KEYS:
            near = get_close_matches(str(key), _OWN_KEYS, n=1, cutoff=0.0)[0]
            line = document.line_of("foreseen", str(key))
            raise document.error(line, f"'foreseen' has no key '{key}'; did you mean '{near}'?")
    model = own.get("model", False)
    if not isinstance(model, bool):
        line = document.line_of("foreseen", "model")
        raise document.error(line, f"'model' must be true or false, not {model!r}")
    return model
