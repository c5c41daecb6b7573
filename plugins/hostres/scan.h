/* The one number scanner of the /proc parsers. The text it walks ends in a '\0' beyond its last byte
 * (procfile.h sees to that), so that a scan needs no end pointer: '\0' is no digit and no blank. Pure. */
#ifndef SCM_HOSTRES_SCAN_H
#define SCM_HOSTRES_SCAN_H

#include "common/num.h"

static inline const char *scan_blanks(const char *p)
{
    while (*p == ' ' || *p == '\t')
        p++;
    return p;
}

/* Decimal digits at p; returns what follows them, or NULL where there is no digit or no 64 bits hold it. */
static inline const char *scan_u64(const char *p, uint64_t *out)
{
    const char *start = p;
    uint64_t v = 0;
    unsigned digit;

    while ((digit = (unsigned)((unsigned char)*p - '0')) <= 9) {
        v = v * 10 + digit;
        p++;
    }
    if (p - start > 19) /* 19 digits always fit; beyond, the careful way */
        return num_u64(start, (size_t)(p - start), 0, UINT64_MAX, out) ? p : NULL;
    *out = v;
    return p == start ? NULL : p;
}

#endif
