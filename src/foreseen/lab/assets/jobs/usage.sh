#!/bin/bash
# Counts the pages of the last hour and keeps the counts, packed.
out=$(mktemp /tmp/usage-XXXXXXXX)
awk '{print $7}' /var/log/shop/access.log | sort | uniq -c | sort -rn | head -20 > "$out"
gzip -c "$out" > "/srv/shop/run/usage-$(date +%M).gz"
rm -f "$out"
find /srv/shop/run -name 'usage-*' -mmin +8 -delete
