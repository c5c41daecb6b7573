#include <stdlib.h>
#include <string.h>

#include "agent/metrics_inner.h"

void *metrics_grow(void *array, size_t n, size_t *cap, size_t item)
{
    if (n < *cap)
        return array;
    size_t want = *cap ? *cap * 2 : 16;
    void *p = reallocarray(array, want, item);
    if (p)
        *cap = want;
    return p;
}

/* ---- metrics ---- */

uint32_t metrics_hash(const char *s, size_t len)
{
    uint32_t h = 2166136261u; /* FNV-1a */

    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)s[i]) * 16777619u;
    return h;
}

struct metrics *metrics_new(void)
{
    struct metrics *m = calloc(1, sizeof *m);

    if (!m)
        return NULL;
    m->n_buckets = 256;
    m->buckets = calloc(m->n_buckets, sizeof(*m->buckets));
    if (!m->buckets) {
        free(m);
        return NULL;
    }
    return m;
}

static void metric_free(struct metric *x)
{
    free(x->ident);
    free(x->values);
    free(x);
}

void metrics_free(struct metrics *m)
{
    if (!m)
        return;
    while (m->selectors) {
        struct selector *s = m->selectors;
        m->selectors = s->next;
        free(s->members);
        free(s);
    }
    for (size_t i = 0; i < m->n; i++)
        metric_free(m->order[i]);
    free(m->order);
    free(m->due);
    free(m->buckets);
    free(m);
}

struct metric *metrics_find(const struct metrics *m, const char *ident, size_t len, uint32_t hash)
{
    struct metric *x = m->buckets[hash & (m->n_buckets - 1)];

    while (x && (x->hash != hash || x->len != len || memcmp(x->ident, ident, len) != 0))
        x = x->chain;
    return x;
}

static void rehash(struct metrics *m)
{
    size_t want = m->n_buckets * 2;
    struct metric **b = calloc(want, sizeof *b);

    if (!b)
        return; /* longer chains, nothing worse */
    for (size_t i = 0; i < m->n; i++) {
        struct metric *x = m->order[i];
        x->chain = b[x->hash & (want - 1)];
        b[x->hash & (want - 1)] = x;
    }
    free(m->buckets);
    m->buckets = b;
    m->n_buckets = want;
}

static void unhash(struct metrics *m, struct metric *x)
{
    struct metric **p = &m->buckets[x->hash & (m->n_buckets - 1)];

    while (*p != x)
        p = &(*p)->chain;
    *p = x->chain;
}

/* A metric for an identifier with its three parts, or NULL: not an identifier, too many, or no memory. */
static struct metric *metric_new(struct metrics *m, const char *ident, size_t len, uint32_t hash)
{
    const char *plugin = memchr(ident, '/', len);
    const char *type = plugin ? memchr(plugin + 1, '/', len - (size_t)(plugin + 1 - ident)) : NULL;

    if (!type || len > IDENT_MAX || plugin == ident || m->n >= METRICS_MAX)
        return NULL;
    struct metric **order = metrics_grow(m->order, m->n, &m->cap, sizeof(struct metric *));
    if (!order)
        return NULL;
    m->order = order;
    struct metric *x = calloc(1, sizeof *x);
    if (!x || !(x->ident = strndup(ident, len))) {
        free(x);
        return NULL;
    }
    x->len = len;
    x->hash = hash;
    x->plugin = (size_t)(plugin + 1 - ident);
    x->type = (size_t)(type + 1 - ident);
    x->time_ms = INT64_MIN;
    if (m->n >= m->n_buckets)
        rehash(m);
    x->chain = m->buckets[hash & (m->n_buckets - 1)];
    m->buckets[hash & (m->n_buckets - 1)] = x;
    m->order[m->n++] = x;
    return x;
}

const char *metric_ident(const struct metric *x)
{
    return x->ident;
}

size_t metrics_count(const struct metrics *m)
{
    return m->n;
}

/* ---- filling ---- */

void metrics_connected(struct metrics *m, bool yes, int64_t mono_ms)
{
    m->connected = yes;
    m->connected_ms = mono_ms;
}

void metrics_round_begin(struct metrics *m, int64_t mono_ms)
{
    m->round++;
    m->round_ms = mono_ms;
    m->cursor = m->n_due = m->next_due = 0;
}

