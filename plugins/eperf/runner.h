/* Runs the configured tests at their times: one thread that decides (sched.h) and one per running test; the
 * caller's threads never wait for a test. Keeps the result files. Knows no collectd: what happened goes to
 * callbacks. */
#ifndef SCM_EPERF_RUNNER_H
#define SCM_EPERF_RUNNER_H

#include <stdbool.h>
#include <stdint.h>

#include "plugins/eperf/config.h"
#include "plugins/eperf/result_file.h"

enum runner_up {
    RUNNER_DOWN, /* it failed: error says why */
    RUNNER_UP,
    RUNNER_UNKNOWN /* it did not run: blackout hours */
};

/* What one `every` of a test brought, valid during the call. */
struct runner_report {
    const struct config_test *test;
    enum runner_up up;
    bool recovered;    /* up, and the run before was not */
    const char *error; /* "" unless down */
    const struct result_figures *upload,
        *download; /* present or not by themselves; also what a failed run measured before */
};

enum runner_level { RUNNER_INFO, RUNNER_WARNING, RUNNER_ERROR };

/* Called from the runner's threads, no lock held. */
struct runner_callbacks {
    void (*report)(const struct runner_report *report);
    void (*log)(enum runner_level level, const char *text);
};

struct runner;

/* Starts it. `config` and its tests outlive the runner. Threads begin with every signal blocked. NULL and
 * errno on failure. */
struct runner *runner_start(const struct config *config, const struct runner_callbacks *cb);

/* Run a test now. run_id (0: none) is told in its result file once it runs. Returns at once. False when there
 * is no test of that name; one that is running already is left to it, which is logged. */
bool runner_trigger(struct runner *r, const char *test, uint64_t run_id);

/* Cancels what runs, joins every thread (within 2 s) and frees the runner. What was cut short has no result.
 */
void runner_stop(struct runner *r);

#endif
