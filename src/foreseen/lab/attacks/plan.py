"""Spreads the runs of the attack chains over a part."""

import math
import random
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from foreseen.lab.attacks import from_login, from_supply, from_web, imitation, matched, quiet
from foreseen.lab.attacks.runs import Run
from foreseen.lab.attacks.tools import Attack

Chain = Callable[[Attack], None]
CHAINS: dict[str, tuple[Chain, str]] = {
    "webshell_dropper": (from_web.webshell_dropper, "web-1"),
    "reverse_shell": (from_web.reverse_shell, "web-1"),
    "cron_persistence": (from_web.cron_persistence, "web-1"),
    "ssh_key_persistence": (from_web.ssh_key_persistence, "web-1"),
    "db_dump_exfil": (from_web.db_dump_exfil, "web-1"),
    "download_exec_interpreter": (from_web.download_exec_interpreter, "web-1"),
    "port_listener": (from_web.port_listener, "web-1"),
    "sudo_abuse": (from_login.sudo_abuse, "db-1"),
    "secrets_exfil": (from_login.secrets_exfil, "bastion-1"),
    "log_clearing": (from_login.log_clearing, "bastion-1"),
    "miner_like": (from_login.miner_like, "ci-1"),
    "lateral_movement": (from_login.lateral_movement, "bastion-1"),
    "setuid_backdoor": (from_login.setuid_backdoor, "bastion-1"),
    "account_discovery": (from_login.account_discovery, "ci-1"),
    "account_create": (from_login.account_create, "bastion-1"),
    "ci_poisoned_package": (from_supply.ci_poisoned_package, "ci-1"),
    "lotl_ci": (from_supply.lotl_ci, "ci-1"),
    "postgres_copy_program": (from_supply.postgres_copy_program, "db-1"),
}
IMITATIONS: dict[str, tuple[Chain, str]] = {
    "imitate_backup": (imitation.imitate_backup, "db-1"),
    "imitate_release": (imitation.imitate_release, "web-1"),
    "imitate_build": (imitation.imitate_build, "ci-1"),
    "imitate_monitor": (imitation.imitate_monitor, "web-1"),
    "imitate_report": (imitation.imitate_report, "web-1"),
    "imitate_configuration": (imitation.imitate_configuration, "bastion-1"),
    "imitate_administrator": (imitation.imitate_administrator, "bastion-1"),
}
SLOW: dict[str, tuple[Chain, str]] = {
    "slow_web": (quiet.slow_web, "web-1"),
    "slow_session": (quiet.slow_session, "bastion-1"),
    "slow_logins": (quiet.slow_logins, "db-1"),
    "slow_sql": (quiet.slow_sql, "db-1"),
    "slow_cron": (quiet.slow_cron, "web-1"),
    "slow_builds": (quiet.slow_builds, "ci-1"),
}
QUIET_START, QUIET_END = 45.0, 150.0  # seconds; a cron line needs more than a minute to fire
SLOWEST = 520.0  # seconds that a slow chain takes at most
LAST_PAIR = 40.0  # seconds before the end, after which no pair begins


FULL = 80 * 60.0
"""Seconds of a part in which a plan is played whole: attacks are not to crowd each other."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How often the chains are played in a part of full length."""

    rounds: int
    first: int = 0  # numbers choose the variant of a chain, so parts begin at different ones
    most: int = 1000
    whole: bool = False  # with slow chains and matched pairs

    def within(self, seconds: float) -> tuple["Plan", float]:
        """The plan of a part that lasts so long, and the share of the matched pairs that fit."""
        share = min(seconds / FULL, 1.0)
        return replace(self, rounds=math.ceil(self.rounds * share)), share


PLANS = {
    "train": Plan(0),
    "mixed": Plan(1, first=3, most=12),  # contamination of training data is a minority by nature
    "test": Plan(2, whole=True),
}


@dataclass(frozen=True, slots=True)
class _Campaign:
    """What the threads of a part's attackers share."""

    part: str
    until: float
    runs: list[Run]
    progress: Callable[[str], None]
    begin: float = field(default_factory=lambda: time.time() + QUIET_START)

    def starts(self, count: int, rng: random.Random, *, end: float) -> list[float]:
        """Moments spread from the begin until some seconds before the end."""
        gap = max(self.until - end - self.begin, 1) / max(count, 1)
        return [self.begin + gap * (place + rng.uniform(0, 0.8)) for place in range(count)]

    def run(self, name: str, number: int, node: str) -> Run:
        """Begin a run."""
        run = Run(name, number, self.part, node, imitation=name not in CHAINS | SLOW)
        self.runs.append(run)
        return run


