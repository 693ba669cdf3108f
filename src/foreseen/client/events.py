"""Server-sent events, read as they come."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    Attributes:
        id: Goes into `last_id` to go on behind it.
        name: What, e.g. `alert.created`.
        data: What is told of it.
    """

    id: str
    name: str
    data: Any


def events_of(lines: Iterable[str]) -> Iterator[Event]:
    """The events of a stream's lines; one that was cut off at the end is left out."""
    id_, name, data = "", "message", list[str]()
    for line in lines:
        if not line:
            if data:
                yield Event(id_, name, json.loads("\n".join(data)))
            name, data = "message", []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "id":
            id_ = value
        elif field == "event":
            name = value
        elif field == "data":
            data.append(value)
