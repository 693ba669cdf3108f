"""Names, schedules and habits of a part; training and test part share none of the names."""

import random
from dataclasses import dataclass

from foreseen.lab.layout import ASSETS


@dataclass(frozen=True, slots=True)
class Theme:
    """What the benign jobs of a part are called and how often they come."""

    c_packages: tuple[str, ...]
    python_packages: tuple[str, ...]
    node_packages: tuple[str, ...]
    reports: tuple[str, ...]
    customers: tuple[str, ...]
    files: tuple[str, ...]
    health_paths: tuple[str, ...]
    health_seconds: str
    monitor_seconds: str
    build_seconds: float
    page_seconds: float
    release_seconds: float
    prefix: str
    novel: tuple[str, ...]  # admin commands that occur in this part only
    times: dict[str, str]
    later: bool = False  # the jobs of the test part are installed


TRAIN = Theme(
    c_packages=("libhash", "tinylog", "ringbuf", "strpool", "mathx", "csvkit", "lruc", "queuec"),
    python_packages=("fastjoin", "rowpack", "timegrid", "numfold", "tokmap"),
    node_packages=("leftside", "color-pick", "date-grid", "route-map", "tiny-store"),
    reports=("sales", "stock", "returns", "visits", "weekly", "refunds"),
    customers=("ann", "carl", "dora", "emil", "finn", "gus", "hans", "ida", "jon", "kim"),
    files=("notes", "todo", "hosts-list", "plan", "inventory", "runbook", "shift"),
    health_paths=("/health", "/item?id=1"),
    health_seconds="4",
    monitor_seconds="13",
    build_seconds=16.0,
    page_seconds=2.2,
    release_seconds=170.0,
    prefix="report",
    novel=(
        "stat /etc/passwd | head -4",
        "sudo cat /proc/loadavg; cat /proc/meminfo | head -3",
        "md5sum /usr/bin/{package}",
        "sort -u ~/{name}.txt | head -3",
    ),
    times={
        "even": "*/2", "odd": "1-59/2", "fifth": "*/5",
        "size": "50", "dump": "shop", "stats": "tables",
    },
)  # fmt: skip

TEST = Theme(
    c_packages=(
        "bitgrid", "fastcrc", "memslab", "parsec2", "vecops", "inifile", "hexdump2", "trieset",
    ),
    python_packages=("colsum", "datewin", "graphlet", "wordbag", "lzpack"),
    node_packages=("pad-right", "hue-shift", "cal-view", "path-tree", "mini-cache"),
    reports=("orders", "margin", "baskets", "churn", "quarter", "suppliers"),
    customers=("lena", "max", "nora", "olaf", "pia", "quinn", "rosa", "sven", "tara", "uwe"),
    files=("draft", "checklist", "nodes", "agenda", "assets", "playbook", "rota"),
    health_paths=("/health", "/home", "/item?id=7"),
    health_seconds="6",
    monitor_seconds="11",
    build_seconds=13.0,
    page_seconds=1.9,
    release_seconds=140.0,
    prefix="render",
    novel=(
        "sudo dmesg | tail -5",
        "base64 ~/{name}.txt | head -1",
        "ldd /usr/bin/{package} | head -4",
        "timeout 5 vmstat 1 2",
        "sudo crontab -l -u {user} | md5sum",
        "sudo stat /srv/db/data | head -4",
    ),
    times={
        "even": "*/3", "odd": "1-59/3", "fifth": "2-59/4",
        "size": "80", "dump": "orders", "stats": "rows",
    },
    later=True,
)  # fmt: skip

THEMES = {"train": TRAIN, "mixed": TRAIN, "test": TEST}


def habits(name: str) -> tuple[str, ...]:
    """Command lines that people type, from a list among the assets; names are filled in later."""
    return tuple((ASSETS / f"{name}.txt").read_text(encoding="utf-8").splitlines())


def token(rng: random.Random, length: int = 8) -> str:
    """A short random name, as mktemp makes them."""
    return "".join(
        rng.choices("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", k=length)
    )


def version(rng: random.Random) -> str:
    """A version number."""
    return f"{rng.randint(0, 4)}.{rng.randint(0, 12)}.{rng.randint(0, 30)}"
