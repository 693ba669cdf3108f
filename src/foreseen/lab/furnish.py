"""Puts everything in place that the lab's services and users need."""

import shutil
import tarfile
from pathlib import Path

from foreseen.lab.accounts import make_key, make_keys, make_users, set_crontabs
from foreseen.lab.files import asset, file, folder
from foreseen.lab.host import WELCOME, run, set_names
from foreseen.lab.layout import (
    CI,
    DB,
    DB_ADDRESS,
    DB_PORT,
    MONITOR,
    POOL,
    SHOP,
    SSH_PORT,
    SYSTEM,
    USERS,
    home,
)
from foreseen.lab.templates import BIN, scripts
from foreseen.lab.themes import Theme
from foreseen.lab.workloads.packages import publish


def furnish(theme: Theme) -> None:
    """Make users, folders, keys, data and settings; the services are started elsewhere."""
    set_names()
    make_users()
    _make_folders()
    _install_shop()
    _install_builder()
    _install_database()
    make_keys()
    _compile_programs()
    _make_sshd()
    _install_jobs(theme)
    set_crontabs(theme)
    publish(theme)


def _make_folders() -> None:
    for name in ("", "app", "conf", "run", "lib", "cache", "uploads", "static", "bin"):
        folder(SHOP / name, "web")
    for name in ("", "bin", "queue", "work", "logs", "cache", "results"):
        folder(CI / name, "ci")
    for name in ("", "bin", "conf", "backups", "stats"):
        folder(DB / name, "dbadmin")
    for name in ("run", "archive", "import"):
        folder(DB / name, "pgsvc", 0o777)
    for name in ("", "src", "releases", "backups", "static", "artefacts"):
        folder(POOL / name, "root")
    folder(SYSTEM, "root", 0o700)
    folder(MONITOR, "root")
    for path, user, mode in (("/var/log/shop", "web", 0o755), ("/var/log/db", "dbadmin", 0o777)):
        shutil.rmtree(path, ignore_errors=True)
        folder(Path(path), user, mode)
    file(SYSTEM / "unitd.py", asset("units", "unitd.py"))
    file(MONITOR / "collect.sh", asset("common", "monitor.sh"), mode=0o755)
    file(WELCOME, asset("bastion", "welcome.sh"))


def _install_shop() -> None:
    file(SHOP / "app" / "server.py", asset("web", "server.py"), "web")
    for name in ("nginx.conf", "logrotate.conf"):
        file(SHOP / "conf" / name, asset("web", name), "web")
    file(SHOP / "conf" / "database.env", "PGUSER=shop\nPGDATABASE=shop\n", "web", mode=0o600)
    for name in ("healthcheck.sh", "sitemap.sh", "release.sh"):
        file(SHOP / "bin" / name, asset("web", name), "web", mode=0o755)


def _install_builder() -> None:
    file(CI / "bin" / "runner.py", asset("ci", "runner.py"), "ci")
    settings = "audit=false\nfund=false\nupdate-notifier=false\n"
    file(home("ci") / ".npmrc", settings, "ci", mode=0o600)
    login = "machine 127.0.1.50 login ci password builds\n"
    file(home("ci") / ".netrc", login, "ci", mode=0o600)


def _install_database() -> None:
    for name in ("backup.sh", "stats.sh", "archive.sh"):
        file(DB / "bin" / name, asset("db", name), "dbadmin", mode=0o755)
    file(DB / "conf" / "logs.conf", asset("db", "logs.conf"), "dbadmin")
    file(DB / "conf" / "backup.env", "KEEP=6\n", "dbadmin", mode=0o600)
    file(DB / "conf" / "backup.key", "not a secret of anyone\n", "dbadmin", mode=0o600)
    password = "127.0.1.30:5433:shop:shop:shop\n"  # noqa: S105 -- the lab's database trusts all
    file(home("dbadmin") / ".pgpass", password, "dbadmin", mode=0o600)
    data = folder(DB / "data", "pgsvc", 0o700)
    as_user = ("setpriv", "--reuid=pgsvc", "--regid=pgsvc", "--clear-groups")
    options = ("-A", "trust", "--wal-segsize=1", "-N")
    run(*as_user, "/usr/lib/postgresql/15/bin/initdb", "-D", str(data), *options)
    settings = asset("system", "postgresql.conf").format(address=DB_ADDRESS, port=DB_PORT)
    with (data / "postgresql.conf").open("a", encoding="utf-8") as target:
        target.write(settings)


def _install_jobs(theme: Theme) -> None:
    for user in BIN:
        folder(BIN[user], user)
    for user, name, place in scripts(later=theme.later):
        file(place, asset(*name.split("/")), user, mode=0o755)


def _compile_programs() -> None:
    """Compile the programs that reports and attack chains carry; none of it does harm."""
    binaries = folder(SYSTEM / "src", "root")
    for name in ("render", "agent", "worker", "migrate"):
        source = file(binaries / f"{name}.c", asset("programs", f"{name}.c"))
        run("gcc", "-O1", "-s", "-o", str(binaries / name), str(source))
    with tarfile.open(SHOP / "lib" / "renderer.tgz", "w:gz") as archive:
        archive.add(binaries / "render", "render")


def _make_sshd() -> None:
    key = SYSTEM / "host_key"
    make_key(key, "lab")
    addresses = sorted({user.address for user in USERS.values()})
    listen = "".join(f"ListenAddress {address}:{SSH_PORT}\n" for address in addresses)
    settings = asset("system", "sshd_config").format(
        key=key, pid=SYSTEM / "sshd.pid", users=" ".join(USERS)
    )
    file(SYSTEM / "sshd_config", listen + settings)
    folder(Path("/run/sshd"), "root")
