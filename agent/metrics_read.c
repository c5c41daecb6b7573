/* Reading metrics: ages, values, sum(), count() and percent(). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "agent/metrics_inner.h"

size_t metric_instance(const struct metric *x, const char **instance)
{
    const char *plugin = x->ident + x->plugin;
    const char *dash = memchr(plugin, '-', x->type - x->plugin - 1);

    *instance = dash ? dash + 1 : "";
    return dash ? (size_t)(x->ident + x->type - 1 - *instance) : 0;
}

int64_t metric_interval_ms(const struct metric *x)
{
    int64_t most = 0;
    unsigned n = x->n_distance < HISTORY ? x->n_distance : HISTORY;

    for (unsigned i = 0; i < n; i++)
        if (x->distance[i] > most)
            most = x->distance[i];
    return most;
}

int64_t metric_age_ms(const struct metric *x, int64_t mono_ms)
{
    return mono_ms - x->seen_ms;
}

bool metric_fresh(const struct metrics *m, const struct metric *x, int64_t mono_ms)
{
    int64_t interval = metric_interval_ms(x);

    return m->connected && x->listed && x->sample && (interval == 0 || metric_age_ms(x, mono_ms) <= 2 * interval);
}

static const char missing[] = "missing";

/* One ds of x; false: *why says what is the matter. ds "": the only one there is. */
static bool value_of(const struct metrics *m, const struct metric *x, const char *ds, int64_t mono_ms, double *value,
                     const char **why)
{
    if (!m->connected) {
        *why = "collectd does not answer";
    } else if (!x->listed) {
        *why = missing;
    } else if (!metric_fresh(m, x, mono_ms)) {
        *why = "stale";
    } else if (ds[0] == '\0' && x->n_values != 1) {
        *why = "several data sources: name one behind ':'";
    } else {
        *why = "no such data source";
        for (unsigned i = 0; i < x->n_values; i++) {
            if (ds[0] != '\0' && strcmp(ds, x->values[i].name) != 0)
                continue;
            *why = "not a number";
            *value = x->values[i].v;
            return isfinite(*value);
        }
    }
    return false;
}

bool metric_ds(const struct metrics *m, const struct metric *x, const char *ds, int64_t mono_ms, double *value)
{
    const char *why;

    return value_of(m, x, ds, mono_ms, value, &why);
}

/* The interval of the slowest member. */
static int64_t slowest_ms(const struct selector *s)
{
    int64_t most = s->n ? 0 : DEFAULT_INTERVAL_MS;

    for (size_t i = 0; i < s->n; i++) {
        int64_t interval = metric_interval_ms(s->members[i]);
        if (interval == 0)
            interval = DEFAULT_INTERVAL_MS;
        if (interval > most)
            most = interval;
    }
    return most;
}

static void read_aggregate(struct metrics *m, struct selector *s, int64_t mono_ms, struct metric_reading *r)
{
    size_t n = 0;
    double sum = 0, v;
    const char *why = missing;
    int64_t interval = slowest_ms(s);

    for (size_t i = 0; i < s->n; i++) {
        const struct metric *x = s->members[i];
        if (s->spec.function == METRIC_COUNT && s->spec.ds[0] == '\0') {
            n += metric_fresh(m, x, mono_ms);
        } else if (value_of(m, x, s->spec.ds, mono_ms, &v, &why)) {
            n++;
            sum += v;
        }
    }
    r->value = s->spec.function == METRIC_COUNT ? (double)n : sum;
    if (!m->connected)
        r->why = "collectd does not answer";
    else if (mono_ms - m->connected_ms < 2 * interval) /* hosts are still coming back: see metrics.h */
        r->why = "collectd's connection is too young to tell";
    else if (s->spec.function == METRIC_SUM && n == 0)
        r->why = why;
    else
        r->known = true;
    /* A new sample is a new number (a host that falls silent sends none), or the same after an interval. */
    if (s->sample == 0 || r->value < s->aggregate || r->value > s->aggregate || mono_ms - s->sample_ms >= interval) {
        s->aggregate = r->value;
        s->sample_ms = mono_ms;
        s->sample = ++m->samples;
    }
    r->sample = s->sample;
}

/* x's share of its like: same host, same plugin, any instance of the type. */
static void read_percent(struct metrics *m, struct selector *s, int64_t mono_ms, struct metric_reading *r)
{
    const struct metric *x = r->metric;
    double sum = 0, v;

    if (!value_of(m, x, s->spec.ds, mono_ms, &r->value, &r->why))
        return;
    for (size_t i = 0; s->total && i < s->total->n; i++) {
        const struct metric *y = s->total->members[i];
        if (y->type != x->type || memcmp(y->ident, x->ident, x->type) != 0)
            continue;
        if (!value_of(m, y, s->spec.ds, mono_ms, &v, &r->why))
            return;
        sum += v;
    }
    r->known = sum > 0;
    r->value = r->known ? 100 * r->value / sum : 0;
    r->why = "the total is zero";
}

void metrics_read(struct metrics *m, struct selector *s, int64_t mono_ms, metric_reading_fn *fn, void *arg)
{
    struct metric_reading r = {.ident = ""};

    if (s->spec.function == METRIC_SUM || s->spec.function == METRIC_COUNT) {
        read_aggregate(m, s, mono_ms, &r);
        fn(arg, &r);
        return;
    }
    for (size_t i = 0; i < s->n; i++) {
        struct metric *x = s->members[i];
        r = (struct metric_reading){.metric = x, .ident = x->ident, .sample = x->sample};
        if (s->spec.function == METRIC_PERCENT)
            read_percent(m, s, mono_ms, &r);
        else
            r.known = value_of(m, x, s->spec.ds, mono_ms, &r.value, &r.why);
        fn(arg, &r);
    }
}

struct first {
    bool taken, known;
    double value;
};

static void take_first(void *arg, const struct metric_reading *r)
{
    struct first *f = arg;

    if (f->taken)
        return;
    *f = (struct first){true, r->known, r->value};
}

bool metrics_value(struct metrics *m, struct selector *s, int64_t mono_ms, double *value)
{
    struct first f = {0};

    if (s)
        metrics_read(m, s, mono_ms, take_first, &f);
    *value = f.value;
    return f.known;
}

size_t metrics_stale_hosts(struct metrics *m, struct selector *s, int64_t mono_ms, char *buf, size_t size)
{
    size_t count = 0, used = 0;
    const struct metric *last = NULL;

    buf[0] = '\0';
    for (size_t i = 0; i < s->n; i++) {
        const struct metric *x = s->members[i];
        if (metric_fresh(m, x, mono_ms))
            continue;
        if (last && last->plugin == x->plugin && memcmp(last->ident, x->ident, x->plugin) == 0)
            continue; /* members are in order: one host's stand together */
        last = x;
        count++;
        int n = snprintf(buf + used, size - used, "%s%.*s", used ? ", " : "", (int)x->plugin - 1, x->ident);
        if (n < 0 || (size_t)n >= size - used)
            buf[used] = '\0'; /* no room: counted all the same */
        else
            used += (size_t)n;
    }
    return count;
}
