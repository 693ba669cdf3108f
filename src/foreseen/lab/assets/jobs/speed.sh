#!/bin/bash
# Compiles a loop twice and compares how fast it runs.
work=$(mktemp -d /tmp/speed-XXXXXXXX)
echo 'int main(void) { volatile long n = 0; for (long i = 0; i < 20000000; i++) n += i; return 0; }' > "$work/loop.c"
for level in 1 3; do
    cc -O$level -march=x86-64 -o "$work/loop$level" "$work/loop.c"
    time "$work/loop$level"
done
rm -rf "$work"
