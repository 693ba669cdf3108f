#!/bin/sh
# Makes .venv and installs one lock and Foreseen into it: `scripts/setup.sh requirements-dev.lock`.
# Every package comes as a wheel with a hash in the lock; nothing else is fetched.
set -eu
cd "$(dirname "$0")/.."
lock=$1

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "set-up stopped: $*"
    exit 1
}

recent() { # whether a command is a Python that Foreseen runs on
    "$1" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for candidate in ${PYTHON:-python3 python3.11 python3.12 python3.13 python}; do
        if recent "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    fail "Foreseen needs Python 3.11 or newer; tried ${PYTHON:-python3 python3.11 python3.12" \
        "python3.13 python}. Install one (Debian, Ubuntu: apt install python3 python3-venv), or name" \
        "one: make setup PYTHON=/path/to/python3"
}

can_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

make_venv() { # Debian and Ubuntu ship Python without what venv needs
    if output=$("$1" -m venv --clear .venv 2>&1); then
        return
    fi
    rm -rf .venv
    package=$("$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if [ "${2:-}" = again ] || ! "$1" -c 'import ensurepip' 2>&1 | grep -q ensurepip; then
        say "$output"
        fail "$1 -m venv .venv failed, see above"
    fi
    can_install || fail "$1 lacks its venv module: apt install $package (as root), then again"
    say "installing the Debian package $package, which $1 -m venv needs"
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -qq && apt-get install -y -qq "$package"; } >&2 ||
        fail "apt-get could not install $package, see above"
    make_venv "$1" again
}

if ! recent .venv/bin/python || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    python=$(find_python)
    say "making .venv with $("$python" --version)"
    make_venv "$python"
fi

say "installing $lock (about 240 MB the first time)"
.venv/bin/python -m pip install --quiet --only-binary=:all: --require-hashes --requirement "$lock"
.venv/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
.venv/bin/python scripts/check_native.py
