#include <time.h>

/* Stands for a miner: keeps part of a core busy for four seconds. */
int main(void)
{
    time_t end = time(0) + 4;
    volatile unsigned long count = 0;
    struct timespec rest = {0, 2000000};
    while (time(0) < end) {
        for (int i = 0; i < 200000; i++)
            count++;
        nanosleep(&rest, 0);
    }
    return 0;
}
