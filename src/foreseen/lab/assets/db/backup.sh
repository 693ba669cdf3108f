#!/bin/bash
# Dumps the database, packs it with the settings, keeps a few.
set -e
umask 077
stamp=$(date +%Y%m%d-%H%M%S)
work=$(mktemp -d /tmp/pgdump-XXXXXX)
pg_dump -h 127.0.1.30 -p 5433 -U shop -d shop -F p -f "$work/${1:-shop}.sql"
cp /srv/db/conf/backup.env "$work/"
tar czf "/srv/db/backups/${1:-shop}-$stamp.tar.gz" -C "$work" .
openssl enc -aes-256-cbc -pbkdf2 -pass file:/srv/db/conf/backup.key \
    -in "/srv/db/backups/${1:-shop}-$stamp.tar.gz" -out "/srv/db/backups/${1:-shop}-$stamp.enc"
rm -rf "$work" "/srv/db/backups/${1:-shop}-$stamp.tar.gz"
curl -fsS -T "/srv/db/backups/${1:-shop}-$stamp.enc" "http://127.0.1.50:8099/backups/${1:-shop}-$stamp.enc"
find /srv/db/backups -name '*.enc' -mmin +6 -delete
