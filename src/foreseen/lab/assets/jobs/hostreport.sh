#!/bin/bash
# The daily report about a host: load, people, listeners, versions.
{
    uptime
    who
    last -n 5
    ss -ltn
    uname -a
    dpkg -l openssl bash sudo | tail -3
} > ~/report.txt 2> /dev/null
gzip -f ~/report.txt
curl -fsS -T ~/report.txt.gz http://127.0.1.50:8099/static/report.gz
rm -f ~/report.txt.gz
