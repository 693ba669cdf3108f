"""Spreads the runs of the attack chains over a part."""

import random
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from foreseen.lab.attacks import from_login, from_supply, from_web
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
QUIET_START, QUIET_END = 45.0, 150.0  # seconds; a cron line needs more than a minute to fire


@dataclass(frozen=True, slots=True)
class Plan:
    """How often the chains are played in a part."""

    rounds: int
    first: int = 0  # numbers choose the variant of a chain, so parts begin at different ones
    most: int = 1000


PLANS = {
    "train": Plan(0),
    "mixed": Plan(1, first=3, most=10),  # contamination of training data is a minority by nature
    "test": Plan(3),
}


def campaign(
    part: str, rng: random.Random, *, until: float, runs: list[Run], progress: Callable[[str], None]
) -> None:
    """Play every chain a number of times, in random order, until the end; repeat failed runs."""
    plan = PLANS[part]
    order = [
        (name, number)
        for number in range(plan.first, plan.first + plan.rounds)
        for name in rng.sample(sorted(CHAINS), len(CHAINS))
    ][: plan.most]
    begin = time.time() + QUIET_START
    gap = max(until - QUIET_END - begin, 1) / max(len(order), 1)
    starts = [begin + gap * (place + rng.uniform(0, 0.8)) for place in range(len(order))]
    _play_all(part, zip(order, starts, strict=True), rng, runs=runs, progress=progress)
    again = [(run.chain, run.number + 10) for run in runs if run.failed]
    if time.time() < until - QUIET_END / 2:
        _play_all(part, ((which, 0.0) for which in again), rng, runs=runs, progress=progress)


def _play_all(
    part: str,
    order: Iterable[tuple[tuple[str, int], float]],
    rng: random.Random,
    *,
    runs: list[Run],
    progress: Callable[[str], None],
) -> None:
    threads = []
    for (name, number), start in order:
        time.sleep(max(start - time.time(), 0))
        chain, node = CHAINS[name]
        run = Run(name, number, part, node)
        runs.append(run)
        attack = Attack(run, random.Random(f"{rng.random()}"))  # noqa: S311 -- repeatable, not secret
        thread = threading.Thread(target=_play, args=(attack, chain, progress))
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join(timeout=120)


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