/* A metric's time has changed, or it was not there a round ago. */
static void new_sample(struct metrics *m, struct metric *x, int64_t time_ms)
{
    if (!x->listed) {
        x->n_distance = 0;
        x->listed = true;
    } else {
        x->distance[x->n_distance % HISTORY] = m->round_ms - x->listed_ms;
        if (++x->n_distance == 2 * HISTORY)
            x->n_distance = HISTORY;
    }
    x->time_ms = time_ms;
    x->listed_ms = m->round_ms;
    x->fetch = true;
}

static void due_add(struct metrics *m, struct metric *x)
{
    struct metric **due = metrics_grow(m->due, m->n_due, &m->cap_due, sizeof(struct metric *));

    if (!due)
        return; /* x->fetch stands: the next round tries again */
    m->due = due;
    m->due[m->n_due++] = x;
}

void metrics_listed(struct metrics *m, const char *ident, size_t len, int64_t time_ms)
{
    struct metric *x = m->cursor < m->n ? m->order[m->cursor] : NULL;

    if (!x || x->len != len || memcmp(x->ident, ident, len) != 0) {
        uint32_t hash = metrics_hash(ident, len);
        m->disordered = true;
        x = metrics_find(m, ident, len, hash);
        if (!x && !(x = metric_new(m, ident, len, hash)))
            return;
        if (x->time_ms == INT64_MIN)
            selectors_join(m, x);
    }
    m->cursor++;
    x->round = m->round;
    if (!x->listed || x->time_ms != time_ms)
        new_sample(m, x, time_ms);
    if (x->fetch && x->watchers)
        due_add(m, x);
}

/* Lets go of what has been away for long or interests nobody, and brings `order` into this round's order. */
static void forget(struct metrics *m)
{
    size_t kept = 0;

    for (size_t i = 0; i < m->n; i++) {
        struct metric *x = m->order[i];
        bool drop = !x->listed && (x->watchers == 0 || m->round_ms - x->gone_ms > REMEMBER_MS);
        if (!drop) {
            m->order[kept++] = x;
            continue;
        }
        if (x->watchers)
            selectors_leave(m, x);
        unhash(m, x);
        metric_free(x);
    }
    m->n = kept;
}

static int by_ident(const void *a, const void *b)
{
    const struct metric *const *x = a, *const *y = b;

    if ((*x)->listed != (*y)->listed)
        return (*x)->listed ? -1 : 1;
    return strcmp((*x)->ident, (*y)->ident);
}

void metrics_round_listed(struct metrics *m)
{
    bool gone = false;

    for (size_t i = 0; i < m->n; i++) {
        struct metric *x = m->order[i];
        if (x->round == m->round)
            continue;
        gone = true;
        if (x->listed) {
            x->listed = false;
            x->gone_ms = m->round_ms;
            m->disordered = true;
        }
    }
    if (gone)
        forget(m);
    if (m->disordered) { /* LISTVAL answers in byte order: sorted once, `cursor` finds each at its place */
        qsort(m->order, m->n, sizeof(struct metric *), by_ident);
    }
    if (m->disordered || m->host_missing)
        own_host_find(m);
    m->disordered = false;
}

struct metric *metrics_next_wanted(struct metrics *m)
{
    while (m->next_due < m->n_due) {
        struct metric *x = m->due[m->next_due++];
        if (x->fetch && x->watchers)
            return x;
    }
    return NULL;
}

void metric_values_begin(struct metrics *m)
{
    m->n_incoming = 0;
}

void metric_values_add(struct metrics *m, const char *name, size_t len, double value)
{
    if (len > IDENT_PART_MAX || m->n_incoming >= METRIC_DS_MAX)
        return;
    struct value *v = &m->incoming[m->n_incoming++];
    memcpy(v->name, name, len);
    v->name[len] = '\0';
    v->v = value;
}

void metric_values_end(struct metrics *m, struct metric *x)
{
    if (x->n_values != m->n_incoming) {
        struct value *values = reallocarray(x->values, m->n_incoming + 1, sizeof *values);
        if (!values)
            return; /* x->fetch stands: the next round tries again */
        x->values = values;
        x->n_values = m->n_incoming;
    }
    if (m->n_incoming > 0)
        memcpy(x->values, m->incoming, m->n_incoming * sizeof *x->values);
    x->seen_ms = x->listed_ms;
    x->sample = ++m->samples;
    x->fetch = false;
}
