"""Alerts and stories from the JSON of a snapshot."""

from collections import OrderedDict
from typing import Any

from foreseen.alerts.stories import Person, Sign, Stories, Traces
from foreseen.core.alerts import Alert, AlertStatus
from foreseen.core.ids import RuleId, TenantId


def load_alert(dumped: dict[str, Any]) -> Alert:
    """An alert; of older snapshots those, too, that had all members in them."""
    return Alert(
        **{
            **dumped,
            "earlier": int(dumped.get("earlier", 0)) + len(dumped["members"]),
            "tenant": TenantId(dumped["tenant"]),
            "rule": RuleId(dumped["rule"]),
            "sentences": tuple(dumped["sentences"]),
            "members": (),
            "status": AlertStatus(dumped["status"]),
        }
    )


def dumped_stories(stories: Stories) -> dict[str, object]:
    """JSON-ready: people in their order."""
    return {
        "people": [
            [
                name,
                {
                    "traces": [
                        [
                            *key,
                            [_dumped_sign(each) for each in found.lows],
                            sorted(found.counts.items()),
                        ]
                        for key, found in person.traces.items()
                    ],
                    "incident": person.incident,
                    "alert": person.alert,
                },
            ]
            for name, person in stories.people.items()
        ],
        "forgotten": stories.forgotten,
    }


def load_stories(dumped: dict[str, Any]) -> Stories:
    """Stories from `dumped_stories`."""
    people = OrderedDict((str(name), _person(each)) for name, each in dumped["people"])
    return Stories.of(people, int(dumped["forgotten"]))


def _person(dumped: dict[str, Any]) -> Person:
    traces = {
        (str(rule), str(stream)): Traces(
            [Sign(*each) for each in lows], {int(at): int(n) for at, n in counts}
        )
        for rule, stream, lows, counts in dumped["traces"]
    }
    held, alert = dumped["incident"], dumped["alert"]
    incident = (str(held[0]), int(held[1])) if held else None
    return Person(traces, incident, load_alert(alert) if alert else None)


def _dumped_sign(sign: Sign) -> list[object]:
    return [getattr(sign, name) for name in Sign.__slots__]
