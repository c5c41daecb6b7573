#include "agent/unixsock.h"

#include <math.h>
#include <string.h>

#include "common/num.h"

void unixsock_reset(struct unixsock_parser *p)
{
    p->end_due = p->bad = false;
    p->left = p->count = 0;
    p->line = p->keep;
    p->len = p->kept = 0;
}

/* The next whole line, in place where it arrived in one piece. False: not there yet (the tail is kept) or too long (bad). */
static bool next_line(struct unixsock_parser *p, const char **data, size_t *size)
{
    const char *nl = memchr(*data, '\n', *size);
    size_t n = nl ? (size_t)(nl - *data) : *size;
    if (n + p->kept > UNIXSOCK_LINE_MAX) {
        p->bad = true;
        return false;
    }
    if (nl && p->kept == 0) {
        p->line = *data;
        p->len = n;
    } else {
        memcpy(p->keep + p->kept, *data, n);
        p->kept += n;
        p->line = p->keep;
        p->len = p->kept;
    }
    *data += n + (nl ? 1 : 0);
    *size -= n + (nl ? 1 : 0);
    if (nl)
        p->kept = 0;
    return nl != NULL;
}

/* "23 Values found", "-1 No such value.": the number, and the text behind its blank. */
static bool status_line(struct unixsock_parser *p)
{
    const char *blank = memchr(p->line, ' ', p->len);
    size_t n = blank ? (size_t)(blank - p->line) : p->len;
    if (!num_i64(p->line, n, -UNIXSOCK_VALUES_MAX, UNIXSOCK_VALUES_MAX, &p->count))
        return false;
    size_t skip = n + (blank ? 1 : 0);
    p->line += skip;
    p->len -= skip;
    return true;
}

enum unixsock_item unixsock_next(struct unixsock_parser *p, const char **data, size_t *size)
{
    if (p->bad)
        return UNIXSOCK_BAD;
    if (p->end_due) {
        p->end_due = false;
        return UNIXSOCK_END;
    }
    if (*size == 0)
        return UNIXSOCK_NONE;
    if (!next_line(p, data, size))
        return p->bad ? UNIXSOCK_BAD : UNIXSOCK_NONE;
    if (p->left > 0) {
        p->left--;
        p->end_due = p->left == 0;
        return UNIXSOCK_LINE;
    }
    if (!status_line(p)) {
        p->bad = true;
        return UNIXSOCK_BAD;
    }
    p->left = p->count > 0 ? p->count : 0;
    p->end_due = p->left == 0;
    return UNIXSOCK_STATUS;
}

bool unixsock_listval_line(const char *line, size_t len, int64_t *time_ms, const char **ident, size_t *ident_len)
{
    const char *blank = memchr(line, ' ', len);
    if (!blank || (size_t)(blank - line) + 1 == len)
        return false;
    /* seconds '.' milliseconds, by hand: this runs 30,000 times a second on a central collectd */
    const char *dot = memchr(line, '.', (size_t)(blank - line));
    const char *end = dot ? dot : blank;
    uint64_t s, ms = 0;
    if (!num_u64(line, (size_t)(end - line), 0, INT64_MAX / 1000 - 1, &s))
        return false;
    if (dot && (blank - dot != 4 || !num_u64(dot + 1, 3, 0, 999, &ms)))
        return false;
    *time_ms = (int64_t)(s * 1000 + ms);
    *ident = blank + 1;
    *ident_len = len - (size_t)(blank + 1 - line);
    return true;
}

bool unixsock_getval_line(const char *line, size_t len, const char **name, size_t *name_len, double *value)
{
    const char *eq = memrchr(line, '=', len);
    if (!eq || eq == line)
        return false;
    const char *v = eq + 1;
    size_t n = len - (size_t)(v - line);
    if ((n == 3 && memcmp(v, "NaN", 3) == 0) || (n == 3 && memcmp(v, "nan", 3) == 0) ||
        (n == 4 && memcmp(v, "-nan", 4) == 0) || (n == 3 && memcmp(v, "inf", 3) == 0) ||
        (n == 4 && memcmp(v, "-inf", 4) == 0)) {
        *value = NAN; /* infinity is no measurement either */
    } else if (!num_decimal(v, n, value)) {
        return false;
    }
    *name = line;
    *name_len = (size_t)(eq - line);
    return true;
}

size_t unixsock_quote(char *buf, size_t size, const char *s)
{
    size_t n = 0;
    if (size < 3)
        return 0;
    buf[n++] = '"';
    for (; *s; s++) {
        if (n + 4 > size) /* escape, byte, quote, NUL */
            return 0;
        if (*s == '"' || *s == '\\')
            buf[n++] = '\\';
        buf[n++] = (unsigned char)*s < 0x20 || *s == 0x7f ? ' ' : *s;
    }
    buf[n++] = '"';
    buf[n] = '\0';
    return n;
}
