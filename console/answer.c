#include "console/answer.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/num.h"
#include "console/text.h"

static const struct cell absent = {.kind = CELL_ABSENT};

static void row_clear(struct row *row)
{
    for (size_t i = 0; i < MIB_CELLS; i++)
        free(row->cells[i].text);
}

void answer_clear(struct answer *a)
{
    for (size_t i = 0; i < MIB_SCALARS; i++)
        free(a->scalars[i].text);
    for (size_t t = 0; t < MIB_TABLES; t++) {
        for (size_t i = 0; i < a->tables[t].n; i++)
            row_clear(&a->tables[t].row[i]);
        free(a->tables[t].row);
    }
    memset(a, 0, sizeof *a);
}

const struct cell *answer_scalar(const struct answer *a, enum mib_object object)
{
    return object < MIB_SCALARS ? &a->scalars[object] : &absent;
}

const struct cell *row_cell(const struct row *row, enum mib_object object)
{
    return row != NULL ? &row->cells[mib_def(object)->arc - 1] : &absent;
}

/* Where index is, or would be. */
static size_t place(const struct rows *rows, enum mib_table table, const struct mib_index *index)
{
    size_t lo = 0, hi = rows->n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (mib_index_cmp(table, &rows->row[mid].index, index) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

struct row *answer_row(const struct answer *a, enum mib_table table, const struct mib_index *index)
{
    const struct rows *rows = &a->tables[table];
    size_t at = place(rows, table, index);
    return at < rows->n && mib_index_cmp(table, &rows->row[at].index, index) == 0 ? &rows->row[at] : NULL;
}

struct row *answer_row_named(const struct answer *a, enum mib_table table, const char *name)
{
    struct mib_index index;
    return mib_index_name(&index, name) ? answer_row(a, table, &index) : NULL;
}

struct row *answer_row_make(struct answer *a, enum mib_table table, const struct mib_index *index)
{
    struct rows *rows = &a->tables[table];
    struct row *row = answer_row(a, table, index);
    if (row != NULL)
        return row;
    if (rows->n == rows->room) {
        size_t room = rows->room == 0 ? 2 : rows->room * 2;
        row = reallocarray(rows->row, room, sizeof *row);
        if (row == NULL)
            return NULL;
        rows->row = row;
        rows->room = room;
    }
    size_t at = place(rows, table, index);
    row = &rows->row[at];
    memmove(row + 1, row, (rows->n - at) * sizeof *row);
    rows->n++;
    memset(row, 0, sizeof *row);
    row->index = *index;
    return row;
}

int64_t cell_number(const struct cell *c, int64_t otherwise)
{
    return c->kind == CELL_NUMBER ? c->number : otherwise;
}

const char *cell_text(const struct cell *c)
{
    return c->kind == CELL_TEXT ? c->text : "";
}

static void set_number(struct cell *c, int64_t number)
{
    free(c->text);
    *c = (struct cell){.kind = CELL_NUMBER, .number = number};
}

static const char *set_text(struct cell *c, const u_char *s, size_t len)
{
    char buf[MIB_TEXT_MAX + 1];
    text_clean(buf, sizeof buf, (const char *)s, len, text_utf8());
    char *text = strdup(buf);
    if (text == NULL)
        return "more memory";
    free(c->text);
    *c = (struct cell){.kind = CELL_TEXT, .text = text};
    return NULL;
}

/* DateAndTime (RFC 2579) to ms since 1970. Without a zone it is taken as UTC: our agents always send one. */
static bool date(const u_char *s, size_t len, int64_t *ms)
{
    if (len != 8 && len != 11)
        return false;
    if (s[2] < 1 || s[2] > 12 || s[3] < 1 || s[3] > 31 || s[4] > 23 || s[5] > 59 || s[6] > 60 || s[7] > 9)
        return false;
    struct tm tm = {.tm_year = (s[0] << 8 | s[1]) - 1900,
                    .tm_mon = s[2] - 1,
                    .tm_mday = s[3],
                    .tm_hour = s[4],
                    .tm_min = s[5],
                    .tm_sec = s[6]};
    int64_t t = timegm(&tm);
    if (len == 11) {
        if ((s[8] != '+' && s[8] != '-') || s[9] > 14 || s[10] > 59)
            return false;
        int64_t zone = s[9] * 3600 + s[10] * 60;
        t += s[8] == '+' ? -zone : zone;
    }
    *ms = t * 1000 + s[7] * 100;
    return true;
}

static const char *read_date(struct cell *c, const netsnmp_variable_list *v)
{
    static const u_char never[11];
    int64_t ms = 0;
    if (v->type != ASN_OCTET_STR)
        return "a DateAndTime";
    if (v->val_len <= sizeof never && memcmp(v->val.string, never, v->val_len) == 0)
        return NULL;
    if (!date(v->val.string, v->val_len, &ms))
        return "a DateAndTime";
    set_number(c, ms);
    return NULL;
}

static const char *read_string(struct cell *c, const netsnmp_variable_list *v, bool decimal)
{
    double d = 0;
    if (v->type != ASN_OCTET_STR)
        return "a string";
    if (v->val_len > MIB_TEXT_MAX)
        return "a string of at most 1024 bytes";
    if (decimal && v->val_len == 0)
        return NULL;
    if (decimal && !num_decimal((const char *)v->val.string, v->val_len, &d))
        return "a decimal number";
    return set_text(c, v->val.string, v->val_len);
}

static const char *read_number(struct cell *c, const netsnmp_variable_list *v, u_char type,
                               const char *expected)
{
    if (v->type != type || v->val.integer == NULL)
        return expected;
    int64_t n = *v->val.integer;
    set_number(c, type == ASN_INTEGER ? n : (int64_t)((uint64_t)n & UINT32_MAX));
    return NULL;
}

const char *cell_read(struct cell *c, enum mib_object object, const netsnmp_variable_list *v)
{
    switch (mib_def(object)->syntax) {
    case SYNTAX_TEXT:
        return read_string(c, v, false);
    case SYNTAX_DECIMAL:
        return read_string(c, v, true);
    case SYNTAX_ENUM:
    case SYNTAX_INTEGER:
        return read_number(c, v, ASN_INTEGER, "an INTEGER");
    case SYNTAX_GAUGE:
        return read_number(c, v, ASN_GAUGE, "a Gauge32");
    case SYNTAX_COUNTER:
        return read_number(c, v, ASN_COUNTER, "a Counter32");
    case SYNTAX_DATE:
        return read_date(c, v);
    }
    return "nothing";
}
