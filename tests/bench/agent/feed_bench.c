/* What a round of the feed costs collectd and us, per value: LISTVAL of all, GETVAL of all (watched anew each round, so that each is
 * fetched), 64 deep.  feed_bench SOCKET COLLECTD_PID ROUNDS. See feed_bench.sh. Prints one line of key=value. */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/feed.h"
#include "agent/metrics.h"
#include "common/num.h"

static struct event_base *base;
static struct metrics *m;
static struct selector *watched;
static clockid_t collectd_clock;
static double collectd_s, own_s, list_collectd_s, list_own_s;
static uint64_t rounds, want;
static bool only_list = true; /* the first half of the rounds */

static double seconds(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void watch(void)
{
    struct metric_spec spec;
    const char *why;

    if (watched)
        metrics_unwatch(m, watched);
    if (metric_spec_parse("*/bench-*/gauge-*", 17, &spec, &why))
        watched = metrics_watch(m, &spec);
}

static void on_round(void *arg)
{
    double c = seconds(collectd_clock), o = seconds(CLOCK_PROCESS_CPUTIME_ID);

    if (rounds == want) {
        list_collectd_s = c - collectd_s;
        list_own_s = o - own_s;
        only_list = false;
    }
    if (rounds == 0 || rounds == want) { /* the first round of each half only makes things */
        collectd_s = c;
        own_s = o;
    }
    if (++rounds > 2 * want) {
        double values = (double)metrics_count(m) * (double)want, lists = (double)metrics_count(m) * (double)(want - 1);
        printf("values=%zu rounds=%llu collectd_list_us=%.2f own_list_us=%.2f collectd_listget_us=%.2f own_listget_us=%.2f\n",
               metrics_count(m), (unsigned long long)want, list_collectd_s / lists * 1e6, list_own_s / lists * 1e6,
               (c - collectd_s) / values * 1e6, (o - own_s) / values * 1e6);
        event_base_loopbreak(base);
    }
    if (!only_list)
        watch();
}

static void on_status(void *arg, bool up, const char *why)
{
    if (!up)
        printf("# down: %s\n", why);
}

int main(int argc, char **argv)
{
    uint64_t pid;

    if (argc != 4 || !num_u64(argv[2], strlen(argv[2]), 1, 1 << 30, &pid) || !num_u64(argv[3], strlen(argv[3]), 1, 1000, &want) ||
        clock_getcpuclockid((pid_t)pid, &collectd_clock) != 0)
        return 2;
    base = event_base_new();
    m = metrics_new();
    struct feed_options o = {.socket = argv[1], .interval_ms = 2000, .on_round = on_round, .on_status = on_status};
    struct feed *f = feed_new(base, m, &o);
    feed_start(f);
    event_base_dispatch(base);
    feed_free(f);
    metrics_free(m);
    event_base_free(base);
    return 0;
}
