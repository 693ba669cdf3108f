"""What the lab asks of its host: packages, names, login daemons, and a clean end."""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from foreseen.core.errors import ForeseenError
from foreseen.lab import layout
from foreseen.lab.files import file
from foreseen.lab.layout import CI, DB, MONITOR, POOL, SHOP, SYSTEM

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
# CLONE_NEWUTS and CLONE_NEWNS: os.unshare comes with Python 3.12 only.
_NEW_NAMES = 0x04000000 | 0x00020000
WELCOME = Path("/etc/profile.d/lab-welcome.sh")


class LabError(ForeseenError):
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


NAMES = {
    "127.0.1.1": "lab",
    layout.WEB_ADDRESS: "web-1",
    layout.CI_ADDRESS: "ci-1",
    layout.DB_ADDRESS: "db-1",
    layout.BASTION_ADDRESS: "bastion-1",
    layout.POOL_ADDRESS: "pool",
}


def set_names() -> None:
    """Give the lab a host name and name files of its own: nobody then asks the network."""
    if ctypes.CDLL(None, use_errno=True).unshare(_NEW_NAMES) != 0:
        raise LabError(f"cannot take a host name of its own: {os.strerror(ctypes.get_errno())}")
    socket.sethostname("lab")
    run("mount", "--make-rprivate", "/")
    own = Path("/run/lab-names")
    own.mkdir(exist_ok=True)
    local = {"127.0.0.1": "localhost", "::1": "localhost ip6-localhost ip6-loopback", **NAMES}
    file(own / "hosts", "".join(f"{address} {name}\n" for address, name in local.items()))
    file(own / "resolv.conf", "nameserver 127.0.0.53\n")
    for name in ("hosts", "resolv.conf"):
        run("mount", "--bind", str(own / name), f"/etc/{name}")


class Daemons:
    """The two daemons that log users in; their own login id is unset, so they are not recorded."""

    def __init__(self) -> None:
        """Start sshd and cron."""
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
        self._running = [
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


def remove_files() -> None:
    """Take away the lab's folders and what its users left in the folders for all."""
    WELCOME.unlink(missing_ok=True)
    for base in (SHOP, CI, DB, POOL, SYSTEM, MONITOR):
        shutil.rmtree(base, ignore_errors=True)
    for folder in map(Path, layout.TEMPORARY):
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
