#!/bin/sh
# Keeps a copy of a finished write-ahead segment.
test ! -f "/srv/db/archive/$2.gz" && gzip -c "$1" > "/srv/db/archive/$2.gz"
find /srv/db/archive -name '*.gz' -mmin +4 -delete
