#include "agent/settings.h"

#include <stdlib.h>
#include <string.h>

#include "agent/settings_inner.h"
#include "common/num.h"

const char *agent_admin_name(enum agent_admin v)
{
    switch (v) {
    case AGENT_RUNNING:
        return "running";
    case AGENT_MAINTENANCE:
        return "maintenance";
    case AGENT_SHUTDOWN:
        return "shutdown";
    }
    return "invalid";
}

bool decimal_set(struct decimal *d, const char *text, size_t len)
{
    if (!num_decimal(text, len, &d->v))
        return false;
    memset(d->text, 0, sizeof d->text); /* settings_equal() compares bytes */
    memcpy(d->text, text, len);
    return true;
}

/* ---- sorted arrays of rows that begin with their name ---- */

/* Where name is, or would be. */
static bool find(const void *rows, size_t n, size_t size, const char *name, size_t *at)
{
    size_t lo = 0, hi = n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int c = name_cmp((const char *)rows + mid * size, name);
        if (c == 0) {
            *at = mid;
            return true;
        }
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    *at = lo;
    return false;
}

/* A zeroed new row of that name, in its place; NULL: taken, bad name, or out of memory. */
static void *insert(void **rows, size_t *n, size_t size, const char *name)
{
    size_t len = strlen(name), at;

    if (len == 0 || len > SCM_NAME_MAX || !view_text_ok(name, len) || find(*rows, *n, size, name, &at))
        return NULL;
    void *grown = reallocarray(*rows, *n + 1, size);
    if (grown == NULL)
        return NULL;
    *rows = grown;
    char *row = (char *)grown + at * size;
    memmove(row + size, row, (*n - at) * size);
    memset(row, 0, size);
    memcpy(row, name, len + 1);
    (*n)++;
    return row;
}

static struct setting_portal *portal_at(const struct settings *s, const char *name)
{
    size_t at;

    return find(s->portals, s->n_portals, sizeof *s->portals, name, &at) ? &s->portals[at] : NULL;
}

static struct setting_limit *limit_at(const struct settings *s, const char *name)
{
    size_t at;

    return find(s->limits, s->n_limits, sizeof *s->limits, name, &at) ? &s->limits[at] : NULL;
}

const struct setting_portal *settings_portal(const struct settings *s, const char *name)
{
    return portal_at(s, name);
}

struct setting_portal *settings_portal_edit(struct settings *s, const char *name)
{
    return portal_at(s, name);
}

const struct setting_limit *settings_limit(const struct settings *s, const char *name)
{
    return limit_at(s, name);
}

struct setting_limit *settings_limit_edit(struct settings *s, const char *name)
{
    return limit_at(s, name);
}

const struct setting_limit *settings_limit_base(const struct settings *s, const char *name)
{
    const struct base *b = settings_box(s)->base;
    size_t at;

    return find(b->limits, b->n_limits, sizeof *b->limits, name, &at) ? &b->limits[at] : NULL;
}

const struct setting_eperf *settings_eperf(const struct settings *s, const char *name)
{
    size_t at;

    return find(s->eperfs, s->n_eperfs, sizeof *s->eperfs, name, &at) ? &s->eperfs[at] : NULL;
}

const struct decimal *limit_clear(const struct setting_limit *limit)
{
    return limit->clear.text[0] != '\0' ? &limit->clear : &limit->threshold;
}

bool limit_ready(const struct setting_limit *l)
{
    if (l->metric[0] == '\0' || l->direction == 0 || l->threshold.text[0] == '\0')
        return false;
    double clear = limit_clear(l)->v;
    return l->direction == LIMIT_ABOVE ? clear <= l->threshold.v : clear >= l->threshold.v;
}

static void limit_defaults(struct setting_limit *l)
{
    l->hits = l->hits ? l->hits : 1;
    l->clear_hits = l->clear_hits ? l->clear_hits : 1;
    l->severity = l->severity ? l->severity : LIMIT_WARNING;
    l->storage = l->storage ? l->storage : STORAGE_NONVOLATILE;
    l->status = l->status ? l->status : ROW_NOT_READY;
}

