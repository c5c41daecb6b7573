#include "agent/table.h"

#include <string.h>

int oid_cmp(const uint32_t *a, size_t a_len, const uint32_t *b, size_t b_len)
{
    size_t n = a_len < b_len ? a_len : b_len;

    for (size_t i = 0; i < n; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return a_len == b_len ? 0 : a_len < b_len ? -1 : 1;
}

/* ---- names ---- */

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

/* ---- finding ---- */

static bool has_prefix(const uint32_t *id, size_t len, const uint32_t *prefix, size_t n)
{
    return len >= n && memcmp(id, prefix, n * sizeof *id) == 0;
}

const struct column *mib_column(const struct mib *mib, const uint32_t *id, size_t len, const struct table **t,
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
static size_t find_row(const struct table *t, const struct snapshot *snap, const uint32_t *idx, size_t n,
                       bool or_equal)
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
    const struct column *col = mib_column(mib, id, len, &t, &rest);
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
static enum get_result scan(const struct mib *mib, const struct snapshot *snap, struct place at,
                            struct oid_name *next, struct value *out)
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
static struct place place_after(const struct mib *mib, const struct snapshot *snap, const uint32_t *id,
                                size_t len)
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
