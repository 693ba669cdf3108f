#!/bin/bash
# Unpacks sources and looks for words about licences.
work=$(mktemp -d /tmp/licences-XXXXXXXX)
cd "$work" || exit 1
curl -fsS -O http://127.0.1.50:8099/src/bitgrid.tar.gz && tar xzf bitgrid.tar.gz
grep -rli licence . | wc -l
file bitgrid/src/*.c | head -3
cd / && rm -rf "$work"
