#!/bin/bash
# Brings the list of places up to date.
new=$(mktemp /tmp/geodata-XXXXXXXX)
wget -q -O "$new" http://127.0.1.50:8099/releases/site-127.tar.gz
sha256sum "$new" | cut -d' ' -f1 > /srv/shop/run/places.sum
tar tzf "$new" | wc -l
mv "$new" /srv/shop/run/places.tgz
