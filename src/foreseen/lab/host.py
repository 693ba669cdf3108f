"""Prepares a Debian host for the lab and takes the lab's services away again."""

import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tarfile
import time
from collections.abc import Sequence
from pathlib import Path

from foreseen.lab import layout
from foreseen.lab.layout import ASSETS, CI, DB, POOL, SHOP, SYSTEM, USERS, home

PACKAGES = {
    "/usr/sbin/auditd": "auditd",
    "/usr/sbin/sshd": "openssh-server",
    "/usr/sbin/nginx": "nginx-light",
    "/usr/sbin/cron": "cron",
    "/usr/bin/sudo": "sudo",
    "/usr/sbin/logrotate": "logrotate",
    "/usr/bin/rsync": "rsync",
    "/usr/bin/zip": "zip",
    "/usr/bin/gcc": "build-essential",
    "/usr/bin/curl": "curl",
    "/usr/bin/wget": "wget",
    "/usr/bin/socat": "socat",
    "/bin/nc.openbsd": "netcat-openbsd",
    "/usr/bin/gawk": "gawk",
    "/usr/bin/vim.tiny": "vim-tiny",
    "/usr/bin/jq": "jq",
    "/usr/bin/lsof": "lsof",
    "/usr/bin/file": "file",
    "/usr/bin/openssl": "openssl",
    "/usr/bin/ps": "procps",
    "/usr/bin/ss": "iproute2",
    "/usr/bin/pip": "python3-pip",
    "/usr/include/python3.11/Python.h": "python3-dev",
    "/usr/lib/postgresql/15/bin/postgres": "postgresql-15",
    "/usr/bin/npm": "npm",
}
_NEW_NAMES = (
    0x04000000 | 0x00020000
)  # CLONE_NEWUTS, CLONE_NEWNS; os.unshare comes with Python 3.12 only
RIGHTS = ("/etc/sudoers.d/lab", "/etc/profile.d/lab-welcome.sh")


class LabError(Exception):
    """The host cannot run the lab; the message says what to do."""


def require(*, install: bool) -> None:
    """Check for root, kernel audit and the tools.

    Raises:
        LabError: something is missing and was not to be installed.
    """
    if os.geteuid() != 0:
        raise LabError("recording needs root: kernel audit rules and logins of several users")
    missing = sorted({package for tool, package in PACKAGES.items() if not Path(tool).exists()})
    if missing and install:
        run("apt-get", "install", "-y", "--no-install-recommends", *missing)
    elif missing:
        raise LabError(f"missing Debian packages: {' '.join(missing)} (or give --install)")


def run(*command: str, check: bool = True, given: str | None = None) -> str:
    """Run a command as root, away from the caller's folder, and give its output."""
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/"}
    done = subprocess.run(
        command, cwd="/", env=environment, input=given, capture_output=True, text=True, check=False
    )
    if check and done.returncode:
        raise LabError(f"{' '.join(command)} failed: {done.stderr.strip()[-500:]}")
    return done.stdout


def prepare() -> None:
    """Make users, folders, keys, data and settings; the services are started elsewhere."""
    Path("/proc/sys/kernel/pid_max").write_text("4194304")  # no reuse of ids within a part
    _set_names()
    _make_users()
    _make_folders()
    _install_assets()
    _make_keys()
    _make_payloads()
    _make_sudoers()
    _make_database()
    _make_sshd()


NAMES = {
    "127.0.1.1": "lab",
    layout.WEB_ADDRESS: "web-1",
    layout.CI_ADDRESS: "ci-1",
    layout.DB_ADDRESS: "db-1",
    layout.BASTION_ADDRESS: "bastion-1",
    layout.POOL_ADDRESS: "pool",
}


def _set_names() -> None:
    """Give the lab a host name and name files of its own, so that nobody asks the network's servers."""
    if ctypes.CDLL(None, use_errno=True).unshare(_NEW_NAMES) != 0:
        raise LabError(f"cannot take a host name of its own: {os.strerror(ctypes.get_errno())}")
    socket.sethostname("lab")
    run("mount", "--make-rprivate", "/")
    own = Path("/run/lab-names")
    own.mkdir(exist_ok=True)
    local = {"127.0.0.1": "localhost", "::1": "localhost ip6-localhost ip6-loopback", **NAMES}
    _file(own / "hosts", "".join(f"{address} {name}\n" for address, name in local.items()))
    _file(own / "resolv.conf", "nameserver 127.0.0.53\n")
    for name in ("hosts", "resolv.conf"):
        run("mount", "--bind", str(own / name), f"/etc/{name}")


