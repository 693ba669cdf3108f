"""Sigma filters: one condition joined to many rules, so that tuning survives a rule's update."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from sigma.exceptions import SigmaError
from sigma.rule.detection import SigmaDetections
from yaml import YAMLError

from foreseen.core.ids import RuleId, content_hash
from foreseen.rules.document import Document, RuleError
from foreseen.rules.mistakes import POLICY, mistake_in
from foreseen.rules.rule import Logsource

ANY = "any"

_WORDS = frozenset({"and", "or", "not", "of", "all", "any", "1", "them"})
_TOKEN = re.compile(r"[^\s()]+")
_NOT_DETECTIONS = ("rules", "condition")
_LOGSOURCE_KEYS = ("category", "product", "service", "definition")


@dataclass(frozen=True, slots=True)
class Filter:
    """One Sigma filter.

    Attributes:
        id: The Sigma `name` if given, else the `id`, else the title.
        title: One line for people.
        description: Why these matches are not wanted.
        logsource: Rules that it may be joined to look there, or at a part of that.
        rules: Names or ids of rules; empty for any rule of the log source.
        detections: Its selections by name.
        condition: What must hold of an event besides the rule.
        text: The file's text.
        path: File it came from.
        line: Line of its first key in that file.
        rules_line: Line of its `rules`.
        condition_line: Line of its `condition`.
    """

    id: RuleId
    title: str
    description: str
    logsource: Logsource
    rules: tuple[str, ...]
    detections: Mapping[str, object]
    condition: str
    text: str
    path: str
    line: int
    rules_line: int
    condition_line: int


@dataclass(frozen=True, slots=True)
class Filtered:
    """A rule's document with its filters joined.

    Attributes:
        document: The rule as written.
        data: Its mapping with the filters' selections and conditions.
        text: All texts that it follows from, for the content hash.
        filters: Ids of the filters, in the order in which they are joined.
    """

    document: Document
    data: Mapping[str, object]
    text: str
    filters: tuple[RuleId, ...]


def parse_filter(document: Document) -> Filter:
    """The filter of a document.

    Raises:
        RuleError: It is not one that the specification allows; with the line.
    """
    body = document.data.get("filter")
    if not isinstance(body, Mapping):
        raise document.error(document.line_of("filter"), "'filter' must be a mapping")
    condition, line = body.get("condition"), document.line_of("filter", "condition")
    if not isinstance(condition, str) or not condition.strip():
        raise document.error(line, "a filter needs one 'condition' that is a text")
    detections = {str(k): v for k, v in body.items() if k not in _NOT_DETECTIONS}
    _check_detections(document, detections, condition)
    title = document.data.get("title")
    if not isinstance(title, str) or not title.strip():
        raise document.error(document.line_of("title"), "a filter needs a 'title'")
    return Filter(
        id=RuleId(str(document.data.get("name") or document.data.get("id") or title)),
        title=title.strip(),
        description=" ".join(str(document.data.get("description") or "").split()),
        logsource=_logsource(document),
        rules=_rules(document, body),
        detections=detections,
        condition=condition,
        text=document.text,
        path=document.path,
        line=document.line,
        rules_line=document.line_of("filter", "rules"),
        condition_line=line,
    )


def warnings_of(found: Filter) -> list[RuleError]:
    """What loads and is seldom meant."""
    if any(word.lower() == "not" for word in _TOKEN.findall(found.condition)):
        return []
    message = (
        f"condition '{found.condition}' has no 'not': its rules match only events that it selects,"
        " all others are lost. To leave these events out, write 'not' before it"
    )
    return [RuleError(found.path, found.condition_line, message)]


def apply(
    filters: Iterable[Filter], documents: Sequence[tuple[Document, RuleId, str, Logsource]]
) -> tuple[list[Filtered], list[RuleError]]:
    """Rules with the filters that name them, and an error for each name that no rule has.

    A filter is joined as `(rule) and (filter)`. A rule whose log source is not the filter's, or a
    part of it, is left as it is: an error where the filter names it, for then it does nothing.

    Args:
        filters: As parsed.
        documents: Rules that label events: document, id, UUID (or empty) and log source.
    """
    ordered = sorted(filters, key=lambda each: (each.path, each.line))
    errors = [error for each in ordered for error in _unknown(each, documents)]
    joined = []
    for document, name, uuid, logsource in documents:
        wanted = [
            each
            for each in ordered
            if _is_within(logsource, each.logsource)
            and (not each.rules or name in each.rules or (uuid and uuid in each.rules))
        ]
        joined.append(_joined(document, wanted))
    return joined, errors


def _unknown(
    found: Filter, documents: Sequence[tuple[Document, RuleId, str, Logsource]]
) -> list[RuleError]:
    known = {name: logsource for _, rule, uuid, logsource in documents for name in (rule, uuid)}
    known.pop("", None)
    errors = []
    for name in found.rules:
        if name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.6)
            hint = f"did you mean '{near[0]}'?" if near else "load that rule, too"
            message = f"filter '{found.id}' names '{name}', which no rule is called; {hint}"
            errors.append(RuleError(found.path, found.rules_line, message))
        elif not _is_within(known[name], found.logsource):
            message = (
                f"filter '{found.id}' is for logsource '{found.logsource}' and names '{name}' of"
                f" '{known[name]}': it would do nothing; give it the rule's logsource"
            )
            errors.append(RuleError(found.path, found.rules_line, message))
    return errors


def _is_within(inner: Logsource, outer: Logsource) -> bool:
    """Whether what the outer one says, the inner says, too."""
    pairs = (
        (outer.category, inner.category),
        (outer.product, inner.product),
        (outer.service, inner.service),
    )
    return all(not wide or wide == narrow for wide, narrow in pairs)


def _joined(document: Document, filters: Sequence[Filter]) -> Filtered:
    """The rule's mapping with the filters' selections under names that none of its own words meets.

    Names that begin with `_` are left out by `them` and by patterns that do not begin so.
    """
    detection = document.data.get("detection")
    if not filters or not isinstance(detection, Mapping):
        return Filtered(document, document.data, document.text, ())
    merged: dict[str, object] = dict(detection)
    written = merged.get("condition")
    conditions = [str(each) for each in (written if isinstance(written, list) else [written])]
    for place, found in enumerate(filters):
        prefix = _prefix(found, place)
        merged.update({f"{prefix}{name}": value for name, value in found.detections.items()})
        own = _renamed(found.condition, prefix)
        conditions = [f"({condition}) and ({own})" for condition in conditions]
    merged["condition"] = conditions if isinstance(written, list) else conditions[0]
    return Filtered(
        document,
        {**document.data, "detection": merged},
        "\0".join([document.text, *(f"{found.id}\0{found.text}" for found in filters)]),
        tuple(found.id for found in filters),
    )


def _prefix(found: Filter, place: int) -> str:
    """Of the text, so that it is the same in every run, and of the place, so that it is single."""
    return f"_filter_{place}_{content_hash(found.text.encode('utf-8', 'surrogatepass'))[:8]}_"


def _renamed(condition: str, prefix: str) -> str:
    """The condition with the prefix before each name and pattern; `them` means the filter's own."""

    def one(token: re.Match[str]) -> str:
        word = token[0]
        if word == "them":
            return f"{prefix}*"
        return word if word.lower() in _WORDS else f"{prefix}{word}"

    return _TOKEN.sub(one, condition)


