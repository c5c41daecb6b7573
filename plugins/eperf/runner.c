#include "plugins/eperf/run.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>

#include "plugins/eperf/clock.h"

struct sched_time runner_now(void)
{
    time_t wall = time(NULL);
    struct tm tm = {0};
    localtime_r(&wall, &tm);
    return (struct sched_time){.mono = clock_seconds(), .minute = tm.tm_hour * 60 + tm.tm_min};
}

void runner_say(struct runner *r, enum runner_level level, const char *format, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    r->cb.log(level, text);
}

/* ---- the deciding thread ---- */

/* Lock held. Joins the threads that are through; all, waiting for them, if `all`. True if there were any. */
static bool join_runs(struct runner *r, bool all)
{
    bool any = false;
    for (size_t i = 0; i < r->config->n_tests; i++)
        if (r->runs[i].has_thread && (r->runs[i].ended || all)) {
            run_join(&r->runs[i]);
            any = true;
        }
    return any;
}

/* Lock held; given up while callbacks and files are at work. */
static void act(struct runner *r, struct sched_event e)
{
    struct run *run = &r->runs[e.test];
    static const struct result_figures absent;
    switch (e.what) {
    case SCHED_NOTHING:
        break;
    case SCHED_START:
        run_start(run);
        break;
    case SCHED_BLACKOUT: {
        struct runner_report report = {run->test, RUNNER_UNKNOWN, false, "", &absent, &absent};
        enum result_state settled = run->settled.state;
        pthread_mutex_unlock(&r->lock);
        run_set_state(run, settled);
        r->cb.report(&report);
        pthread_mutex_lock(&r->lock);
        break;
    }
    case SCHED_NO_TURN: {
        struct result_status s = run->status;
        s.upload = s.download = absent; /* the last run's figures are not this one's */
        pthread_mutex_unlock(&r->lock);
        snprintf(s.last_error, sizeof s.last_error, "had no turn for %g seconds: other tests filled the time",
                 run->test->every);
        run_keep(run, &s, EPERF_LOCAL);
        run_set_state(run, RESULT_WAITING);
        pthread_mutex_lock(&r->lock);
        break;
    }
    }
}

/* Lock held; waits for a change, at most `seconds`. */
static void wait_for_change(struct runner *r, double seconds)
{
    struct timespec until = clock_after(fmin(seconds, 3600) + 0.001); /* a bit late, never too early */
    pthread_cond_timedwait(&r->changed, &r->lock, &until);
}

/* Lock held. Tests that wait for their turn say so in their file. True if the lock was given up for that. */
static bool show_waiting(struct runner *r)
{
    bool any = false;
    for (size_t i = 0; i < r->config->n_tests; i++)
        if (sched_state(r->sched, i) == SCHED_DUE && r->runs[i].status.state != RESULT_WAITING) {
            pthread_mutex_unlock(&r->lock);
            run_set_state(&r->runs[i], RESULT_WAITING);
            pthread_mutex_lock(&r->lock);
            any = true;
        }
    return any;
}

static void *decide_thread(void *arg)
{
    struct runner *r = arg;
    pthread_mutex_lock(&r->lock);
    while (!r->stop) {
        /* Whatever gave up the lock looks again before it sleeps: the signal may have come meanwhile. */
        if (join_runs(r, false))
            continue;
        struct sched_event e = sched_step(r->sched, runner_now());
        if (e.what != SCHED_NOTHING)
            act(r, e);
        else if (!show_waiting(r))
            wait_for_change(r, sched_wake(r->sched, runner_now()));
    }
    join_runs(r, true);
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

/* ---- start, trigger, stop ---- */

static struct sched *make_sched(const struct config *c)
{
    struct sched_rule *rules = calloc(c->n_tests + 1, sizeof *rules);
    if (!rules)
        return NULL;
    for (size_t i = 0; i < c->n_tests; i++) {
        const struct config_test *t = &c->tests[i];
        rules[i] = (struct sched_rule){.every = t->every,
                                       .splay = t->splay,
                                       .length = config_test_length(t),
                                       .retries = (unsigned)t->retries,
                                       .n_blackouts = t->n_blackouts};
        memcpy(rules[i].blackouts, t->blackouts, sizeof t->blackouts);
    }
    uint64_t seed;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != sizeof seed)
        seed = (uint64_t)time(NULL);
    struct sched *s = sched_new(rules, c->n_tests, c->allow_overlap, seed, runner_now());
    free(rules);
    return s;
}

static void free_runner(struct runner *r)
{
    pthread_cond_destroy(&r->changed);
    pthread_mutex_destroy(&r->lock);
    pthread_mutex_destroy(&r->file_lock);
    sched_free(r->sched);
    free(r->runs);
    free(r);
}

static struct runner *make_runner(const struct config *config, const struct runner_callbacks *cb)
{
    struct runner *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->config = config;
    r->cb = *cb;
    pthread_mutex_init(&r->file_lock, NULL);
    pthread_mutex_init(&r->lock, NULL);
    clock_condition_init(&r->changed);
    r->sched = make_sched(config);
    r->runs = calloc(config->n_tests + 1, sizeof *r->runs);
    if (!r->sched || !r->runs) {
        free_runner(r);
        errno = ENOMEM;
        return NULL;
    }
    return r;
}

struct runner *runner_start(const struct config *config, const struct runner_callbacks *cb)
{
    struct runner *r = make_runner(config, cb);
    if (!r)
        return NULL;
    if (config->result_dir[0] && mkdir(config->result_dir, 0755) != 0 && errno != EEXIST)
        runner_say(r, RUNNER_ERROR, "ResultDir %s: %s", config->result_dir, strerror(errno));
    for (size_t i = 0; i < config->n_tests; i++) {
        struct run *run = &r->runs[i];
        run->runner = r;
        run->test = &config->tests[i];
        if (config->result_dir[0])
            result_file_read(config->result_dir, run->test, &run->status);
        run->settled = run->status;
        run->was_down = run->status.state == RESULT_FAILED;
        run_write_file(run);
    }
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int failed = pthread_create(&r->thread, NULL, decide_thread, r);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed) {
        free_runner(r);
        errno = failed;
        return NULL;
    }
    return r;
}

bool runner_trigger(struct runner *r, const char *test, uint64_t run_id)
{
    size_t i = 0;
    while (i < r->config->n_tests && strcmp(r->config->tests[i].name, test) != 0)
        i++;
    if (i == r->config->n_tests)
        return false;
    pthread_mutex_lock(&r->lock);
    bool taken = sched_trigger(r->sched, i, runner_now());
    if (run_id && taken)
        r->runs[i].next_run_id = run_id;
    else if (run_id)
        r->runs[i].status.run_id = run_id; /* whoever waits for it gets the run that is under way */
    pthread_cond_signal(&r->changed);
    pthread_mutex_unlock(&r->lock);
    if (!taken)
        runner_say(r, RUNNER_INFO, "test \"%s\": told to run now, and is running already", test);
    return true;
}

void runner_stop(struct runner *r)
{
    pthread_mutex_lock(&r->lock);
    r->stop = true;
    for (size_t i = 0; i < r->config->n_tests; i++)
        if (r->runs[i].measure)
            measure_cancel(r->runs[i].measure);
    pthread_cond_signal(&r->changed);
    pthread_mutex_unlock(&r->lock);
    pthread_join(r->thread, NULL);
    free_runner(r);
}
