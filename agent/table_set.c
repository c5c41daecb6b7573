/* SET: every varbind is checked, then begun, set and finished, on a draft that is kept or dropped as a whole.
 */
#include "agent/table.h"

#include <string.h>

#include "common/num.h"

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

    out->col = mib_column(mib, vb->name.id, vb->name.len, &t, &rest);
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

    /* Pass 0 checks everything, so that errors come in RFC 3416's order; each later pass is one kind of
     * setter. */
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
            setter *f = pass == 0 ? NULL : pass == 1 ? t.col->begin : pass == 2 ? t.col->set : t.col->finish;
            if (f != NULL && (e = f(snap, draft, t.col, t.name, &vbs[i].value)) != SET_OK)
                return e;
        }
    return SET_OK;
}