def _rules(document: Document, body: Mapping[object, object]) -> tuple[str, ...]:
    written, line = body.get("rules"), document.line_of("filter", "rules")
    if isinstance(written, str):
        return () if written.lower() == ANY else (written,)
    if not isinstance(written, list) or not all(isinstance(each, str) for each in written):
        message = "a filter needs 'rules': a list of names or ids of rules, or the word any"
        raise document.error(line, message)
    if not written:
        raise document.error(line, "'rules' is empty; for all rules of the logsource write any")
    return tuple(dict.fromkeys(written))


def _logsource(document: Document) -> Logsource:
    written, line = document.data.get("logsource"), document.line_of("logsource")
    if not isinstance(written, Mapping):
        raise document.error(line, "a filter needs a 'logsource', as the rules that it is for have")
    for key, value in written.items():
        if key not in _LOGSOURCE_KEYS or not isinstance(value, str):
            raise document.error(line, f"a logsource has no '{key}: {value}'; {_LOGSOURCE_KEYS}")
    found = Logsource(*(str(written.get(key) or "") for key in _LOGSOURCE_KEYS[:3]))
    if not str(found):
        raise document.error(line, "a filter's logsource must name a category, product or service")
    return found


def _check_detections(document: Document, detections: Mapping[str, object], condition: str) -> None:
    """Let pySigma read it as if it were a rule, so that a mistake is told where it stands."""
    if not detections:
        raise document.error(document.line_of("filter"), "a filter needs a selection")
    line = document.line_of("filter", "condition")
    try:
        parsed = SigmaDetections.from_dict({**detections, "condition": condition}, policy=POLICY)
        for each in parsed.parsed_condition:
            _ = each.parsed
    except SigmaError as error:
        keys, message = mistake_in(detections, error)
        place = document.line_of("filter", *(keys or ["condition"]))
        raise document.error(place, message) from error
    except YAMLError as error:
        raise document.error(line, str(error)) from error
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        raise document.error(line, f"not a Sigma detection: {error}") from error
