#!/bin/bash
# Restores a dump into a database of its own and drops it again.
work=$(mktemp -d /tmp/restore-XXXXXXXX)
pg_dump -h 127.0.1.30 -p 5433 -U shop -d shop -Fc -f "$work/shop.dump"
createdb -h 127.0.1.30 -p 5433 -U shop restore_test
pg_restore -h 127.0.1.30 -p 5433 -U shop -d restore_test "$work/shop.dump"
dropdb -h 127.0.1.30 -p 5433 -U shop restore_test
rm -rf "$work"
