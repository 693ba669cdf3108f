"""Where the values of a rule's field lie in an event: in a column, in `unmapped`, or derived."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from foreseen.parsers import cloudtrail, json_event, k8s_audit, windows_event
from foreseen.rules.mapping import tables
from foreseen.rules.tree import Origin
from foreseen.schema.columns import IDENTITY, PARSED

Names = Mapping[str, tuple[str, ...]]

DISCRIMINATORS = ("class_uid", "activity_id", "status_id", "product", "log_name", "event_type")

_NOT_SEARCHED = {"raw", "unmapped", "lineage", "lineage_paths", "product"}
_LANGUAGES = {"windows": "windows/sysmon", "cloudtrail": "cloudtrail", "kubernetes": "kubernetes"}


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where values lie.

    Attributes:
        origin: A column, a name in `unmapped`, or derived from columns.
        name: Column, name or derivation; in `unmapped`, `*` stands for every name.
    """

    origin: Origin
    name: str


@dataclass(frozen=True, slots=True)
class EventKind:
    """What events of one kind have in common: values of the discriminators; None is null."""

    class_uid: int | None
    activity_id: int | None
    status_id: int | None
    product: str | None
    log_name: str | None
    event_type: str | None


def places_of(namespace: str, field: str, kind: EventKind) -> tuple[Place, ...]:
    """Where a field's values lie for events of a kind; of several places, any may answer.

    Args:
        namespace: Whose names the rule uses: that of its log source.
        field: Name in the rule; blanks in it do not count, case does.
        kind: Events.

    Returns:
        At least one place. A name that nothing is known of lies in `unmapped` under itself.
    """
    name = field.replace(" ", "")
    language = _language(namespace, kind)
    own = _own_columns(language, kind)
    tables = list(_names(language, kind))
    targets = next((names[name] for names in tables if name in names), (name,))
    places = [place for target in targets for place in _resolved(target, own)]
    meant_otherwise = any(
        name in others for names in tables for other, others in names.items() if other != name
    )
    if not meant_otherwise and not any(_is_discriminator(place) for place in places):
        # a list or null stays there though the field has a column, and so does a field of the
        # source's own under a name that we read otherwise
        places.append(Place(Origin.UNMAPPED, name))
    return tuple(dict.fromkeys(places))


def keyword_places(kind: EventKind) -> tuple[Place, ...]:
    """Where a rule without a field looks: every text of the source, not the record as it came."""
    del kind  # the same for all today; columns that are null cost nothing
    return _KEYWORDS


def observable(kind: EventKind) -> frozenset[str] | None:
    """Field names that events of a kind can have; None where a source may send any name."""
    sent = _LINUX["observable"].get(kind.product or "")
    if sent is None:
        return None
    filled = _PLACED.union(sent["columns"])
    named = {
        name
        for names in _LINUX["fields"].values()
        for name, targets in names.items()
        if not filled.isdisjoint(targets) or any(t.startswith("derived:") for t in targets)
    }
    return filled | named | frozenset(sent["names"])


def _language(namespace: str, kind: EventKind) -> str:
    """Of a rule for any product, the names of the recorder that it meets."""
    wanted, _, usual = namespace.partition(":")
    if wanted != "any":
        return namespace
    return _LANGUAGES.get((kind.product or "").lower(), usual)


def _names(language: str, kind: EventKind) -> Iterator[Names]:
    """Tables to look a rule's name up in, the most exact first."""
    family = language.partition("/")[0]
    if family != "windows":
        yield _FIELDS.get(language, {})
        yield _FIELDS.get(family, {})
    elif kind.event_type:
        log = (kind.log_name or "").lower()
        if language != family:
            yield _CATEGORY_ALIASES.get((log, kind.event_type), {})
        yield _ALIASES.get((log, kind.event_type), {})
        yield _ALIASES.get((log, ""), {})
        yield _ALIASES["", ""]


def _is_discriminator(place: Place) -> bool:
    return place.origin is Origin.COLUMN and place.name in DISCRIMINATORS


def _resolved(target: str, own: Mapping[str, str]) -> Iterator[Place]:
    """Places of a target; of a field that has a column, a list or null stays in `unmapped`."""
    origin, colon, name = target.partition(":")
    if colon and origin in {Origin.DERIVED, Origin.UNMAPPED}:
        yield Place(Origin(origin), name)
    elif target in own:
        yield Place(Origin.COLUMN, own[target])
        if own[target] not in DISCRIMINATORS:
            yield Place(Origin.UNMAPPED, target)
    elif target in _NATIVE:
        yield Place(Origin.COLUMN, target)
    else:
        yield Place(Origin.UNMAPPED, target)


def _own_columns(language: str, kind: EventKind) -> Mapping[str, str]:
    """Names of the source that its parser puts into columns, and which."""
    match language.partition("/")[0]:
        case "linux":
            return {}  # the data say it: a name of auditd means one thing in every record
        case "windows" if kind.event_type:
            return windows_event.columns_of(kind.log_name or "", kind.event_type)
        case "cloudtrail":
            return cloudtrail.COLUMNS
        case "kubernetes":
            return k8s_audit.COLUMNS
        case _:
            return json_event.columns_of(kind.class_uid or 0)


def _of_channels(key: str) -> tuple[list[str], str]:
    """Channels and event id of a table's key: `service`, `service id` or `any`."""
    service, _, event = key.partition(" ")
    if service == "any":
        return [""], event
    return [channel.lower() for channel in _WINDOWS["services"][service]], event


def _by_channel(aliases: Mapping[str, Mapping[str, list[str]]]) -> dict[tuple[str, str], Names]:
    found: dict[tuple[str, str], Names] = {}
    for key, names in aliases.items():
        channels, event = _of_channels(key)
        for channel in channels:
            found[channel, event] = _frozen(names)
    return found


def _frozen(names: Mapping[str, list[str]]) -> Names:
    return {name: tuple(targets) for name, targets in names.items()}


_TABLES = tables()
_WINDOWS, _LINUX = _TABLES["windows"], _TABLES["linux"]
_PLACED = frozenset(column.name for column in IDENTITY)
_NATIVE = frozenset(column.name for column in IDENTITY + PARSED) - {"unmapped"}
_FIELDS: Mapping[str, Names] = {
    namespace: _frozen(names)
    for table in _TABLES.values()
    for namespace, names in table.get("fields", {}).items()
}
_ALIASES = _by_channel(_WINDOWS["aliases"])
_CATEGORY_ALIASES = _by_channel(_WINDOWS["category_aliases"])
_NAMED_BY_SOURCE = tuple(column for column in IDENTITY if column.name == "host")
_KEYWORDS = (
    *(
        Place(Origin.COLUMN, column.name)
        for column in (*_NAMED_BY_SOURCE, *PARSED)
        if "string" in column.kind and column.name not in _NOT_SEARCHED
    ),
    Place(Origin.UNMAPPED, "*"),
)
