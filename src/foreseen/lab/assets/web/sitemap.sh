#!/bin/bash
# Writes the site map and drops old cache files.
set -e
cd /srv/shop
out=$(mktemp /tmp/sitemap.XXXXXX)
python3 -c "import sys; print('\n'.join(f'/item?id={n}' for n in range(int(sys.argv[1]))))" "${1:-50}" > "$out"
chmod 644 "$out"
mv "$out" static/sitemap.txt
find cache -type f -mmin +2 -delete
