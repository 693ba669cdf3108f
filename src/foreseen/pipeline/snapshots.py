"""The two steps' states as JSON and back, so that a restart goes on where the cursor stands."""

from dataclasses import asdict
from typing import Any

import orjson
import pyarrow as pa

from foreseen.alerts.incidents import OpenIncidents
from foreseen.core.alerts import Alert, AlertStatus
from foreseen.core.errors import CorruptError
from foreseen.core.ids import RuleId, TenantId
from foreseen.models.windows import TAIL_SCHEMA
from foreseen.parsers.registry import PARSERS
from foreseen.pipeline import lineage
from foreseen.pipeline.judge import JudgeState
from foreseen.pipeline.shard import ShardState

_FORMAT = 1


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
        }
    )


def load_shard(content: bytes) -> ShardState:
    """The shard's state from `dump_shard`.

    Raises:
        CorruptError: It is not such a state.
    """
    dumped = _read(content)
    return ShardState(
        parsers={
            (format_name, source): PARSERS[format_name].load(parser)
            for format_name, source, parser in dumped["parsers"]
        },
        processes=lineage.load(dumped["processes"]),
        sequences=dumped["sequences"],
        tail=pa.Table.from_pylist(dumped["tail"], schema=TAIL_SCHEMA),
    )


def dump_judge(state: JudgeState) -> bytes:
    """The judge's state as JSON."""
    return orjson.dumps(
        {
            "format": _FORMAT,
            "incidents": state.incidents.by_name,
            "alerts": [[list(like), asdict(alert)] for like, alert in state.alerts.items()],
        }
    )


def load_judge(content: bytes) -> JudgeState:
    """The judge's state from `dump_judge`.

    Raises:
        CorruptError: It is not such a state.
    """
    dumped = _read(content)
    names = {name: (incident, time) for name, (incident, time) in dumped["incidents"].items()}
    alerts = {(like[0], like[1], like[2]): _alert(alert) for like, alert in dumped["alerts"]}
    return JudgeState(OpenIncidents(names), alerts)


def _alert(dumped: dict[str, Any]) -> Alert:
    return Alert(
        **{
            **dumped,
            "tenant": TenantId(dumped["tenant"]),
            "rule": RuleId(dumped["rule"]),
            "sentences": tuple(dumped["sentences"]),
            "members": tuple(dumped["members"]),
            "status": AlertStatus(dumped["status"]),
        }
    )


def _read(content: bytes) -> dict[str, Any]:
    try:
        dumped: dict[str, Any] = orjson.loads(content)
    except ValueError as error:
        raise CorruptError(f"a snapshot of state is no JSON: {error}") from error
    if dumped.get("format") != _FORMAT:
        raise CorruptError(f"a snapshot has format {dumped.get('format')}, this reads {_FORMAT}")
    return dumped
