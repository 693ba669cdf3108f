#!/bin/bash
# Tells the pool that a host lives and takes what it has to say; takes a ticket's number.
out=$(mktemp /tmp/beat-XXXXXXXX)
curl -fsS -m 5 -o "$out" http://127.0.1.50:8099/src/environment.sh
grep -c . "$out"
rm -f "$out"
