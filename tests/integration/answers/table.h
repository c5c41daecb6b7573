/* Recorded answers: what a thousand agents answer, from one file, with what SETs have changed at each.
 *
 * File: one instance per line, "ARC.ARC.… TYPE VALUE" below the OID root; TYPE i (INTEGER), g (Gauge32), c
 * (Counter32), C (Counter64), s (string, rest of the line, \xNN for bytes), d (DateAndTime: ms since 1970, or
 * nothing: when this program started). "on ARCS VALUE after MS ARCS VALUE": when the first integer is SET to
 * the first value, the second becomes the second value MS milliseconds later. '#' begins a comment. A string
 * index is written in the OID as "name". */
#ifndef SCM_ANSWERS_TABLE_H
#define SCM_ANSWERS_TABLE_H

#include "tests/integration/answers/ber.h"

enum {
    AGENTS_MAX = 4096,
    TAG_INTEGER = 2,
    TAG_STRING = 4,
    TAG_COUNTER = 0x41,
    TAG_GAUGE = 0x42,
    TAG_COUNTER64 = 0x46
};

struct value {
    int tag;
    int64_t number;
    const char *text; /* TAG_STRING */
    size_t len;
};

bool table_load(const char *path);
/* Events: `total` of them, `rate` per second since `base` (ms since 1970), in a ring of 4096. */
void table_events(uint32_t total, uint32_t rate, int64_t base);

/* The instance of that name, or the first one after it (*name is replaced). false: none. */
bool table_get(unsigned agent, const struct name *name, struct value *out);
bool table_next(unsigned agent, struct name *name, struct value *out);
/* Returns an error-status. */
int table_set(unsigned agent, const struct name *name, const struct value *v);

int64_t wall_ms(void);

#endif
