#include <stdio.h>
#include <unistd.h>

/* Stands for a dropped program: says a word and waits. */
int main(void)
{
    puts("ready");
    sleep(3);
    return 0;
}
