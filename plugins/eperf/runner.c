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

#include "plugins/eperf/sched.h"

static const double AFTER_UPLOAD = 3; /* s */

struct run {
    struct runner *runner;
    const struct config_test *test;
    pthread_t thread;
    bool has_thread, ended;      /* to be joined; it may be joined without waiting */
    struct eperf_client *client; /* while one of its directions runs; for cancelling */
    bool was_down;               /* the last run that ended failed */
    uint64_t next_run_id;        /* named by a trigger; 0 none */
    struct result_status status;
    struct result_status settled; /* the last that stood; stands again when a run is cut short or skipped */
};

struct runner {
    const struct config *config;
    struct runner_callbacks cb;
    pthread_t thread;
    pthread_mutex_t file_lock; /* result files; taken before lock, and alone while a file is written */
    pthread_mutex_t lock;      /* all below */
    pthread_cond_t changed;    /* a trigger, the end of a run, stop: for the deciding thread alone */
    pthread_cond_t stopping;   /* stop: for runs that pause */
    bool stop;
    struct sched *sched;
    struct run *runs; /* one per test, same order */
};

static struct sched_time now(void)
{
    struct timespec mono;
    time_t wall = time(NULL);
    struct tm tm = {0};
    clock_gettime(CLOCK_MONOTONIC, &mono);
    localtime_r(&wall, &tm);
    return (struct sched_time){.mono = (double)mono.tv_sec + (double)mono.tv_nsec * 1e-9,
                               .minute = tm.tm_hour * 60 + tm.tm_min};
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

/* ---- one run, in its own thread
 * ----------------------------------------------------------------------------------- */

static struct eperf_params params_of(const struct config_test *t, enum eperf_direction direction)
{
    struct eperf_params p;
    eperf_params_default(&p);
    p.protocol = t->udp ? EPERF_UDP : EPERF_TCP;
    p.direction = direction;
    p.streams = (unsigned)t->connections;
    p.duration = (unsigned)t->duration;
    p.omit = (unsigned)t->omit;
    p.interval = t->sample_interval;
    p.block_len = (uint32_t)t->block;
    p.rate = t->bandwidth;
    p.mss = (uint32_t)t->mss;
    p.tos = (uint8_t)(t->dscp << 2);
    p.read_payload = t->really_read;
    snprintf(p.congestion, sizeof p.congestion, "%s", t->congestion);
    return p;
}

/* Makes the client known, so that runner_stop() reaches it; false when that has been called already. */
static bool publish(struct run *run, struct eperf_client *client)
{
    pthread_mutex_lock(&run->runner->lock);
    run->client = client;
    bool go = !run->runner->stop;
    pthread_mutex_unlock(&run->runner->lock);
    return go;
}

/* One direction. The error, if any, begins with the direction. */
static enum eperf_outcome run_direction(struct run *run, enum eperf_direction direction,
                                        struct result_figures *figures, char *error, size_t size)
{
    const struct config_test *t = run->test;
    const char *name = direction == EPERF_UPLOAD ? "upload" : "download";
    struct eperf_params p = params_of(t, direction);
    struct eperf_callbacks none = {0};
    char why[EPERF_ERROR_MAX];
    struct eperf_client *c = eperf_client_new(t->host, (uint16_t)t->port, AF_UNSPEC, NULL, &p, &none, why);
    if (!c) {
        snprintf(error, size, "%s: %s", name, why);
        return EPERF_LOCAL;
    }
    struct eperf_result result = {.outcome = EPERF_CANCELLED};
    if (publish(run, c))
        eperf_client_run(c, &result);
    publish(run, NULL);
    *figures = result_figures(direction == EPERF_UPLOAD ? &result.upload : &result.download, &result);
    if (result.outcome != EPERF_OK)
        snprintf(error, size, "%s: %s", name,
                 result.error[0] ? result.error : eperf_outcome_text(result.outcome));
    enum eperf_outcome outcome = result.outcome;
    eperf_result_free(&result);
    eperf_client_free(c);
    return outcome;
}

/* The moment `seconds` from now, for pthread_cond_timedwait(). */
static struct timespec from_now(double seconds)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    double whole = floor(seconds);
    t.tv_sec += (time_t)whole;
    t.tv_nsec += (long)((seconds - whole) * 1e9);
    if (t.tv_nsec >= 1000000000) {
        t.tv_nsec -= 1000000000;
        t.tv_sec++;
    }
    return t;
}

/* False when the runner stops. */
static bool pause_run(struct runner *r, double seconds)
{
    struct timespec until = from_now(seconds);
    pthread_mutex_lock(&r->lock);
    while (!r->stop && pthread_cond_timedwait(&r->stopping, &r->lock, &until) != ETIMEDOUT)
        ;
    bool go = !r->stop;
    pthread_mutex_unlock(&r->lock);
    return go;
}

/* The download after an upload. iperf3's server is deaf for a moment after each test (it closes its listener, or still
 * calls itself busy): what refuses right after it has served us is asked again for a while. */
static enum eperf_outcome run_second(struct run *run, struct result_status *s)
{
    enum eperf_outcome outcome;
    double patience = now().mono + AFTER_UPLOAD;
    do
        outcome = run_direction(run, EPERF_DOWNLOAD, &s->download, s->last_error, sizeof s->last_error);
    while ((outcome == EPERF_BUSY || outcome == EPERF_REFUSED) && now().mono < patience &&
           pause_run(run->runner, AFTER_UPLOAD / 20));
    if (outcome == EPERF_OK)
        s->last_error[0] = '\0';
    return outcome;
}

/* Both directions, one after the other, until one fails; fills all of `s` but state and run_id. */
static enum eperf_outcome run_test(struct run *run, struct result_status *s)
{
    const struct config_test *t = run->test;
    enum eperf_outcome outcome = EPERF_OK;
    double began = now().mono;
    s->last_run = time(NULL);
    if (t->upload)
        outcome = run_direction(run, EPERF_UPLOAD, &s->upload, s->last_error, sizeof s->last_error);
    if (t->download && t->upload && outcome == EPERF_OK)
        outcome = run_second(run, s);
    else if (t->download && !t->upload)
        outcome = run_direction(run, EPERF_DOWNLOAD, &s->download, s->last_error, sizeof s->last_error);
    s->duration = now().mono - began;
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

/* ---- the deciding thread
 * ------------------------------------------------------------------------------------------- */

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
    if (run->next_run_id)
        run->status.run_id = run->next_run_id;
    run->next_run_id = 0;
    if (run->has_thread) /* of its last run: still reporting */
        join_run(r, run);
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
    struct timespec until = from_now(fmin(seconds, 3600) + 0.001); /* a bit late, never too early */
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

/* ---- start, trigger, stop
 * ------------------------------------------------------------------------------------------- */

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
    pthread_cond_destroy(&r->stopping);
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
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&r->changed, &attr);
    pthread_cond_init(&r->stopping, &attr);
    pthread_condattr_destroy(&attr);
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
        if (r->runs[i].client)
            eperf_client_cancel(r->runs[i].client);
    pthread_cond_broadcast(&r->stopping);
    pthread_cond_signal(&r->changed);
    pthread_mutex_unlock(&r->lock);
    pthread_join(r->thread, NULL);
    free_runner(r);
}
