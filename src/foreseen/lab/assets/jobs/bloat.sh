#!/bin/bash
# Says how much the tables have grown, with the host's name above.
{
    hostname
    psql -h 127.0.1.30 -p 5433 -U shop -d shop -Atc "select pg_size_pretty(pg_total_relation_size('orders'))"
    ps -o rss= -u pgsvc | sort -n | tail -1
} > /srv/db/stats/bloat
