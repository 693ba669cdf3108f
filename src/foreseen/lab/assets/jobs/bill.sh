#!/bin/bash
# Writes the bill of materials of the build host.
work=$(mktemp -d /tmp/bill-XXXXXXXX)
dpkg -l | awk '/^ii/ {print $2, $3}' > "$work/packages"
uname -srm > "$work/system"
(cd "$work" && sha256sum packages system > SUMS && zip -q bill.zip packages system SUMS)
curl -fsS -T "$work/bill.zip" http://127.0.1.50:8099/artefacts/bill.zip
rm -rf "$work"
