/* What a round of the feed costs collectd and us, per value: LISTVAL of all, GETVAL of all (watched anew each round, so that each is
 * fetched), 64 deep.  feed_bench SOCKET COLLECTD_PID ROUNDS. See feed_bench.sh. Prints one line of key=value; floor_us is what
 * collectd's four writes per value (one for a line of LISTVAL, three for the answer to GETVAL) cost without collectd around them, in
 * the same run: no client can make it less. */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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

static double floor_us(void)
{
    static const char *const lines[] = {"1763770000.123 host05/bench-023/gauge-v\n", "1 Value found\n", "value=", "1.234500e+01\n"};
    enum { VALUES = 100000 };
    char buffer[65536];
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        return 0;
    pid_t reader = fork();
    if (reader == 0) { /* looks once a millisecond, as the feed does */
        close(pair[0]);
        while (read(pair[1], buffer, sizeof buffer) > 0)
            usleep(1000);
        _exit(0);
    }
    close(pair[1]);
    double begin = seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (size_t i = 0; i < VALUES; i++)
        for (size_t k = 0; k < sizeof lines / sizeof lines[0]; k++)
            if (write(pair[0], lines[k], strlen(lines[k])) < 0)
                return 0;
    double us = (seconds(CLOCK_PROCESS_CPUTIME_ID) - begin) / VALUES * 1e6;
    close(pair[0]);
    waitpid(reader, NULL, 0);
    return us;
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
        printf("values=%zu rounds=%llu collectd_list_us=%.2f own_list_us=%.2f collectd_listget_us=%.2f own_listget_us=%.2f "
               "floor_us=%.2f\n",
               metrics_count(m), (unsigned long long)want, list_collectd_s / lists * 1e6, list_own_s / lists * 1e6,
               (c - collectd_s) / values * 1e6, (o - own_s) / values * 1e6, floor_us());
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
