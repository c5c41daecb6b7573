#include "agent/metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    HISTORY = 4,                    /* distances between samples that the interval is taken from */
    DEFAULT_INTERVAL_MS = 10000,    /* collectd's, for a value whose own is not known yet */
    REMEMBER_MS = 3600000,          /* how long a watched value that went away is named */
    TAILS = 1024,                   /* buckets of selectors by "plugin/type" */
    LOOSE = TAILS,                  /* the bucket of those with a pattern there */
};

struct value {
    char name[IDENT_PART_MAX + 1];
    double v;
};

struct metric {
    char *ident;
    size_t len, plugin, type; /* of ident; where its parts begin */
    uint32_t hash;
    struct metric *chain;  /* next of the same bucket */
    uint64_t round;        /* last listed in */
    int64_t time_ms;       /* of the newest sample, by its sender's clock */
    int64_t listed_ms;     /* monotonic: when time_ms was seen to change */
    int64_t gone_ms;       /* monotonic: when it was no longer listed */
    int64_t distance[HISTORY];
    unsigned n_distance;   /* all ever taken */
    bool listed;
    bool fetch;            /* there is a sample whose values we don't have */
    unsigned watchers;
    /* what GETVAL said */
    int64_t seen_ms;       /* listed_ms of these values */
    uint64_t sample;       /* number of these values; 0: none */
    struct value *values;
    unsigned n_values;
};

struct selector {
    struct metric_spec spec;
    struct selector *next;  /* of all */
    struct selector *chain; /* of the same bucket */
    uint32_t tail;          /* its bucket */
    struct selector *total; /* percent(): all type instances; its members are what is summed */
    bool exact;             /* no '*' nor '?' */
    struct metric **members; /* in identifier order */
    size_t n, cap;
    /* sum() and count(): when they were last found to have a new sample */
    double aggregate;
    uint64_t sample;
    int64_t sample_ms;
};

struct metrics {
    struct metric **buckets;
    size_t n_buckets;             /* a power of two */
    struct metric **order;        /* all metrics; the listed ones in LISTVAL's order, so that the next one is a guess */
    size_t n, cap, cursor;
    struct metric **due;          /* to be fetched in this round */
    size_t n_due, cap_due, next_due;
    struct selector *selectors;
    struct selector *tails[TAILS + 1];
    uint64_t round, samples, generation;
    int64_t round_ms, connected_ms;
    bool connected, changed, disordered;
    bool host_given, host_missing; /* missing: it has no load/load in the last listing */
    int64_t host_seen_ms;
    struct value incoming[METRIC_DS_MAX]; /* of the GETVAL that is being read */
    unsigned n_incoming;
    char own_host[IDENT_PART_MAX + 1];
};

static void *grow(void *array, size_t n, size_t *cap, size_t item)
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

static uint32_t hash_of(const char *s, size_t len)
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

static struct metric *find(const struct metrics *m, const char *ident, size_t len, uint32_t hash)
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
    struct metric **order = grow(m->order, m->n, &m->cap, sizeof(struct metric *));
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

size_t metric_instance(const struct metric *x, const char **instance)
{
    const char *plugin = x->ident + x->plugin;
    const char *dash = memchr(plugin, '-', x->type - x->plugin - 1);

    *instance = dash ? dash + 1 : "";
    return dash ? (size_t)(x->ident + x->type - 1 - *instance) : 0;
}

size_t selector_count(const struct selector *s)
{
    return s->n;
}

size_t metrics_count(const struct metrics *m)
{
    return m->n;
}

uint64_t metrics_generation(const struct metrics *m)
{
    return m->generation;
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

/* ---- selectors ---- */

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
    struct metric **members = grow(s->members, s->n, &s->cap, sizeof(struct metric *));

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
        struct metric *x = find(m, ident, (size_t)n, hash_of(ident, (size_t)n));
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
    return hash_of(tail, (size_t)n) % TAILS;
}

