#include "console/fetch.h"

#include <stdio.h>
#include <string.h>

/* Variables of one answer: beyond this the agent would have to fragment it; it truncates, and we ask on. */
enum { VARIABLES_USUAL = 60 };

void fetch_start(struct fetch *f, const struct fetch_spec *spec, struct answer *answer)
{
    memset(f, 0, sizeof *f);
    f->spec = spec;
    f->answer = answer;
    f->repetitions = spec->rows_usual + 1; /* one more shows the end */
    for (size_t i = 0; i < spec->n_columns; i++)
        if (mib_def(spec->columns[i])->table == TABLE_EVENT)
            f->columns[i].at.number = spec->after;
    size_t fit = spec->n_columns > 0 ? VARIABLES_USUAL / spec->n_columns : 0;
    if (f->repetitions > fit)
        f->repetitions = fit;
    if (f->repetitions > FETCH_REPETITIONS_MAX)
        f->repetitions = FETCH_REPETITIONS_MAX;
    if (f->repetitions < 2)
        f->repetitions = 2;
}

void fetch_next(const struct fetch *f, struct fetch_request *out)
{
    out->n = 0;
    if (!f->started)
        for (size_t i = 0; i < f->spec->n_scalars; i++, out->n++)
            out->oids[out->n].len = mib_oid(f->spec->scalars[i], out->oids[out->n].name);
    out->non_repeaters = out->n;
    for (size_t i = 0; i < f->spec->n_columns; i++) {
        const struct fetch_column *c = &f->columns[i];
        struct fetch_oid *o = &out->oids[out->n];
        if (c->done)
            continue;
        bool first = c->at.len == 0 && c->at.number == 0;
        o->len = first ? mib_oid(f->spec->columns[i], o->name)
                       : mib_instance(f->spec->columns[i], &c->at, o->name);
        out->n++;
    }
    out->repetitions = f->repetitions;
}

static const char *type_name(u_char type)
{
    switch (type) {
    case ASN_INTEGER:
        return "INTEGER";
    case ASN_OCTET_STR:
        return "OCTET STRING";
    case ASN_OBJECT_ID:
        return "OBJECT IDENTIFIER";
    case ASN_IPADDRESS:
        return "IpAddress";
    case ASN_COUNTER:
        return "Counter32";
    case ASN_GAUGE:
        return "Gauge32";
    case ASN_TIMETICKS:
        return "TimeTicks";
    case ASN_COUNTER64:
        return "Counter64";
    case ASN_NULL:
        return "NULL";
    default:
        return "another type";
    }
}

static enum fetch_result bad_value(enum mib_object object, const netsnmp_variable_list *v,
                                   const char *expected, char *why)
{
    char bytes[32] = "";
    if (v->type == ASN_OCTET_STR)
        snprintf(bytes, sizeof bytes, " of %zu bytes", v->val_len);
    snprintf(why, FETCH_WHY_MAX, "%s is %s%s, expected %s", mib_def(object)->name, type_name(v->type), bytes,
             expected);
    return FETCH_LIE;
}

static bool absent(const netsnmp_variable_list *v)
{
    return v->type == SNMP_NOSUCHOBJECT || v->type == SNMP_NOSUCHINSTANCE || v->type == SNMP_ENDOFMIBVIEW;
}

static enum fetch_result take_scalar(struct fetch *f, enum mib_object object, const netsnmp_variable_list *v,
                                     char *why)
{
    struct mib_index none;
    if (absent(v))
        return FETCH_MORE;
    switch (mib_match(object, v->name, v->name_length, &none)) {
    case MATCH_OTHER: /* this one is absent, the agent showed its next object */
        return FETCH_MORE;
    case MATCH_MALFORMED:
        snprintf(why, FETCH_WHY_MAX, "%s has an instance that no scalar has", mib_def(object)->name);
        return FETCH_LIE;
    case MATCH_INSTANCE:
        break;
    }
    const char *expected = cell_read(&f->answer->scalars[object], object, v);
    return expected == NULL ? FETCH_MORE : bad_value(object, v, expected, why);
}

/* A row of a column: advances the column, or ends it. */
static enum fetch_result take_row(struct fetch *f, size_t column, const netsnmp_variable_list *v, char *why)
{
    enum mib_object object = f->spec->columns[column];
    const struct mib_def *def = mib_def(object);
    struct fetch_column *c = &f->columns[column];
    struct mib_index index;

    enum mib_match match = absent(v) ? MATCH_OTHER : mib_match(object, v->name, v->name_length, &index);
    if (match == MATCH_OTHER) {
        c->done = true;
        return FETCH_MORE;
    }
    if (match == MATCH_MALFORMED) {
        snprintf(why, FETCH_WHY_MAX, "%s has an index that its table cannot have", def->name);
        return FETCH_LIE;
    }
    if (mib_index_cmp(def->table, &index, &c->at) <= 0) {
        snprintf(why, FETCH_WHY_MAX, "GETBULK of %s does not advance", def->name);
        return FETCH_LIE;
    }
    if (c->rows == f->spec->rows_max) {
        c->done = true;
        if (def->table == TABLE_EVENT)
            return FETCH_MORE;
        snprintf(why, FETCH_WHY_MAX, "%s has more than %zu rows", def->name, f->spec->rows_max);
        return FETCH_LIE;
    }
    c->at = index;
    c->rows++;
    struct row *row = answer_row_make(f->answer, def->table, &index);
    const char *expected = row == NULL ? "more memory" : cell_read(&row->cells[def->arc - 1], object, v);
    return expected == NULL ? FETCH_MORE : bad_value(object, v, expected, why);
}

/* tooBig and the like: ask for less, or give up. */
static enum fetch_result refused(struct fetch *f, long error_status, char *why)
{
    if (error_status == SNMP_ERR_TOOBIG && f->repetitions > 1) {
        f->repetitions /= 2;
        return FETCH_MORE;
    }
    snprintf(why, FETCH_WHY_MAX, "the agent says %s", snmp_errstring((int)error_status));
    return FETCH_ERROR;
}

enum fetch_result fetch_take(struct fetch *f, long error_status, const netsnmp_variable_list *vars,
                             char why[FETCH_WHY_MAX])
{
    size_t open[FETCH_COLUMNS_MAX], n_open = 0, n = 0;
    enum fetch_result result = FETCH_MORE;

    if (error_status != SNMP_ERR_NOERROR)
        return refused(f, error_status, why);
    size_t scalars = f->started ? 0 : f->spec->n_scalars;
    for (size_t i = 0; i < f->spec->n_columns; i++)
        if (!f->columns[i].done)
            open[n_open++] = i;
    size_t most = scalars + n_open * f->repetitions;
    for (const netsnmp_variable_list *v = vars; v != NULL && result == FETCH_MORE;
         v = v->next_variable, n++) {
        if (n >= most) {
            snprintf(why, FETCH_WHY_MAX, "more variables than the %zu that were asked for", most);
            return FETCH_LIE;
        }
        if (n < scalars)
            result = take_scalar(f, f->spec->scalars[n], v, why);
        else if (!f->columns[open[(n - scalars) % n_open]].done)
            result = take_row(f, open[(n - scalars) % n_open], v, why);
    }
    if (result != FETCH_MORE)
        return result;
    if (n < scalars || n == 0) {
        snprintf(why, FETCH_WHY_MAX, "%zu variables where %zu were asked for", n, most);
        return FETCH_LIE;
    }
    f->started = true;
    for (size_t i = 0; i < n_open; i++)
        if (!f->columns[open[i]].done)
            return FETCH_MORE;
    return FETCH_DONE;
}
