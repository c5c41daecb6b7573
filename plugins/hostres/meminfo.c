#include "plugins/hostres/meminfo.h"

#include <stdbool.h>
#include <string.h>

#include "plugins/hostres/scan.h"

static const struct {
    const char *key;
    size_t len;
} fields[MEM_FIELDS] = {
#define KEY(s)                                                                                               \
    {                                                                                                        \
        s ":", sizeof(s)                                                                                     \
    }
    [MEM_TOTAL] = KEY("MemTotal"),
    [MEM_FREE] = KEY("MemFree"),
    [MEM_AVAILABLE] = KEY("MemAvailable"),
    [MEM_BUFFERS] = KEY("Buffers"),
    [MEM_CACHED] = KEY("Cached"),
    [MEM_SLAB] = KEY("Slab"),
    [MEM_SRECLAIMABLE] = KEY("SReclaimable"),
    [MEM_SUNRECLAIM] = KEY("SUnreclaim"),
#undef KEY
};

enum { ALL_FIELDS = (1 << MEM_FIELDS) - 1 };

static inline bool is_field(const char *line, size_t len, enum mem_field f)
{
    const char *key = fields[f].key;

    return line[0] == key[0] && line[1] == key[1] && len >= fields[f].len &&
           memcmp(line, key, fields[f].len) == 0;
}

/* Which field a line is about, or MEM_FIELDS. expected is tried first: kernels keep to one order, which is
 * ours. */
static enum mem_field field_of(const char *line, size_t len, enum mem_field expected)
{
    enum mem_field f = 0;

    if (is_field(line, len, expected))
        return expected;
    if (*line != 'M' && *line != 'B' && *line != 'C' && *line != 'S')
        return MEM_FIELDS;
    while (f < MEM_FIELDS && !is_field(line, len, f))
        f++;
    return f;
}

size_t meminfo_parse(const char *text, size_t len, struct meminfo *out)
{
    const char *end = text + len, *next;
    enum mem_field expected = 0;
    size_t bad = 0;

    memset(out, 0, sizeof *out);
    for (const char *line = text; line < end && out->has != ALL_FIELDS; line = next + 1) {
        uint64_t kib;

        next = memchr(line, '\n', (size_t)(end - line));
        if (next == NULL)
            next = end;
        enum mem_field f = field_of(line, (size_t)(next - line), expected);
        if (f == MEM_FIELDS)
            continue;
        expected = (f + 1) % MEM_FIELDS;
        const char *p = scan_u64(scan_blanks(line + fields[f].len), &kib);
        if (p == NULL || (*p != ' ' && p != next) || kib > UINT64_MAX / 1024) {
            bad++;
            continue;
        }
        out->bytes[f] = kib * 1024;
        out->has |= 1U << f;
    }
    return bad;
}

bool meminfo_used(const struct meminfo *m, uint64_t *bytes)
{
    static const enum mem_field parts[] = {MEM_FREE, MEM_BUFFERS, MEM_CACHED, MEM_SLAB};
    uint64_t left = m->bytes[MEM_TOTAL];

    if (!meminfo_has(m, MEM_TOTAL) || !meminfo_has(m, MEM_FREE))
        return false;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (__builtin_sub_overflow(left, m->bytes[parts[i]], &left))
            return false;
    *bytes = left;
    return true;
}
