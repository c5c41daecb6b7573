#include "plugins/hostres/cpustat.h"

#include <string.h>

#include "plugins/hostres/scan.h"

enum { IDLE = 3, IOWAIT = 4, GUEST = 8, NEEDED = 4 };

bool cpustat_parse(const char *text, size_t len, struct cpustat *out)
{
    struct cpustat sum = {0};
    unsigned field = 0;

    if (len < 4 || memcmp(text, "cpu ", 4) != 0)
        return false;
    for (const char *p = scan_blanks(text + 4); field < GUEST && *p != '\n' && *p != '\0'; field++) {
        uint64_t ticks;

        p = scan_u64(p, &ticks);
        if (p == NULL || (*p != ' ' && *p != '\n' && *p != '\0'))
            return false;
        if (__builtin_add_overflow(sum.total, ticks, &sum.total))
            return false;
        if (field != IDLE && field != IOWAIT)
            sum.busy += ticks;
        p = scan_blanks(p);
    }
    if (field < NEEDED)
        return false;
    *out = sum;
    return true;
}
