"""Names, numbers and places of the lab: users, nodes, addresses, folders."""

from dataclasses import dataclass
from pathlib import Path

AUID_LOW, AUID_HIGH = 61000, 61999
UNSET = 4294967295

ASSETS = Path(__file__).parent / "assets"
SHOP, CI, DB, POOL = Path("/srv/shop"), Path("/srv/ci"), Path("/srv/db"), Path("/srv/pool")
MONITOR = Path("/usr/local/lib/hostmon")
SYSTEM = Path("/srv/system")  # daemon settings that no workload reads or writes

# Folders that programs under watch write to; the lab itself keeps nothing there.
TEMPORARY = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 -- see above
TMP, VAR_TMP, SHM = TEMPORARY

WEB_ADDRESS, CI_ADDRESS, DB_ADDRESS, BASTION_ADDRESS, POOL_ADDRESS = (
    "127.0.1.10",
    "127.0.1.20",
    "127.0.1.30",
    "127.0.1.40",
    "127.0.1.50",
)
WEB_PORT, APP_PORT, DB_PORT, POOL_PORT, SSH_PORT = 8088, 5001, 5433, 8099, 22


@dataclass(frozen=True, slots=True)
class User:
    """A user of the lab, the node it stands for and the address where it logs in."""

    name: str
    uid: int
    node: str
    address: str


USERS = {
    user.name: user
    for user in (
        User("web", 61001, "web-1", WEB_ADDRESS),
        User("deploy", 61002, "web-1", WEB_ADDRESS),
        User("ci", 61011, "ci-1", CI_ADDRESS),
        User("pgsvc", 61021, "db-1", DB_ADDRESS),
        User("dbadmin", 61022, "db-1", DB_ADDRESS),
        User("alice", 61031, "bastion-1", BASTION_ADDRESS),
        User("bob", 61032, "bastion-1", BASTION_ADDRESS),
        User("ops", 61033, "bastion-1", BASTION_ADDRESS),
    )
}
NODE_OF_UID = {user.uid: user.node for user in USERS.values()}
NODES = ("web-1", "ci-1", "db-1", "bastion-1")


def home(name: str) -> Path:
    """The home folder of a user."""
    return Path("/home") / name
