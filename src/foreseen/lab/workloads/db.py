"""Drives the database host: queries, small loads, dumps, upkeep by an administrator."""

import random
import time
from threading import Event

from foreseen.lab.channels import Login, Units, psql
from foreseen.lab.themes import Theme, habits


def start(units: Units, theme: Theme) -> None:
    """Start the server, the shop's tables and the monitor."""
    units.start("pgsvc", "/usr/lib/postgresql/15/bin/postgres", "-D", "/srv/db/data")
    for _ in range(40):
        time.sleep(0.5)
        psql("pgsvc", "postgres", "create role shop superuser login")
        psql("pgsvc", "postgres", "create database shop owner shop")
        psql("shop", "shop", _TABLES)
        if "400" in psql("shop", "shop", "select count(*) from orders"):
            break
    units.start(
        "dbadmin",
        "/bin/sh",
        "/usr/local/lib/hostmon/collect.sh",
        theme.monitor_seconds,
        "/srv/db/stats/state",
    )


_TABLES = (
    "create table if not exists orders (id serial primary key, customer text, amount int);"
    "create table if not exists customers (id serial primary key, name text, card text);"
    "insert into orders (customer, amount)"
    " select 'c' || n, n * 7 % 90 from generate_series(1, 400) n;"
    "insert into customers (name, card)"
    " select 'c' || n, md5(n::text) from generate_series(1, 300) n"
)


def trade(theme: Theme, rng: random.Random, end: Event) -> None:
    """Sell: insert orders over the network now and then, as the shop's other parts do."""
    while not end.wait(rng.expovariate(1 / 6)):
        customer, rows = rng.choice(theme.customers), rng.randint(1, 40)
        psql("shop", "shop", _SALE.format(customer=customer, rows=rows))


_SALE = (
    "insert into orders (customer, amount) select '{customer}', n from generate_series(1, {rows}) n"
)


def administer(theme: Theme, rng: random.Random, end: Event) -> None:
    """Let an administrator log in and look after the database."""
    while not end.wait(theme.release_seconds * rng.uniform(0.3, 1.0)):
        login = Login("dbadmin")
        for line in rng.sample(_CARE, rng.randint(3, 7)):
            values = {
                "name": rng.choice(theme.files),
                "table": rng.choice(("orders", "customers")),
                "n": rng.randint(2, 60),
                "dump": theme.times["dump"],
            }
            login.type(line.format(**values), rng.uniform(0.8, 5))
        login.close()


_CARE = habits("db/care")
