"""A recorded chain as it would look at a tenant: its own acts among the tenant's benign matches.

What the attacker cannot choose stays: the acts (program, arguments, destination), the chain's own
earlier acts wherever they stand in a window, the processes that it has started itself, and the
rights of root once it has them. All else comes from a benign match of the same rule on the same
workload, as like the attacker's as there is one: who, from what parent, after which events, at what
hour. That is the best that an attacker inside that service could do, so recall is not flattered by
names that only the lab has.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from foreseen.core.ids import RuleId
from foreseen.models.moments.acts import Act
from foreseen.models.moments.elsewhere import MOST_TOKENS
from foreseen.models.moments.moment import Moment
from foreseen.models.moments.windows import GROUP_EVENTS, STREAM_EVENTS
from foreseen.studies.replays.chain import Own, Replay, Spot
from foreseen.studies.replays.ground import ENTRANCES, Ground, ground_of
from foreseen.studies.replays.recorded import PLACED

Benign = Mapping[RuleId, Sequence[Moment]]

PLACEMENTS = 4
"""Placements of each run, unless the caller says otherwise."""

_ANCESTORS = 4
"""Ancestors that a moment has at most."""

_ROOT = " as 0,"


@dataclass(frozen=True, slots=True)
class Transplants:
    """Runs of chains as they would look here.

    Attributes:
        replays: The placements; several of one chain count as one.
        impossible: Chains none of whose rules has benign matches here: they cannot be put here and
            are in no figure.
    """

    replays: tuple[Replay, ...]
    impossible: tuple[str, ...]


def transplanted(replay: Replay, benign: Benign, seed: int) -> Replay | None:
    """The chain as it would look here; None when no rule that it matches has benign matches.

    Args:
        replay: A recorded run.
        benign: The tenant's expected matches by rule.
        seed: Chooses the benign matches whose surroundings it takes, and the workloads: 0 the one
            where most of its acts are at home, others one each, as likely as it has benign matches
            of the chain's rules. The same seed gives the same.
    """
    return _transplanted(replay, ground_of(benign), seed)


def transplants(
    replays: Sequence[Replay], benign: Benign, placements: int = PLACEMENTS
) -> Transplants:
    """Every run at so many places, two of which may be the same.

    Args:
        replays: Recorded runs.
        benign: The tenant's expected matches by rule.
        placements: Placements of each run, at least one.
    """
    ground = ground_of(benign)
    found = [
        _transplanted(replay, ground, seed) for replay in replays for seed in range(placements)
    ]
    here = tuple(replay for replay in found if replay)
    possible = {replay.chain for replay in here}
    return Transplants(here, tuple(sorted({replay.chain for replay in replays} - possible)))


def _transplanted(replay: Replay, ground: Ground, seed: int) -> Replay | None:
    workloads = _workloads(replay, ground, seed)
    if not workloads:
        return None
    owns = replay.own or (Own(),) * len(replay.moments)
    first, start = replay.moments[0], None
    moments: list[Moment] = []
    spots: list[Spot] = []
    for place, (moment, own) in enumerate(zip(replay.moments, owns, strict=True)):
        spot = _spot(replay, place, workloads, ground, seed)
        start = spot.beside.time if start is None else start
        there = _settled(moment, own, spot)
        uid = f"{moment.uid}{PLACED}{spot.workload}#{seed}"
        moments.append(replace(there, uid=uid, time=start + moment.time - first.time))
        spots.append(spot)
    return replace(replay, moments=tuple(moments), spots=tuple(spots))


def _workloads(replay: Replay, ground: Ground, seed: int) -> dict[str, str]:
    """The workload here for every recorded one of a run; none when it cannot happen here.

    A recorded workload of whose rules none matches here goes on where another one does.
    """
    parts: dict[str, list[Moment]] = {}
    for moment in replay.moments:
        parts.setdefault(moment.workload, []).append(moment)
    found = {
        name: ground.drawn(own, seed, replay.run, name) if seed else ground.familiar(own)
        for name, own in parts.items()
    }
    one = next((workload for workload in found.values() if workload is not None), None)
    return {} if one is None else {name: workload or one for name, workload in found.items()}


def _spot(
    replay: Replay, place: int, workloads: Mapping[str, str], ground: Ground, seed: int
) -> Spot:
    """A match of a rule that has none on this workload stands beside one of the chain's others."""
    moment, key = replay.moments[place], (seed, replay.run)
    workload = workloads[moment.workload]
    depth = replay.own[place].ancestors if replay.own else 0
    beside = ground.plot(moment.rule, workload).beside(moment, depth, *key)
    for other in replay.moments:
        if beside is not None:
            break
        beside = ground.plot(other.rule, workload).beside(other, 0, *key)
    if beside is None:
        raise ValueError(f"{replay.run}: workload {workload} has none of its rules")
    return Spot(workload, beside, ground.named(workload).by(f"{seed} {replay.run}"))


def _settled(moment: Moment, own: Own, spot: Spot) -> Moment:
    """One match in the surroundings of a benign one.

    Its session and what stands above its own processes stay where the chain came in by a login or
    by cron: they are its own, and the system's. So do the failed logins before a login of its own.
    """
    beside, names, mine = spot.beside, spot.names, moment.ancestry[: own.ancestors]
    entered = any(image in ENTRANCES for image in mine)
    above = moment.ancestry[own.ancestors :] if entered else _above(mine, beside.ancestry)
    window, session, siblings = (
        tuple(map(names.of, tokens)) for tokens in (moment.window, moment.session, moment.siblings)
    )
    return replace(
        beside,
        rule=moment.rule,
        workload=spot.workload,
        act=Act(names.of(moment.act.exact), names.of(moment.act.shape), moment.act.kind),
        who=_who(moment, beside),
        parent=names.of(moment.parent) if mine else beside.parent,
        ancestry=(*mine, *above)[:_ANCESTORS],
        window=_woven(window, own.window, beside.window, STREAM_EVENTS),
        session=session if entered else _woven(session, own.session, beside.session),
        siblings=siblings if mine else _woven(siblings, own.siblings, beside.siblings),
        elsewhere=(*beside.elsewhere, *moment.elsewhere)[-MOST_TOKENS:],
        failures=moment.failures if own.opened else beside.failures,
    )


def _above(mine: Sequence[str], benign: Sequence[str]) -> Sequence[str]:
    """What stands above the chain's own processes: they may be to it what benign ones are.

    A poisoned job's shell is where the shell of any job is, and not below another one.
    """
    alike = next((n for n in range(len(mine), 0, -1) if tuple(mine[-n:]) == tuple(benign[:n])), 0)
    return benign[alike:]


def _who(moment: Moment, beside: Moment) -> str:
    """The tenant's user; with root's rights where the attack has them and the benign match not."""
    if _ROOT not in moment.who or _ROOT in beside.who:
        return beside.who
    login, _, rest = beside.who.partition(" as ")
    return f"{login}{_ROOT}{rest.partition(',')[2]}"


def _woven(
    recorded: Sequence[str], own: Sequence[int], benign: Sequence[str], limit: int = GROUP_EVENTS
) -> tuple[str, ...]:
    """The chain's own tokens where they stood, counted from the end; benign ones between them."""
    kept = {len(recorded) - 1 - place: recorded[place] for place in own}
    between = list(benign)
    woven: list[str] = []
    for place in range(limit):
        if place in kept:
            woven.append(kept[place])
        elif between:
            woven.append(between.pop())
    return tuple(reversed(woven))
