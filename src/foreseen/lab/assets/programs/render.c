#include <stdio.h>

/* Prints a report of forty lines. */
int main(int count, char **arguments)
{
    for (int line = 0; line < 40; line++)
        printf("%s line %d\n", count > 1 ? arguments[1] : "", line);
    return 0;
}
