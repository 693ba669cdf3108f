"""What each Windows event is and which of its fields have columns: `windows_events.toml`, read."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

#: Columns of what every event says of itself.
SYSTEM_COLUMNS: Mapping[str, str] = {
    "Channel": "log_name",
    "EventID": "event_type",
    "Provider_Name": "log_provider",
    "Computer": "host",
    "EventRecordID": "original_uid",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of event.

    Attributes:
        class_uid: OCSF class, 0 when the table does not know the event.
        activity_id: Activity in that class.
        status_id: 1 done, 2 failed, 0 not said.
        columns: Field -> column that takes its text unchanged; no column twice.
        numbers: Field -> column of its number.
        by: Field whose value chooses among `cases`, empty for none.
        cases: Value of that field -> class and activity.
    """

    class_uid: int = 0
    activity_id: int = 0
    status_id: int = 0
    columns: Mapping[str, str] = field(default_factory=lambda: SYSTEM_COLUMNS)
    numbers: Mapping[str, str] = field(default_factory=dict)
    by: str = ""
    cases: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def columns_of(log_name: str, event_type: str) -> Mapping[str, str]:
    """Where the fields of an event are: field -> the column that holds its text, unchanged.

    Every other field is in `unmapped` under its own name, without blanks in it.

    Args:
        log_name: Channel; its case does not matter.
        event_type: Event id as text.
    """
    return kind_of(log_name, event_type).columns


def kind_of(log_name: str, event_type: str) -> Kind:
    """What an event is; the base event if the table does not know it."""
    return KINDS.get((log_name.lower(), event_type), _BASE)


def kinds_of(table: Mapping[str, Any]) -> dict[tuple[str, str], Kind]:
    """Kinds by channel (lower case) and event id.

    Raises:
        ValueError: An event comes twice, or two of its fields have one column.
    """
    kinds: dict[tuple[str, str], Kind] = {}
    for event in table["event"]:
        kind = _kind(event, table["texts"], table["numbers"])
        for number in event["ids"]:
            key = event["channel"].lower(), str(number)
            if key in kinds:
                raise ValueError(f"event {number} of {event['channel']} comes twice")
            if len(set(kind.columns.values())) < len(kind.columns):
                raise ValueError(f"event {number} of {event['channel']}: a column has two fields")
            kinds[key] = kind
    return kinds


def _kind(
    event: Mapping[str, Any],
    texts: Mapping[str, Mapping[str, str]],
    numbers: Mapping[str, Mapping[str, str]],
) -> Kind:
    groups = event.get("fields", ())
    own = event.get("own", ())
    system = {name: column for name, column in SYSTEM_COLUMNS.items() if name not in own}
    return Kind(
        class_uid=event["class"],
        activity_id=event["activity"],
        status_id=event.get("status", 0),
        columns=system | _merged(texts, groups) | event.get("texts", {}),
        numbers=_merged(numbers, groups) | event.get("numbers", {}),
        by=event.get("by", ""),
        cases={value: (pair[0], pair[1]) for value, pair in event.get("cases", {}).items()},
    )


def _merged(groups: Mapping[str, Mapping[str, str]], names: Sequence[str]) -> dict[str, str]:
    """Fields of the named groups; a group may have texts or numbers only."""
    merged: dict[str, str] = {}
    for name in names:
        merged.update(groups.get(name, {}))
    return merged


_BASE = Kind()
KINDS = kinds_of(
    tomllib.loads(resources.files(__package__).joinpath("windows_events.toml").read_text("utf-8"))
)
