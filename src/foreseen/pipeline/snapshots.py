"""The two steps' states as JSON and back, so that a restart goes on where the cursor stands."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import orjson
import pyarrow as pa

from foreseen.alerts.incidents import OpenIncidents
from foreseen.alerts.stories import Stories
from foreseen.core.errors import CorruptError
from foreseen.models.moments.elsewhere import Known, Sighting, Whereabouts
from foreseen.models.moments.windows import TAIL_SCHEMA
from foreseen.parsers.registry import PARSERS
from foreseen.pipeline import lineage
from foreseen.pipeline.open_streams import Growing, JudgeState, Like, OpenStream
from foreseen.pipeline.provisional import Provisional, ProvisionalDecisions
from foreseen.pipeline.resting import Heard
from foreseen.pipeline.shard import ShardState
from foreseen.pipeline.story_snapshots import dumped_stories, load_alert, load_stories
from foreseen.rules.correlation import state as correlation_state
from foreseen.rules.correlation.state import CorrelationState

_FORMAT = 4

State = TypeVar("State")


def dump_shard(state: ShardState) -> bytes:
    """The shard's state as JSON."""
    return orjson.dumps(
        {
            "format": _FORMAT,
            "parsers": [
                [format_name, source, PARSERS[format_name].dump(parser)]
                for (format_name, source), parser in sorted(state.parsers.items())
            ],
            "processes": lineage.dump(state.processes),
            "sequences": state.sequences,
            "tail": state.tail.to_pylist(),
            "orders": sorted(state.orders),
            "heard": {
                "day": state.heard.day,
                "days": state.heard.days,
                "sources": [[*key, days] for key, days in sorted(state.heard.sources.items())],
                "streams": state.heard.streams,
            },
        }
    )


def load_shard(content: bytes) -> ShardState:
    """The shard's state from `dump_shard`.

    Raises:
        CorruptError: It is not such a state.
    """
    return _loaded(content, _shard)


def dump_judge(state: JudgeState) -> bytes:
    """The judge's state as JSON."""
    return orjson.dumps(
        {
            "format": _FORMAT,
            "streams": [
                [
                    name,
                    {
                        "now": stream.now,
                        "host": stream.host,
                        "incidents": stream.incidents,
                        "alerts": [[like, growing] for like, growing in stream.alerts.items()],
                    },
                ]
                for name, stream in state.streams.items()
            ],
            "correlations": correlation_state.dump(state.correlations),
            "thresholds": correlation_state.dump(state.thresholds),
            "crowded": state.crowded,
            "whereabouts": _dumped_whereabouts(state.whereabouts),
            "provisional": _dumped_provisional(state.provisional),
            "stories": dumped_stories(state.stories),
        }
    )


def load_judge(content: bytes) -> JudgeState:
    """The judge's state from `dump_judge`.

    Raises:
        CorruptError: It is not such a state.
    """
    return _loaded(content, _judge)


@dataclass(frozen=True, slots=True)
class Judges:
    """What the judges of a tenant remember.

    Attributes:
        correlations: What is stepped before matches are divided among them.
        stories: What is weighed after their decisions are put together.
        states: By judge; their own correlations are empty.
        division: Who decides what; empty for one judge in the worker's own process.
    """

    correlations: CorrelationState
    stories: Stories
    states: Sequence[JudgeState]
    division: str = ""


def dump_judges(
    correlations: CorrelationState, stories: Stories, states: Sequence[bytes], division: str
) -> bytes:
    """What several judges remember as JSON.

    Args:
        correlations: As for `Judges`.
        stories: As for `Judges`.
        states: Of each judge what `dump_judge` gives.
        division: As for `Judges`.
    """
    return orjson.dumps(
        {
            "format": _FORMAT,
            "division": division,
            "correlations": correlation_state.dump(correlations),
            "stories": dumped_stories(stories),
            "judges": [orjson.Fragment(state) for state in states],
        }
    )


def load_judges(content: bytes) -> Judges:
    """What judges remember, from `dump_judges` or, of one, from `dump_judge`.

    Raises:
        CorruptError: It is neither.
    """
    return _loaded(content, _judges)


def _judges(dumped: dict[str, Any]) -> Judges:
    if "judges" not in dumped:
        one = _judge(dumped)
        correlations, one.correlations = one.correlations, CorrelationState()
        stories, one.stories = one.stories, Stories()
        return Judges(correlations, stories, [one])
    states = [_judge(each) for each in dumped["judges"]]
    correlations = correlation_state.load(dumped["correlations"])
    stories = load_stories(dumped.get("stories", _NO_STORIES))
    return Judges(correlations, stories, states, str(dumped["division"]))


