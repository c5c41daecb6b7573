/* The scanners that the /proc parsers share. The text they walk ends in SCAN_PAD bytes of '\0' beyond its
 * last byte (procfile.h sees to that), so that none of them needs an end pointer: '\0' is no digit and no
 * blank. Pure. */
#ifndef SCM_HOSTRES_SCAN_H
#define SCM_HOSTRES_SCAN_H

#include <string.h>

#include "common/num.h"

enum { SCAN_PAD = 16 };

/* The first byte at or after p that is no blank; eight at a time, as columns are padded to their width. */
static inline const char *scan_blanks(const char *p)
{
    for (;; p += sizeof(uint64_t)) {
        uint64_t other;

        memcpy(&other, p, sizeof other);
        other ^= UINT64_C(0x2020202020202020);
        if (other != 0)
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
            return p + __builtin_ctzll(other) / 8;
#else
            return p + __builtin_clzll(other) / 8;
#endif
    }
}

/* Decimal digits at p; returns what follows them, or NULL where there is no digit or no 64 bits hold it. */
static inline const char *scan_u64(const char *p, uint64_t *out)
{
    const char *start = p;
    unsigned digit = (unsigned)((unsigned char)*p - '0');
    uint64_t v;

    if (digit > 9)
        return NULL;
    v = digit;
    digit = (unsigned)((unsigned char)*++p - '0');
    if (digit > 9) { /* most counters of most interfaces are 0 */
        *out = v;
        return p;
    }
    do {
        v = v * 10 + digit;
        digit = (unsigned)((unsigned char)*++p - '0');
    } while (digit <= 9);
    if (p - start > 19) /* 19 digits always fit; beyond, the careful way */
        return num_u64(start, (size_t)(p - start), 0, UINT64_MAX, out) ? p : NULL;
    *out = v;
    return p;
}

#endif
