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

/* ---- getters ---- */

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

static bool get_clear(const struct snapshot *snap, const struct row *row, struct value *out)
{
    const struct decimal *clear = limit_clear(row->data);

    return clear->text[0] != '\0' && value_text(out, clear->text);
}

static bool get_metric(const struct snapshot *snap, const struct row *row, struct value *out)
{
    const struct setting_limit *l = row->data;

    return l->metric[0] != '\0' && value_text(out, l->metric);
}

/* ---- setters ---- */

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

/* A number, by the column's field. */
SETTER(set_number)
{
    struct setting_limit *l = settings_limit_edit(draft, name);

    if (l == NULL)
        return SET_INCONSISTENT_NAME;
    memcpy((char *)l + col->offset, &v->u, sizeof v->u); /* v->i has the same bytes */
    return SET_OK;
}

SETTER(set_decimal)
{
    struct setting_limit *l = settings_limit_edit(draft, name);

    if (l == NULL)
        return SET_INCONSISTENT_NAME;
    return decimal_set((struct decimal *)((char *)l + col->offset), v->s.p, v->s.len) ? SET_OK : SET_WRONG_VALUE;
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
    struct setting_limit *l = settings_limit_edit(draft, name);
    const bool exists = l != NULL;

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
        if (exists)
            l->status = ROW_DESTROY; /* for settle() */
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

    if (l == NULL || l->status == ROW_DESTROY) /* by the same PDU: gone, or about to go */
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
    return settle(snap, draft, col, name, v);
}

/* A column that can be set and created: by its field, through a getter where it has one. */
#define LIMIT(ARC, NAME, SYNTAX, MIN, MAX, KIND, MEMBER, GET, SET)                                           \
    {                                                                                                        \
        .arc = (ARC), .name = (NAME), .syntax = (SYNTAX), .access = ACCESS_CREATE, .min = (MIN),             \
        .max = (MAX), .field = (KIND), .offset = offsetof(struct setting_limit, MEMBER), .get = (GET),       \
        .set = (SET), .finish = settle                                                                       \
    }
#define STATUS(ARC, NAME)                                                                                    \
    {                                                                                                        \
        .arc = (ARC), .name = (NAME), .syntax = SYN_INTEGER, .access = ACCESS_CREATE, .min = ROW_ACTIVE,     \
        .max = ROW_DESTROY, .field = FIELD_ENUM, .offset = offsetof(struct setting_limit, status),           \
        .begin = begin_status, .finish = finish_status                                                       \
    }

static const struct column limit_columns[] = {
    COL_INDEX(1, "scmLimitName", SYN_STRING),
    LIMIT(2, "scmLimitMetric", SYN_STRING, 1, SCM_TEXT_MAX, FIELD_STRING, metric, get_metric, set_metric),
    LIMIT(3, "scmLimitDirection", SYN_INTEGER, 1, 2, FIELD_ENUM, direction, NULL, set_number),
    LIMIT(4, "scmLimitThreshold", SYN_DECIMAL, 0, 0, FIELD_DECIMAL, threshold, NULL, set_decimal),
    LIMIT(5, "scmLimitClear", SYN_DECIMAL, 0, 0, FIELD_DECIMAL, clear, get_clear, set_decimal),
    LIMIT(6, "scmLimitHits", SYN_UNSIGNED, 1, LIMIT_HITS_MAX, FIELD_U32, hits, NULL, set_number),
    LIMIT(7, "scmLimitClearHits", SYN_UNSIGNED, 1, LIMIT_HITS_MAX, FIELD_U32, clear_hits, NULL, set_number),
    LIMIT(8, "scmLimitSeverity", SYN_INTEGER, 1, 2, FIELD_ENUM, severity, NULL, set_number),
    COL_GET(9, "scmLimitState", SYN_INTEGER, get_state),
    COL_GET(10, "scmLimitValue", SYN_DECIMAL, get_value),
    COL_GET(11, "scmLimitSince", SYN_TIME, get_since),
    LIMIT(12, "scmLimitStorageType", SYN_INTEGER, 1, 5, FIELD_ENUM, storage, NULL, set_storage),
    STATUS(13, "scmLimitRowStatus"),
};
_Static_assert(sizeof(enum limit_direction) == sizeof(uint32_t), "set_number writes four bytes");

const struct table mib_limit = {"scmLimitEntry", {1, 5, 1}, 3, INDEX_NAME, limit_columns, COUNT_OF(limit_columns),
                                limit_count, limit_at};
