#!/bin/bash
# Tries whether a host can still compile and run a program; takes a ticket's number.
dir=$(mktemp -d /tmp/probe-XXXXXXXX)
echo 'int main(void) { return 0; }' > "$dir/probe.c"
gcc -O1 -o "$dir/probe" "$dir/probe.c" && "$dir/probe" && echo "$1 works"
rm -rf "$dir"
