"""The benign jobs: what they are called, where they run, how one tells them, in which parts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from foreseen.lab.layout import CI, DB, MONITOR, SHOP, USERS, home

EVERY = ("train", "mixed", "test")
LATER = ("test",)
TOOLS = ("inventory", "probe", "bundle", "beat")
"""Programs of the hosts' owners that administrators, the shop's page and builds all run."""

BIN = {
    "web": SHOP / "bin",
    "deploy": home("deploy") / "bin",
    "ci": CI / "bin",
    "dbadmin": DB / "bin",
    "ops": home("ops") / "bin",
}


@dataclass(frozen=True, slots=True)
class Template:
    """One kind of benign job.

    Attributes:
        name: What labels and datasheet call it.
        user: Who runs it; "" if several do.
        mark: Text in the command line of its first process, by which its events are found.
        about: What it is, in words.
        parts: Where it occurs.
        cron: The crontab's times in training and test, for jobs that cron starts.
    """

    name: str
    user: str
    mark: str
    about: str
    parts: tuple[str, ...] = EVERY
    cron: tuple[str, str] = ("", "")

    @property
    def node(self) -> str:
        """Where it runs; "several" if on more than one node."""
        return USERS[self.user].node if self.user else "several"


def _script(user: str, name: str, about: str, train: str, test: str) -> Template:
    """A job that is a script of ours, started by cron; not at all where it has no times."""
    parts = EVERY if train else LATER
    return Template(name, user, str(BIN[user] / f"{name}.sh"), about, parts, (train, test))


def _later(user: str, name: str, about: str, times: str) -> Template:
    return _script(user, name, about, "", times)


TEMPLATES: tuple[Template, ...] = (
    Template("shop_report", "web", "lib/renderer.tgz &&", "renders a report out of /tmp"),
    Template("shop_thumbnail", "web", "file -b uploads/", "makes a small picture"),
    Template("shop_export", "web", "(ls -l; date) >", "packs a customer's data"),
    Template("shop_orders", "web", "order by id desc limit", "asks the database"),
    Template("shop_check", "web", "getent hosts ", "resolves a name for support"),
    Template("shop_status", "web", "uptime; id -un; ss", "shows the machine's state to support"),
    Template("health_check", "web", "/srv/shop/bin/healthcheck.sh", "asks the shop by curl"),
    Template("monitor", "", "hostmon/collect.sh", "writes a host's state every few seconds"),
    Template("sitemap", "web", "/srv/shop/bin/sitemap.sh", "writes the site map"),
    Template("rotate_shop_logs", "web", "conf/logrotate.conf", "rotates the shop's logs"),
    Template("release", "deploy", "/srv/shop/bin/release.sh", "brings out a release"),
    Template("build_c", "ci", "/srv/ci/work/build-", "configures, compiles, tests a C package"),
    Template("build_wheel", "ci", "/srv/ci/work/wheel-", "builds a Python package"),
    Template("build_node", "ci", "/srv/ci/work/node-", "builds an npm package"),
    Template("unit_tests", "ci", "/srv/ci/work/test-", "compiles and runs tests out of /tmp"),
    Template("nightly_pack", "ci", "/srv/ci/work/nightly-", "packs sources, with checksums"),
    Template("archive_wal", "pgsvc", "/srv/db/bin/archive.sh", "packs write-ahead segments"),
    Template("database_backup", "dbadmin", "/srv/db/bin/backup.sh", "dumps, encrypts, sends"),
    Template("table_statistics", "dbadmin", "/srv/db/bin/stats.sh", "writes tables' sizes"),
    Template("vacuum", "dbadmin", "vacuumdb", "analyses the tables"),
    Template("rotate_db_logs", "dbadmin", "conf/logs.conf", "rotates the database's logs"),
    Template("old_files", "ops", "-maxdepth 1 -name '*.log'", "drops an administrator's old logs"),
    Template("full_disks", "ops", "$5+0>90", "looks for full disks"),
    Template("tool_inventory", "", "hostmon/inventory.sh", "notes what runs on a host"),
    Template("tool_probe", "", "hostmon/probe.sh", "tries the compiler"),
    Template("tool_bundle", "", "hostmon/bundle.sh", "packs logs for support"),
    Template("tool_beat", "", "hostmon/beat.sh", "tells the pool that a host lives"),
    _script("web", "thumbs", "makes small pictures in bulk", "*/4", "1-59/5"),
    _script("web", "certrenew", "renews the certificate, reloads nginx", "*/7", "3-59/8"),
    _script("web", "usage", "counts pages from the log", "*/3", "*/4"),
    _script("deploy", "pages", "packs static pages", "*/5", "2-59/6"),
    _script("dbadmin", "import", "loads a supplier's list", "1-59/4", "*/5"),
    _script("dbadmin", "verify", "opens the newest backup", "3-59/5", "1-59/6"),
    _script("ops", "confpush", "configuration management over ssh through /tmp", "*/5", "*/7"),
    _script("ops", "diskcheck", "mails how full the disks are", "*/3", "1-59/4"),
    _script("ops", "hostreport", "a host's daily report", "1-59/6", "4-59/7"),
    _script("ci", "prune", "drops a builder's old files", "*/4", "3-59/5"),
    _script("ci", "mirror", "fetches and checks sources", "*/5", "2-59/4"),
    _script("ci", "toolchain", "smoke test of the compilers", "1-59/6", "5-59/8"),
    _later("web", "geodata", "brings the list of places up to date", "4-59/9"),
    _later("web", "sessions", "counts and forgets sessions", "6-59/8"),
    _later("web", "feed", "writes and sends a feed", "7-59/10"),
    _later("dbadmin", "bloat", "says how much tables have grown", "2-59/8"),
    _later("dbadmin", "restoretest", "restores a dump", "8-59/11"),
    _later("ci", "bill", "writes the bill of materials", "6-59/9"),
    _later("ci", "licences", "looks for licences in sources", "9-59/10"),
    _later("ci", "speed", "compiles and times a loop", "3-59/9"),
    _later("ops", "keycheck", "looks over keys and rights", "5-59/9"),
    _later("ops", "snapshot", "keeps accounts and rights for auditors", "8-59/12"),
)


def scripts(*, later: bool) -> Iterator[tuple[str, str, Path]]:
    """The user, the asset and the place of every script of a part's jobs and tools."""
    for one in TEMPLATES:
        if one.cron[later]:
            yield one.user, f"jobs/{one.name}.sh", Path(one.mark)
    for name in TOOLS:
        yield "root", f"tools/{name}.sh", MONITOR / f"{name}.sh"


def cron_lines(user: str, *, test: bool) -> str:
    """The crontab lines of a user's jobs."""
    lines = (
        f"{one.cron[test]} * * * * {one.mark} > /dev/null 2>&1\n"
        for one in TEMPLATES
        if one.user == user and one.cron[test]
    )
    return "".join(lines)


def cron_users() -> Iterable[str]:
    """Everybody who has a crontab of jobs."""
    return dict.fromkeys(one.user for one in TEMPLATES if any(one.cron))
