#include "agent/table.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/num.h"

int oid_cmp(const uint32_t *a, size_t a_len, const uint32_t *b, size_t b_len)
{
    size_t n = a_len < b_len ? a_len : b_len;

    for (size_t i = 0; i < n; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return a_len == b_len ? 0 : a_len < b_len ? -1 : 1;
}

/* ---- values ---------------------------------------------------------------------------------------------------- */

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
    for (int digits = 6; digits <= 17; digits += digits < 15 ? 9 : 1) {
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
    const char *at = (const char *)data + col->offset;
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
    case FIELD_TIME:
        memcpy(&ms, at, sizeof ms);
        return value_time(out, ms);
    }
    return false;
}

bool column_get(const struct column *col, const struct snapshot *snap, const struct row *row, struct value *out)
{
    return col->get != NULL ? col->get(snap, row, out) : field_get(col, row->data, out);
}

/* ---- names ----------------------------------------------------------------------------------------------------- */

/* Appends the index of a row. */
static void put_index(const struct table *t, const struct row *row, struct oid_name *out)
{
    switch (t->index) {
    case INDEX_SCALAR:
        out->id[out->len++] = 0;
        break;
    case INDEX_NUMBER:
        out->id[out->len++] = row->number;
        break;
    case INDEX_NAME:
        out->id[out->len++] = (uint32_t)strlen(row->name);
        for (const unsigned char *p = (const unsigned char *)row->name; *p; p++)
            out->id[out->len++] = *p;
        break;
    }
}

void mib_name(const struct mib *mib, const struct table *t, const struct column *col, const struct row *row,
              struct oid_name *out)
{
    memcpy(out->id, mib->root, mib->root_len * sizeof *out->id);
    memcpy(out->id + mib->root_len, t->arcs, t->n_arcs * sizeof *out->id);
    out->len = mib->root_len + t->n_arcs;
    out->id[out->len++] = col->arc;
    put_index(t, row, out);
}

/* Order of a row's index and the sub-identifiers idx: <0, 0, >0. */
static int index_cmp(const struct table *t, const struct row *row, const uint32_t *idx, size_t n)
{
    if (t->index != INDEX_NAME) {
        uint32_t number = t->index == INDEX_SCALAR ? 0 : row->number;
        return oid_cmp(&number, 1, idx, n);
    }
    size_t len = strlen(row->name);
    if (n == 0)
        return 1;
    if (len != idx[0])
        return len < idx[0] ? -1 : 1;
    for (size_t i = 0; i < len; i++) {
        if (i + 1 == n)
            return 1;
        uint32_t c = (unsigned char)row->name[i];
        if (c != idx[i + 1])
            return c < idx[i + 1] ? -1 : 1;
    }
    return len + 1 < n ? -1 : 0;
}

static bool readable(const struct column *col)
{
    return col->access >= ACCESS_READ;
}

/* ---- finding --------------------------------------------------------------------------------------------------- */

static bool has_prefix(const uint32_t *id, size_t len, const uint32_t *prefix, size_t n)
{
    return len >= n && memcmp(id, prefix, n * sizeof *id) == 0;
}

/* The table and column that id (below the root) is under, or NULL; *rest: where its index begins. */
static const struct column *find_column(const struct mib *mib, const uint32_t *id, size_t len, const struct table **t,
                                        size_t *rest)
{
    if (!has_prefix(id, len, mib->root, mib->root_len))
        return NULL;
    for (size_t k = 0; k < mib->n_tables; k++) {
        const struct table *table = mib->tables[k];
        size_t at = mib->root_len + table->n_arcs;
        if (len <= at || !has_prefix(id + mib->root_len, len - mib->root_len, table->arcs, table->n_arcs))
            continue;
        for (size_t c = 0; c < table->n_columns; c++)
            if (table->columns[c].arc == id[at]) {
                *t = table;
                *rest = at + 1;
                return &table->columns[c];
            }
    }
    return NULL;
}

