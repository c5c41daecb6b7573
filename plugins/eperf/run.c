#include "plugins/eperf/run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void run_write_file(struct run *run)
{
    struct runner *r = run->runner;
    if (!r->config->result_dir[0])
        return;
    pthread_mutex_lock(&r->file_lock); /* first: the newest state must be written last */
    pthread_mutex_lock(&r->lock);
    struct result_status status = run->status;
    pthread_mutex_unlock(&r->lock);
    if (!result_file_write(r->config->result_dir, run->test, &status))
        runner_say(r, RUNNER_ERROR, "test \"%s\": cannot write %s/%s.json: %s", run->test->name,
                   r->config->result_dir, run->test->name, strerror(errno));
    pthread_mutex_unlock(&r->file_lock);
}

void run_set_state(struct run *run, enum result_state state)
{
    pthread_mutex_lock(&run->runner->lock);
    bool same = run->status.state == state;
    run->status.state = state;
    pthread_mutex_unlock(&run->runner->lock);
    if (!same)
        run_write_file(run);
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

void run_keep(struct run *run, const struct result_status *s, enum eperf_outcome outcome)
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
    run_write_file(run);
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
    run_set_state(run, RESULT_RUNNING);
    struct result_status s = {0};
    enum eperf_outcome outcome = run_test(run, &s);

    pthread_mutex_lock(&r->lock);
    bool again = sched_done(r->sched, (size_t)(run - r->runs),
                            outcome == EPERF_BUSY ? SCHED_BUSY : SCHED_OVER, runner_now());
    bool cut_short = r->stop || outcome == EPERF_CANCELLED;
    if (cut_short)
        run->status = run->settled;
    pthread_cond_signal(&r->changed); /* the next test need not wait for our report */
    pthread_mutex_unlock(&r->lock);

    if (cut_short)
        run_write_file(run);
    else if (again) {
        runner_say(r, RUNNER_INFO, "test \"%s\": %s; trying again after a while", run->test->name,
                   s.last_error);
        run_set_state(run, RESULT_WAITING);
    } else
        run_keep(run, &s, outcome);
    pthread_mutex_lock(&r->lock);
    run->ended = true;
    pthread_cond_signal(&r->changed);
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

void run_join(struct run *run)
{
    struct runner *r = run->runner;
    run->has_thread = false;
    pthread_mutex_unlock(&r->lock);
    pthread_join(run->thread, NULL);
    pthread_mutex_lock(&r->lock);
}

void run_start(struct run *run)
{
    struct runner *r = run->runner;
    if (run->has_thread) /* of its last run: still reporting, under that run's number */
        run_join(run);
    if (run->next_run_id)
        run->status.run_id = run->next_run_id;
    run->next_run_id = 0;
    run->ended = false;
    int failed = pthread_create(&run->thread, NULL, run_thread, run);
    run->has_thread = failed == 0;
    if (failed == 0)
        return;
    sched_done(r->sched, (size_t)(run - r->runs), SCHED_OVER, runner_now());
    pthread_mutex_unlock(&r->lock);
    struct result_status s = {.last_run = time(NULL)};
    snprintf(s.last_error, sizeof s.last_error, "no thread to run in: %s", strerror(failed));
    run_keep(run, &s, EPERF_LOCAL);
    pthread_mutex_lock(&r->lock);
}