def campaign(
    part: str, rng: random.Random, *, until: float, runs: list[Run], progress: Callable[[str], None]
) -> None:
    """Play every chain a number of times, in random order, until the end; repeat failed runs."""
    own = _Campaign(part, until, runs, progress)
    plan, share = PLANS[part].within(until - time.time())
    works = [threading.Thread(target=_main, args=(own, plan, random.Random(f"{rng.random()}")))]  # noqa: S311 -- repeatable, not secret
    if plan.whole:
        slow = random.Random(f"{rng.random()}")  # noqa: S311 -- as above
        works.append(threading.Thread(target=_slow, args=(own, plan, slow)))
        for order in matched.lanes(rng, share).values():
            seeded = random.Random(f"{rng.random()}")  # noqa: S311 -- as above
            works.append(threading.Thread(target=_lane, args=(own, order, seeded)))
    for work in works:
        work.start()
    for work in works:
        work.join()


def _main(own: _Campaign, plan: Plan, rng: random.Random) -> None:
    order = _order(CHAINS | IMITATIONS, plan, rng)[: plan.most]
    starts = own.starts(len(order), rng, end=QUIET_END)
    before = len(own.runs)
    _play_all(own, zip(order, starts, strict=True), rng)
    failed = [run for run in own.runs[before:] if run.failed and run.chain in CHAINS | IMITATIONS]
    if time.time() < own.until - QUIET_END / 2:
        _play_all(own, (((run.chain, run.number + 10), 0.0) for run in failed), rng)


def _slow(own: _Campaign, plan: Plan, rng: random.Random) -> None:
    order = _order(SLOW, plan, rng)
    starts = own.starts(len(order), rng, end=SLOWEST)
    _play_all(own, zip(order, starts, strict=True), rng, patience=SLOWEST)


def _order(
    chains: dict[str, tuple[Chain, str]], plan: Plan, rng: random.Random
) -> list[tuple[str, int]]:
    return [
        (name, number)
        for number in range(plan.first, plan.first + plan.rounds)
        for name in rng.sample(sorted(chains), len(chains))
    ]


def _play_all(
    own: _Campaign,
    order: Iterable[tuple[tuple[str, int], float]],
    rng: random.Random,
    *,
    patience: float = 120,
) -> None:
    threads = []
    for (name, number), start in order:
        time.sleep(max(start - time.time(), 0))
        chain, node = (CHAINS | IMITATIONS | SLOW)[name]
        run = own.run(name, number, node)
        attack = Attack(run, random.Random(f"{rng.random()}"))  # noqa: S311 -- repeatable, not secret
        thread = threading.Thread(target=_play, args=(attack, chain, own.progress))
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join(timeout=patience)


def _lane(own: _Campaign, order: Sequence[tuple[str, str, int]], rng: random.Random) -> None:
    """Play a node's pairs one after the other, so that each has its own surroundings."""
    starts = own.starts(len(order), rng, end=LAST_PAIR * 2)
    for (chain, rule, number), start in zip(order, starts, strict=True):
        time.sleep(max(start - time.time(), 0))
        if time.time() > own.until - LAST_PAIR:
            return
        node = next(lane.node for lane in matched.LANES if lane.chain == chain)
        run = own.run(chain, number, node)
        run.pair, run.tool = rule, matched.RULES[rule]
        _play(Attack(run, random.Random(f"{rng.random()}")), matched.CHAINS[chain], own.progress)  # noqa: S311 -- as above


def _play(attack: Attack, chain: Chain, progress: Callable[[str], None]) -> None:
    """Play one run and undo what it left; a run that fails is kept, marked as failed."""
    run = attack.run
    try:
        chain(attack)
    except (OSError, LookupError) as error:
        run.failed = f"{type(error).__name__}: {error}"
    run.end = time.time()
    for undo in reversed(attack.undo):
        undo()
    progress(f"{run.name}: {run.end - run.start:.0f} s {run.failed}")
