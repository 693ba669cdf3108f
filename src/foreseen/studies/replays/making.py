"""Make replays from a recording: every event of its attack runs, with what models see around it."""

from collections import Counter, defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from foreseen.core.errors import ConfigurationError, CorruptError
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.models.moments.elsewhere import Sighting, Whereabouts, sightings_of, told
from foreseen.models.moments.moment import Moment, moments_of
from foreseen.models.moments.openings import OPENED_REACH, is_success
from foreseen.models.moments.windows import FORKS, GROUP_EVENTS, REACH
from foreseen.pipeline.shard import Lines, ShardArtefacts, ShardOut, ShardState, step
from foreseen.rules import RuleSet, load
from foreseen.schema.arrow import texts
from foreseen.studies.replays.chain import Own, Use
from foreseen.studies.replays.recorded import Deed, Recorded
from foreseen.studies.truth import Attack, Truth, attacks_of

EVERYTHING = "replay_everything"
_RULE = f"""
title: Every event but forks
name: {EVERYTHING}
id: 5f0c1a4e-2a1a-4a7e-9a53-0c2f4d0a7b11
description: Gives every event a window, also those that no rule matches today.
tags: [attack.t1059]
level: informational
logsource: {{product: linux, service: auditd}}
detection:
  forks: {{event_type: [{", ".join(FORKS)}]}}
  condition: not forks
"""
"""A fork is in a window only where a rule labels it (`models.windows`): so this one does not."""

_LEFT_OUT = {"tenant", "stream", "seq", "event_uid", "labels", "ruleset_hash", "raw"}
"""Columns of an event that name the file it came from, or that are made anew."""

Sides = Mapping[str, tuple[str, Use]]


def with_everything(documents: Sequence[tuple[str, str]]) -> RuleSet:
    """Rules of these documents, and one that gives every event a window."""
    return load([*documents, (f"linux/{EVERYTHING}.yml", _RULE)]).rules


def recorded_runs(
    stream: Iterable[Lines], rules: RuleSet, truth: Truth, sides: Sides
) -> list[Recorded]:
    """The attack runs of a recording, in the order of their names.

    Args:
        stream: The recording's lines.
        rules: What `with_everything` gave.
        truth: Which events belong to which run.
        sides: By chain, the technique that it is there for and its use.

    Raises:
        ConfigurationError: A chain has no side.
        CorruptError: What the chain has made of a window cannot be told.
    """
    state, artefacts = ShardState(), ShardArtefacts(DEFAULT_TENANT, rules)
    memory = _Memory()
    deeds: dict[tuple[str, str], list[Deed]] = defaultdict(list)
    for part in stream:
        state, out = step(state, [part], artefacts)
        for attack, deed in _deeds(out, truth, memory):
            deeds[attack.chain, attack.run].append(deed)
    missing = sorted({chain for chain, _ in deeds} - sides.keys())
    if missing:
        raise ConfigurationError(
            f"no side for {', '.join(missing)}: give each new chain a line in"
            " studies/replays/sides.py"
        )
    return [
        Recorded(chain, *sides[chain], run, tuple(sorted(found, key=_order)))
        for (chain, run), found in sorted(deeds.items())
    ]


def _order(deed: Deed) -> tuple[int, str]:
    return deed.moment.time, deed.moment.uid


@dataclass(slots=True)
class _Opening:
    """The login that opened a session.

    Attributes:
        seq: Its place in the stream.
        run: Run that it belongs to.
        last: Place of the session's last login; after a long time without any, one opens it anew.
    """

    seq: int
    run: str | None
    last: int


