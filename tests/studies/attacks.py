"""Made-up attack chains and models whose word is known, for tests of replays and of the ledger."""

from collections.abc import Sequence

import numpy as np
from tests.models.histories import MINUTE, RULES, act_of, moment, stationary

from foreseen.core.ids import RuleId
from foreseen.models.calibration import Calibration
from foreseen.models.ensemble import MEMBERS, fit
from foreseen.models.foresight import Foresight, Fusion, Weights, foresight
from foreseen.models.moments.moment import Moment
from foreseen.studies.replays.chain import Own, Replay, Use

LEAST = 30
BUDGET = 0.01


def benign(count: int = 60) -> dict[RuleId, list[Moment]]:
    """Expected matches of three rules on two workloads."""
    return stationary(7, count)


def models(*, alert: bool, rules: Sequence[RuleId] = RULES) -> Foresight:
    """Models that find everything expected, or nothing at all."""
    history = benign()
    pool = [one for found in history.values() for one in found]
    fitted = {rule: fit(rule, history[rule], pool, 0) for rule in rules}
    # No member has a weight, so every score is 0: above all of the calibration, or below all.
    scores = np.full(2_000, -1.0 if alert else 1.0)
    fusion = Fusion(
        tuple(Calibration(scores) for _ in MEMBERS),
        Weights((0.0,) * len(MEMBERS)),
        Calibration(scores),
    )
    return foresight(fitted, fusion)


def attack(chain: str = "dropper", run: str = "1", **changed: object) -> Replay:
    """A run: a download beside benign work, then what it fetched, started by the chain's shell."""
    name = f"{chain}-{run}"
    first = moment(
        uid=f"{name}:1:{RULES[0]}",
        rule=RULES[0],
        workload="lab",
        time=1_000 * MINUTE,
        act=act_of("tool3 -x /srv/labshop/app/agent"),
        who="61001 as 61001, no terminal",
        parent="python# /srv/labshop/app/<name.py>",
        ancestry=("python#", "systemd"),
        window=("execve lab-a", "execve lab-b"),
    )
    second = moment(
        uid=f"{name}:2:{RULES[1]}",
        rule=RULES[1],
        workload="lab",
        time=1_000 * MINUTE + 500,
        act=act_of("/tmp/<random>"),
        who="61001 as 0, no terminal",
        parent="sh tool3",
        ancestry=("sh", "python#", "systemd"),
        window=("execve lab-b", "execve tool3 -x", "execve lab-c", "execve sh tool3"),
        session=("execve lab-s",),
        siblings=("execve tool3 -x",),
    )
    own = (Own(), Own(ancestors=1, window=(1, 3), siblings=(0,)))
    plain: dict[str, object] = {
        "chain": chain,
        "technique": "T1105",
        "use": Use.GATE,
        "run": name,
        "moments": (first, second),
        "own": own,
    }
    return Replay(**{**plain, **changed})  # type: ignore[arg-type]  # as the test says