/* ---- building ---- */

struct settings *settings_new(const char *host_interface)
{
    struct box *b = calloc(1, sizeof *b);
    struct base *base = calloc(1, sizeof *base);

    if (b == NULL || base == NULL) {
        free(b);
        free(base);
        return NULL;
    }
    b->refs = base->refs = 1;
    b->base = base;
    view_text(base->host_interface, sizeof base->host_interface, host_interface, strlen(host_interface));
    memcpy(b->s.host_interface, base->host_interface, sizeof base->host_interface);
    b->s.generation = 1;
    b->s.admin = AGENT_RUNNING;
    b->s.notifications_enabled = true;
    return &b->s;
}

bool settings_add_portal(struct settings *s, const char *name, enum portal_admin initial)
{
    struct setting_portal *p = insert((void **)&s->portals, &s->n_portals, sizeof *p, name);

    if (p != NULL)
        p->admin = initial;
    return p != NULL;
}

struct setting_limit *settings_limit_new(struct settings *s, const char *name)
{
    struct setting_limit *l = insert((void **)&s->limits, &s->n_limits, sizeof *l, name);

    if (l != NULL)
        limit_defaults(l);
    return l;
}

bool settings_add_limit(struct settings *s, const struct setting_limit *limit)
{
    struct base *b = settings_box(s)->base;
    struct setting_limit *kept = insert((void **)&b->limits, &b->n_limits, sizeof *kept, limit->name);

    if (kept == NULL)
        return false;
    *kept = *limit;
    kept->storage = STORAGE_PERMANENT;
    kept->in_config = true;
    limit_defaults(kept);
    if (!limit_ready(kept))
        kept->status = ROW_NOT_READY;
    else if (kept->status == ROW_NOT_READY)
        kept->status = ROW_ACTIVE;
    struct setting_limit *row = insert((void **)&s->limits, &s->n_limits, sizeof *row, limit->name);
    if (row != NULL)
        *row = *kept;
    return row != NULL;
}

void settings_limit_delete(struct settings *s, const char *name)
{
    struct setting_limit *l = limit_at(s, name);

    if (l == NULL)
        return;
    const struct setting_limit *base = settings_limit_base(s, name);
    if (base != NULL) {
        *l = *base;
        return;
    }
    size_t at = (size_t)(l - s->limits);
    memmove(l, l + 1, (s->n_limits - at - 1) * sizeof *l);
    s->n_limits--;
}

bool settings_eperf_run(struct settings *s, const char *name, uint32_t run)
{
    size_t at;
    struct setting_eperf *e = find(s->eperfs, s->n_eperfs, sizeof *e, name, &at)
                                  ? &s->eperfs[at]
                                  : insert((void **)&s->eperfs, &s->n_eperfs, sizeof *e, name);

    if (e != NULL)
        e->run = run;
    return e != NULL;
}

bool settings_silent(const struct settings *s)
{
    return s->admin == AGENT_MAINTENANCE || !s->notifications_enabled;
}

const char *settings_base_interface(const struct settings *s)
{
    return settings_box(s)->base->host_interface;
}

bool settings_equal(const struct settings *a, const struct settings *b)
{
    /* Rows are zeroed when made and filled by value, so that their bytes, padding included, are equal where
     * they are. */
    return a->admin == b->admin && a->notifications_enabled == b->notifications_enabled &&
           a->set_lock == b->set_lock && strcmp(a->host_interface, b->host_interface) == 0 &&
           a->n_portals == b->n_portals && a->n_limits == b->n_limits && a->n_eperfs == b->n_eperfs &&
           (a->n_portals == 0 || memcmp(a->portals, b->portals, a->n_portals * sizeof *a->portals) == 0) &&
           (a->n_limits == 0 || memcmp(a->limits, b->limits, a->n_limits * sizeof *a->limits) == 0) &&
           (a->n_eperfs == 0 || memcmp(a->eperfs, b->eperfs, a->n_eperfs * sizeof *a->eperfs) == 0);
}
