#include "plugins/hostres/meminfo.h"

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

/* Which field the line is about, or MEM_FIELDS. No key has a '\n' in it, so none is found across lines. */
static enum mem_field field_of(const char *line, size_t len)
{
    enum mem_field f = 0;

    while (f < MEM_FIELDS && (len < fields[f].len || memcmp(line, fields[f].key, fields[f].len) != 0))
        f++;
    return f;
}

/* The number that follows the key, up to a blank or the end of line or text. */
static bool read_value(const char *p, uint64_t *bytes)
{
    uint64_t kib;

    p = scan_u64(scan_blanks(p), &kib);
    if (p == NULL || (*p != ' ' && *p != '\n' && *p != '\0') || kib > UINT64_MAX / 1024)
        return false;
    *bytes = kib * 1024;
    return true;
}

/* All fields where they were last time; false where one is not, or has no number. */
static bool read_in_places(const char *text, size_t len, const struct meminfo_layout *layout,
                           struct meminfo *out)
{
    for (size_t f = 0; f < MEM_FIELDS; f++) {
        size_t at = layout->at[f], key_len = fields[f].len;
        if (at + key_len > len || (at > 0 && text[at - 1] != '\n') ||
            memcmp(text + at, fields[f].key, key_len) != 0 ||
            !read_value(text + at + key_len, &out->bytes[f]))
            return false;
    }
    out->has = ALL_FIELDS;
    return true;
}

/* Line by line, noting the places. */
static size_t search(const char *text, size_t len, struct meminfo_layout *layout, struct meminfo *out)
{
    const char *end = text + len, *next;
    size_t bad = 0;

    for (const char *line = text; line < end && out->has != ALL_FIELDS; line = next + 1) {
        next = memchr(line, '\n', (size_t)(end - line));
        if (next == NULL)
            next = end;
        enum mem_field f = field_of(line, (size_t)(next - line));
        if (f == MEM_FIELDS)
            continue;
        layout->at[f] = (size_t)(line - text);
        if (read_value(line + fields[f].len, &out->bytes[f]))
            out->has |= 1U << f;
        else
            bad++;
    }
    return bad;
}

size_t meminfo_parse(const char *text, size_t len, struct meminfo_layout *layout, struct meminfo *out)
{
    *out = (struct meminfo){0};
    if (read_in_places(text, len, layout, out))
        return 0;
    *out = (struct meminfo){0};
    size_t bad = search(text, len, layout, out);
    if (bad > 0) /* so that they are found, and counted, the next time too */
        *layout = (struct meminfo_layout){0};
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
