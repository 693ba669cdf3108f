#!/bin/sh
# Asks the shop for its health and writes what it saw.
period=$1
shift
while :; do
    for path in "$@"; do
        curl -fsS -m 5 -o /dev/null "http://127.0.1.10:8088$path" || echo "$path failed" >> /srv/shop/run/health.log
    done
    sleep "$period"
done
