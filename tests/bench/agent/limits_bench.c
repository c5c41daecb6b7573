/* What a round of 1,000 limits on 30,000 metrics costs: the listing of LISTVAL, and the judging of all limits. CPU of this
 * thread; medians of ROUNDS. Prints one line of key=value. Not part of check but for its counts: see local.mk. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/event.h"
#include "agent/limits.h"
#include "agent/log.h"
#include "agent/metrics.h"
#include "agent/unixsock.h"

enum { HOSTS = 100, PER_HOST = 300, METRICS = HOSTS * PER_HOST, LIMITS = 1000, ROUNDS = 51 };

static double cpu_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static double median(double *v)
{
    qsort(v, ROUNDS, sizeof *v, ascending);
    return v[ROUNDS / 2];
}

/* What collectd would answer to LISTVAL. */
static size_t listing(char *buf, size_t size, int64_t time_ms)
{
    size_t n = (size_t)snprintf(buf, size, "%d Values found\n", METRICS);

    for (int i = 0; i < METRICS; i++)
        n += (size_t)snprintf(buf + n, size - n, "%lld.%03lld host%02d/plugin-%03d/gauge-value\n", (long long)(time_ms / 1000),
                              (long long)(time_ms % 1000), i / PER_HOST, i % PER_HOST);
    return n;
}

static void take_listing(struct metrics *m, const char *text, size_t len, int64_t mono_ms)
{
    struct unixsock_parser p;
    enum unixsock_item item;
    const char *ident;
    int64_t t;
    size_t n;

    unixsock_reset(&p);
    metrics_round_begin(m, mono_ms);
    while ((item = unixsock_next(&p, &text, &len)) != UNIXSOCK_END)
        if (item == UNIXSOCK_LINE && unixsock_listval_line(p.line, p.len, &t, &ident, &n))
            metrics_listed(m, ident, n, t);
    metrics_round_listed(m);
}

/* Half of the limits name one metric, half a pattern over all hosts: 500 + 500 * 100 tracks. */
static void limit_of(struct setting_limit *l, int i, int per_pattern)
{
    snprintf(l->name, sizeof l->name, "l%03d", i);
    if (i < LIMITS / 2 || per_pattern == 0)
        snprintf(l->metric, sizeof l->metric, "host%02d/plugin-%03d/gauge-value:value", i % HOSTS, (i * 7) % PER_HOST);
    else
        snprintf(l->metric, sizeof l->metric, "*/plugin-%03d/gauge-value", i % PER_HOST);
    l->direction = LIMIT_ABOVE;
    l->threshold.v = l->clear.v = 1e9;
    snprintf(l->threshold.text, sizeof l->threshold.text, "1e9");
    l->hits = l->clear_hits = 1;
    l->status = ROW_ACTIVE;
}

static void measure(const char *what, int patterns)
{
    struct metrics *m = metrics_new();
    struct event_log *log = event_log_open(NULL);
    struct limits *ls = limits_new(m, log, NULL);
    struct settings s = {.n_limits = LIMITS, .limits = calloc(LIMITS, sizeof *s.limits)};
    size_t size = METRICS * 64, fetched = 0;
    char *text = malloc(size);
    double list[ROUNDS], judge[ROUNDS];
    int64_t mono = 1000000;

    for (int i = 0; i < LIMITS; i++)
        limit_of(&s.limits[i], i, patterns);
    metrics_connected(m, true, mono);
    limits_settings(ls, &s, mono, mono);
    for (int r = -1; r < ROUNDS; r++, mono += 1000) { /* the first makes everything */
        size_t len = listing(text, size, 1700000000000 + mono);
        double t0 = cpu_ms();
        take_listing(m, text, len, mono);
        double t1 = cpu_ms();
        struct metric *x;
        for (fetched = 0; (x = metrics_next_wanted(m)); fetched++) {
            metric_values_begin(m);
            metric_values_add(m, "value", 5, (double)r);
            metric_values_end(m, x);
        }
        double t2 = cpu_ms();
        limits_round(ls, mono, mono);
        double t3 = cpu_ms();
        if (r >= 0) {
            list[r] = t1 - t0;
            judge[r] = t3 - t2;
        } else {
            printf("first_%s_ms=%.1f ", what, t1 - t0);
        }
    }
    printf("%s_list_ms=%.2f %s_judge_ms=%.2f %s_fetched=%zu ", what, median(list), what, median(judge), what, fetched);
    limits_free(ls);
    metrics_free(m);
    event_log_close(log);
    free(s.limits);
    free(text);
}

int main(void)
{
    printf("metrics=%d limits=%d rounds=%d ", METRICS, LIMITS, ROUNDS);
    measure("exact", 0);
    measure("pattern", 1);
    printf("\n");
    return 0;
}