def _make_users() -> None:
    for user in USERS.values():
        try:
            pwd.getpwnam(user.name)
        except KeyError:
            run("groupadd", "-g", str(user.uid), user.name)
            run("useradd", "-m", "-u", str(user.uid), "-g", user.name, "-s", "/bin/bash", user.name)
        home(user.name).chmod(0o755)
    run("usermod", "-aG", "adm", "ops")


def _own(path: Path, user: str, mode: int) -> Path:
    path.chmod(mode)
    shutil.chown(path, user, user)
    return path


def _folder(path: Path, user: str, mode: int = 0o755) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return _own(path, user, mode)


def _file(path: Path, text: str, user: str = "root", mode: int = 0o644) -> Path:
    path.write_text(text, encoding="utf-8")
    return _own(path, user, mode)


def _make_folders() -> None:
    for base in (SHOP, CI, DB, POOL, SYSTEM):
        shutil.rmtree(base, ignore_errors=True)
    for name in ("", "app", "conf", "run", "lib", "cache", "uploads", "static", "bin"):
        _folder(SHOP / name, "web")
    for name in ("", "bin", "queue", "work", "logs", "cache", "results"):
        _folder(CI / name, "ci")
    for name in ("", "bin", "conf", "backups", "stats", "archive", "run", "import"):
        _folder(DB / name, "dbadmin")
    for name in ("run", "archive", "import"):
        _folder(DB / name, "pgsvc", 0o777)
    for name in ("", "src", "releases", "backups", "static", "artefacts"):
        _folder(POOL / name, "root")
    _folder(SYSTEM, "root", 0o700)
    _folder(Path("/var/log/shop"), "web")
    _folder(Path("/var/log/db"), "dbadmin", 0o777)
    for stale in (*Path("/var/log/shop").iterdir(), *Path("/var/log/db").iterdir()):
        stale.unlink()


def _install_assets() -> None:
    _file(SYSTEM / "unitd.py", _asset("units", "unitd.py"))
    _file(SHOP / "app" / "server.py", _asset("web", "server.py"), "web")
    _file(SHOP / "conf" / "nginx.conf", _asset("web", "nginx.conf"), "web")
    _file(SHOP / "conf" / "logrotate.conf", _asset("web", "logrotate.conf"), "web")
    _file(SHOP / "conf" / "database.env", "PGUSER=shop\nPGDATABASE=shop\n", "web", 0o600)
    for name in ("healthcheck.sh", "sitemap.sh", "release.sh"):
        _file(SHOP / "bin" / name, _asset("web", name), "web", 0o755)
    _folder(Path("/usr/local/lib/hostmon"), "root")
    _file(
        Path("/usr/local/lib/hostmon/collect.sh"),
        _asset("common", "monitor.sh"),
        mode=0o755,
    )
    _file(CI / "bin" / "runner.py", _asset("ci", "runner.py"), "ci")
    _file(home("ci") / ".npmrc", "audit=false\nfund=false\nupdate-notifier=false\n", "ci", 0o600)
    _file(home("ci") / ".netrc", "machine 127.0.1.50 login ci password builds\n", "ci", 0o600)
    for name in ("backup.sh", "stats.sh", "archive.sh"):
        _file(DB / "bin" / name, _asset("db", name), "dbadmin", 0o755)
    _file(DB / "conf" / "logs.conf", _asset("db", "logs.conf"), "dbadmin")
    _file(DB / "conf" / "backup.env", "KEEP=6\n", "dbadmin", 0o600)
    _file(DB / "conf" / "backup.key", "not a secret of anyone\n", "dbadmin", 0o600)
    _file(home("dbadmin") / ".pgpass", "127.0.1.30:5433:shop:shop:shop\n", "dbadmin", 0o600)
    _file(Path(RIGHTS[1]), _asset("bastion", "welcome.sh"))


def _asset(folder: str, name: str) -> str:
    return (ASSETS / folder / name).read_text(encoding="utf-8")


def _make_keys() -> None:
    for user in USERS:
        _folder(home(user) / ".ssh", user, 0o700)
        key = home(user) / ".ssh" / "id_ed25519"
        if not key.exists():
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", user, "-f", str(key))
        _own(key, user, 0o600)
        _own(key.with_suffix(".pub"), user, 0o644)
        _file(
            home(user) / ".ssh" / "config",
            "Host *\n  StrictHostKeyChecking no\n  UserKnownHostsFile /dev/null\n  LogLevel ERROR\n",
            user,
            0o600,
        )
    reset_logins()


