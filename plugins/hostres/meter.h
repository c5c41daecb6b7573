/* Shares of growth: how much of what grew on one counter grew on another meanwhile. Pure. */
#ifndef SCM_HOSTRES_METER_H
#define SCM_HOSTRES_METER_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

/* Zero-initialised knows nothing yet. */
struct meter {
    bool known;
    uint64_t part, whole;
};

/* Percent of the growth of whole since the last call that part grew by; 0 to 100 (two clocks may differ by a
 * hair). NaN where it is not known: the first call, a counter that went back, nothing grown. */
static inline double meter_percent(struct meter *m, uint64_t part, uint64_t whole)
{
    bool valid = m->known && part >= m->part && whole > m->whole;
    double percent = valid ? 100.0 * (double)(part - m->part) / (double)(whole - m->whole) : NAN;

    *m = (struct meter){.known = true, .part = part, .whole = whole};
    return percent > 100 ? 100 : percent;
}

#endif
