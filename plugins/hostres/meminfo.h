/* Parser of /proc/meminfo. Pure. */
#ifndef SCM_HOSTRES_MEMINFO_H
#define SCM_HOSTRES_MEMINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mem_field {
    MEM_TOTAL,
    MEM_FREE,
    MEM_AVAILABLE,
    MEM_BUFFERS,
    MEM_CACHED,
    MEM_SLAB,
    MEM_SRECLAIMABLE,
    MEM_SUNRECLAIM,
    MEM_FIELDS
};

struct meminfo {
    uint64_t bytes[MEM_FIELDS]; /* 0 where the kernel has no such line */
    unsigned has;               /* bit per field that was read */
};

/* Where each field's line began in the last text; zero-initialised is "not known". A kernel keeps its lines
 * and their widths, so the next text mostly has them in the same places and needs no search. */
struct meminfo_layout {
    size_t at[MEM_FIELDS];
};

/* Reads the text (padded as scan.h says). Returns the number of wanted lines it could not read. */
size_t meminfo_parse(const char *text, size_t len, struct meminfo_layout *layout, struct meminfo *out);

static inline bool meminfo_has(const struct meminfo *m, enum mem_field f)
{
    return (m->has & 1U << f) != 0;
}

/* What nobody named: total less free, buffers, cached and slab. False where a field for it is missing or the
 * sum is above the total (the file is not one moment's picture). */
bool meminfo_used(const struct meminfo *m, uint64_t *bytes);

#endif
