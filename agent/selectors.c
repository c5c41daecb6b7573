/* Selectors: what is watched, and which metrics that are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/metrics_inner.h"

static bool selects(const struct metrics *m, const struct selector *s, const struct metric *x)
{
    const char *host = s->spec.own_host ? m->own_host : s->spec.host;
    size_t host_len = x->plugin - 1, plugin_len = x->type - x->plugin - 1;

    if (host[0] == '\0' || !metric_glob(s->spec.type, x->ident + x->type, x->len - x->type) ||
        !metric_glob(s->spec.plugin, x->ident + x->plugin, plugin_len))
        return false;
    if (s->spec.own_host)
        return strlen(host) == host_len && memcmp(host, x->ident, host_len) == 0;
    return metric_glob(host, x->ident, host_len);
}

static void add_member(struct selector *s, struct metric *x)
{
    struct metric **members = metrics_grow(s->members, s->n, &s->cap, sizeof(struct metric *));

    if (!members)
        return; /* the next new connection will try again */
    s->members = members;
    size_t low = 0, high = s->n;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (strcmp(s->members[mid]->ident, x->ident) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    memmove(s->members + low + 1, s->members + low, (s->n - low) * sizeof(struct metric *));
    s->members[low] = x;
    s->n++;
    if (x->watchers++ == 0)
        x->fetch = true;
}

static void drop_members(struct selector *s)
{
    for (size_t i = 0; i < s->n; i++)
        s->members[i]->watchers--;
    s->n = 0;
}

static void find_members(struct metrics *m, struct selector *s)
{
    drop_members(s);
    if (s->exact && !s->spec.own_host) {
        char ident[3 * IDENT_PART_MAX + 4];
        int n = snprintf(ident, sizeof ident, "%s/%s/%s", s->spec.host, s->spec.plugin, s->spec.type);
        struct metric *x = metrics_find(m, ident, (size_t)n, metrics_hash(ident, (size_t)n));
        if (x)
            add_member(s, x);
        return;
    }
    for (size_t i = 0; i < m->n; i++)
        if (selects(m, s, m->order[i]))
            add_member(s, m->order[i]);
}

/* Only the selectors of two buckets can select a metric: that of its "plugin/type", and the loose ones. */
static uint32_t tail_of_spec(const struct metric_spec *spec)
{
    char tail[2 * IDENT_PART_MAX + 2];

    if (metric_is_pattern(spec->plugin) || metric_is_pattern(spec->type))
        return LOOSE;
    int n = snprintf(tail, sizeof tail, "%s/%s", spec->plugin, spec->type);
    return metrics_hash(tail, (size_t)n) % TAILS;
}

void selectors_join(struct metrics *m, struct metric *x)
{
    uint32_t tail = metrics_hash(x->ident + x->plugin, x->len - x->plugin) % TAILS;

    for (struct selector *s = m->tails[tail]; s; s = s->chain)
        if (selects(m, s, x))
            add_member(s, x);
    for (struct selector *s = m->tails[LOOSE]; s; s = s->chain)
        if (selects(m, s, x))
            add_member(s, x);
}

void selectors_leave(struct metrics *m, const struct metric *x)
{
    for (struct selector *s = m->selectors; s; s = s->next)
        for (size_t k = 0; k < s->n; k++)
            if (s->members[k] == x) {
                memmove(s->members + k, s->members + k + 1, (--s->n - k) * sizeof(struct metric *));
                break;
            }
}

void selectors_own_host(struct metrics *m)
{
    for (struct selector *s = m->selectors; s; s = s->next)
        if (s->spec.own_host)
            find_members(m, s);
}

static struct selector *selector_add(struct metrics *m, const struct metric_spec *spec)
{
    struct selector *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->spec = *spec;
    s->exact = !metric_is_pattern(spec->host) && !metric_is_pattern(spec->plugin) && !metric_is_pattern(spec->type);
    s->next = m->selectors;
    m->selectors = s;
    s->tail = tail_of_spec(spec);
    s->chain = m->tails[s->tail];
    m->tails[s->tail] = s;
    find_members(m, s);
    return s;
}

struct selector *metrics_watch(struct metrics *m, const struct metric_spec *spec)
{
    struct selector *s = selector_add(m, spec);

    if (!s || spec->function != METRIC_PERCENT)
        return s;
    struct metric_spec all = *spec;
    char *dash = strchr(all.type, '-');
    snprintf(dash, 3, "-*");
    if (!(s->total = selector_add(m, &all))) {
        metrics_unwatch(m, s);
        return NULL;
    }
    return s;
}

void metrics_unwatch(struct metrics *m, struct selector *s)
{
    if (!s)
        return;
    if (s->total)
        metrics_unwatch(m, s->total);
    struct selector **p = &m->selectors;
    while (*p != s)
        p = &(*p)->next;
    *p = s->next;
    for (p = &m->tails[s->tail]; *p != s;)
        p = &(*p)->chain;
    *p = s->chain;
    drop_members(s);
    free(s->members);
    free(s);
}

size_t selector_count(const struct selector *s)
{
    return s->n;
}