def reset_logins() -> None:
    """Give every user the authorized keys of a fresh lab."""
    admins = ("alice", "bob", "ops")
    allowed = {
        "web": ("deploy", "ops"),
        "deploy": ("ci", *admins),
        "ci": ("ops",),
        "pgsvc": ("dbadmin",),
        "dbadmin": admins,
    }
    key = SYSTEM / "driver"
    if not key.exists():
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "driver", "-f", str(key))
    for user in USERS:
        names = allowed.get(user, ())
        keys = [(home(name) / ".ssh" / "id_ed25519.pub").read_text() for name in names]
        keys.append(key.with_suffix(".pub").read_text())
        _file(home(user) / ".ssh" / "authorized_keys", "".join(keys), user, 0o600)


def forget_key(user: str, key: str) -> None:
    """Take one key out of a user's authorized keys."""
    path = home(user) / ".ssh" / "authorized_keys"
    kept = [line for line in path.read_text().splitlines(keepends=True) if line.strip() != key]
    path.write_text("".join(kept))


def _make_payloads() -> None:
    """Compile the programs that reports and attack chains carry; none of it does harm."""
    source = SYSTEM / "src"
    source.mkdir(exist_ok=True)
    programs = {
        "render": "#include <stdio.h>\nint main(int c,char**v){for(int i=0;i<40;i++)"
        'printf("%s line %d\\n",c>1?v[1]:"",i);return 0;}',
        "agent": '#include <stdio.h>\n#include <unistd.h>\nint main(void){puts("ready");sleep(3);return 0;}',
        "worker": "#include <time.h>\nint main(void){time_t e=time(0)+4;volatile unsigned long n=0;"
        "struct timespec z={0,2000000};while(time(0)<e){for(int i=0;i<200000;i++)n++;nanosleep(&z,0);}"
        "return 0;}",
        "migrate": '#include <stdio.h>\nint main(void){puts("no change");return 0;}',
    }
    for name, text in programs.items():
        (source / f"{name}.c").write_text(text)
        run("gcc", "-O1", "-s", "-o", str(source / name), str(source / f"{name}.c"))
    with tarfile.open(SHOP / "lib" / "renderer.tgz", "w:gz") as archive:
        archive.add(source / "render", "render")


def _make_sudoers() -> None:
    _file(
        Path(RIGHTS[0]),
        "alice,bob,ops ALL=(ALL) NOPASSWD: ALL\n"
        "deploy ALL=(root) NOPASSWD: /usr/bin/rsync\n"
        "deploy ALL=(web) NOPASSWD: ALL\n"
        "dbadmin ALL=(root) NOPASSWD: /usr/bin/find, /usr/bin/tar, /usr/bin/vim.tiny, /usr/bin/gawk\n"
        "dbadmin ALL=(pgsvc) NOPASSWD: ALL\n"
        "web ALL=(root) NOPASSWD: /usr/sbin/logrotate\n"
        "ci ALL=(root) NOPASSWD: /usr/bin/env\n",
        mode=0o440,
    )


def _make_database() -> None:
    binaries = "/usr/lib/postgresql/15/bin"
    data = _folder(DB / "data", "pgsvc", 0o700)
    command = [f"{binaries}/initdb", "-D", str(data), "-A", "trust", "--wal-segsize=1", "-N"]
    run("setpriv", "--reuid=pgsvc", "--regid=pgsvc", "--clear-groups", *command)
    with (data / "postgresql.conf").open("a", encoding="utf-8") as settings:
        settings.write(
            f"listen_addresses = '{layout.DB_ADDRESS}'\nport = {layout.DB_PORT}\n"
            "unix_socket_directories = '/srv/db/run'\nshared_buffers = 16MB\n"
            "max_connections = 40\nfsync = off\njit = off\nautovacuum_naptime = 20s\n"
            "archive_mode = on\narchive_timeout = 25s\n"
            "archive_command = 'sh /srv/db/bin/archive.sh %p %f'\n"
            "logging_collector = on\nlog_directory = '/var/log/db'\n"
            "log_filename = 'postgresql.log'\nlog_connections = on\nlog_file_mode = 0666\n"
            "max_parallel_workers_per_gather = 0\ndynamic_shared_memory_type = mmap\n"
        )