/* The number of the first row whose index is after idx (or not before, if equal is wanted). */
static size_t find_row(const struct table *t, const struct snapshot *snap, const uint32_t *idx, size_t n, bool or_equal)
{
    size_t lo = 0, hi = t->count(snap);

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        struct row row;
        t->at(snap, mid, &row);
        int c = index_cmp(t, &row, idx, n);
        if (c < 0 || (c == 0 && !or_equal))
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

enum get_result mib_get(const struct mib *mib, const struct snapshot *snap, const uint32_t *id, size_t len,
                        struct value *out)
{
    const struct table *t;
    size_t rest;
    const struct column *col = find_column(mib, id, len, &t, &rest);
    struct row row;

    if (col == NULL || !readable(col))
        return GET_NO_OBJECT;
    size_t i = find_row(t, snap, id + rest, len - rest, true);
    if (i == t->count(snap))
        return GET_NO_INSTANCE;
    t->at(snap, i, &row);
    if (index_cmp(t, &row, id + rest, len - rest) != 0 || !column_get(col, snap, &row, out))
        return GET_NO_INSTANCE;
    return GET_OK;
}

/* Where in the MIB an instance stands, or could. */
struct place {
    size_t table, column, row;
};

/* The first value at or after a place. */
static enum get_result scan(const struct mib *mib, const struct snapshot *snap, struct place at, struct oid_name *next,
                            struct value *out)
{
    struct row row;

    for (; at.table < mib->n_tables; at.table++, at.column = 0, at.row = 0) {
        const struct table *t = mib->tables[at.table];
        for (size_t rows = t->count(snap); at.column < t->n_columns; at.column++, at.row = 0) {
            const struct column *col = &t->columns[at.column];
            for (; at.row < rows && readable(col); at.row++) {
                t->at(snap, at.row, &row);
                if (column_get(col, snap, &row, out)) {
                    mib_name(mib, t, col, &row, next);
                    return GET_OK;
                }
            }
        }
    }
    return GET_END;
}

/* The first place after id, whether there is a value or not. */
static struct place place_after(const struct mib *mib, const struct snapshot *snap, const uint32_t *id, size_t len)
{
    struct place place = {0, 0, 0};

    if (!has_prefix(id, len, mib->root, mib->root_len)) {
        if (oid_cmp(id, len, mib->root, mib->root_len) > 0)
            place.table = mib->n_tables;
        return place;
    }
    const uint32_t *sub = id + mib->root_len;
    size_t n = len - mib->root_len;
    while (place.table < mib->n_tables) { /* past the tables that end before id */
        const struct table *t = mib->tables[place.table];
        if (has_prefix(sub, n, t->arcs, t->n_arcs) || oid_cmp(t->arcs, t->n_arcs, sub, n) > 0)
            break;
        place.table++;
    }
    if (place.table == mib->n_tables)
        return place;
    const struct table *t = mib->tables[place.table];
    if (n <= t->n_arcs || !has_prefix(sub, n, t->arcs, t->n_arcs))
        return place; /* before the table's first column */
    while (place.column < t->n_columns && t->columns[place.column].arc < sub[t->n_arcs])
        place.column++;
    if (place.column < t->n_columns && t->columns[place.column].arc == sub[t->n_arcs])
        place.row = find_row(t, snap, sub + t->n_arcs + 1, n - t->n_arcs - 1, false);
    return place;
}

enum get_result mib_next(const struct mib *mib, const struct snapshot *snap, const uint32_t *id, size_t len,
                         struct oid_name *next, struct value *out)
{
    return scan(mib, snap, place_after(mib, snap, id, len), next, out);
}

/* ---- SET ------------------------------------------------------------------------------------------------------- */

/* The checks that need nothing but the column: type, length, range. */
static enum set_error check_value(const struct column *col, const struct value *v)
{
    double d;

    switch (col->syntax) {
    case SYN_INTEGER:
    case SYN_TRUTH:
        if (v->type != VALUE_INTEGER)
            return SET_WRONG_TYPE;
        return v->i < (int32_t)col->min || v->i > (int32_t)col->max ? SET_WRONG_VALUE : SET_OK;
    case SYN_UNSIGNED:
        if (v->type != VALUE_UNSIGNED)
            return SET_WRONG_TYPE;
        return v->u < col->min || v->u > col->max ? SET_WRONG_VALUE : SET_OK;
    case SYN_STRING:
        if (v->type != VALUE_STRING)
            return SET_WRONG_TYPE;
        if (v->s.len < col->min || v->s.len > col->max)
            return SET_WRONG_LENGTH;
        return view_text_ok(v->s.p, v->s.len) ? SET_OK : SET_WRONG_VALUE;
    case SYN_DECIMAL:
        if (v->type != VALUE_STRING)
            return SET_WRONG_TYPE;
        return num_decimal(v->s.p, v->s.len, &d) ? SET_OK : SET_WRONG_VALUE;
    case SYN_GAUGE:
    case SYN_COUNTER:
    case SYN_TIME:
        break; /* never writable */
    }
    return SET_NOT_WRITABLE;
}

/* Reads the index of a SET into name ("" for a scalar); false: no row can ever have it. */
static bool take_name(const struct table *t, const uint32_t *idx, size_t n, char name[SCM_NAME_MAX + 1])
{
    name[0] = '\0';
    if (t->index == INDEX_SCALAR)
        return n == 1 && idx[0] == 0;
    if (t->index != INDEX_NAME || n < 2 || n > SCM_NAME_MAX + 1 || idx[0] != n - 1)
        return false;
    for (size_t i = 1; i < n; i++) {
        if (idx[i] == 0 || idx[i] > 255)
            return false;
        name[i - 1] = (char)idx[i];
    }
    name[n - 1] = '\0';
    return view_text_ok(name, n - 1);
}

/* A varbind with its column and row found. */
struct target {
    const struct column *col;
    char name[SCM_NAME_MAX + 1];
};

/* May be changed, has the right type, and is not given a second, other value in the same PDU. */
static enum set_error resolve(const struct mib *mib, const struct varbind *vbs, size_t at, struct target *out)
{
    const struct varbind *vb = &vbs[at];
    const struct table *t;
    size_t rest;

    out->col = find_column(mib, vb->name.id, vb->name.len, &t, &rest);
    if (out->col == NULL || out->col->access < ACCESS_WRITE)
        return SET_NOT_WRITABLE;
    enum set_error e = check_value(out->col, &vb->value);
    if (e != SET_OK)
        return e;
    return take_name(t, vb->name.id + rest, vb->name.len - rest, out->name) ? SET_OK : SET_NO_CREATION;
}

static bool same_value(const struct value *a, const struct value *b)
{
    if (a->type != b->type)
        return false;
    if (a->type == VALUE_STRING)
        return a->s.len == b->s.len && memcmp(a->s.p, b->s.p, a->s.len) == 0;
    return a->u == b->u;
}

/* Whether varbind `at` is an earlier one again: then *e says whether that can be. */
static bool is_repeat(const struct varbind *vbs, size_t at, enum set_error *e)
{
    for (size_t i = 0; i < at; i++)
        if (oid_cmp(vbs[i].name.id, vbs[i].name.len, vbs[at].name.id, vbs[at].name.len) == 0) {
            *e = same_value(&vbs[i].value, &vbs[at].value) ? SET_OK : SET_INCONSISTENT_VALUE;
            return true;
        }
    return false;
}

enum set_error mib_set(const struct mib *mib, const struct snapshot *snap, struct settings *draft,
                       const struct varbind *vbs, size_t n, size_t *failed)
{
    enum set_error e = SET_OK;

    /* Pass 0 checks everything, so that errors come in RFC 3416's order; each later pass is one kind of setter. */
    for (int pass = 0; pass < 4; pass++)
        for (size_t i = 0; i < n; i++) {
            struct target t;
            *failed = i;
            if ((e = resolve(mib, vbs, i, &t)) != SET_OK)
                return e;
            if (is_repeat(vbs, i, &e)) {
                if (e != SET_OK)
                    return e;
                continue;
            }
            enum set_error (*const f)(const struct snapshot *, struct settings *, const char *, const struct value *) =
                pass == 0   ? NULL
                : pass == 1 ? t.col->begin
                : pass == 2 ? t.col->set
                            : t.col->finish;
            if (f != NULL && (e = f(snap, draft, t.name, &vbs[i].value)) != SET_OK)
                return e;
        }
    return SET_OK;
}