def _shard(dumped: dict[str, Any]) -> ShardState:
    return ShardState(
        parsers={
            (format_name, source): PARSERS[format_name].load(parser)
            for format_name, source, parser in dumped["parsers"]
        },
        processes=lineage.load(dumped["processes"]),
        sequences={str(stream): int(seq) for stream, seq in dumped["sequences"].items()},
        tail=pa.Table.from_pylist(dumped["tail"], schema=TAIL_SCHEMA),
        orders=set(map(int, dumped.get("orders", ()))),  # older snapshots know none
        heard=_heard(dumped["heard"]) if "heard" in dumped else Heard(),
    )


def _heard(dumped: dict[str, Any]) -> Heard:
    return Heard(
        int(dumped["day"]),
        int(dumped["days"]),
        {(str(name), str(source)): int(days) for name, source, days in dumped["sources"]},
        {str(stream): int(days) for stream, days in dumped["streams"].items()},
    )


def _judge(dumped: dict[str, Any]) -> JudgeState:
    streams = OrderedDict((str(name), _stream(stream)) for name, stream in dumped["streams"])
    for name, stream in streams.items():  # older snapshots tell it by the name alone: `host/boot`
        stream.host = stream.host or name.rpartition("/")[0]
    return JudgeState(
        streams,
        correlation_state.load(dumped["correlations"]),
        correlation_state.load(dumped["thresholds"]),
        {
            like: name
            for name, stream in streams.items()
            for like, growing in stream.alerts.items()
            if growing.shared
        },
        int(dumped["crowded"]),
        _whereabouts(dumped["whereabouts"]),
        _provisional(dumped["provisional"]),
        load_stories(dumped.get("stories", _NO_STORIES)),
    )


_NO_STORIES: dict[str, Any] = {"people": [], "forgotten": 0}  # older snapshots know none


def _stream(dumped: dict[str, Any]) -> OpenStream:
    incidents = OpenIncidents(
        **{
            part: {name: (incident, int(time)) for name, (incident, time) in held.items()}
            for part, held in dumped["incidents"].items()
        }
    )
    alerts = {cast("Like", tuple(like)): _growing(found) for like, found in dumped["alerts"]}
    return OpenStream(int(dumped["now"]), incidents, alerts, str(dumped.get("host", "")))


def _growing(dumped: dict[str, Any]) -> Growing:
    last, span, shared = int(dumped["last"]), int(dumped["span"]), bool(dumped["shared"])
    return Growing(load_alert(dumped["alert"]), last, span, shared)


def _dumped_whereabouts(known: Whereabouts) -> dict[str, object]:
    return {
        "people": list(known.people.names.items()),
        "strangers": list(known.strangers.names.items()),
        "forgotten": known.forgotten,
    }


def _whereabouts(dumped: dict[str, Any]) -> Whereabouts:
    return Whereabouts(
        Known.of((name, traces) for name, traces in dumped["people"]),
        Known.of((name, traces) for name, traces in dumped["strangers"]),
        int(dumped["forgotten"]),
    )


def _dumped_provisional(decisions: ProvisionalDecisions) -> dict[str, object]:
    return {
        "entries": [
            {
                "uid": uid,
                "row": orjson.Fragment(entry.row),
                "sighting": entry.sighting,
                "context": entry.context,
                "asked": entry.asked,
            }
            for uid, entry in decisions.entries.items()
        ],
        "early": decisions.early,
    }


def _provisional(dumped: dict[str, Any]) -> ProvisionalDecisions:
    """Held again in the same order: what is derived of them is as it was."""
    decisions = ProvisionalDecisions(early=int(dumped["early"]))
    for each in dumped["entries"]:
        seen, row = each["sighting"], orjson.dumps(each["row"])
        sighting = Sighting(**{**seen, "names": tuple(seen["names"])})
        entry = Provisional(row, sighting, dict(each["context"]), int(each["asked"]))
        decisions.hold(str(each["uid"]), entry)
    return decisions


def _loaded(content: bytes, build: Callable[[dict[str, Any]], State]) -> State:
    try:
        dumped = orjson.loads(content)
    except ValueError as error:
        raise CorruptError(f"a snapshot of state is no JSON: {error}") from error
    if not isinstance(dumped, dict) or dumped.get("format") != _FORMAT:
        raise CorruptError(f"a snapshot of state is not of format {_FORMAT}, which this reads")
    try:
        return build(dumped)
    except (LookupError, TypeError, ValueError, AttributeError, pa.ArrowException) as error:
        raise CorruptError(f"a snapshot of state has not its shape: {error!r}") from error
