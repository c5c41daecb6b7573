#include "plugins/eperf/runner.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>

#include "plugins/eperf/clock.h"
#include "plugins/eperf/measure.h"
#include "plugins/eperf/sched.h"

struct run {
    struct runner *runner;
    const struct config_test *test;
    pthread_t thread;
    bool has_thread, ended;  /* to be joined; it may be joined without waiting */
    struct measure *measure; /* while it runs; for cancelling */
    bool was_down;           /* the last run that ended failed */
    uint64_t next_run_id;    /* named by a trigger; 0 none */
    struct result_status status;
    struct result_status settled; /* the last that stood; stands again when a run is cut short or skipped */
};

struct runner {
    const struct config *config;
    struct runner_callbacks cb;
    pthread_t thread;
    pthread_mutex_t file_lock; /* result files; taken before lock, and alone while a file is written */
    pthread_mutex_t lock;      /* all below */
    pthread_cond_t changed;    /* a trigger, the end of a run, stop */
    bool stop;
    struct sched *sched;
    struct run *runs; /* one per test, same order */
};

static struct sched_time now(void)
{
    time_t wall = time(NULL);
    struct tm tm = {0};
    localtime_r(&wall, &tm);
    return (struct sched_time){.mono = clock_seconds(), .minute = tm.tm_hour * 60 + tm.tm_min};
}

__attribute__((format(printf, 3, 4))) static void say(struct runner *r, enum runner_level level,
                                                      const char *format, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    r->cb.log(level, text);
}

/* Puts the state of a test as it is now into its file. No lock held. */
static void write_file(struct run *run)
{
    struct runner *r = run->runner;
    if (!r->config->result_dir[0])
        return;
    pthread_mutex_lock(&r->file_lock); /* first: the newest state must be written last */
    pthread_mutex_lock(&r->lock);
    struct result_status status = run->status;
    pthread_mutex_unlock(&r->lock);
    if (!result_file_write(r->config->result_dir, run->test, &status))
        say(r, RUNNER_ERROR, "test \"%s\": cannot write %s/%s.json: %s", run->test->name,
            r->config->result_dir, run->test->name, strerror(errno));
    pthread_mutex_unlock(&r->file_lock);
}

static void set_state(struct run *run, enum result_state state)
{
    pthread_mutex_lock(&run->runner->lock);
    bool same = run->status.state == state;
    run->status.state = state;
    pthread_mutex_unlock(&run->runner->lock);
    if (!same)
        write_file(run);
}

/* ---- one run, in its own thread ---- */

/* Makes the run known, so that runner_stop() reaches it; cancels it when that has been called already. */
static void publish(struct run *run, struct measure *m)
{
    pthread_mutex_lock(&run->runner->lock);
    run->measure = m;
    if (m && run->runner->stop)
        measure_cancel(m);
    pthread_mutex_unlock(&run->runner->lock);
}

static enum eperf_outcome run_test(struct run *run, struct result_status *s)
{
    struct measure *m = measure_new(run->test);
    if (!m) {
        snprintf(s->last_error, sizeof s->last_error, "%s", strerror(ENOMEM));
        return EPERF_LOCAL;
    }
    publish(run, m);
    enum eperf_outcome outcome = measure_run(m, s);
    publish(run, NULL);
    measure_free(m);
    return outcome;
}

/* The run stands: keeps and reports it. `stands` false: it will be tried again, or was cut short. */
static void keep(struct run *run, const struct result_status *s, enum eperf_outcome outcome)
{
    struct runner *r = run->runner;
    pthread_mutex_lock(&r->lock);
    bool was_down = run->was_down;
    uint64_t run_id = run->status.run_id;
    run->was_down = outcome != EPERF_OK;
    run->status = *s;
    run->status.run_id = run_id;
    run->status.state = outcome == EPERF_OK ? RESULT_OK : RESULT_FAILED;
    run->settled = run->status;
    pthread_mutex_unlock(&r->lock);
    write_file(run);
    r->cb.report(&(struct runner_report){.test = run->test,
                                         .up = outcome == EPERF_OK ? RUNNER_UP : RUNNER_DOWN,
                                         .recovered = was_down && outcome == EPERF_OK,
                                         .error = s->last_error,
                                         .upload = &s->upload,
                                         .download = &s->download});
}

