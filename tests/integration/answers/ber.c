#include "tests/integration/answers/ber.h"

#include <string.h>

struct reader ber_open(struct reader *r, int tag, int *tag_out)
{
    struct reader none = {.bad = true};
    size_t len;
    if (r->bad || r->end - r->p < 2)
        goto bad;
    if (tag_out != NULL)
        *tag_out = r->p[0];
    if (tag != 0 && r->p[0] != tag)
        goto bad;
    len = r->p[1];
    r->p += 2;
    if (len >= 0x80) {
        size_t n = len & 0x7f;
        if (n > 4 || (size_t)(r->end - r->p) < n)
            goto bad;
        for (len = 0; n > 0; n--)
            len = len << 8 | *r->p++;
    }
    if ((size_t)(r->end - r->p) < len)
        goto bad;
    struct reader content = {.p = r->p, .end = r->p + len};
    r->p += len;
    return content;
bad:
    r->bad = true;
    return none;
}

int64_t ber_integer(struct reader *r)
{
    struct reader c = ber_open(r, 0, NULL);
    if (c.bad || c.p == c.end || c.end - c.p > 8)
        return 0;
    uint64_t v = c.p[0] & 0x80 ? UINT64_MAX : 0;
    while (c.p < c.end)
        v = v << 8 | *c.p++;
    return (int64_t)v;
}

void ber_name(struct reader *r, struct name *out)
{
    struct reader c = ber_open(r, 6, NULL);
    out->len = 0;
    if (c.bad || c.p == c.end)
        return;
    out->id[out->len++] = *c.p / 40u;
    out->id[out->len++] = *c.p++ % 40u;
    while (c.p < c.end && out->len < OID_IDS) {
        uint32_t v = 0;
        while (c.p < c.end && (*c.p & 0x80) != 0)
            v = v << 7 | (*c.p++ & 0x7fu);
        if (c.p < c.end)
            v = v << 7 | *c.p++;
        out->id[out->len++] = v;
    }
}

void ber_start(struct writer *w)
{
    w->p = w->buf + sizeof w->buf;
    w->full = false;
}

size_t ber_len(const struct writer *w)
{
    return (size_t)(w->buf + sizeof w->buf - w->p);
}

static void byte(struct writer *w, unsigned v)
{
    if (w->p == w->buf)
        w->full = true;
    else
        *--w->p = (uint8_t)v;
}

void ber_bytes(struct writer *w, const void *s, size_t len)
{
    if ((size_t)(w->p - w->buf) < len) {
        w->full = true;
        return;
    }
    w->p -= len;
    memcpy(w->p, s, len);
}

void ber_close(struct writer *w, int tag, size_t from)
{
    size_t len = ber_len(w) - from;
    if (len < 0x80) {
        byte(w, (unsigned)len);
    } else {
        byte(w, len & 0xff);
        byte(w, len >> 8 & 0xff);
        byte(w, 0x82);
    }
    byte(w, (unsigned)tag);
}

void ber_string(struct writer *w, int tag, const void *s, size_t len)
{
    size_t from = ber_len(w);
    ber_bytes(w, s, len);
    ber_close(w, tag, from);
}

void ber_put_integer(struct writer *w, int tag, int64_t v)
{
    size_t from = ber_len(w);
    bool negative = v < 0;
    do {
        byte(w, (unsigned)(v & 0xff));
        v >>= 8;
    } while (v != (negative ? -1 : 0));
    if (((*w->p & 0x80) != 0) != negative)
        byte(w, negative ? 0xff : 0);
    ber_close(w, tag, from);
}

static void sub_id(struct writer *w, uint32_t v)
{
    byte(w, v & 0x7f);
    while (v >>= 7)
        byte(w, (v & 0x7f) | 0x80);
}

void ber_put_name(struct writer *w, const struct name *n)
{
    size_t from = ber_len(w);
    for (size_t i = n->len; i > 2; i--)
        sub_id(w, n->id[i - 1]);
    byte(w, n->id[0] * 40 + n->id[1]);
    ber_close(w, 6, from);
}
