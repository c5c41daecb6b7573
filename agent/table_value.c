/* Values on their way out: formats, and fields of rows. */
#include "agent/table.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/num.h"

/* DateAndTime of RFC 2579 in UTC, 11 octets. */
bool value_time(struct value *out, int64_t ms)
{
    time_t t = (time_t)(ms / 1000);
    struct tm tm;

    gmtime_r(&t, &tm);
    unsigned year = (unsigned)tm.tm_year + 1900;
    const unsigned octets[11] = {year >> 8,
                                 year & 255,
                                 (unsigned)tm.tm_mon + 1,
                                 (unsigned)tm.tm_mday,
                                 (unsigned)tm.tm_hour,
                                 (unsigned)tm.tm_min,
                                 (unsigned)tm.tm_sec,
                                 (unsigned)(ms / 100 % 10),
                                 '+',
                                 0,
                                 0};
    for (size_t i = 0; i < 11; i++)
        out->buf[i] = (char)octets[i];
    value_string(out, out->buf, 11);
    return ms > 0;
}

void value_string(struct value *v, const char *p, size_t len)
{
    v->type = VALUE_STRING;
    v->s.p = p;
    v->s.len = len;
}

bool value_decimal(struct value *v, double d)
{
    /* The shortest text that reads back as the same number; at most 24 characters. */
    for (int digits = 15; digits <= 17; digits++) {
        double back;
        int n = snprintf(v->buf, sizeof v->buf, "%.*g", digits, d);
        if (n > 0 && num_decimal(v->buf, (size_t)n, &back) && (digits == 17 || !(back < d || back > d))) {
            value_string(v, v->buf, (size_t)n);
            return true;
        }
    }
    return false; /* not finite */
}

static void value_number(struct value *v, enum syntax syntax, uint32_t n)
{
    if (syntax == SYN_INTEGER || syntax == SYN_TRUTH) {
        v->type = VALUE_INTEGER;
        v->i = (int32_t)n;
    } else {
        v->type = syntax == SYN_COUNTER ? VALUE_COUNTER32 : VALUE_UNSIGNED;
        v->u = n;
    }
}

/* The value of a column that has a field in row->data. */
static bool field_get(const struct column *col, const void *data, struct value *out)
{
    const void *at = (const char *)data + col->offset;
    const char *text;
    struct view_u32 opt;
    uint32_t n;
    int64_t ms;

    switch (col->field) {
    case FIELD_NONE:
        return false;
    case FIELD_U32:
    case FIELD_ENUM:
        memcpy(&n, at, sizeof n);
        value_number(out, col->syntax, n);
        return col->field == FIELD_U32 || n != 0;
    case FIELD_OPT:
        memcpy(&opt, at, sizeof opt);
        value_number(out, col->syntax, opt.v);
        return opt.has;
    case FIELD_STRING:
        value_string(out, at, strlen(at));
        return true;
    case FIELD_POINTER:
        memcpy(&text, at, sizeof text);
        value_string(out, text, strlen(text));
        return true;
    case FIELD_DECIMAL:
        text = ((const struct decimal *)at)->text;
        value_string(out, text, strlen(text));
        return text[0] != '\0';
    case FIELD_TIME:
        memcpy(&ms, at, sizeof ms);
        return value_time(out, ms);
    }
    return false;
}

bool column_get(const struct column *col, const struct snapshot *snap, const struct row *row,
                struct value *out)
{
    return col->get != NULL ? col->get(snap, row, out) : field_get(col, row->data, out);
}