static void *run_thread(void *arg)
{
    struct run *run = arg;
    struct runner *r = run->runner;
    set_state(run, RESULT_RUNNING);
    struct result_status s = {0};
    enum eperf_outcome outcome = run_test(run, &s);

    pthread_mutex_lock(&r->lock);
    bool again =
        sched_done(r->sched, (size_t)(run - r->runs), outcome == EPERF_BUSY ? SCHED_BUSY : SCHED_OVER, now());
    bool cut_short = r->stop || outcome == EPERF_CANCELLED;
    if (cut_short)
        run->status = run->settled;
    pthread_cond_signal(&r->changed); /* the next test need not wait for our report */
    pthread_mutex_unlock(&r->lock);

    if (cut_short)
        write_file(run);
    else if (again) {
        say(r, RUNNER_INFO, "test \"%s\": %s; trying again after a while", run->test->name, s.last_error);
        set_state(run, RESULT_WAITING);
    } else
        keep(run, &s, outcome);
    pthread_mutex_lock(&r->lock);
    run->ended = true;
    pthread_cond_signal(&r->changed);
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

/* ---- the deciding thread ---- */

/* Lock held, given up while waiting. */
static void join_run(struct runner *r, struct run *run)
{
    run->has_thread = false;
    pthread_mutex_unlock(&r->lock);
    pthread_join(run->thread, NULL);
    pthread_mutex_lock(&r->lock);
}

/* Lock held. Joins the threads that are through; all, waiting for them, if `all`. True if there were any. */
static bool join_runs(struct runner *r, bool all)
{
    bool any = false;
    for (size_t i = 0; i < r->config->n_tests; i++)
        if (r->runs[i].has_thread && (r->runs[i].ended || all)) {
            join_run(r, &r->runs[i]);
            any = true;
        }
    return any;
}

/* Lock held. A run that cannot even get a thread has failed. */
static void start_run(struct runner *r, struct run *run)
{
    if (run->has_thread) /* of its last run: still reporting, under that run's number */
        join_run(r, run);
    if (run->next_run_id)
        run->status.run_id = run->next_run_id;
    run->next_run_id = 0;
    run->ended = false;
    int failed = pthread_create(&run->thread, NULL, run_thread, run);
    run->has_thread = failed == 0;
    if (failed == 0)
        return;
    sched_done(r->sched, (size_t)(run - r->runs), SCHED_OVER, now());
    pthread_mutex_unlock(&r->lock);
    struct result_status s = {.last_run = time(NULL)};
    snprintf(s.last_error, sizeof s.last_error, "no thread to run in: %s", strerror(failed));
    keep(run, &s, EPERF_LOCAL);
    pthread_mutex_lock(&r->lock);
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
        start_run(r, run);
        break;
    case SCHED_BLACKOUT: {
        struct runner_report report = {run->test, RUNNER_UNKNOWN, false, "", &absent, &absent};
        enum result_state settled = run->settled.state;
        pthread_mutex_unlock(&r->lock);
        set_state(run, settled);
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
        keep(run, &s, EPERF_LOCAL);
        set_state(run, RESULT_WAITING);
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
            set_state(&r->runs[i], RESULT_WAITING);
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
        struct sched_event e = sched_step(r->sched, now());
        if (e.what != SCHED_NOTHING)
            act(r, e);
        else if (!show_waiting(r))
            wait_for_change(r, sched_wake(r->sched, now()));
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
    struct sched *s = sched_new(rules, c->n_tests, c->allow_overlap, seed, now());
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
        say(r, RUNNER_ERROR, "ResultDir %s: %s", config->result_dir, strerror(errno));
    for (size_t i = 0; i < config->n_tests; i++) {
        struct run *run = &r->runs[i];
        run->runner = r;
        run->test = &config->tests[i];
        if (config->result_dir[0])
            result_file_read(config->result_dir, run->test, &run->status);
        run->settled = run->status;
        run->was_down = run->status.state == RESULT_FAILED;
        write_file(run);
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
    bool taken = sched_trigger(r->sched, i, now());
    if (taken)
        r->runs[i].next_run_id = run_id;
    else if (run_id)
        r->runs[i].status.run_id = run_id; /* whoever waits for it gets the run that is under way */
    pthread_cond_signal(&r->changed);
    pthread_mutex_unlock(&r->lock);
    if (!taken)
        say(r, RUNNER_INFO, "test \"%s\": told to run now, and is running already", test);
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
