/* rounds: how long a round of the status row over a whole fleet takes, after discovery and key localisation.
 *
 *   rounds [-R ROUNDS] [-i PAUSE_MS] [-f CONF] [net-snmp options] -- HOST|@POOL...
 *
 * Asks all hosts once (discovery; not counted), then ROUNDS times more, and prints for the rounds: the time
 * until the last live host had answered and until all were done (median and maximum, ms), a live host's
 * median and 99th percentile, the CPU time of a round, and the resident set. "Live" is a host that answered
 * the first round; a host that does not answer is asked every round all the same (top would back off). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "console/ask.h"
#include "console/summary.h"

static double ms(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static struct one {
    bool live;
    double took;
} * hosts;
static double began, last_live;

static void on_done(struct host *h, enum host_state state, void *arg)
{
    struct one *one = arg;
    one->took = ms(CLOCK_MONOTONIC) - began;
    if (one->live && one->took > last_live)
        last_live = one->took;
    if (one->live && state != HOST_UP)
        fprintf(stderr, "%s: %s %s\n", host_name(h), host_state_name(state), host_why(h));
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double at(double *v, size_t n, double part)
{
    qsort(v, n, sizeof *v, ascending);
    return n > 0 ? v[(size_t)((double)(n - 1) * part)] : 0;
}

int main(int argc, char **argv)
{
    struct globals globals = {.conf_path = "/dev/null",
                              .snmp_argv = calloc((size_t)argc + 2, sizeof(char *))};
    struct fleet fleet;
    size_t rounds = 20, n_all = 0, live = 0;
    unsigned pause = 0;
    int i = 1;
    globals.snmp_argv[globals.snmp_argc++] = argv[0];
    for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "-R") == 0)
            rounds = strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "-i") == 0)
            pause = (unsigned)strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "-f") == 0)
            globals.conf_path = argv[++i];
        else
            globals.snmp_argv[globals.snmp_argc++] = argv[i];
    }
    if (fleet_open(&fleet, &globals) != EXIT_WELL ||
        fleet_add(&fleet, argv + i + 1, argc - i - 1) != EXIT_WELL)
        return 2;
    struct answer *answers = answers_new(fleet.n);
    double start = ms(CLOCK_MONOTONIC);
    ask_all(&fleet, &summary_spec, answers);
    double open = ms(CLOCK_MONOTONIC) - start;
    hosts = calloc(fleet.n, sizeof *hosts);
    double *all = calloc(fleet.n * rounds, sizeof *all), *lasts = calloc(rounds, sizeof *lasts),
           *wholes = calloc(rounds, sizeof *wholes);
    for (size_t k = 0; k < fleet.n; k++)
        live += hosts[k].live = host_state(fleet.hosts[k]) == HOST_UP;
    double cpu = ms(CLOCK_PROCESS_CPUTIME_ID);
    for (size_t r = 0; r < rounds; r++) {
        began = ms(CLOCK_MONOTONIC);
        last_live = 0;
        for (size_t k = 0; k < fleet.n; k++)
            host_fetch(fleet.hosts[k], &summary_spec, &answers[k], on_done, &hosts[k]);
        while (!poller_idle(fleet.poller))
            poller_step(fleet.poller, -1);
        wholes[r] = ms(CLOCK_MONOTONIC) - began;
        lasts[r] = last_live;
        for (size_t k = 0; k < fleet.n; k++)
            if (hosts[k].live)
                all[n_all++] = hosts[k].took;
        usleep(pause * 1000);
    }
    cpu = (ms(CLOCK_PROCESS_CPUTIME_ID) - cpu) / (double)rounds;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("ROUNDS hosts=%zu live=%zu open_ms=%.1f round_ms=%.1f round_max_ms=%.1f live_ms=%.1f "
           "live_max_ms=%.1f host_ms=%.1f "
           "host_p99_ms=%.1f cpu_ms=%.1f rss_kb=%ld\n",
           fleet.n, live, open, at(wholes, rounds, 0.5), wholes[rounds - 1], at(lasts, rounds, 0.5),
           lasts[rounds - 1], at(all, n_all, 0.5), at(all, n_all, 0.99), cpu, usage.ru_maxrss);
    answers_free(answers, fleet.n);
    fleet_close(&fleet);
    return 0;
}
