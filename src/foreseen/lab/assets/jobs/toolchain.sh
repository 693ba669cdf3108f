#!/bin/bash
# Smoke test of the compilers.
gcc --version | head -1
work=$(mktemp -d /tmp/toolchain-XXXXXXXX)
printf '#include <stdio.h>\nint main(void) { return printf("%%d", 1) != 1; }\n' > "$work/a.c"
for level in 0 2; do
    gcc -O$level -c -o "$work/a.o" "$work/a.c" && gcc -o "$work/a" "$work/a.o" && "$work/a"
done
make --version | head -1
rm -rf "$work"
