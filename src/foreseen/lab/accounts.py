"""Makes the lab's users, their keys, rights and crontabs, and takes them away."""

import pwd
import shutil
import threading
from pathlib import Path

from foreseen.lab.files import asset, file, folder, own
from foreseen.lab.host import run
from foreseen.lab.layout import SYSTEM, USERS, home
from foreseen.lab.templates import cron_lines, cron_users
from foreseen.lab.themes import Theme

SUDOERS = Path("/etc/sudoers.d/lab")
_CRONTAB = threading.Lock()


def make_users() -> None:
    """Make the users that do not exist yet, and fresh homes for all."""
    for user in USERS.values():
        try:
            pwd.getpwnam(user.name)
        except KeyError:
            run("groupadd", "-g", str(user.uid), user.name)
            run("useradd", "-u", str(user.uid), "-g", user.name, "-s", "/bin/bash", user.name)
        _empty(home(user.name), user.name)
    run("usermod", "-aG", "adm", "ops")
    file(SUDOERS, asset("system", "sudoers"), mode=0o440)


def _empty(path: Path, user: str) -> None:
    shutil.rmtree(path, ignore_errors=True)
    shutil.copytree("/etc/skel", path)
    for each in (path, *path.rglob("*")):
        own(each, user, 0o755 if each.is_dir() else 0o644)


def make_keys() -> None:
    """Make a key pair for everybody and let administrators in where they belong."""
    for user in USERS:
        folder(home(user) / ".ssh", user, 0o700)
        key = home(user) / ".ssh" / "id_ed25519"
        make_key(key, user)
        own(key, user, 0o600)
        own(key.with_suffix(".pub"), user, 0o644)
        file(home(user) / ".ssh" / "config", asset("system", "ssh_config"), user, mode=0o600)
    driver = SYSTEM / "driver"
    make_key(driver, "driver")
    make_key(SYSTEM / "wrong", "wrong")
    for user in USERS:
        names = _ALLOWED.get(user, ())
        keys = [(home(name) / ".ssh" / "id_ed25519.pub").read_text() for name in names]
        keys.append(driver.with_suffix(".pub").read_text())
        file(home(user) / ".ssh" / "authorized_keys", "".join(keys), user, mode=0o600)


_ADMINS = ("alice", "bob", "ops")
_ALLOWED = {
    "web": ("deploy", "ops"),
    "deploy": ("ci", *_ADMINS),
    "ci": ("ops",),
    "pgsvc": ("dbadmin",),
    "dbadmin": _ADMINS,
}


def make_key(path: Path, comment: str) -> None:
    """Make a key pair."""
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path))


def forget_key(user: str, key: str) -> None:
    """Take one key out of a user's authorized keys."""
    path = home(user) / ".ssh" / "authorized_keys"
    kept = [line for line in path.read_text().splitlines(keepends=True) if line.strip() != key]
    path.write_text("".join(kept))


def set_crontabs(theme: Theme) -> None:
    """Install the crontabs with a theme's times and names, and its jobs."""
    for user in cron_users():
        lines = asset("cron", user).format(**theme.times) if user in _OWN_LINES else ""
        run("crontab", "-u", user, "-", given=lines + cron_lines(user, test=theme.later))


_OWN_LINES = ("web", "dbadmin", "ops")


def forget_cron(user: str, needle: str) -> None:
    """Take a planted line out of a user's crontab."""
    with _CRONTAB:
        lines = run("crontab", "-u", user, "-l", check=False).splitlines(keepends=True)
        kept = "".join(line for line in lines if needle not in line)
        run("crontab", "-u", user, "-", given=kept)


def remove_rights() -> None:
    """Take away crontabs, sudo rights and keys; the users themselves stay."""
    for user in USERS:
        run("crontab", "-u", user, "-r", check=False)
        shutil.rmtree(home(user) / ".ssh", ignore_errors=True)
    SUDOERS.unlink(missing_ok=True)
