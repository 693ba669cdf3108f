#!/bin/sh
# Sends the state of a host to its log, as an agent without a package does.
period=$1
log=$2
while :; do
    {
        uname -r
        id -un
        hostname
        uptime
        df -P / | tail -1
        ss -tn state established | wc -l
        ps -eo stat= | sort | uniq -c
    } > "$log.new" 2>&1
    mv "$log.new" "$log"
    sleep "$period"
done