CRONTABS = {
    "web": "* * * * * /usr/sbin/logrotate -s /srv/shop/run/rotate.state /srv/shop/conf/logrotate.conf\n"
    "{even} * * * * /srv/shop/bin/sitemap.sh {size}\n",
    "dbadmin": "{even} * * * * /srv/db/bin/backup.sh {dump} >/dev/null 2>&1\n"
    "* * * * * /srv/db/bin/stats.sh {stats}\n"
    "{odd} * * * * vacuumdb -q -h 127.0.1.30 -p 5433 -U shop -d shop --analyze\n"
    "{fifth} * * * * /usr/sbin/logrotate -s /srv/db/run/rotate.state /srv/db/conf/logs.conf\n",
    "ops": "{fifth} * * * * find /home/ops -maxdepth 1 -name '*.log' -mmin +10 -delete\n"
    "{odd} * * * * df -P / | awk 'NR>1 && $5+0>90' | logger -t disk\n",
}


def set_crontabs(times: dict[str, str]) -> None:
    """Install every user's crontab with these times and names."""
    for user, text in CRONTABS.items():
        run("crontab", "-u", user, "-", given=text.format(**times))


def _make_sshd() -> None:
    key = SYSTEM / "host_key"
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", str(key))
    addresses = {user.address for user in USERS.values()}
    listen = "".join(
        f"ListenAddress {address}:{layout.SSH_PORT}\n" for address in sorted(addresses)
    )
    _file(
        SYSTEM / "sshd_config",
        f"{listen}HostKey {key}\nPidFile {SYSTEM}/sshd.pid\nUsePAM yes\nUseDNS no\n"
        "PasswordAuthentication no\nKbdInteractiveAuthentication no\nPrintMotd no\nMaxStartups 50\n"
        "MaxSessions 50\nSubsystem sftp /usr/lib/openssh/sftp-server\nAllowUsers "
        f"{' '.join(USERS)}\n",
    )
    Path("/run/sshd").mkdir(exist_ok=True)


class Daemons:
    """The two daemons that log users in; their own login id is unset, so they are not recorded."""

    def __init__(self) -> None:
        """Start sshd and cron."""
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
        self._running: Sequence[subprocess.Popen[bytes]] = [
            subprocess.Popen(command, cwd="/", env=environment, stdin=subprocess.DEVNULL)
            for command in (
                ["/usr/sbin/sshd", "-D", "-f", str(SYSTEM / "sshd_config"), "-E", "/dev/null"],
                ["/usr/sbin/cron", "-f"],
            )
        ]

    def stop(self) -> None:
        """Stop both."""
        for process in self._running:
            process.terminate()
        for process in self._running:
            process.wait(timeout=10)


def end_everything() -> None:
    """End every process of a lab user."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        pids = _lab_processes()
        for pid in pids:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue
        if not pids:
            return
        time.sleep(2)


def _lab_processes() -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                login = int((entry / "loginuid").read_text())
            except OSError:
                continue
            if layout.AUID_LOW <= login <= layout.AUID_HIGH:
                found.append(int(entry.name))
    return found


def remove() -> None:
    """Take away crontabs, rights and folders; the users stay."""
    end_everything()
    for user in CRONTABS:
        run("crontab", "-u", user, "-r", check=False)
    for path in RIGHTS:
        Path(path).unlink(missing_ok=True)
    for base in (SHOP, CI, DB, POOL, SYSTEM, Path("/usr/local/lib/hostmon")):
        shutil.rmtree(base, ignore_errors=True)
    for folder in (Path("/tmp"), Path("/dev/shm"), Path("/var/tmp")):
        for left in folder.iterdir():
            if layout.AUID_LOW <= left.lstat().st_uid <= layout.AUID_HIGH:
                shutil.rmtree(left) if left.is_dir() else left.unlink()


def build_results() -> str:
    """How the build host's jobs ended, in words; the logs of failed ones are kept."""
    results = CI / "logs" / "results"
    rows = [line.split() for line in results.read_text().splitlines()] if results.exists() else []
    failed = [name for name, code in rows if code != "0"]
    kept = Path("/var/log/labaudit/failed")
    kept.mkdir(parents=True, exist_ok=True)
    for name in failed[:20]:
        shutil.copy(CI / "logs" / f"{name}.log", kept)
    return f"{len(rows)} builds, {len(failed)} failed {failed[:5]}"