static void find_selectors(struct metrics *m, struct metric *x)
{
    uint32_t tail = hash_of(x->ident + x->plugin, x->len - x->plugin) % TAILS;

    for (struct selector *s = m->tails[tail]; s; s = s->chain)
        if (selects(m, s, x))
            add_member(s, x);
    for (struct selector *s = m->tails[LOOSE]; s; s = s->chain)
        if (selects(m, s, x))
            add_member(s, x);
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

/* ---- our own host ---- */

const char *metrics_own_host(const struct metrics *m)
{
    return m->own_host[0] ? m->own_host : NULL;
}

static void own_host_is(struct metrics *m, const char *host, size_t len)
{
    if (strlen(m->own_host) == len && memcmp(m->own_host, host, len) == 0)
        return;
    memcpy(m->own_host, host, len);
    m->own_host[len] = '\0';
    m->changed = true;
    for (struct selector *s = m->selectors; s; s = s->next)
        if (s->spec.own_host)
            find_members(m, s);
}

void metrics_set_own_host(struct metrics *m, const char *hostname)
{
    size_t n = hostname ? strlen(hostname) : 0;

    m->host_given = n > 0 && n <= IDENT_PART_MAX;
    if (m->host_given)
        own_host_is(m, hostname, n);
}

/* How like this machine's name a host of an identifier is: 3 equal, 2 same first label, 0 otherwise. collectd's FQDNLookup
 * puts the domain behind the name that the kernel knows. */
static int likeness(const char *host, size_t len, const char *node)
{
    size_t node_len = strlen(node), node_label = strcspn(node, ".");
    const char *dot = memchr(host, '.', len);
    size_t label = dot ? (size_t)(dot - host) : len;

    if (len == node_len && memcmp(host, node, len) == 0)
        return 3;
    return label == node_label && memcmp(host, node, label) == 0 ? 2 : 0;
}

/* Looks for the host that is us among those that report load/load; without one that is named like us, the only host there is. What
 * was found stays, until it has not been heard of for as long as a slow host may be silent. */
static void find_own_host(struct metrics *m)
{
    char node[IDENT_PART_MAX + 1] = "";
    const struct metric *best = NULL;
    int best_likeness = 0;
    bool several = false;

    if (m->host_given || gethostname(node, sizeof node - 1) < 0)
        return;
    m->host_missing = true;
    for (size_t i = 0; i < m->n; i++) {
        const struct metric *x = m->order[i];
        if (!x->listed || x->len - x->plugin != 9 || memcmp(x->ident + x->plugin, "load/load", 9) != 0)
            continue;
        if (strlen(m->own_host) == x->plugin - 1 && memcmp(m->own_host, x->ident, x->plugin - 1) == 0)
            m->host_missing = false;
        int like = likeness(x->ident, x->plugin - 1, node);
        several = best && like == best_likeness ? true : several;
        if (!best || like > best_likeness) {
            best = x;
            best_likeness = like;
            several = false;
        }
    }
    if (!m->host_missing)
        m->host_seen_ms = m->round_ms;
    bool lost = m->own_host[0] == '\0' || m->round_ms - m->host_seen_ms > 2 * DEFAULT_INTERVAL_MS;
    if (best && !several && (best_likeness > 0 || lost))
        own_host_is(m, best->ident, best->plugin - 1);
}

/* ---- filling ---- */

void metrics_connected(struct metrics *m, bool yes, int64_t mono_ms)
{
    m->connected = yes;
    m->connected_ms = mono_ms;
    m->changed = true;
    m->generation++;
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
    m->changed = true;
}

static void due_add(struct metrics *m, struct metric *x)
{
    struct metric **due = grow(m->due, m->n_due, &m->cap_due, sizeof(struct metric *));

    if (!due)
        return; /* x->fetch stands: the next round tries again */
    m->due = due;
    m->due[m->n_due++] = x;
}

void metrics_listed(struct metrics *m, const char *ident, size_t len, int64_t time_ms)
{
    struct metric *x = m->cursor < m->n ? m->order[m->cursor] : NULL;

    if (!x || x->len != len || memcmp(x->ident, ident, len) != 0) {
        uint32_t hash = hash_of(ident, len);
        m->disordered = true;
        x = find(m, ident, len, hash);
        if (!x && !(x = metric_new(m, ident, len, hash)))
            return;
        if (x->time_ms == INT64_MIN)
            find_selectors(m, x);
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
            for (struct selector *s = m->selectors; s; s = s->next)
                for (size_t k = 0; k < s->n; k++)
                    if (s->members[k] == x) {
                        memmove(s->members + k, s->members + k + 1, (--s->n - k) * sizeof(struct metric *));
                        break;
                    }
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
            m->changed = m->disordered = true;
        }
    }
    if (gone)
        forget(m);
    if (m->disordered) { /* LISTVAL answers in byte order: sorted once, `cursor` finds each at its place */
        qsort(m->order, m->n, sizeof(struct metric *), by_ident);
    }
    if (m->disordered || m->host_missing)
        find_own_host(m);
    m->disordered = false;
}

struct metric *metrics_next_wanted(struct metrics *m)
{
    while (m->next_due < m->n_due) {
        struct metric *x = m->due[m->next_due++];
        if (x->fetch && x->watchers)
            return x;
    }
    if (m->changed) {
        m->changed = false;
        m->generation++;
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
    m->changed = true;
}

/* ---- reading ---- */

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
