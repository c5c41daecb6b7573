/* What a round of the feed costs collectd and us: first rounds that only list, for nothing is watched, then rounds that also fetch what
 * PATTERN matches, each of it each time, for it is watched anew.  feed_bench SOCKET COLLECTD_PID ROUNDS PATTERN. See feed_bench.sh.
 * Prints one line of key=value:
 *   listed=, watched=               identifiers that collectd has, and those that PATTERN matches
 *   list_us=, get_us=               collectd's CPU (of the whole process) per value listed, and per value fetched
 *   per_listed_us=, per_watched_us= that of a whole round, by the one number and by the other
 *   round_ms=, own_ms=, wall_ms=    a round that fetches: collectd's CPU, ours, and how long the last one took
 *   floor_us=                       what collectd's four writes per value (one for a line of LISTVAL, three for the answer to GETVAL)
 *                                   cost without collectd around them, in the same run: no client can make it less */
#include <event2/event.h>
#include <math.h>
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

enum { INTERVAL_MS = 1000 };

struct used {
    double collectd_s, own_s;
};

static struct event_base *base;
static struct metrics *m;
static struct selector *watched;
static struct metric_spec spec;
static clockid_t collectd_clock;
static struct used begin, list;
static double started_s;
static uint64_t rounds, want;

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
    double before = seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (size_t i = 0; i < VALUES; i++)
        for (size_t k = 0; k < sizeof lines / sizeof lines[0]; k++)
            if (write(pair[0], lines[k], strlen(lines[k])) < 0)
                return 0;
    double us = (seconds(CLOCK_PROCESS_CPUTIME_ID) - before) / VALUES * 1e6;
    close(pair[0]);
    waitpid(reader, NULL, 0);
    return us;
}

static struct used used_now(void)
{
    return (struct used){seconds(collectd_clock), seconds(CLOCK_PROCESS_CPUTIME_ID)};
}

static struct used used_per_round(void)
{
    struct used u = used_now();

    return (struct used){(u.collectd_s - begin.collectd_s) / (double)want, (u.own_s - begin.own_s) / (double)want};
}

static void watch_anew(void)
{
    if (watched)
        metrics_unwatch(m, watched);
    watched = metrics_watch(m, &spec);
}

static void print_figures(const struct used *get)
{
    double n = (double)metrics_count(m), k = (double)selector_count(watched);
    double wall_s = fmod(seconds(CLOCK_MONOTONIC) - started_s, INTERVAL_MS / 1000.0); /* this round began with an interval */

    printf("listed=%.0f watched=%.0f rounds=%llu list_us=%.2f get_us=%.2f per_listed_us=%.2f per_watched_us=%.2f round_ms=%.1f "
           "own_ms=%.1f wall_ms=%.0f floor_us=%.2f\n",
           n, k, (unsigned long long)want, list.collectd_s / n * 1e6, (get->collectd_s - list.collectd_s) / k * 1e6,
           get->collectd_s / n * 1e6, get->collectd_s / k * 1e6, get->collectd_s * 1e3, get->own_s * 1e3, wall_s * 1e3, floor_us());
}

/* Round 0 makes what there is to make, `want` rounds list, one makes again, and `want` rounds fetch. */
static void on_round(void *arg)
{
    struct used get;

    if (rounds == want)
        list = used_per_round();
    if (rounds == 0 || rounds == want + 1)
        begin = used_now();
    if (rounds == 2 * want + 1) {
        get = used_per_round();
        print_figures(&get);
        event_base_loopbreak(base);
    } else if (rounds >= want) {
        watch_anew();
    }
    rounds++;
}

static void on_status(void *arg, bool up, const char *why)
{
    if (!up)
        printf("# down: %s\n", why);
}

int main(int argc, char **argv)
{
    uint64_t pid;
    const char *why;

    if (argc != 5 || !num_u64(argv[2], strlen(argv[2]), 1, 1 << 30, &pid) || !num_u64(argv[3], strlen(argv[3]), 1, 1000, &want) ||
        !metric_spec_parse(argv[4], strlen(argv[4]), &spec, &why) || clock_getcpuclockid((pid_t)pid, &collectd_clock) != 0)
        return 2;
    struct event_config *config = event_config_new();
    event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER); /* as the agent's: without it a millisecond is four */
    base = event_base_new_with_config(config);
    event_config_free(config);
    m = metrics_new();
    struct feed_options o = {.socket = argv[1], .interval_ms = INTERVAL_MS, .on_round = on_round, .on_status = on_status};
    struct feed *f = feed_new(base, m, &o);
    started_s = seconds(CLOCK_MONOTONIC);
    feed_start(f);
    event_base_dispatch(base);
    feed_free(f);
    metrics_free(m);
    event_base_free(base);
    return 0;
}
