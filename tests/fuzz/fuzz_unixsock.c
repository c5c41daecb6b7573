/* Replies of collectd's unixsock: any bytes in any division. Each item must lie in what was given or kept, whole replies must
 * not depend on the division, and a line's parts must lie in the line. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "agent/unixsock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void lines(const struct unixsock_parser *p)
{
    int64_t t;
    const char *s;
    size_t n;
    double v;

    if (unixsock_listval_line(p->line, p->len, &t, &s, &n) && (s < p->line || s + n != p->line + p->len || t < 0))
        abort();
    if (unixsock_getval_line(p->line, p->len, &s, &n, &v) && (s != p->line || n >= p->len))
        abort();
}

/* A checksum of the items when data comes in pieces of step bytes. */
static uint64_t run(const char *data, size_t size, size_t step)
{
    struct unixsock_parser p;
    uint64_t sum = 0;

    unixsock_reset(&p);
    for (size_t at = 0; at < size; at += step) {
        const char *s = data + at;
        size_t left = size - at < step ? size - at : step;
        enum unixsock_item item;
        while ((item = unixsock_next(&p, &s, &left)) != UNIXSOCK_NONE) {
            sum = sum * 31 + (uint64_t)item;
            if (item == UNIXSOCK_BAD)
                return sum;
            if (p.len > UNIXSOCK_LINE_MAX)
                abort();
            if (item == UNIXSOCK_LINE) {
                lines(&p);
                for (size_t i = 0; i < p.len; i++)
                    sum = sum * 31 + (unsigned char)p.line[i];
            }
        }
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    const char *text = (const char *)data + 1;
    uint64_t whole = run(text, size - 1, size);
    if (run(text, size - 1, 1 + data[0] % 64) != whole)
        abort();
    return 0;
}
