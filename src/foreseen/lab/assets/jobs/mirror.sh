#!/bin/bash
# Fetches the list of sources and looks whether one of them is still what it was.
work=$(mktemp -d /tmp/mirror-XXXXXXXX)
cd "$work" || exit 1
wget -q -O environment.sh http://127.0.1.50:8099/src/environment.sh
sha256sum environment.sh > SUMS && sha256sum -c --quiet SUMS
cd / && rm -rf "$work"
