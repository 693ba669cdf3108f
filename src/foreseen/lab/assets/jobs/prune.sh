#!/bin/bash
# Drops the builder's old files.
find /srv/ci/logs -name '*.log' -mmin +6 -delete
find /srv/ci/cache -type f -mmin +20 -delete
find /tmp -maxdepth 1 -user ci -name 'pip-*' -mmin +5 -exec rm -rf {} +
du -sk /srv/ci/logs | cut -f1
