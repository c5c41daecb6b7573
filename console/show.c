#include "console/out.h"

#include <inttypes.h>
#include <time.h>

/* Three digits and a unit: 999, 1.00k would be noise, 1.2k, 12.3k, 123k. */
static const char *scaled(char *buf, double v, double base, const char *const *units)
{
    size_t u = 0;
    while (v >= base && units[u + 1] != NULL) {
        v /= base;
        u++;
    }
    snprintf(buf, SHOW_MAX, v < 99.95 && u > 0 ? "%.1f%s" : "%.0f%s", v, units[u]);
    return buf;
}

const char *show_bits(char buf[SHOW_MAX], int64_t kbits)
{
    static const char *const units[] = {"", "k", "M", "G", "T", NULL};
    return scaled(buf, (double)kbits * 1000, 1000, units);
}

const char *show_bytes(char buf[SHOW_MAX], int64_t kib)
{
    static const char *const units[] = {"", "Ki", "Mi", "Gi", "Ti", NULL};
    return scaled(buf, (double)kib * 1024, 1024, units);
}

const char *show_load(char buf[SHOW_MAX], int64_t hundredths)
{
    snprintf(buf, SHOW_MAX, "%" PRId64 ".%02" PRId64, hundredths / 100, hundredths % 100);
    return buf;
}

const char *show_time(char buf[SHOW_MAX], int64_t ms)
{
    time_t t = (time_t)(ms / 1000);
    struct tm tm;
    if (localtime_r(&t, &tm) == NULL || strftime(buf, SHOW_MAX, "%Y-%m-%d %H:%M:%S", &tm) == 0)
        snprintf(buf, SHOW_MAX, "%" PRId64, ms / 1000);
    return buf;
}