@dataclass(slots=True)
class _Memory:
    """What of the events so far belongs to which run.

    Attributes:
        runs: Run of each attack event, by stream and place in it.
        processes: Run of each process that had an attack event.
        groups: The last events of each login session and of each parent's children: their places in
            the stream.
        openings: What opened each login session, by stream and session.
        whereabouts: Where and how the people of each run were seen in it.
        names: How often each name of an event was given.
    """

    runs: dict[tuple[str, int], str] = field(default_factory=dict)
    processes: dict[str, str] = field(default_factory=dict)
    groups: dict[tuple[str, str, str], deque[int]] = field(default_factory=dict)
    openings: dict[tuple[str, str], _Opening] = field(default_factory=dict)
    whereabouts: dict[str, Whereabouts] = field(default_factory=dict)
    names: Counter[str] = field(default_factory=Counter)

    def own(self, row: Mapping[str, Any], run: str) -> Own:
        """What of an event's surroundings its run has made."""
        stream = row["stream"]
        ancestors = [self.processes.get(uid) == run for uid in row["lineage"] or ()]
        return Own(
            ancestors=[*ancestors, False].index(False),
            window=self._own(stream, row["window_seqs"], run),
            session=self._own(stream, self._before(row, "session_uid", "session_tokens"), run),
            siblings=self._own(stream, self._before(row, "parent_uid", "sibling_tokens"), run),
            opened=self._opened(row, run),
        )

    def _own(self, stream: str, places: Sequence[int], run: str) -> tuple[int, ...]:
        return tuple(i for i, seq in enumerate(places) if self.runs.get((stream, seq)) == run)

    def _before(self, row: Mapping[str, Any], name: str, tokens: str) -> list[int]:
        """Places of the events before one in its group, as `models.windows` gathers them."""
        group = self.groups.get((row["stream"], name, row[name] or ""), ())
        found = [seq for seq in group if seq >= row["seq"] - REACH] if row[name] else []
        if len(found) != len(row[tokens]):
            raise CorruptError(
                f"{row['original_uid']}: {len(row[tokens])} {tokens}, {len(found)} were expected;"
                " studies/replays/making.py no longer gathers as models/moments/windows.py does"
            )
        return found

    def _opened(self, row: Mapping[str, Any], run: str) -> bool:
        """Whether the run made the login that opened an event's session."""
        opening = self.openings.get((row["stream"], row["session_uid"] or ""))
        if opening is not None and row["seq"] - opening.seq > OPENED_REACH:
            opening = None
        if (opening is None) != (row["session_failures"] is None):
            raise CorruptError(
                f"{row['original_uid']}: {row['session_failures']} failed logins;"
                " studies/replays/making.py no longer sees what opens a session as"
                " models/moments/openings.py does"
            )
        return opening is not None and opening.run == run

    def name(self, run: str, serial: str) -> str:
        """A name for an event; a recorder may give one serial number to two."""
        name = f"{run}:{serial}"
        self.names[name] += 1
        return name if self.names[name] == 1 else f"{name}+{self.names[name]}"

    def elsewhere(self, seen: "_Seen", run: str) -> tuple[str, ...]:
        """What the run itself did on other streams before an event."""
        own = self.whereabouts.setdefault(run, Whereabouts())
        before = told(own.before(seen.here))
        for sighting in seen.sightings:
            own.meet(sighting)
        return before

    def keep(self, row: Mapping[str, Any], run: str | None) -> None:
        """Remember an event that is in the windows of later ones."""
        stream, seq = row["stream"], row["seq"]
        if run is not None:
            self.runs[stream, seq] = run
            self.processes.setdefault(row["process_uid"] or "", run)
        for name in ("session_uid", "parent_uid"):
            if row[name]:
                group = self.groups.setdefault(
                    (stream, name, row[name]), deque(maxlen=GROUP_EVENTS)
                )
                group.append(seq)
        if row["session_uid"] and is_success(row):
            before = self.openings.get((stream, row["session_uid"]))
            if before is None or seq - before.last > OPENED_REACH:
                self.openings[stream, row["session_uid"]] = _Opening(seq, run, seq)
            else:
                before.last = seq


@dataclass(frozen=True, slots=True)
class _Seen:
    """An attack event as its match has it.

    Attributes:
        window: Columns of its window.
        moment: It as models see it.
        here: Where and who it is.
        sightings: The same for each shipped rule that matches it, as others see it.
    """

    window: Mapping[str, Any]
    moment: Moment
    here: Sighting
    sightings: Sequence[Sighting]


def _deeds(out: ShardOut, truth: Truth, memory: _Memory) -> Iterator[tuple[Attack, Deed]]:
    """Attack events of one batch, each with its chain and run."""
    events = pa.Table.from_batches([out.events])
    attacks = attacks_of(events, truth)
    hostile = events.filter(pa.array([attack is not None for attack in attacks]))
    columns = {row["event_uid"]: row for row in hostile.to_pylist()}
    seen = _seen(pa.Table.from_batches([out.matches]), columns.keys())
    for row, attack in zip(events.select(_NEEDED).to_pylist(), attacks, strict=True):
        if attack and row["event_uid"] in seen:
            found = seen[row["event_uid"]]
            own = memory.own({**row, **found.window}, attack.run)
            moment = replace(found.moment, elsewhere=memory.elsewhere(found, attack.run))
            name = memory.name(attack.run, str(row["original_uid"]))
            yield attack, _deed(columns[row["event_uid"]], moment, own, name)
        if row["labels"] or row["event_type"] not in FORKS:
            memory.keep(row, attack.run if attack else None)


_NEEDED = ["event_uid", "stream", "seq", "event_type", "process_uid", "labels"]
_NEEDED += ["session_uid", "parent_uid", "lineage", "original_uid"]
_NEEDED += ["class_uid", "status_id", "auth_account"]
_WINDOW = ["window_seqs", "session_tokens", "sibling_tokens", "session_failures"]


def _seen(matches: pa.Table, wanted: Collection[str]) -> dict[str, _Seen]:
    """Each wanted event that has a match of any rule."""
    own = matches.filter(pc.is_in(matches.column("event_uid"), pa.array(list(wanted), pa.string())))
    windows = own.select(_WINDOW).to_pylist()
    # What the place saw elsewhere is not the chain's, and its own is told by `_Memory.elsewhere`.
    moments = moments_of(own, [()] * own.num_rows)
    sightings = sightings_of(own)
    rows: dict[str, list[int]] = defaultdict(list)
    for place, uid in enumerate(texts(own, "event_uid")):
        rows[uid].append(place)
    return {
        uid: _Seen(
            windows[places[0]],
            moments[places[0]],
            sightings[places[0]],
            [sightings[i] for i in places if moments[i].rule != EVERYTHING],
        )
        for uid, places in rows.items()
    }


def _deed(row: Mapping[str, Any], moment: Moment, own: Own, name: str) -> Deed:
    kept = {name: _plain(value) for name, value in row.items() if value is not None}
    return Deed(
        moment=replace(moment, uid=name, rule=""),
        own=own,
        columns={name: value for name, value in kept.items() if name not in _LEFT_OUT},
        rules=tuple(sorted(set(row["labels"]) - {EVERYTHING})),
    )


def _plain(value: object) -> object:
    """A value as JSON has it; Arrow gives a map as a list of pairs."""
    if isinstance(value, list) and value and isinstance(value[0], tuple):
        return dict(value)
    return value
