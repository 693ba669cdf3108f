#!/bin/bash
# Opens the newest backup and looks whether it is whole.
last=$(ls -t /srv/db/backups/*.enc 2> /dev/null | head -1)
[ -n "$last" ] || exit 0
work=$(mktemp -d /tmp/verify-XXXXXXXX)
openssl enc -d -aes-256-cbc -pbkdf2 -pass file:/srv/db/conf/backup.key -in "$last" -out "$work/backup.tgz"
tar tzf "$work/backup.tgz" > "$work/list" && grep -c sql "$work/list"
rm -rf "$work"
