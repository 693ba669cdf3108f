#!/bin/sh
# Writes requirements.lock, requirements-console.lock and requirements-dev.lock: exact versions and the hashes of every wheel.
# pip's configuration files and find-links stay out, so that a private index or a local folder of
# wheels adds no version and no hash that other machines cannot get. `lock.sh --upgrade` takes newer
# versions; without it a lock changes only where pyproject.toml asks for it.
set -eu
cd "$(dirname "$0")/.."
python=.venv/bin/python

compile() { # compile NAME FILE [pip-compile options]
    name=$1 file=$2
    shift 2
    "$python" scripts/declared.py "$name" |
        env -u PIP_FIND_LINKS -u PIP_EXTRA_INDEX_URL -u PIP_INDEX_URL \
            PIP_CONFIG_FILE=/dev/null CUSTOM_COMPILE_COMMAND="make lock" \
            "$python" -m piptools compile --quiet --generate-hashes --allow-unsafe \
            --strip-extras --no-annotate --no-emit-index-url --no-emit-find-links \
            --no-emit-trusted-host --no-emit-options --output-file "$file" "$@" -
}

compile runtime requirements.lock "$@"
compile console requirements-console.lock "$@"
compile dev requirements-dev.lock --constraint requirements.lock "$@"
