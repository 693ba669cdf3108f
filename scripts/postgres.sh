#!/bin/sh
# Sees to it that tests can start a PostgreSQL of their own: `scripts/postgres.sh`.
# As root on Debian and Ubuntu it installs the package; elsewhere it says what is missing, and those
# tests are skipped (with CI=true that fails the run).
set -eu

say() { printf '%s\n' "$*" >&2; }

has_postgresql() {
    command -v setpriv >/dev/null || return 1
    command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1
}

if has_postgresql; then
    exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    say "PostgreSQL is not installed, so what is tested on it is skipped: apt install postgresql"
    exit 0
fi
say "installing the Debian package postgresql, which tests start a server of"
export DEBIAN_FRONTEND=noninteractive
if [ ! -e /etc/postgresql-common/createcluster.conf ]; then # no server of its own beside ours
    mkdir -p /etc/postgresql-common
    echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
fi
{ apt-get update -qq && apt-get install -y -qq --no-install-recommends \
    -o Dpkg::Options::=--force-confold postgresql; } >&2 || {
    say "apt-get could not install postgresql, see above"
    exit 1
}
