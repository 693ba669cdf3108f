"""Our own lab recording: matches and windows as the product's pipeline made them in a lake."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from foreseen.core.ids import RuleId
from foreseen.lake.lake import Lake
from foreseen.models.moments import acts
from foreseen.models.moments.moment import moments_of
from foreseen.models.training import FIT_SHARE
from foreseen.schema.arrow import AnyArray, integers, texts
from foreseen.studies.benchmark.dataset import Dataset, Integers
from foreseen.studies.benchmark.loaders.assemble import assembled, masked, part_names
from foreseen.studies.benchmark.loaders.columns import codes
from foreseen.studies.benchmark.pairs import Place
from foreseen.studies.benchmark.splits import begins_of, parts_by_time
from foreseen.studies.truth import Truth, attacks_of

_CLUSTER_MINUTES = 10
"""What belongs to no login session goes together by chance for so long."""

_LONGEST_SESSION = 15 * 60_000
"""A session that lasts longer is a service's, which never ends: nothing is cut there, ms."""

_EVENTS = ("event_uid", "time", "workload", "stream", "seq", "session_uid")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recording as a data set.

    Attributes:
        data: Matches of the rules, with their moments.
        places: Host and serial number of each match's event, by the `uid` of the match.
    """

    data: Dataset
    places: Mapping[str, Place]


def recorded(
    lake: Lake, truth: Truth, rules: Collection[RuleId], *, test_from: int, name: str
) -> Recorded:
    """The data set of a recording that was put through the shard step.

    Before `test_from` is what methods learn from: the earlier part as the product fits on it, the
    rest for calibration. A login session belongs where it begins, whole. What is to be found is a
    chain in each of its runs; a run is a cluster.

    Args:
        lake: Events and matches.
        truth: Attack events.
        rules: Rules whose matches are judged.
        test_from: When the test part begins, ms UTC.
        name: For people.

    Raises:
        MalformedInputError: A part has no match.
    """
    events = lake.read("events", list({*_EVENTS, *acts.COLUMNS})).sort_by(
        [("time", "ascending"), ("stream", "ascending"), ("seq", "ascending")]
    )
    events = events.append_column("session", _sessions(events))
    wanted = pc.field("rule_id").isin([str(rule) for rule in rules])
    matches = lake.read("matches").filter(wanted)
    at = pc.index_in(matches["event_uid"], events["event_uid"].combine_chunks())
    matches = matches.append_column("event", at)
    matches = matches.sort_by([("event", "ascending"), ("rule_id", "ascending")])
    columns = _matched(events, matches, truth, test_from)
    moments = {moment.uid: moment for moment in moments_of(matches)}
    data = assembled(name, _told(events), columns, moments=moments)
    hosts, serials = texts(matches, "host"), texts(matches, "original_uid")
    uids = texts(matches, "match_uid")
    return Recorded(data, dict(zip(uids, zip(hosts, serials, strict=True), strict=True)))


def _told(events: pa.Table) -> dict[str, AnyArray]:
    """Events as other methods see them: each is its act at the middle depth."""
    found, indices = acts.acts_of(events)
    return {
        "time": events["time"].combine_chunks(),
        "workload": events["workload"].combine_chunks(),
        "session": events["session"].combine_chunks(),
        "token": pa.array([act.shape for act in found], pa.string()).take(indices),
    }


def _sessions(events: pa.Table) -> AnyArray:
    """Name of each event's login session; null for what is of none, or of one that never ends."""
    streams, sessions = texts(events, "stream"), events["session_uid"].to_pylist()
    names: AnyArray = pa.array(
        [f"{s}/{n}" if n else None for s, n in zip(streams, sessions, strict=True)], pa.string()
    )
    numbers, _ = codes(names)
    times = np.asarray(events["time"].to_numpy(), np.int64)
    last = np.zeros(int(numbers.max(initial=0)) + 1, np.int64)
    np.maximum.at(last, numbers, times)
    return masked(names, last[numbers] - begins_of(times, numbers) <= _LONGEST_SESSION)


def _matched(
    events: pa.Table, matches: pa.Table, truth: Truth, test_from: int
) -> dict[str, AnyArray]:
    attacks = attacks_of(matches, truth)
    runs = [attack.run if attack else None for attack in attacks]
    places = np.asarray(matches["event"].to_numpy(), np.int64)
    parts = _parts(events, test_from, places)[places]
    about = {
        "user": "process_user_name",
        "parent": "parent_path",
        "child": "process_path",
        "command": "process_cmd_line",
        "parent_command": "parent_cmd_line",
        "ancestry": "lineage_paths",
    }
    return {
        "event": matches["event"].combine_chunks(),
        "rule": matches["rule_id"].combine_chunks(),
        "part": part_names(parts),
        "malicious": pa.array([run is not None for run in runs]),
        "group": pa.array([attack.chain if attack else None for attack in attacks], pa.string()),
        "cluster": pa.array(_clusters(matches, runs)),
        "harness": pa.array(np.zeros(len(runs), bool)),
        "weight": pa.array(np.ones(len(runs))),
        "uid": matches["match_uid"].combine_chunks(),
        **{ours: matches[column].combine_chunks() for ours, column in about.items()},
    }


def _parts(events: pa.Table, test_from: int, matched: Integers) -> Integers:
    """Part of each event; calibration is the same later share of what is learned as in training."""
    times = np.asarray(events["time"].to_numpy(), np.int64)
    begins = begins_of(times, codes(events["session"].combine_chunks())[0])
    learned = np.sort(times[matched][times[matched] < test_from])
    cut = int(learned[int(len(learned) * FIT_SHARE)]) if len(learned) else test_from
    return parts_by_time(begins, min(cut, test_from), test_from)


def _clusters(matches: pa.Table, runs: list[str | None]) -> list[str]:
    slots = [time // (_CLUSTER_MINUTES * 60_000) for time in integers(matches, "time")]
    sessions = texts(matches, "session_uid")
    streams = texts(matches, "stream")
    return [
        run or f"{stream}/{session or slot}"
        for run, stream, session, slot in zip(runs, streams, sessions, slots, strict=True)
    ]
