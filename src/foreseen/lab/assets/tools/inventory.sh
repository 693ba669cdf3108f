#!/bin/bash
# Notes what runs on a host, for the list of hosts; takes a ticket's number.
out=$(mktemp /tmp/inventory-XXXXXXXX)
ps -eo user,comm --no-headers > "$out"
ss -ltn >> "$out"
echo "$1 $(wc -l < "$out")" | gzip > "$out.gz"
rm -f "$out" "$out.gz"
