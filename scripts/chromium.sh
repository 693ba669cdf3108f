#!/bin/sh
# Sees to it that tests can drive a real browser: `scripts/chromium.sh`.
# As root on Debian it installs the package; elsewhere it says what is missing, and those tests are
# skipped (with CI=true that fails the run).
set -eu

say() { printf '%s\n' "$*" >&2; }

if command -v chromium >/dev/null || command -v google-chrome >/dev/null; then
    exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    say "Chromium is not installed, so the console is not tested in a browser: apt install chromium"
    exit 0
fi
say "installing the Debian package chromium, which tests drive"
export DEBIAN_FRONTEND=noninteractive
{ apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } >&2 || {
    say "apt-get could not install chromium, see above"
    exit 1
}
