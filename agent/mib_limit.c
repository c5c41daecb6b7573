/* scmLimitTable. The rows are those of the settings; state and value come from the view's row of the same name.
 *
 * RowStatus (RFC 2579), where "ready" is limit_ready():
 *
 *                    createAndWait                        columns set
 *      (no row) ----------------------> notReady --------------------> notInService
 *         |  ^                             ^   not ready any more         |     ^
 *         |  | destroy, from anywhere      +------------------------------+     | notInService
 *         |  |                                                        active |     |
 *         |  +------------------------------------------------------------   v     |
 *         +------------------ createAndGo, if ready ----------------------> active
 *
 * An active row stays ready: a SET that would make it otherwise is refused. */
#include "agent/mib.h"

#include "agent/metric_spec.h"

#include <string.h>

enum { LIMIT_ROWS_MAX = 4096 }; /* resourceUnavailable beyond */

static size_t limit_count(const struct snapshot *snap)
{
    return snap->settings->n_limits;
}

static void limit_at(const struct snapshot *snap, size_t i, struct row *out)
{
    const struct setting_limit *l = &snap->settings->limits[i];

    *out = (struct row){.name = l->name, .data = l};
}

/* ---- getters ------------------------------------------------------------------------------------------------------- */

/* What the engine says of a row that is watched; NULL where there is nothing to say. */
static const struct view_limit *state_of(const struct snapshot *snap, const struct row *row)
{
    const struct setting_limit *l = row->data;
    const struct view *v = snap->view;
    size_t lo = 0, hi = v != NULL && l->status == ROW_ACTIVE ? v->n_limits : 0;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int c = name_cmp(v->limits[mid].name, l->name);
        if (c == 0)
            return &v->limits[mid];
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

static bool get_state(const struct snapshot *snap, const struct row *row, struct value *out)
{
    const struct setting_limit *l = row->data;
    const struct view_limit *s = state_of(snap, row);

    if (l->status != ROW_ACTIVE)
        return false;
    return value_int(out, (int32_t)(s != NULL ? s->state : LIMIT_STATE_UNKNOWN));
}

static bool get_value(const struct snapshot *snap, const struct row *row, struct value *out)
{
    const struct view_limit *s = state_of(snap, row);

    return s != NULL && s->has_value && value_decimal(out, s->value);
}

static bool get_since(const struct snapshot *snap, const struct row *row, struct value *out)
{
    const struct view_limit *s = state_of(snap, row);

    return s != NULL && value_time(out, s->since_ms);
}

static bool get_decimal(const struct decimal *d, struct value *out)
{
    return d->text[0] != '\0' && value_text(out, d->text);
}

static bool get_threshold(const struct snapshot *snap, const struct row *row, struct value *out)
{
    return get_decimal(&((const struct setting_limit *)row->data)->threshold, out);
}

static bool get_clear(const struct snapshot *snap, const struct row *row, struct value *out)
{
    return get_decimal(limit_clear(row->data), out);
}

static bool get_metric(const struct snapshot *snap, const struct row *row, struct value *out)
{
    const struct setting_limit *l = row->data;

    return l->metric[0] != '\0' && value_text(out, l->metric);
}

/* ---- setters ------------------------------------------------------------------------------------------------------- */

#define SETTER(NAME)                                                                                                   \
    static enum set_error NAME(const struct snapshot *snap, struct settings *draft, const char *name,                 \
                               const struct value *v)

SETTER(set_metric)
{
    struct setting_limit *l = settings_limit_edit(draft, name);
    struct metric_spec spec;
    const char *why;

    if (!metric_spec_parse(v->s.p, v->s.len, &spec, &why))
        return SET_WRONG_VALUE;
    if (l == NULL)
        return SET_INCONSISTENT_NAME;
    set_text(l->metric, sizeof l->metric, v);
    return SET_OK;
}

SETTER(set_direction)
{
    struct setting_limit *l = settings_limit_edit(draft, name);

    if (l == NULL)
        return SET_INCONSISTENT_NAME;
    l->direction = (enum limit_direction)v->i;
    return SET_OK;
}

SETTER(set_threshold)
{
    struct setting_limit *l = settings_limit_edit(draft, name);

    if (l == NULL)
        return SET_INCONSISTENT_NAME;
    return decimal_set(&l->threshold, v->s.p, v->s.len) ? SET_OK : SET_WRONG_VALUE;
}

SETTER(set_clear)
{
    struct setting_limit *l = settings_limit_edit(draft, name);

    if (l == NULL)
        return SET_INCONSISTENT_NAME;
    return decimal_set(&l->clear, v->s.p, v->s.len) ? SET_OK : SET_WRONG_VALUE;
}

SETTER(set_hits)
{
    struct setting_limit *l = settings_limit_edit(draft, name);

    if (l == NULL)
        return SET_INCONSISTENT_NAME;
    l->hits = v->u;
    return SET_OK;
}

SETTER(set_clear_hits)
{
    struct setting_limit *l = settings_limit_edit(draft, name);

    if (l == NULL)
        return SET_INCONSISTENT_NAME;
    l->clear_hits = v->u;
    return SET_OK;
}

SETTER(set_severity)
{
    struct setting_limit *l = settings_limit_edit(draft, name);

    if (l == NULL)
        return SET_INCONSISTENT_NAME;
    l->severity = (enum limit_severity)v->i;
    return SET_OK;
}

/* A row of the configuration keeps the type it has. */
SETTER(set_storage)
{
    struct setting_limit *l = settings_limit_edit(draft, name);

    if (l == NULL)
        return SET_INCONSISTENT_NAME;
    if (v->i != (int32_t)l->storage) {
        if (v->i != STORAGE_VOLATILE && v->i != STORAGE_NONVOLATILE)
            return SET_WRONG_VALUE;
        if (l->in_config)
            return SET_INCONSISTENT_VALUE;
    }
    l->storage = (enum storage_type)v->i;
    return SET_OK;
}

/* First of all setters: the row that the others are for. */
SETTER(begin_status)
{
    const bool exists = settings_limit(draft, name) != NULL;

    switch ((enum row_status)v->i) {
    case ROW_CREATE_AND_GO:
    case ROW_CREATE_AND_WAIT:
        if (exists)
            return SET_INCONSISTENT_VALUE;
        if (draft->n_limits >= LIMIT_ROWS_MAX || settings_limit_new(draft, name) == NULL)
            return SET_RESOURCE_UNAVAILABLE;
        return SET_OK;
    case ROW_ACTIVE:
    case ROW_NOT_IN_SERVICE:
        return exists ? SET_OK : SET_INCONSISTENT_VALUE;
    case ROW_DESTROY:
        return SET_OK;
    case ROW_NOT_READY:
        break;
    }
    return SET_WRONG_VALUE;
}

/* The last of every setter of a row: what the row now is, whatever was set in which order. */
SETTER(settle)
{
    struct setting_limit *l = settings_limit_edit(draft, name);

    if (l == NULL) /* destroyed by the same PDU */
        return SET_OK;
    if (l->status == ROW_ACTIVE && !limit_ready(l))
        return SET_INCONSISTENT_VALUE;
    if (l->status != ROW_ACTIVE)
        l->status = limit_ready(l) ? ROW_NOT_IN_SERVICE : ROW_NOT_READY;
    const struct setting_limit *base = settings_limit_base(draft, name);
    if (base != NULL && l->storage == STORAGE_PERMANENT && memcmp(base, l, sizeof *l) != 0)
        l->storage = STORAGE_NONVOLATILE;
    return SET_OK;
}

SETTER(finish_status)
{
    struct setting_limit *l = settings_limit_edit(draft, name);

    switch ((enum row_status)v->i) {
    case ROW_DESTROY:
        if (l != NULL && l->storage == STORAGE_PERMANENT)
            return SET_INCONSISTENT_VALUE;
        settings_limit_delete(draft, name);
        return SET_OK;
    case ROW_ACTIVE:
    case ROW_CREATE_AND_GO:
        if (l == NULL || !limit_ready(l))
            return SET_INCONSISTENT_VALUE;
        l->status = ROW_ACTIVE;
        break;
    case ROW_NOT_IN_SERVICE:
        if (l == NULL || !limit_ready(l))
            return SET_INCONSISTENT_VALUE;
        l->status = ROW_NOT_IN_SERVICE;
        break;
    case ROW_CREATE_AND_WAIT:
    case ROW_NOT_READY:
        break;
    }
    return settle(snap, draft, name, v);
}

#define LIMIT(ARC, NAME, SYNTAX, KIND, MEMBER) COL_FIELD(ARC, NAME, SYNTAX, KIND, struct setting_limit, MEMBER)
#define CREATE .access = ACCESS_CREATE, .finish = settle
#define FIELD(KIND, MEMBER) .field = (KIND), .offset = offsetof(struct setting_limit, MEMBER)

static const struct column limit_columns[] = {
    COL_INDEX(1, "scmLimitName", SYN_STRING),
    {2, "scmLimitMetric", SYN_STRING, .min = 1, .max = SCM_TEXT_MAX, .get = get_metric, .set = set_metric, CREATE},
    {3, "scmLimitDirection", SYN_INTEGER, .min = LIMIT_ABOVE, .max = LIMIT_BELOW, FIELD(FIELD_ENUM, direction),
     .set = set_direction, CREATE},
    {4, "scmLimitThreshold", SYN_DECIMAL, .get = get_threshold, .set = set_threshold, CREATE},
    {5, "scmLimitClear", SYN_DECIMAL, .get = get_clear, .set = set_clear, CREATE},
    {6, "scmLimitHits", SYN_UNSIGNED, .min = 1, .max = LIMIT_HITS_MAX, FIELD(FIELD_U32, hits), .set = set_hits, CREATE},
    {7, "scmLimitClearHits", SYN_UNSIGNED, .min = 1, .max = LIMIT_HITS_MAX, FIELD(FIELD_U32, clear_hits),
     .set = set_clear_hits, CREATE},
    {8, "scmLimitSeverity", SYN_INTEGER, .min = LIMIT_WARNING, .max = LIMIT_FAILURE, FIELD(FIELD_ENUM, severity),
     .set = set_severity, CREATE},
    COL_GET(9, "scmLimitState", SYN_INTEGER, get_state),
    COL_GET(10, "scmLimitValue", SYN_DECIMAL, get_value),
    COL_GET(11, "scmLimitSince", SYN_TIME, get_since),
    {12, "scmLimitStorageType", SYN_INTEGER, .min = 1, .max = 5, FIELD(FIELD_ENUM, storage), .set = set_storage, CREATE},
    {13, "scmLimitRowStatus", SYN_INTEGER, .access = ACCESS_CREATE, .min = ROW_ACTIVE, .max = ROW_DESTROY,
     FIELD(FIELD_ENUM, status), .begin = begin_status, .finish = finish_status},
};

const struct table mib_limit = {"scmLimitEntry", {1, 5, 1}, 3, INDEX_NAME, limit_columns, COUNT_OF(limit_columns),
                                limit_count, limit_at};
