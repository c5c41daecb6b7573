#include "plugins/hostres/sampler.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "plugins/hostres/cadence.h"
#include "plugins/hostres/clock.h"

enum { STEP_MIN_NS = 10 * 1000 * 1000, FULL_STEPS_MAX = 64 /* interfaces */ };

struct sampler {
    pthread_t thread;
    clockid_t cpu_clock;       /* the thread's */
    struct net_source *source; /* the thread's alone */
    uint64_t window_ns;        /* constant */

    pthread_mutex_t lock; /* of all below; never held over a system call that may wait */
    pthread_cond_t wake;
    bool stop;
    struct peaks peaks;
    struct sampler_stats stats;
};

/* Between two samples of n interfaces. Many interfaces take longer to read, and get fewer samples in a
 * window, so that the sampler costs about the same for 64 of them as for 1,000. */
static uint64_t step_of(uint64_t window_ns, size_t n)
{
    uint64_t steps = n <= FULL_STEPS_MAX ? PEAKS_STEPS : PEAKS_STEPS * FULL_STEPS_MAX / n;
    uint64_t step = window_ns / (steps > 0 ? steps : 1);

    return step > STEP_MIN_NS ? step : window_ns < STEP_MIN_NS ? window_ns : STEP_MIN_NS;
}

/* Under the lock: until due, or stop. */
static bool wait_until(struct sampler *s, uint64_t due_ns)
{
    struct timespec due = {.tv_sec = (time_t)(due_ns / 1000000000U), .tv_nsec = (long)(due_ns % 1000000000U)};

    while (!s->stop && pthread_cond_timedwait(&s->wake, &s->lock, &due) != ETIMEDOUT)
        ;
    return !s->stop;
}

static void *sampler_run(void *arg)
{
    struct sampler *s = arg;
    struct if_snapshot snapshot = {0};
    struct cadence beat = {0};

    cadence_start(&beat, clock_ns(CLOCK_MONOTONIC), step_of(s->window_ns, 0));
    pthread_mutex_lock(&s->lock);
    while (wait_until(s, beat.due_ns)) {
        pthread_mutex_unlock(&s->lock);
        uint64_t bad = 0, began = clock_ns(CLOCK_MONOTONIC);
        int error = net_source_read(s->source, &snapshot, &bad);
        uint64_t ended = clock_ns(CLOCK_MONOTONIC);
        cadence_sample(&beat, ended);
        uint64_t step = step_of(s->window_ns, snapshot.n);
        pthread_mutex_lock(&s->lock);
        if (error == 0 && peaks_add(&s->peaks, &snapshot, began, ended, beat.step_ns) != 0)
            bad++;
        s->stats.bad += bad;
        s->stats.late = beat.late;
        if (error == 0 && step != beat.step_ns)
            cadence_start(&beat, began + step, step);
    }
    pthread_mutex_unlock(&s->lock);
    snapshot_free(&snapshot);
    return NULL;
}

/* A thread of a library leaves the daemon's signals alone. */
static int create_thread(struct sampler *s)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int rc = pthread_create(&s->thread, NULL, sampler_run, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc != 0)
        return rc;
    pthread_setname_np(s->thread, "hostres sampler");
    pthread_getcpuclockid(s->thread, &s->cpu_clock);
    return 0;
}

struct sampler *sampler_start(struct net_source *source, uint64_t window_ns)
{
    struct sampler *s = calloc(1, sizeof *s);
    pthread_condattr_t attr;

    if (s == NULL) {
        net_source_close(source);
        return NULL;
    }
    s->source = source;
    s->window_ns = s->peaks.window_ns = window_ns;
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&s->wake, &attr);
    pthread_condattr_destroy(&attr);
    int rc = create_thread(s);
    if (rc == 0)
        return s;
    net_source_close(source);
    free(s);
    errno = rc;
    return NULL;
}

int sampler_take(struct sampler *s, struct peak_list *peaks, struct sampler_stats *stats)
{
    pthread_mutex_lock(&s->lock);
    int rc = peaks_take(&s->peaks, peaks);
    *stats = s->stats;
    pthread_mutex_unlock(&s->lock);
    return rc;
}

uint64_t sampler_cpu_ns(const struct sampler *s)
{
    return clock_ns(s->cpu_clock);
}

void sampler_stop(struct sampler *s)
{
    if (s == NULL)
        return;
    pthread_mutex_lock(&s->lock);
    s->stop = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    net_source_close(s->source);
    peaks_free(&s->peaks);
    pthread_cond_destroy(&s->wake);
    pthread_mutex_destroy(&s->lock);
    free(s);
}
