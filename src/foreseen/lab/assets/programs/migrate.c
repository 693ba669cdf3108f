#include <stdio.h>

/* Stands for a release's migration that has nothing to do. */
int main(void)
{
    puts("no change");
    return 0;
}
